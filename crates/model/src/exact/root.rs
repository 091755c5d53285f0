//! Powers with a fraction, rounded exactly: no floating point, whole-number roots instead.

use std::cmp::Ordering;
use std::num::NonZeroU32;

use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed};

use super::{Exact, power_of_ten};

impl Exact {
    /// The positive number to the power `power / root`, rounded half to even at so many decimals; `None` for a number that
    /// is not positive.
    ///
    /// With `s = 10^decimals` and `y = (s^root * number^power)`, the result before rounding is the `root`-th root of `y`.
    /// Its floor `f` is a whole-number root, and whether it is to be rounded up is decided exactly: `2^root * y` against
    /// `(2f + 1)^root`.
    #[must_use]
    pub fn power_rounded(&self, power: u32, root: NonZeroU32, decimals: u8) -> Option<Self> {
        let number = self.large();
        if !number.is_positive() {
            return None;
        }
        let root = root.get();
        let raised = |number: &BigInt| number.magnitude().pow(power);
        let above = power_of_ten(decimals).magnitude().pow(root) * raised(number.numer());
        let below = raised(number.denom());
        let floor = (&above / &below).nth_root(root);
        let middle = (&floor * 2_u8 + BigUint::one()).pow(root);
        let rounded = match ((above << root).cmp(&(middle * below)), floor.is_even()) {
            (Ordering::Less, _) | (Ordering::Equal, true) => floor,
            (Ordering::Greater, _) | (Ordering::Equal, false) => floor + BigUint::one(),
        };
        Some(BigRational::new(rounded.into(), power_of_ten(decimals)).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert, proptest};

    use super::*;
    use crate::Decimal;

    fn exact(text: &str) -> Exact {
        text.parse::<Decimal>().unwrap().into()
    }

    fn rounded(number: &Exact, power: u32, root: u32, decimals: u8) -> Option<String> {
        let root = NonZeroU32::new(root).unwrap();
        let result = number.power_rounded(power, root, decimals)?;
        Some(result.to_decimal_string(decimals))
    }

    #[test]
    fn rule_27_a_root_is_rounded_half_to_even_without_floating_point() {
        for (number, power, root, decimals, printed) in [
            ("1.1025", 1, 2, 2, "1.05"),
            ("2", 1, 2, 9, "1.414213562"),
            ("8", 2, 3, 0, "4"),
            // exactly in the middle: 1.5, 2.5 and 0.5
            ("2.25", 1, 2, 0, "2"),
            ("6.25", 1, 2, 0, "2"),
            ("0.25", 1, 2, 0, "0"),
            // a digit beyond the middle
            ("6.2500000001", 1, 2, 0, "3"),
            ("6.2499999999", 1, 2, 0, "2"),
            ("2.2499999999", 1, 2, 0, "1"),
        ] {
            assert_eq!(
                rounded(&exact(number), power, root, decimals).as_deref(),
                Some(printed),
                "{number}"
            );
        }
        assert_eq!(rounded(&exact("0"), 1, 2, 2), None);
        assert_eq!(rounded(&exact("-4"), 1, 2, 2), None);
    }

    fn positive() -> impl Strategy<Value = Exact> {
        (1..i128::from(u64::MAX), 1..1_000_000_i128).prop_map(|(above, below)| {
            let below = Exact::from_integer(below);
            Exact::from_integer(above).checked_div(&below).unwrap()
        })
    }

    fn power(number: &BigRational, exponent: u32) -> BigRational {
        (0..exponent).fold(BigRational::one(), |product, _| product * number)
    }

    proptest! {
        /// The defining inequality: the number to the power lies between the result less and more half a digit.
        #[test]
        fn rule_27_a_rounded_root_is_within_half_a_digit(number in positive(), power_of in 1..13_u32, root in 1..40_u32) {
            let result = number.power_rounded(power_of, NonZeroU32::new(root).unwrap(), 4).unwrap();
            let half = BigRational::new(1.into(), 20_000.into());
            let wanted = power(&number.large(), power_of);
            let low = result.large().as_ref() - &half;
            prop_assert!(!low.is_positive() || power(&low, root) <= wanted);
            prop_assert!(wanted <= power(&(result.large().as_ref() + &half), root));
        }
    }
}
