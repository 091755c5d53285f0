//! Rules 7, 11 and 13: functions of formulas, which compute a formula over other periods than the one asked for.

use almanac_catalog::{Formula, MeasureId, Operator, TimeFunction, TimeOperator, WindowOperator};
use almanac_model::{Exact, FigureFlag, MissingReason, Period, PeriodRange, Qualifier, TimeUnit};

use super::Oracle;
use super::formula::{Definition, Scope};
use super::series::most_telling;
use super::stretch::{Reach, moves_alike, reach};
use super::value::Value;

impl Oracle<'_> {
    pub(super) fn function_value(&self, function: TimeFunction, inner: &Formula, scope: &Scope) -> Value {
        match self.reached(function, inner, scope) {
            Reach::Once(span) => self.formula_value(inner, &scope.at(span)).value,
            Reach::Each(periods) => {
                let part = |period: Period| (period, self.formula_value(inner, &scope.at(period.into())).value);
                over_periods(operator(function), periods.into_iter().map(part).collect())
            }
            // a question that asks for parts of periods is refused
            Reach::Nowhere | Reach::NotWhole => Value::missing(MissingReason::CannotExist),
        }
    }

    /// Over which stretches a function has its formula computed. What happened in several periods is what happened in all of
    /// them, read as one.
    pub(super) fn reached(&self, function: TimeFunction, inner: &Formula, scope: &Scope) -> Reach {
        let found = reach(function, scope.span);
        let TimeFunction::Moving {
            operator: WindowOperator::Sum,
            unit,
            ..
        } = function
        else {
            return found;
        };
        match found {
            Reach::Each(periods) if self.is_flow(inner, &scope.definition, unit) => {
                let ends = periods.first().zip(periods.last());
                ends.map_or(Reach::Nowhere, |(first, last)| {
                    Reach::Once(PeriodRange::from(*first).until(*last))
                })
            }
            found => found,
        }
    }

    /// Whether a formula is a flow, so that its values of several periods add up to that of all of them: flows, sums and
    /// multiples of them. A term that may be zero instead of missing is in each period by itself, and so is a number.
    fn is_flow(&self, formula: &Formula, definition: &Definition, unit: TimeUnit) -> bool {
        let is_flow = |formula: &Formula| self.is_flow(formula, definition, unit);
        let is_number = |formula: &Formula| matches!(formula, Formula::Constant(_));
        match formula {
            Formula::Negate(inner) => is_flow(inner),
            Formula::Reference(reference) if definition.optional.contains(&reference.measure) => false,
            Formula::Reference(reference) => match &reference.measure {
                MeasureId::Metric(id) => {
                    let metric = self.catalog.metric(id.as_str());
                    metric.is_some_and(|metric| metric.time == TimeOperator::Sum)
                }
                MeasureId::Indicator(id) => self.catalog.indicator(id.as_str()).is_some_and(|indicator| {
                    let definition = Definition::from(indicator);
                    self.is_flow(&definition.formula, &definition, unit)
                }),
            },
            Formula::Over(TimeFunction::Shift { unit: shift, .. }, inner) => {
                moves_alike(*shift, unit) && is_flow(inner)
            }
            Formula::Over(..) | Formula::Constant(_) => false,
            Formula::Binary(Operator::Add | Operator::Subtract, left, right) => is_flow(left) && is_flow(right),
            Formula::Binary(Operator::Multiply, left, right) => {
                is_number(left) && is_flow(right) || is_number(right) && is_flow(left)
            }
            Formula::Binary(Operator::Divide, left, right) => is_number(right) && is_flow(left),
        }
    }
}

/// What makes one value of several; a function that leads to one stretch makes nothing of it.
fn operator(function: TimeFunction) -> WindowOperator {
    match function {
        TimeFunction::Shift { .. } | TimeFunction::YearToDate => WindowOperator::Sum,
        TimeFunction::Moving { operator, .. } | TimeFunction::By { operator, .. } => operator,
    }
}

/// One value of those of several periods. A period without one is left out, of both sides of an average; the value then says
/// that it is partial, unless there could be none.
pub(super) fn over_periods(operator: WindowOperator, parts: Vec<(Period, Value)>) -> Value {
    let numbers: Vec<(Period, Exact, Qualifier)> = parts
        .iter()
        .filter_map(|(period, value)| Some((*period, value.outcome.clone().ok()?, value.qualifier)))
        .collect();
    let reasons: Vec<MissingReason> = parts
        .iter()
        .filter_map(|(_, value)| value.outcome.clone().err())
        .collect();
    let is_withheld = parts.iter().any(|(_, value)| value.is_withheld);
    let mut result =
        one_of_all(operator, &numbers).map_or_else(|| Value::missing(most_telling(&reasons)), Value::number);
    if !numbers.is_empty() {
        let qualifiers: Vec<Qualifier> = numbers.iter().map(|(_, _, qualifier)| *qualifier).collect();
        result.qualifier = match operator {
            WindowOperator::Min | WindowOperator::Max if qualifiers.iter().all(|one| *one == qualifiers[0]) => {
                qualifiers[0]
            }
            // another number, itself only bounded, might truly be the least or the greatest one
            WindowOperator::Min | WindowOperator::Max => Qualifier::About,
            WindowOperator::Sum | WindowOperator::Average => {
                qualifiers.into_iter().fold(Qualifier::Exact, Qualifier::plus)
            }
        };
    }
    // a number that is only not told is there; what else lacks is told all the same
    let is_partial = |value: &Value| value.is_lacking() && value.outcome != Err(MissingReason::CannotExist);
    if (is_withheld || !numbers.is_empty()) && parts.iter().any(|(_, value)| is_partial(value)) {
        result.flags.insert(FigureFlag::PartialPeriod);
    }
    for (_, value) in parts {
        // nothing is inherited from what is not there but that it was looked for
        if value.outcome == Err(MissingReason::NoRecord) {
            result.readings.extend(value.readings);
        } else {
            result.inherit(&value);
        }
    }
    // without a number that is only not told it would be another window
    if is_withheld {
        result.withhold();
    }
    result
}

/// The number of all numbers; in an average each counts with the days of its period.
fn one_of_all(operator: WindowOperator, numbers: &[(Period, Exact, Qualifier)]) -> Option<Exact> {
    let each = || numbers.iter().map(|(_, number, _)| number.clone());
    match operator {
        WindowOperator::Sum => each().reduce(|sum, number| &sum + &number),
        WindowOperator::Min => each().min(),
        WindowOperator::Max => each().max(),
        WindowOperator::Average => {
            let days = |period: &Period| Exact::from_integer(period.days().into());
            let weighted = numbers.iter().map(|(period, number, _)| number * &days(period));
            let length = numbers.iter().map(|(period, ..)| days(period));
            let add = |one: Exact, other: Exact| &one + &other;
            weighted.reduce(add)?.checked_div(&length.reduce(add)?)
        }
    }
}
