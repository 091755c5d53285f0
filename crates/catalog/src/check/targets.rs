//! A target is the plan's figure for something that is measured, in its unit and by its dimensions.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{DimensionId, UnitId};

use crate::load::{Draft, Subject};
use crate::{Catalog, MeasureId, Metric};

/// Checks every metric that is a target. That no formula names one is checked with the formulas.
pub(super) fn check_targets(catalog: &Catalog, draft: &Draft<'_>) {
    let mut seen = BTreeMap::new();
    for metric in catalog.metrics() {
        let Some(measure) = &metric.target_of else { continue };
        let Some(place) = draft.names.place(Subject::Metric, metric.id.as_str()) else {
            continue;
        };
        let report = |message: String, remedy: String| draft.problems.report(place, message, remedy);
        check_measure(catalog, metric, measure, &report);
        let dimensions: BTreeSet<&DimensionId> = metric.dimensions.iter().collect();
        if let Some(other) = seen.insert((measure, &metric.frequency, dimensions), &metric.id) {
            report(
                format!(
                    "metrics \"{other}\" and \"{}\" are both targets of {measure}, by the same period and dimensions",
                    metric.id
                ),
                "keep one of them: a figure has one target".to_owned(),
            );
        }
    }
}

fn check_measure(catalog: &Catalog, metric: &Metric, measure: &MeasureId, report: &dyn Fn(String, String)) {
    let id = metric.id.as_str();
    let other = catalog.metric(measure.as_str());
    if other.is_some_and(|other| other.target_of.is_some()) {
        report(
            format!("metric {id:?} is a target of {measure}, which is a target itself"),
            "name the metric or indicator that the plan is about".to_owned(),
        );
        return;
    }
    if let Some(unit) = catalog.unit_of(measure).filter(|unit| **unit != metric.unit) {
        report(
            format!(
                "metric {id:?} is in \"{}\" and is a target of {measure}, which is in \"{unit}\"",
                metric.unit
            ),
            format!("write unit = \"{unit}\""),
        );
    }
    if !catalog.is_complete(measure) {
        return;
    }
    let own = catalog.dimensions_of(measure);
    for dimension in metric.dimensions.iter().filter(|dimension| !own.contains(*dimension)) {
        report(
            format!("metric {id:?} has the dimension \"{dimension}\", which {measure} does not have"),
            format!("leave it out: there is no {measure} by {dimension}"),
        );
    }
}

impl Catalog {
    /// What one of a metric or indicator is.
    #[must_use]
    pub fn unit_of(&self, measure: &MeasureId) -> Option<&UnitId> {
        match measure {
            MeasureId::Metric(id) => Some(&self.metric(id.as_str())?.unit),
            MeasureId::Indicator(id) => Some(&self.indicator(id.as_str())?.unit),
        }
    }

    /// The metrics whose values are the plan's figures for a measure, by id.
    pub fn targets_of<'a>(&'a self, measure: &'a MeasureId) -> impl Iterator<Item = &'a Metric> {
        self.metrics()
            .filter(move |metric| metric.target_of.as_ref() == Some(measure))
    }
}
