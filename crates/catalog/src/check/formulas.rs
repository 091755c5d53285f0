//! Formulas name no dimension or code that a term does not have, add only what has one unit, and do not name each other
//! in a circle.

use std::collections::BTreeSet;

use almanac_model::{IndicatorId, UnitId};

use super::units::{UnitPowers, product, shown};
use crate::formula::parse::{Expression, ExpressionKind, Filter};
use crate::formula::{FormulaError, FormulaFault, Operator, TimeFunction, WindowOperator, resolve};
use crate::load::{Draft, Subject, report_formula};
use crate::{Catalog, Formula, Indicator, Kind, MeasureId};

/// Checks the formulas of all indicators.
pub(super) fn check_formulas(catalog: &Catalog, draft: &Draft<'_>) {
    check_cycles(catalog, draft);
    for read in draft.indicators {
        let Some(expression) = &read.expression else { continue };
        let mut errors = Vec::new();
        let unit = check_expression(catalog, expression, &mut errors);
        for error in &errors {
            report_formula(read.formula_place, error, draft.problems);
        }
        if let (Some(unit), Some(indicator)) = (unit, &read.indicator) {
            check_plain_sum(indicator, &unit, read.formula_place, draft);
        }
    }
}

/// A formula that only adds keeps the unit of what it adds.
fn check_plain_sum(indicator: &Indicator, unit: &UnitPowers, place: crate::problem::Place<'_>, draft: &Draft<'_>) {
    let declared = UnitPowers::from([(indicator.unit.clone(), 1)]);
    let one = indicator.per.to_string() == "1";
    if one && only_adds(&indicator.formula) && *unit != declared {
        draft.problems.report(
            place,
            format!(
                "indicator {:?} adds {} and has the unit \"{}\"",
                indicator.id.as_str(),
                shown(unit),
                indicator.unit
            ),
            format!("write unit = \"{}\"", unit.keys().next().map_or("", UnitId::as_str)),
        );
    }
}

fn only_adds(formula: &Formula) -> bool {
    match formula {
        Formula::Reference(_) => true,
        Formula::Binary(Operator::Add | Operator::Subtract, left, right) => only_adds(left) && only_adds(right),
        Formula::Negate(inner) | Formula::Over(_, inner) => only_adds(inner),
        Formula::Constant(_) | Formula::Binary(..) => false,
    }
}

/// Collects the mistakes of a formula and gives the unit of its result; `None` when that cannot be known because of a
/// mistake that is told elsewhere.
pub(super) fn check_expression(
    catalog: &Catalog,
    expression: &Expression,
    errors: &mut Vec<FormulaError>,
) -> Option<UnitPowers> {
    match &expression.kind {
        ExpressionKind::Constant(_) => Some(UnitPowers::new()),
        ExpressionKind::Negate(inner) => check_expression(catalog, inner, errors),
        // a value of other periods has the unit of one
        ExpressionKind::Over(function, inner) => {
            check_summed(catalog, *function, inner, expression.at, errors);
            check_expression(catalog, inner, errors)
        }
        ExpressionKind::Reference { name, filters } => {
            let measure = catalog.measure(name)?;
            for filter in filters {
                check_filter(catalog, &measure, filter, errors);
            }
            if let Some(of) = catalog.metric(name).and_then(|metric| metric.target_of.as_ref()) {
                errors.push(FormulaError {
                    column: expression.at + 1,
                    fault: FormulaFault::Target {
                        measure: name.clone(),
                        of: of.to_string(),
                    },
                });
            }
            Some(UnitPowers::from([(catalog.unit_of(&measure)?.clone(), 1)]))
        }
        ExpressionKind::Binary(operator, left, right) => {
            let left = check_expression(catalog, left, errors);
            let right = check_expression(catalog, right, errors);
            let (left, right) = left.zip(right)?;
            match operator {
                Operator::Multiply => Some(product(left, right, 1)),
                Operator::Divide => Some(product(left, right, -1)),
                Operator::Add | Operator::Subtract if left == right => Some(left),
                Operator::Add | Operator::Subtract => {
                    let fault = FormulaFault::DifferentUnits {
                        sign: operator.sign(),
                        left: shown(&left),
                        right: shown(&right),
                    };
                    errors.push(FormulaError {
                        column: expression.at + 1,
                        fault,
                    });
                    None
                }
            }
        }
    }
}

/// Nothing makes a sum over time of a stock.
fn check_summed(
    catalog: &Catalog,
    function: TimeFunction,
    inner: &Expression,
    at: usize,
    errors: &mut Vec<FormulaError>,
) {
    let sums = matches!(
        function,
        TimeFunction::Moving {
            operator: WindowOperator::Sum,
            ..
        }
    );
    let lookup = |name: &str| catalog.measure(name).ok_or_else(Vec::new);
    if sums
        && let Ok(inner) = resolve(inner, &lookup)
        && let Some(metric) = stock_in_sum(catalog, &inner, 0)
    {
        let fault = FormulaFault::StockSummed { metric };
        errors.push(FormulaError { column: at + 1, fault });
    }
}

