//! The catalogue of Ca Mau, or one on top of it, and what was recorded under it.

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::Cube;
use almanac_indicator::{Base, Question, State, answer};
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, Event, EventTime, Figure, Measure, Qualifier, Quality, ReporterId, Revision,
};
use jiff::civil::{Date, date};

/// Reporter, metric, area, codes, value.
pub(crate) type Recorded<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

pub(crate) struct Book {
    pub(crate) catalog: Catalog,
    cube: Cube,
    revision: Revision,
}

impl Book {
    /// Values of one period.
    pub(crate) fn of(period: &str, values: &[Recorded<'_>]) -> Self {
        let mut book = Self::under(&almanac_ca_mau::catalog_files());
        book.record(period, values);
        book
    }

    /// Nothing yet, under a catalogue.
    pub(crate) fn under(files: &CatalogFiles) -> Self {
        Self {
            catalog: almanac_testkit::generate::load(files),
            cube: Cube::default(),
            revision: Revision(0),
        }
    }

    pub(crate) fn record(&mut self, period: &str, values: &[Recorded<'_>]) {
        let mut batch = BatchBuilder::default();
        for (reporter, metric, area, codes, value) in values {
            let event = Event {
                metric: metric.parse().unwrap(),
                area: area.parse().unwrap(),
                dimensions: codes
                    .iter()
                    .map(|(id, code)| (id.parse().unwrap(), code.parse().unwrap()))
                    .collect(),
                time: EventTime::Period(period.parse().unwrap()),
                measure: Measure::Value(value.parse().unwrap()),
                quality: Quality::Official,
                qualifier: Qualifier::Exact,
                event_id: None,
                note: None,
                correction: None,
                confidential: false,
            };
            let reporter: ReporterId = reporter.parse().unwrap();
            let row = self.catalog.check_event(&reporter, &event, date(2027, 1, 1)).unwrap();
            batch.push(
                row.series,
                row.period.ordinal(),
                row.value,
                row.status,
                BatchExtra::default(),
            );
        }
        self.revision = self.revision.next();
        self.cube.apply(self.revision, &batch.finish(), &self.catalog).unwrap();
    }

    pub(crate) fn figure(&self, measure: &str, area: &str, period: &str, boundaries: Option<Date>) -> Figure {
        let measure = self.catalog.measure(measure).unwrap();
        let question = Question {
            on_boundaries_of: boundaries,
            comparisons: Vec::from_iter((period.len() == 4).then(|| Base::Period("2017".parse().unwrap()).into())),
            ..Question::one(measure, AreaId::new(area).unwrap(), period.parse().unwrap())
        };
        self.ask(&question)
    }

    /// The one figure of a question.
    pub(crate) fn ask(&self, question: &Question) -> Figure {
        let state = State {
            catalog: &self.catalog,
            cube: &self.cube,
            as_of: Revision::LATEST,
        };
        answer(state, question, 0, 1).unwrap().figures.pop().unwrap()
    }
}
