//! Formulas name no dimension or code that a term does not have, add only what has one unit, and do not name each other
//! in a circle.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{IndicatorId, UnitId};

use crate::formula::parse::{Expression, ExpressionKind, Filter};
use crate::formula::{FormulaError, FormulaFault, Operator, resolve};
use crate::load::{Draft, Subject, report_formula};
use crate::{Catalog, Formula, Indicator, MeasureId};

/// Units with their powers: items per inhabitant are `{item: 1, inhabitant: -1}`. Empty is a plain number.
type UnitPowers = BTreeMap<UnitId, i32>;

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
        Formula::Negate(inner) => only_adds(inner),
        Formula::Constant(_) | Formula::Binary(..) => false,
    }
}

/// Collects the mistakes of a formula and gives the unit of its result; `None` when that cannot be known because of a
/// mistake that is told elsewhere.
fn check_expression(catalog: &Catalog, expression: &Expression, errors: &mut Vec<FormulaError>) -> Option<UnitPowers> {
    match &expression.kind {
        ExpressionKind::Constant(_) => Some(UnitPowers::new()),
        ExpressionKind::Negate(inner) => check_expression(catalog, inner, errors),
        ExpressionKind::Reference { name, filters } => {
            let measure = catalog.measure(name)?;
            for filter in filters {
                check_filter(catalog, &measure, filter, errors);
            }
            let unit = match &measure {
                MeasureId::Metric(id) => &catalog.metric(id.as_str())?.unit,
                MeasureId::Indicator(id) => &catalog.indicator(id.as_str())?.unit,
            };
            Some(UnitPowers::from([(unit.clone(), 1)]))
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

fn product(mut left: UnitPowers, right: UnitPowers, sign: i32) -> UnitPowers {
    for (unit, power) in right {
        *left.entry(unit).or_default() += sign * power;
    }
    left.retain(|_, power| *power != 0);
    left
}

/// `"item"`, `"item / inhabitant"` or `a plain number`.
fn shown(unit: &UnitPowers) -> String {
    let side = |sign: i32| {
        let factors = unit.iter().flat_map(|(unit, power)| {
            let times = usize::try_from(power * sign).unwrap_or(0);
            std::iter::repeat_n(unit.as_str(), times)
        });
        factors.collect::<Vec<_>>()
    };
    match (side(1).as_slice(), side(-1).as_slice()) {
        ([], []) => "a plain number".to_owned(),
        (above, []) => format!("\"{}\"", above.join(" * ")),
        ([], below) => format!("\"1 / {}\"", below.join(" / ")),
        (above, below) => format!("\"{} / {}\"", above.join(" * "), below.join(" / ")),
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
