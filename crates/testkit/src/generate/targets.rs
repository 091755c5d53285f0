//! Metrics whose values are the plan's figures for other measures.

use std::collections::BTreeSet;

use super::draft::MeasureSketch;
use super::genes::{Choices, Gene};
use super::metrics::{DOCUMENTATION, MetricSketch, frequency_keys, levels, unit_of};

/// Targets of some measures; each measure has one of a frequency and a set of dimensions.
pub(super) fn targets(genes: &[Gene], measures: &[MeasureSketch], frequencies: &[&'static str]) -> Vec<MetricSketch> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for gene in genes {
        let mut choices = Choices::of(gene);
        let Some(planned) = choices.one(measures) else {
            continue;
        };
        let measure = &planned.id;
        let mut dimensions = planned.dimensions.clone();
        dimensions.retain(|_| choices.once_in(2));
        dimensions.sort_unstable();
        let frequency = choices.one(frequencies).copied().unwrap_or("month");
        if !seen.insert((measure, frequency, dimensions.clone())) {
            continue;
        }
        let id = format!("t{}", found.len());
        let (kind, time) = choices.of_values([("flow", "sum"), ("stock", "last"), ("stock", "average")]);
        let toml = format!(
            "[[metric]]\nid = \"{id}\"\n{DOCUMENTATION}kind = \"{kind}\"\nmethod = \"report\"\nunit = \"thing\"\n\
             decimals = {}\ndimensions = {dimensions:?}\n{}time = \"{time}\"\n\
             levels = {}\ntarget_of = \"{measure}\"\n\n",
            choices.below(3),
            frequency_keys(frequency),
            levels(&mut choices),
        );
        found.push(MetricSketch {
            id,
            dimensions,
            is_report: true,
            is_stock: kind == "stock",
            frequency: unit_of(frequency),
            toml,
        });
    }
    found
}
