//! Finding definitions by name, and the nearest names to one that is not defined.

use std::collections::BTreeSet;

use almanac_model::{AreaId, DimensionId, MetricId};
use jiff::civil::Date;

use crate::suggest::{Candidate, nearest};
use crate::{
    Area, Catalog, CustomCalendar, Dimension, Documentation, Expectation, Grouping, Indicator, Level, MeasureId,
    Metric, Report, Reporter, Rule, Transition, Unit,
};

/// A method that finds one definition by its id, and one that goes through all.
macro_rules! lookups {
    ($($(#[$doc:meta])* $one:ident, $(#[$docs:meta])* $all:ident: $type:ty;)+) => {
        impl Catalog {$(
            $(#[$doc])*
            #[must_use]
            pub fn $one(&self, id: &str) -> Option<&$type> {
                self.$all.get(id)
            }

            $(#[$docs])*
            pub fn $all(&self) -> impl ExactSizeIterator<Item = &$type> {
                self.$all.items().iter()
            }
        )+}
    };
}

lookups! {
    /// The custom calendar of that id.
    calendar,
    /// All custom calendars, by id.
    calendars: CustomCalendar;
    /// The metric of that id.
    metric,
    /// All metrics, by id.
    metrics: Metric;
    /// The indicator of that id.
    indicator,
    /// All indicators, by id.
    indicators: Indicator;
    /// The dimension of that id.
    dimension,
    /// All dimensions, by id.
    dimensions: Dimension;
    /// The grouping of areas of that id.
    grouping,
    /// All groupings of areas, by id.
    groupings: Grouping;
    /// The unit of that id.
    unit,
    /// All units, by id.
    units: Unit;
    /// The area of that id (not of that administrative code).
    area,
    /// All areas of all times, by id.
    areas: Area;
    /// The area level of that id.
    level,
    /// All area levels, from the top.
    levels: Level;
    /// The reporter of that id.
    reporter,
    /// All reporters, by id.
    reporters: Reporter;
    /// The report of that id.
    report,
    /// All reports, by id.
    reports: Report;
    /// The rule of that id.
    rule,
    /// All rules, by id.
    rules: Rule;
}

impl Catalog {
    /// What can be asked for under that name: an indicator or a metric.
    #[must_use]
    pub fn measure(&self, id: &str) -> Option<MeasureId> {
        match (self.metric(id), self.indicator(id)) {
            (Some(metric), _) => Some(MeasureId::Metric(metric.id.clone())),
            (None, Some(indicator)) => Some(MeasureId::Indicator(indicator.id.clone())),
            (None, None) => None,
        }
    }

    /// Label, definition, source and owner of a metric or indicator.
    #[must_use]
    pub fn documentation(&self, measure: &MeasureId) -> Option<&Documentation> {
        match measure {
            MeasureId::Metric(id) => Some(&self.metric(id.as_str())?.documentation),
            MeasureId::Indicator(id) => Some(&self.indicator(id.as_str())?.documentation),
        }
    }

    /// The metrics that a measure is computed from, by id; a metric is computed from itself.
    #[must_use]
    pub fn metrics_of(&self, measure: &MeasureId) -> BTreeSet<MetricId> {
        let metrics = self
            .measures_behind(measure)
            .into_iter()
            .filter_map(|measure| match measure {
                MeasureId::Metric(id) => Some(id.clone()),
                MeasureId::Indicator(_) => None,
            });
        metrics.collect()
    }

    /// A measure and everything that its formula names, over however many steps.
    fn measures_behind<'a>(&'a self, measure: &'a MeasureId) -> BTreeSet<&'a MeasureId> {
        let (mut found, mut next) = (BTreeSet::new(), vec![measure]);
        while let Some(measure) = next.pop() {
            if found.insert(measure)
                && let Some(indicator) = self.indicator(measure.as_str())
            {
                let references = indicator.formula.references();
                next.extend(references.into_iter().map(|reference| &reference.measure));
            }
        }
        found
    }

    /// Whether everything behind a measure could be read; always so once the catalogue is loaded.
    pub(crate) fn is_complete(&self, measure: &MeasureId) -> bool {
        let behind = self.measures_behind(measure);
        behind.iter().all(|measure| self.measure(measure.as_str()).is_some())
    }

    /// The dimensions that at least one of the metrics behind a measure has: those by which it can be filtered.
    #[must_use]
    pub fn dimensions_of(&self, measure: &MeasureId) -> BTreeSet<DimensionId> {
        self.metrics_of(measure)
            .iter()
            .filter_map(|id| self.metric(id.as_str()))
            .flat_map(|metric| metric.dimensions.iter().cloned())
            .collect()
    }

    /// The dimension or grouping of that id: what questions can filter by and group by.
    #[must_use]
    pub fn classification(&self, id: &str) -> Option<&Dimension> {
        let grouping = || self.grouping(id).map(|grouping| &grouping.dimension);
        self.dimension(id).or_else(grouping)
    }

    /// All dimensions and groupings, by id.
    #[must_use]
    pub fn classifications(&self) -> Vec<&Dimension> {
        let groupings = self.groupings().map(|grouping| &grouping.dimension);
        let mut all: Vec<&Dimension> = self.dimensions().chain(groupings).collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        all
    }

    /// The reports that ought to come of a metric.
    #[must_use]
    pub fn expectations(&self, metric: &MetricId) -> &[Expectation] {
        self.expectations.get(metric).map_or(&[], Vec::as_slice)
    }

    /// What became of areas, in the order of the file.
    #[must_use]
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The areas into which an area went, wholly or in part, on a day or later; each once, by id.
    #[must_use]
    pub fn successors(&self, area: &AreaId, since: Date) -> BTreeSet<&AreaId> {
        self.transitions
            .iter()
            .filter(|transition| transition.from == *area && transition.date >= since)
            .map(|transition| &transition.to)
            .collect()
    }

    /// The place of a level in the hierarchy; 0 is the top.
    #[must_use]
    pub fn level_rank(&self, level: &str) -> Option<usize> {
        self.levels.position(level)
    }

    /// Up to three metrics with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_metric(&self, wrong: &str) -> Vec<String> {
        nearest(
            wrong,
            self.metrics()
                .map(|metric| documented(metric.id.as_str(), &metric.documentation)),
        )
    }

    /// Up to three indicators or metrics with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_measure(&self, wrong: &str) -> Vec<String> {
        let metrics = self
            .metrics()
            .map(|metric| documented(metric.id.as_str(), &metric.documentation));
        let indicators = self
            .indicators()
            .map(|indicator| documented(indicator.id.as_str(), &indicator.documentation));
        nearest(wrong, metrics.chain(indicators))
    }

    /// Up to three areas with an id, a code or a name (diacritics left out) like this, the nearest first.
    #[must_use]
    pub fn nearest_area(&self, wrong: &str) -> Vec<String> {
        let areas = self.areas().map(|area| Candidate {
            id: area.id.as_str(),
            also: vec![&area.code, &area.name],
        });
        nearest(wrong, areas)
    }

    /// Up to three codes of a dimension or grouping like this, the nearest first.
    #[must_use]
    pub fn nearest_code(&self, dimension: &str, wrong: &str) -> Vec<String> {
        let codes = self
            .classification(dimension)
            .map_or(&[][..], |dimension| &dimension.codes);
        let candidates = codes.iter().map(|item| Candidate {
            id: item.code.as_str(),
            also: vec![&item.label.vi, &item.label.en],
        });
        nearest(wrong, candidates)
    }

    /// Up to three dimensions or groupings with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_dimension(&self, wrong: &str) -> Vec<String> {
        let all = self.classifications().into_iter();
        nearest(
            wrong,
            all.map(|dimension| documented(dimension.id.as_str(), &dimension.documentation)),
        )
    }

    /// Up to three reporters with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_reporter(&self, wrong: &str) -> Vec<String> {
        nearest(wrong, self.reporters().map(|reporter| reporter.id.as_str()))
    }

    /// Up to three levels with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_level(&self, wrong: &str) -> Vec<String> {
        nearest(wrong, self.levels().map(|level| level.id.as_str()))
    }

    /// Up to three of some rules with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_rule<'a>(wrong: &str, among: impl Iterator<Item = &'a Rule>) -> Vec<String> {
        nearest(
            wrong,
            among.map(|rule| documented(rule.id.as_str(), &rule.documentation)),
        )
    }

    /// Up to three reports with a name like this, the nearest first.
    #[must_use]
    pub fn nearest_report(&self, wrong: &str) -> Vec<String> {
        nearest(
            wrong,
            self.reports()
                .map(|report| documented(report.id.as_str(), &report.documentation)),
        )
    }
}

fn documented<'a>(id: &'a str, documentation: &'a Documentation) -> Candidate<'a> {
    let label = &documentation.label;
    Candidate {
        id,
        also: vec![&label.vi, &label.en],
    }
}
