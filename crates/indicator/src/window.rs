//! The values of several periods become one: sums, averages, least and greatest values over windows of periods.

use almanac_catalog::WindowOperator;
use almanac_model::{Exact, FigureFlag, MissingReason, Qualifier};

use crate::series::most_telling;
use crate::value::Value;

/// The value of one period of a window.
pub(crate) struct Part {
    /// How many days it has: the weight in an average.
    pub(crate) days: i32,
    pub(crate) value: Value,
}

/// One value of all. A period without a value is left out, of both sides of an average, and the result says that it is
/// partial; a period in which there could be none lacks nothing.
pub(crate) fn over_window(operator: WindowOperator, parts: Vec<Part>) -> Value {
    let mut result = Value::missing(MissingReason::NoRecord);
    let (mut numbers, mut reasons) = (Vec::new(), Vec::new());
    // a number that is only withheld is there: without it the window would be another one
    let withheld = parts
        .iter()
        .any(|part| part.value.is_missing() && !part.value.is_lacking());
    let partial = parts
        .iter()
        .any(|part| part.value.is_lacking() && !cannot_exist(&part.value));
    for Part { days, value } in parts {
        match value.outcome {
            Ok(number) => {
                result.lineage.merge(&value.lineage);
                numbers.push((days, number, value.qualifier));
            }
            Err(MissingReason::NoRecord) => reasons.push(MissingReason::NoRecord),
            Err(reason) => {
                result.lineage.merge(&value.lineage);
                reasons.push(reason);
            }
        }
    }
    result.lineage.withheld = false;
    if withheld {
        result.withhold();
    } else if let Some(number) = combined(operator, &numbers) {
        result.outcome = Ok(number);
        result.qualifier = bound(operator, numbers.into_iter().map(|(_, _, bound)| bound));
    } else {
        result.outcome = Err(most_telling(reasons.into_iter()));
    }
    if partial && !result.is_lacking() {
        result.lineage.flags.insert(FigureFlag::PartialPeriod);
    }
    result
}

/// What is known of the number of all numbers.
fn bound(operator: WindowOperator, bounds: impl Iterator<Item = Qualifier>) -> Qualifier {
    match operator {
        WindowOperator::Sum | WindowOperator::Average => bounds.fold(Qualifier::Exact, Qualifier::plus),
        // another value, itself only bounded, might truly be the extreme one
        WindowOperator::Min | WindowOperator::Max => bounds
            .reduce(|one, other| if one == other { one } else { Qualifier::About })
            .unwrap_or_default(),
    }
}

fn cannot_exist(value: &Value) -> bool {
    value.outcome == Err(MissingReason::CannotExist)
}

/// The number of all numbers; `None` of none.
fn combined(operator: WindowOperator, numbers: &[(i32, Exact, Qualifier)]) -> Option<Exact> {
    let values = numbers.iter().map(|(_, number, _)| number);
    match operator {
        WindowOperator::Sum => values.cloned().reduce(|sum, number| &sum + &number),
        WindowOperator::Min => values.min().cloned(),
        WindowOperator::Max => values.max().cloned(),
        WindowOperator::Average => {
            let zero = || Exact::from_integer(0);
            let days = |days: i32| Exact::from_integer(days.into());
            let weighted = numbers
                .iter()
                .fold(zero(), |sum, (length, number, _)| &sum + &(number * &days(*length)));
            let length: i32 = numbers.iter().map(|(length, ..)| length).sum();
            weighted.checked_div(&days(length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_20_a_window_with_a_withheld_number_is_withheld_and_not_another_window() {
        let mut secret = Value::number(Exact::from_integer(7));
        secret.withhold();
        let parts = |value: Value| {
            let one = Value::number(Exact::from_integer(1));
            vec![Part { days: 31, value: one }, Part { days: 28, value }]
        };
        for operator in [WindowOperator::Sum, WindowOperator::Average, WindowOperator::Min] {
            let window = over_window(operator, parts(secret.clone()));
            assert_eq!(window.outcome, Err(MissingReason::Suppressed));
            assert!(!window.is_lacking());
        }
        let lacking = over_window(WindowOperator::Sum, parts(Value::missing(MissingReason::NoRecord)));
        assert_eq!(lacking.outcome, Ok(Exact::from_integer(1)));
        assert!(lacking.lineage.flags.contains(&FigureFlag::PartialPeriod));
    }
}
