//! What a figure is made of, found by asking: the coefficient of each cell is read off figures of a cube without secrets,
//! in which one cell, or several that cannot be confused, hold a number and all others zero. So nothing here knows how
//! figures are computed.

use std::collections::BTreeSet;

use almanac_catalog::{Catalog, CatalogFiles, MeasureId};
use almanac_cube::Cube;
use almanac_indicator::{Question, State, answer};
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, BatchSeries, Exact, Figure, MetricId, MissingReason, Period, Qualifier, Quality,
    ReporterId, Revision, Status,
};
use proptest::prelude::*;

use crate::linear::Span;

/// What stands in a cell: nothing, a number, a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    Nothing,
    Number,
    Secret,
}

/// A cell of a metric without dimensions: the area and the period.
pub(crate) type Place = (&'static str, Period);

/// A small cube of one metric, and the questions that are asked of it.
pub(crate) struct World<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) metric: &'static str,
    pub(crate) places: &'a [Place],
    pub(crate) contents: &'a [Content],
    /// Makes every coefficient whole: one is printed as so many.
    pub(crate) times: i64,
}

pub(crate) fn catalog(files: &[(&'static str, &str)]) -> Catalog {
    let files: CatalogFiles = files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    almanac_testkit::generate::load(&files)
}

pub(crate) fn contents(places: usize, secrets: u32) -> impl Strategy<Value = Vec<Content>> {
    let one = prop_oneof![
        2 => Just(Content::Nothing),
        20 - secrets => Just(Content::Number),
        secrets => Just(Content::Secret),
    ];
    prop::collection::vec(one, places)
}

impl World<'_> {
    /// A question about its metric.
    pub(crate) fn question(&self, area: &str, period: Period) -> Question {
        let measure = MeasureId::Metric(MetricId::new(self.metric).unwrap());
        Question::one(measure, AreaId::new(area).unwrap(), period)
    }

    /// The secret that can be computed from the published answers, if any; and how many of the figures with a secret in
    /// them were published, and how many not.
    pub(crate) fn told(&self, questions: &[Question]) -> (Option<Place>, [usize; 2]) {
        let real = self.cube(|index| i64::try_from(index).unwrap() + 3, true);
        let figures: Vec<Option<Figure>> = questions.iter().map(|one| self.ask(&real, one)).collect();
        let rows = self.rows(questions);
        let secrets: Vec<usize> = (0..self.places.len())
            .filter(|index| self.contents[*index] == Content::Secret)
            .collect();
        let (mut published_rows, mut counts) = (BTreeSet::new(), [0, 0]);
        for (figure, row) in figures.iter().zip(rows) {
            let Some(figure) = figure else { continue };
            let with_secret = secrets.iter().any(|secret| !row[*secret].sign().is_eq());
            let published = figure.value.is_ok();
            if with_secret && published {
                counts[0] += 1;
            } else if with_secret {
                assert_eq!(figure.value, Err(MissingReason::Suppressed));
                counts[1] += 1;
            }
            if published {
                published_rows.insert(row);
            }
        }
        let mut span = Span::default();
        for row in published_rows {
            span.add(row);
        }
        let mut secrets = secrets.into_iter();
        let told = secrets.find(|secret| span.contains_unit(*secret, self.places.len()));
        (told.map(|index| self.places[index]), counts)
    }

    /// The coefficients of each question's figure over the cells, all zero where it is missing without any secret.
    fn rows(&self, questions: &[Question]) -> Vec<Vec<Exact>> {
        // a digit for each cell, in which there is room for one that is counted twice
        let base = 2 * self.times + 1;
        let at_once = usize::try_from((i64::MAX / self.times).ilog(base)).unwrap() + 1;
        let mut rows = vec![Vec::new(); questions.len()];
        for first in (0..self.places.len()).step_by(at_once) {
            let cells = first..self.places.len().min(first + at_once);
            let digit = |index: usize| base.pow(u32::try_from(index - first).unwrap());
            let probe = |index| {
                if cells.contains(&index) {
                    self.times * digit(index)
                } else {
                    0
                }
            };
            let cube = self.cube(probe, false);
            for (row, question) in rows.iter_mut().zip(questions) {
                let value = self.ask(&cube, question).and_then(|figure| figure.value.ok());
                let value: i128 = value.map_or(0, |value| value.parse().unwrap());
                let coefficient = |index| Exact::from_integer(value / i128::from(digit(index)) % i128::from(base));
                let times = Exact::from_integer(self.times.into());
                row.extend(
                    cells
                        .clone()
                        .map(|index| coefficient(index).checked_div(&times).unwrap()),
                );
            }
        }
        rows
    }

    /// The figure of a question; nothing when it is refused.
    fn ask(&self, cube: &Cube, question: &Question) -> Option<Figure> {
        let state = State {
            catalog: self.catalog,
            cube,
            as_of: Revision::LATEST,
        };
        answer(state, question, 0, 1).ok()?.figures.into_iter().next()
    }

    fn cube(&self, value: impl Fn(usize) -> i64, with_secrets: bool) -> Cube {
        let mut batch = BatchBuilder::default();
        let cells = self.places.iter().zip(self.contents).enumerate();
        for (index, ((area, period), content)) in cells.filter(|(_, (_, content))| **content != Content::Nothing) {
            let series = BatchSeries {
                metric: MetricId::new(self.metric).unwrap(),
                area: AreaId::new(area).unwrap(),
                reporter: ReporterId::new("post").unwrap(),
                dimensions: [].into(),
                granularity: period.granularity(),
                decimals: 0,
            };
            let status = Status {
                quality: Quality::Official,
                qualifier: Qualifier::Exact,
                missing: None,
                confidential: with_secrets && *content == Content::Secret,
            };
            batch.push(series, period.ordinal(), value(index), status, BatchExtra::default());
        }
        let mut cube = Cube::default();
        cube.apply(Revision(1), &batch.finish(), self.catalog).unwrap();
        cube
    }
}
