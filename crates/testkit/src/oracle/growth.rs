//! Rule 27: the yearly growth from one value to another, found by trying.

use almanac_model::{Exact, Granularity, NoPercent, Period};
use jiff::civil::Date;

/// In percent, with two decimals.
pub(super) fn yearly(base: &Exact, value: &Exact, from: Option<Period>, to: Period) -> Result<String, NoPercent> {
    let zero = Exact::from_integer(0);
    let months = from.map_or(0, |from| months(from.last_day(), to.last_day()));
    let makes_years = !matches!(to.granularity(), Granularity::Day | Granularity::Week);
    let is_like = from.is_some_and(|from| from.granularity() == to.granularity());
    if !makes_years || !is_like || !(13..=1200).contains(&months) {
        return Err(NoPercent::Span);
    }
    if *base < zero {
        return Err(NoPercent::BaseNegative);
    }
    let factor = value.checked_div(base).ok_or(NoPercent::BaseZero)?;
    if *value <= zero {
        return Err(NoPercent::NotPositive);
    }
    Ok(Exact::from_scaled(ten_thousandths(&factor, months) - 10_000, 2).to_decimal_string(2))
}

/// The number of ten-thousandths that is nearest to `factor^(12 / months)`, the even one of two that are equally near.
fn ten_thousandths(factor: &Exact, months: u32) -> i128 {
    let wanted = &power(factor, 12) * &power(&Exact::from_integer(20_000), months);
    // whether the result is at least that number, perhaps since it is the even one
    let reaches = |number: i128| {
        let low = power(&Exact::from_integer(2 * number - 1), months);
        low < wanted || low == wanted && number % 2 == 0
    };
    let mut high = 1;
    while reaches(high) {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low.midpoint(high);
        if reaches(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn power(number: &Exact, exponent: u32) -> Exact {
    if exponent == 0 {
        return Exact::from_integer(1);
    }
    let half = power(number, exponent / 2);
    let even = &half * &half;
    if exponent.is_multiple_of(2) {
        even
    } else {
        &even * number
    }
}

fn months(from: Date, to: Date) -> u32 {
    let number = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    u32::try_from(number(to) - number(from)).unwrap_or(0)
}
