//! Metrics whose values are the plan's figures for another measure.

use super::fields::Fields;
use super::names::Names;
use crate::{MeasureId, Method, SumOperator};

/// The measure that the values of a metric are targets of.
pub(super) fn read_target(fields: &mut Fields<'_>, names: &Names<'_>) -> Option<MeasureId> {
    let text = fields.text("target_of")?;
    names.resolve_measure(text, fields.problems())
}

/// A target holds for one area, period and combination of codes, and was set by somebody at one time.
pub(super) fn check_target(
    fields: &Fields<'_>,
    method: Option<Method>,
    sum: Option<SumOperator>,
    carry_forward: Option<u32>,
    cumulative: bool,
) {
    if method == Some(Method::Tally) {
        let message = format!("{} is a target and is tallied", fields.what());
        fields.report(
            "method",
            message,
            "write method = \"report\": a plan is one figure, set at one time",
        );
    }
    if sum == Some(SumOperator::Sum) {
        let message = format!("{} is a target and is added", fields.what());
        fields.report("sum", message, "leave it out: targets never enter a total");
    }
    if cumulative {
        let message = format!("{} is a target and is cumulative", fields.what());
        let remedy = "leave it out, and write the plan of each period: targets are read as they were recorded";
        fields.report("cumulative", message, remedy);
    }
    if carry_forward.is_some_and(|periods| periods > 0) {
        let message = format!("{} is a target and has \"carry_forward\"", fields.what());
        fields.report(
            "carry_forward",
            message,
            "leave it out: the plan of one period is not that of the next",
        );
    }
}