/// A stock that a sum of the formula's values would add. A ratio is neither a stock nor a flow.
fn stock_in_sum(catalog: &Catalog, formula: &Formula, depth: usize) -> Option<String> {
    let within = |inner: &Formula| stock_in_sum(catalog, inner, depth);
    match formula {
        Formula::Constant(_) => None,
        Formula::Reference(reference) => match &reference.measure {
            MeasureId::Metric(id) => {
                let metric = catalog.metric(id.as_str())?;
                (metric.kind == Kind::Stock).then(|| id.to_string())
            }
            // a circle of indicators is told elsewhere
            MeasureId::Indicator(_) if depth > catalog.indicators().len() => None,
            MeasureId::Indicator(id) => stock_in_sum(catalog, &catalog.indicator(id.as_str())?.formula, depth + 1),
        },
        Formula::Negate(inner) | Formula::Over(_, inner) => within(inner),
        Formula::Binary(Operator::Add | Operator::Subtract, left, right) => within(left).or_else(|| within(right)),
        Formula::Binary(Operator::Multiply, left, right) => match (&**left, &**right) {
            (Formula::Constant(_), factor) | (factor, Formula::Constant(_)) => within(factor),
            _ => None,
        },
        Formula::Binary(Operator::Divide, left, right) => match &**right {
            Formula::Constant(_) => within(left),
            _ => None,
        },
    }
}

fn check_filter(catalog: &Catalog, measure: &MeasureId, filter: &Filter, errors: &mut Vec<FormulaError>) {
    let is_grouping = catalog.grouping(filter.dimension.as_str()).is_some();
    if is_grouping && catalog.dimension(filter.dimension.as_str()).is_none() {
        let fault = FormulaFault::Grouping {
            grouping: filter.dimension.to_string(),
        };
        errors.push(FormulaError {
            column: filter.at + 1,
            fault,
        });
        return;
    }
    let dimensions = catalog.dimensions_of(measure);
    if !dimensions.contains(&filter.dimension) {
        if !catalog.is_complete(measure) {
            return;
        }
        let fault = FormulaFault::UnknownDimension {
            measure: measure.to_string(),
            dimension: filter.dimension.to_string(),
            dimensions: dimensions.iter().map(ToString::to_string).collect(),
        };
        errors.push(FormulaError {
            column: filter.at + 1,
            fault,
        });
        return;
    }
    let Some(dimension) = catalog.dimension(filter.dimension.as_str()) else {
        return;
    };
    for (at, code) in filter
        .codes
        .iter()
        .filter(|(_, code)| dimension.code(code.as_str()).is_none())
    {
        let fault = FormulaFault::UnknownCode {
            dimension: dimension.id.to_string(),
            code: code.to_string(),
            nearest: catalog.nearest_code(dimension.id.as_str(), code.as_str()),
            codes: dimension.codes.iter().map(|item| item.code.to_string()).collect(),
        };
        errors.push(FormulaError { column: at + 1, fault });
    }
}

/// Reports every circle of indicators once.
fn check_cycles(catalog: &Catalog, draft: &Draft<'_>) {
    let mut done = BTreeSet::new();
    for indicator in catalog.indicators() {
        visit(catalog, draft, indicator, &mut Vec::new(), &mut done);
    }
}

fn visit<'a>(
    catalog: &'a Catalog,
    draft: &Draft<'_>,
    indicator: &'a Indicator,
    path: &mut Vec<&'a IndicatorId>,
    done: &mut BTreeSet<&'a IndicatorId>,
) {
    if let Some(start) = path.iter().position(|id| *id == &indicator.id) {
        let mut steps: Vec<&str> = path[start..].iter().map(|id| id.as_str()).collect();
        steps.push(indicator.id.as_str());
        if let Some(place) = draft.names.place(Subject::Indicator, indicator.id.as_str()) {
            let message = format!("the formulas go round in a circle: {}", steps.join(" -> "));
            draft
                .problems
                .report(place, message, "take one of them out of the other's formula");
        }
        return;
    }
    if done.contains(&indicator.id) {
        return;
    }
    path.push(&indicator.id);
    for reference in indicator.formula.references() {
        if let MeasureId::Indicator(id) = &reference.measure
            && let Some(inner) = catalog.indicator(id.as_str())
        {
            visit(catalog, draft, inner, path, done);
        }
    }
    path.pop();
    done.insert(&indicator.id);
}

impl Catalog {
    /// Reads a formula that somebody asks for, such as `post.items{direction='sent'} / population.inhabitants`, and
    /// checks its names, filters and units against the catalogue. Mistakes of syntax are told alone, others all at once.
    pub fn formula(&self, text: &str) -> Result<Formula, Vec<FormulaError>> {
        let expression = crate::formula::parse::parse(text).map_err(|error| vec![error])?;
        let lookup = |name: &str| self.measure(name).ok_or_else(|| self.nearest_measure(name));
        let mut errors = Vec::new();
        check_expression(self, &expression, &mut errors);
        let formula = resolve(&expression, &lookup).map_err(|unknown| errors.extend(unknown));
        errors.sort_by_key(|error| error.column);
        match formula {
            Ok(formula) if errors.is_empty() => Ok(formula),
            _ => Err(errors),
        }
    }
}
