//! Compound annual growth: the yearly growth that leads from one figure to a later one.

use std::num::NonZeroU32;

use almanac_model::{Exact, NoPercent, Period};

/// Beyond a century nobody asks for a yearly average, and its roots take long.
const MAX_MONTHS: u32 = 1200;

/// `(value / base)^(1 / years) - 1` in percent, with two decimals, from numbers before rounding. The years are those from
/// the beginning of the base period to that of the period, as a fraction of months: `(value / base)^(12 / months)`.
pub(crate) fn cagr(
    base: Option<&Exact>,
    value: Option<&Exact>,
    base_period: Option<Period>,
    period: Period,
) -> Result<String, NoPercent> {
    let (base, value) = base.zip(value).ok_or(NoPercent::Missing)?;
    let months = base_period.and_then(|base| period.months_after(base));
    let months = months.and_then(|months| u32::try_from(months).ok());
    let months = months.filter(|months| (13..=MAX_MONTHS).contains(months));
    let months = months.and_then(NonZeroU32::new).ok_or(NoPercent::Span)?;
    if base.sign().is_lt() {
        return Err(NoPercent::BaseNegative);
    }
    let factor = value.checked_div(base).ok_or(NoPercent::BaseZero)?;
    let (power, root) = in_lowest_terms(12, months);
    // the four decimals of the factor are the two of the percentage: nothing is rounded twice
    let yearly = factor.power_rounded(power, root, 4).ok_or(NoPercent::NotPositive)?;
    let growth = &yearly - &Exact::from_integer(1);
    Ok((&growth * &Exact::from_integer(100)).to_decimal_string(2))
}

fn in_lowest_terms(power: u32, root: NonZeroU32) -> (u32, NonZeroU32) {
    let both = (1..=power)
        .rev()
        .find(|factor| power.is_multiple_of(*factor) && root.get().is_multiple_of(*factor));
    let both = both.unwrap_or(1);
    (power / both, NonZeroU32::new(root.get() / both).unwrap_or(root))
}
