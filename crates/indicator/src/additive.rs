//! What can be a part of a total: plain sums of metrics, in which every part that is grouped by is counted once.

use std::collections::BTreeSet;

use almanac_catalog::{Catalog, Operator, SumOperator, TimeFunction, WindowOperator};
use almanac_model::{MetricId, ReporterId};

use crate::answer::measure_text;
use crate::plan::{Node, Plan};
use crate::question::{GroupKey, Refusal, RefusalReason};

/// Why parts of a measure have no total that they add up to. `over` is what the parts are of: codes, reporters, or areas
/// when it is `None`.
pub(crate) fn refuse_total(
    catalog: &Catalog,
    plan: &Plan<'_>,
    over: Option<&GroupKey>,
    field: &str,
) -> Option<Refusal> {
    let name = measure_text(&plan.measure);
    let refusal = |message: String| {
        Some(Refusal {
            field: field.to_owned(),
            reason: RefusalReason::NotAdditive,
            message,
        })
    };
    if !is_sum(&plan.root) {
        return refusal(format!(
            "{name} is {}, which is no sum of metrics: its parts do not add up to a total; ask for its metrics",
            plan.formula
        ));
    }
    let distinct = plan.terms.iter().find(|term| term.metric.sum == SumOperator::None);
    if let Some(term) = distinct {
        return refusal(format!(
            "{} cannot be added (asked for by {name}): there is no total that its parts add up to",
            term.metric.id
        ));
    }
    if over == Some(&GroupKey::Reporter)
        && let Some((one, other)) = other_reporters(catalog, plan)
    {
        return refusal(format!(
            "{one} and {other} are not reported by the same reporters: the parts of {name} do not add up to a total"
        ));
    }
    // a grouping is one of areas, which all metrics have
    if let Some(GroupKey::Dimension(dimension)) = over
        && catalog.grouping(dimension.as_str()).is_none()
    {
        let without = plan
            .terms
            .iter()
            .find(|term| !term.metric.dimensions.contains(dimension));
        if let Some(term) = without {
            return refusal(format!(
                "{} has no dimension {dimension} and is whole in every part of {name}: the parts do not add up to a total",
                term.metric.id
            ));
        }
    }
    None
}

/// Two metrics of the terms that do not have the same reporters: one that reports only one of them has no part in the other.
fn other_reporters<'p>(catalog: &Catalog, plan: &'p Plan<'_>) -> Option<(&'p MetricId, &'p MetricId)> {
    let reporters = |metric: &MetricId| -> BTreeSet<&ReporterId> {
        let theirs = catalog.reporters().filter(|reporter| reporter.metrics.contains(metric));
        theirs.map(|reporter| &reporter.id).collect()
    };
    let mut metrics = plan.terms.iter().map(|term| &term.metric.id);
    let first = metrics.next()?;
    let all = reporters(first);
    metrics
        .find(|other| reporters(other) != all)
        .map(|other| (first, other))
}

/// Sums and differences, perhaps times a number. A number that is added would be added to every part.
fn is_sum(node: &Node) -> bool {
    match node {
        Node::Term(_) => true,
        Node::Negate(inner) | Node::OrZero(inner) => is_sum(inner),
        Node::Binary(Operator::Add | Operator::Subtract, left, right) => is_sum(left) && is_sum(right),
        Node::Binary(Operator::Multiply, left, right) => {
            matches!(**right, Node::Constant(_)) && is_sum(left) || matches!(**left, Node::Constant(_)) && is_sum(right)
        }
        Node::Over(over) => adds(over.function) && is_sum(&over.inner),
        Node::Binary(Operator::Divide, ..) | Node::Constant(_) | Node::Quotient(_) => false,
    }
}

/// Whether the values of the parts over other periods add up to that of the total: the greatest ones do not, and an average
/// leaves other periods out of each.
const fn adds(function: TimeFunction) -> bool {
    match function {
        TimeFunction::Shift { .. } | TimeFunction::YearToDate => true,
        TimeFunction::Moving { operator, .. } | TimeFunction::By { operator, .. } => {
            matches!(operator, WindowOperator::Sum)
        }
    }
}
