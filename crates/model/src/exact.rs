//! Exact rational arithmetic: what a figure is until it is printed.

mod root;

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::Decimal;

/// An exact number. Nothing is rounded before [`Self::to_decimal_string`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Exact(BigRational);

impl Exact {
    /// The whole number.
    #[must_use]
    pub fn from_integer(number: i128) -> Self {
        Self(BigRational::from_integer(number.into()))
    }

    /// The number `units / 10^decimals`, as cells and batches keep it.
    #[must_use]
    pub fn from_scaled(units: i128, decimals: u8) -> Self {
        Self(BigRational::new(units.into(), power_of_ten(decimals)))
    }

    /// The quotient; `None` when the divisor is zero.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.0.is_zero()).then(|| Self(&self.0 / &divisor.0))
    }

    /// Below, at or above zero.
    #[must_use]
    pub fn sign(&self) -> Ordering {
        self.0.cmp(&BigRational::zero())
    }

    /// The number rounded half to even, with exactly so many decimals. This is the only place where a figure is rounded.
    #[must_use]
    pub fn to_decimal_string(&self, decimals: u8) -> String {
        let rounded = round_half_even(&(self.0.numer() * power_of_ten(decimals)), self.0.denom());
        let sign = if rounded.is_negative() { "-" } else { "" };
        let places = usize::from(decimals);
        let digits = format!("{:0>width$}", rounded.abs().to_string(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    /// The number as short as it can be written, rounded half to even when it needs more than `most` decimals.
    #[must_use]
    pub fn to_short_string(&self, most: u8) -> String {
        let long = self.to_decimal_string(most);
        let short = if long.contains('.') {
            long.trim_end_matches('0').trim_end_matches('.')
        } else {
            &long
        };
        short.to_owned()
    }

    /// The number as decimal digits, without loss; `None` when the digits would never end.
    #[must_use]
    pub fn to_exact_string(&self) -> Option<String> {
        let mut rest = self.0.denom().clone();
        let mut places = [0_u32; 2];
        for (factor, places) in [2_u8, 5].into_iter().zip(&mut places) {
            while rest.is_multiple_of(&factor.into()) {
                rest /= factor;
                *places += 1;
            }
        }
        let [twos, fives] = places;
        let places = u8::try_from(twos.max(fives)).ok()?;
        rest.is_one().then(|| self.to_decimal_string(places))
    }

    /// The number as a fraction of whole numbers in lowest terms, such as `"-1/3"`; a whole number without `/1`.
    #[must_use]
    pub fn to_fraction_string(&self) -> String {
        self.0.to_string()
    }
}

fn power_of_ten(exponent: u8) -> BigInt {
    BigInt::from(10).pow(u32::from(exponent))
}

/// The whole number nearest to a quotient. The divisor is positive.
fn round_half_even(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let (floor, rest) = dividend.div_mod_floor(divisor);
    match (rest * 2_u8).cmp(divisor) {
        Ordering::Less => floor,
        Ordering::Equal if floor.is_even() => floor,
        Ordering::Equal | Ordering::Greater => floor + 1_u8,
    }
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        Self::from_scaled(decimal.units(), decimal.scale())
    }
}

impl Add for &Exact {
    type Output = Exact;

    fn add(self, other: Self) -> Exact {
        Exact(&self.0 + &other.0)
    }
}

impl Sub for &Exact {
    type Output = Exact;

    fn sub(self, other: Self) -> Exact {
        Exact(&self.0 - &other.0)
    }
}

impl Mul for &Exact {
    type Output = Exact;

    fn mul(self, other: Self) -> Exact {
        Exact(&self.0 * &other.0)
    }
}

impl Neg for &Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact(-&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        text.parse::<Decimal>().unwrap().into()
    }

    #[test]
    fn rule_30_rounding_is_half_even_and_only_at_output() {
        for (value, decimals, printed) in [
            ("0.5", 0, "0"),
            ("1.5", 0, "2"),
            ("2.5", 0, "2"),
            ("-0.5", 0, "0"),
            ("-1.5", 0, "-2"),
            ("-2.51", 0, "-3"),
            ("0.125", 2, "0.12"),
            ("0.135", 2, "0.14"),
            ("7", 2, "7.00"),
        ] {
            assert_eq!(exact(value).to_decimal_string(decimals), printed, "{value}");
        }
    }

    #[test]
    fn a_tenth_and_two_tenths_are_three_tenths() {
        assert_eq!(&exact("0.1") + &exact("0.2"), exact("0.3"));
    }

    #[test]
    fn thirty_eight_digit_sums_are_exact() {
        let large = Exact::from_integer(i128::MAX);
        assert_eq!(
            (&large + &large).to_decimal_string(0),
            "340282366920938463463374607431768211454"
        );
    }

    #[test]
    fn what_never_ends_is_written_as_a_fraction() {
        let quotient = |left: &str, right: &str| exact(left).checked_div(&exact(right)).unwrap();
        for (number, digits, fraction) in [
            (exact("-0.50"), Some("-0.5"), "-1/2"),
            (exact("3.00"), Some("3"), "3"),
            (quotient("1", "64"), Some("0.015625"), "1/64"),
            (quotient("-2", "6"), None, "-1/3"),
        ] {
            assert_eq!(number.to_exact_string().as_deref(), digits);
            assert_eq!(number.to_fraction_string(), fraction);
        }
    }

    #[test]
    fn rule_22_nothing_is_divided_by_zero() {
        assert_eq!(exact("1").checked_div(&exact("0.00")), None);
        let third = exact("1").checked_div(&exact("3")).unwrap();
        assert_eq!((&third * &exact("3")).to_decimal_string(0), "1");
    }
}
