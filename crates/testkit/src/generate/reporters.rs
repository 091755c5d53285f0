//! Who may report what, and what is expected of them.

use super::genes::{Choices, Gene};
use super::metrics::{DIMENSIONS, MetricSketch};
use super::territory::{AreaSketch, CHANGE_DAYS};

/// A reporter and its rights.
#[derive(Clone, Debug)]
pub(super) struct ReporterSketch {
    id: String,
    metrics: Vec<String>,
    areas: Vec<String>,
}

/// The reporters and their file. The first may report everything.
pub(super) fn reporters(
    genes: &[Gene],
    metrics: &[MetricSketch],
    areas: &[AreaSketch],
) -> (Vec<ReporterSketch>, String) {
    let all_metrics = || metrics.iter().map(|metric| metric.id.clone()).collect::<Vec<_>>();
    let mut reporters = vec![ReporterSketch {
        id: "r0".to_owned(),
        metrics: all_metrics(),
        areas: areas.iter().map(|area| area.id.clone()).collect(),
    }];
    for (index, gene) in genes.iter().enumerate() {
        let mut choices = Choices::of(gene);
        let mut may_report = all_metrics();
        may_report.retain(|_| !choices.once_in(3));
        if may_report.is_empty() {
            may_report = all_metrics();
        }
        let area = choices.one(areas).map(|area| area.id.clone());
        reporters.push(ReporterSketch {
            id: format!("r{}", index + 1),
            metrics: may_report,
            areas: area.into_iter().collect(),
        });
    }
    let text = reporters.iter().map(|reporter| {
        let ReporterSketch { id, metrics, areas } = reporter;
        format!(
            "[[reporter]]\nid = \"{id}\"\nlabel = {{ vi = \"x\", en = \"x\" }}\nmetrics = {metrics:?}\nareas = {areas:?}\n"
        )
    });
    let text = text.collect();
    (reporters, text)
}

/// The file of what is expected; nothing is of a tally.
pub(super) fn expectations(genes: &[Gene], reporters: &[ReporterSketch], metrics: &[MetricSketch]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for gene in genes {
        let mut choices = Choices::of(gene);
        let Some(reporter) = choices.one(reporters) else {
            continue;
        };
        let of_reporter = |metric: &&MetricSketch| metric.is_report && reporter.metrics.contains(&metric.id);
        let possible: Vec<&MetricSketch> = metrics.iter().filter(of_reporter).collect();
        let (Some(metric), Some(area)) = (choices.one(&possible), choices.one(&reporter.areas)) else {
            continue;
        };
        let from = choices.of_values(["2010-01-01", "2010-01-01", "2017-04-01", "2017-06-05"]);
        let to = choices.once_in(3).then(|| choices.of_values(CHANGE_DAYS));
        if to.is_some_and(|to| to <= from) {
            continue;
        }
        let to = to.map_or_else(String::new, |to| format!("to = \"{to}\"\n"));
        let cells = if choices.once_in(3) {
            cells(metric, &mut choices)
        } else {
            String::new()
        };
        let due = choices.of_values(["", "due_days = 10\n", "due_days = 0\n", "due_days = 90\n"]);
        texts.push(format!(
            "[[expectation]]\nreporter = \"{}\"\nmetric = \"{}\"\nareas = [\"{area}\"]\nfrom = \"{from}\"\n{to}{cells}{due}\n",
            reporter.id, metric.id
        ));
    }
    texts.concat()
}

/// One combination of codes in the place of all.
fn cells(metric: &MetricSketch, choices: &mut Choices<'_>) -> String {
    let codes = DIMENSIONS.iter().filter(|(id, _)| metric.dimensions.contains(id));
    let codes: Vec<String> = codes
        .map(|(id, codes)| format!("{id} = \"{}\"", choices.of_values(*codes)))
        .collect();
    format!("cells = [{{ {} }}]\n", codes.join(", "))
}
