//! Exact rational arithmetic: what a figure is until it is printed.

mod root;
mod small;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;
use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use self::small::Small;
use crate::Decimal;

/// An exact number. Nothing is rounded before [`Self::to_decimal_string`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Exact(Number);

/// A number has one form: the small one, if it fits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Number {
    Small(Small),
    Large(Box<BigRational>),
}

/// Powers of ten with at most so many zeros fit into a machine word.
const SMALL_DECIMALS: u8 = 18;

impl Exact {
    /// The whole number.
    #[must_use]
    pub fn from_integer(number: i128) -> Self {
        let small = Small::of_lowest(number, 1);
        Self::small_or(small, || BigRational::from_integer(number.into()))
    }

    /// The number `units / 10^decimals`, as cells and batches keep it.
    #[must_use]
    pub fn from_scaled(units: i128, decimals: u8) -> Self {
        let small = (decimals <= SMALL_DECIMALS)
            .then(|| Small::reduced(units, 10_i128.pow(decimals.into())))
            .flatten();
        Self::small_or(small, || BigRational::new(units.into(), power_of_ten(decimals)))
    }

    fn small_or(small: Option<Small>, large: impl FnOnce() -> BigRational) -> Self {
        small.map_or_else(|| large().into(), |small| Self(Number::Small(small)))
    }

    fn small(&self) -> Option<Small> {
        match &self.0 {
            Number::Small(small) => Some(*small),
            Number::Large(_) => None,
        }
    }

    fn both_small(&self, other: &Self) -> Option<(Small, Small)> {
        self.small().zip(other.small())
    }

    fn large(&self) -> Cow<'_, BigRational> {
        match &self.0 {
            Number::Small(small) => Cow::Owned(BigRational::new_raw(
                small.numerator().into(),
                small.denominator().into(),
            )),
            Number::Large(large) => Cow::Borrowed(large),
        }
    }

    /// The quotient; `None` when the divisor is zero.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        if divisor.sign().is_eq() {
            return None;
        }
        let small = self.both_small(divisor);
        let small = small.and_then(|(one, other)| one.times(other.inverse()?));
        Some(Self::small_or(small, || {
            self.large().as_ref() / divisor.large().as_ref()
        }))
    }

    /// Below, at or above zero.
    #[must_use]
    pub fn sign(&self) -> Ordering {
        match &self.0 {
            Number::Small(small) => small.numerator().cmp(&0),
            Number::Large(large) => large.as_ref().cmp(&BigRational::zero()),
        }
    }

    /// The number rounded half to even, with exactly so many decimals. This is the only place where a figure is rounded.
    #[must_use]
    pub fn to_decimal_string(&self, decimals: u8) -> String {
        if let Some(small) = self.small().filter(|_| decimals <= SMALL_DECIMALS) {
            let rounded = small.rounded(10_i128.pow(decimals.into()));
            return with_point(
                rounded < 0,
                itoa::Buffer::new().format(rounded.unsigned_abs()),
                decimals,
            );
        }
        let large = self.large();
        let rounded = round_half_even(&(large.numer() * power_of_ten(decimals)), large.denom());
        with_point(rounded.is_negative(), &rounded.abs().to_string(), decimals)
    }

    /// The number as short as it can be written, rounded half to even when it needs more than `most` decimals.
    #[must_use]
    pub fn to_short_string(&self, most: u8) -> String {
        if self.small().is_some_and(|small| small.denominator() == 1) {
            return self.to_decimal_string(0);
        }
        let mut text = self.to_decimal_string(most);
        if text.contains('.') {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
        text
    }

    /// The number as decimal digits, without loss; `None` when the digits would never end.
    #[must_use]
    pub fn to_exact_string(&self) -> Option<String> {
        let mut rest = self.large().denom().clone();
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
        self.large().to_string()
    }
}

fn power_of_ten(exponent: u8) -> BigInt {
    BigInt::from(10).pow(u32::from(exponent))
}

/// The whole number nearest to a quotient. The divisor is positive.
fn round_half_even<N: Clone + Integer>(dividend: &N, divisor: &N) -> N {
    let (floor, rest) = dividend.div_mod_floor(divisor);
    let up_to_next = divisor.clone() - rest.clone();
    match rest.cmp(&up_to_next) {
        Ordering::Less => floor,
        Ordering::Equal if floor.is_even() => floor,
        Ordering::Equal | Ordering::Greater => floor + N::one(),
    }
}

