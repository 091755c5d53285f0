//! What may be asked of a formula: whether it is a sum, whether it reads other periods.

use almanac_catalog::{Catalog, Formula, MeasureId, Operator, SumOperator, TimeFunction, WindowOperator};
use almanac_indicator::AdHocFormula;

/// Whether the figures of a formula add up: a sum of metrics that do.
pub(super) fn is_sum(catalog: &Catalog, formula: &Formula) -> bool {
    let is_constant = |formula: &Formula| matches!(formula, Formula::Constant(_));
    match formula {
        Formula::Reference(reference) => adds(catalog, &reference.measure),
        Formula::Binary(Operator::Add | Operator::Subtract, left, right) => {
            is_sum(catalog, left) && is_sum(catalog, right)
        }
        Formula::Binary(Operator::Multiply, left, right) => is_sum(catalog, left) && is_constant(right),
        Formula::Negate(inner) | Formula::Over(TimeFunction::Shift { .. } | TimeFunction::YearToDate, inner) => {
            is_sum(catalog, inner)
        }
        Formula::Over(TimeFunction::Moving { operator, .. }, inner) => {
            *operator == WindowOperator::Sum && is_sum(catalog, inner)
        }
        _ => false,
    }
}

fn has_function(formula: &Formula) -> bool {
    match formula {
        Formula::Constant(_) | Formula::Reference(_) => false,
        Formula::Negate(inner) => has_function(inner),
        Formula::Binary(_, left, right) => has_function(left) || has_function(right),
        Formula::Over(..) => true,
    }
}

/// Whether a function is in what is asked for.
pub(super) fn reads_other_periods(catalog: &Catalog, measures: &[MeasureId], formula: Option<&AdHocFormula>) -> bool {
    let indicators = measures
        .iter()
        .filter_map(|measure| catalog.indicator(measure.as_str()));
    let mut formulas = indicators
        .map(|one| &one.formula)
        .chain(formula.map(|asked| &asked.formula));
    formulas.any(has_function)
}

/// Whether the figures of a measure add up.
pub(super) fn adds(catalog: &Catalog, measure: &MeasureId) -> bool {
    match measure {
        MeasureId::Metric(id) => {
            let metric = catalog.metric(id.as_str());
            metric.is_some_and(|metric| metric.sum == SumOperator::Sum)
        }
        MeasureId::Indicator(id) => {
            let indicator = catalog.indicator(id.as_str());
            indicator.is_some_and(|indicator| is_sum(catalog, &indicator.formula))
        }
    }
}