/// The digits of a whole number as a decimal one, with a point before so many of them.
fn with_point(is_negative: bool, digits: &str, decimals: u8) -> String {
    let places = usize::from(decimals);
    let lacking = (places + 1).saturating_sub(digits.len());
    let mut text = String::with_capacity("-.".len() + lacking + digits.len());
    if is_negative {
        text.push('-');
    }
    text.extend(iter::repeat_n('0', lacking));
    text.push_str(digits);
    if places > 0 {
        text.insert(text.len() - places, '.');
    }
    text
}

impl From<BigRational> for Exact {
    fn from(number: BigRational) -> Self {
        let word = |part: &BigInt| i64::try_from(part).ok().map(i128::from);
        let parts = word(number.numer()).zip(word(number.denom()));
        let small = parts.and_then(|(numerator, denominator)| Small::of_lowest(numerator, denominator));
        Self(small.map_or_else(|| Number::Large(Box::new(number)), Number::Small))
    }
}

impl From<Decimal> for Exact {
    fn from(decimal: Decimal) -> Self {
        Self::from_scaled(decimal.units(), decimal.scale())
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.both_small(other) {
            Some((one, two)) => one.compare(two),
            None => self.large().cmp(&other.large()),
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Add for &Exact {
    type Output = Exact;

    fn add(self, other: Self) -> Exact {
        let small = self.both_small(other).and_then(|(one, two)| one.plus(two));
        Exact::small_or(small, || self.large().as_ref() + other.large().as_ref())
    }
}

impl Sub for &Exact {
    type Output = Exact;

    fn sub(self, other: Self) -> Exact {
        self + &-other
    }
}

impl Mul for &Exact {
    type Output = Exact;

    fn mul(self, other: Self) -> Exact {
        let small = self.both_small(other).and_then(|(one, two)| one.times(two));
        Exact::small_or(small, || self.large().as_ref() * other.large().as_ref())
    }
}

impl Neg for &Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact::small_or(self.small().and_then(Small::negated), || -self.large().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    /// Parts of fractions, many of them where machine words end.
    fn part() -> impl Strategy<Value = i128> {
        let near = |middle: i128| (middle - 3..=middle + 3).boxed();
        prop_oneof![
            -30..30_i128,
            near(i64::MAX.into()),
            near(i64::MIN.into()),
            -(1_i128 << 40)..1 << 40,
            near(1 << 62),
            near(1 << 100),
        ]
    }

    /// A fraction twice: as it is, and as a large one.
    fn fraction() -> impl Strategy<Value = (Exact, BigRational)> {
        (part(), part()).prop_filter_map("a fraction", |(above, below)| {
            let exact = Exact::from_integer(above).checked_div(&Exact::from_integer(below))?;
            Some((exact, BigRational::new(above.into(), below.into())))
        })
    }

    proptest! {
        #[test]
        fn small_and_large_fractions_are_computed_alike((one, large_one) in fraction(), (two, large_two) in fraction(), decimals in 0..25_u8) {
            let same = |exact: Exact, large: BigRational| {
                // one number has one form
                prop_assert_eq!(&exact, &Exact::from(large.clone()));
                prop_assert_eq!(exact.large().into_owned(), large);
                Ok(())
            };
            same(&one + &two, &large_one + &large_two)?;
            same(&one - &two, &large_one - &large_two)?;
            same(&one * &two, &large_one * &large_two)?;
            same(-&one, -&large_one)?;
            if let Some(quotient) = one.checked_div(&two) {
                same(quotient, &large_one / &large_two)?;
            }
            prop_assert_eq!(one.checked_div(&two).is_none(), large_two.is_zero());
            prop_assert_eq!(one.cmp(&two), large_one.cmp(&large_two));
            prop_assert_eq!(one.sign(), large_one.cmp(&BigRational::zero()));
            let digits = round_half_even(&(large_one.numer() * power_of_ten(decimals)), large_one.denom());
            prop_assert_eq!(one.to_decimal_string(decimals), with_point(digits.is_negative(), &digits.abs().to_string(), decimals));
        }

        #[test]
        fn scaled_units_are_their_quotient(units in part(), decimals in 0..40_u8) {
            let large = BigRational::new(units.into(), power_of_ten(decimals));
            prop_assert_eq!(Exact::from_scaled(units, decimals), Exact::from(large));
        }
    }

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
