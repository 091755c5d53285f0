//! Fractions of numbers that fit into machine words: nearly all there are.

use std::cmp::Ordering;

use num_integer::Integer;

use super::round_half_even;

/// A fraction in lowest terms with a positive denominator.
///
/// Products of two parts have at most 127 bits, and sums of two such products 128 with their sign: what is computed here
/// cannot overflow before it is put into words again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Small {
    numerator: i64,
    /// At least one.
    denominator: i64,
}

impl Small {
    /// The fraction of two parts without a common divisor, the second of them positive; `None` when they do not fit.
    pub(super) fn of_lowest(numerator: i128, denominator: i128) -> Option<Self> {
        Some(Self {
            numerator: i64::try_from(numerator).ok()?,
            denominator: i64::try_from(denominator).ok()?,
        })
    }

    /// The fraction of two parts, the second of them positive.
    pub(super) fn reduced(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 1 {
            return Self::of_lowest(numerator, 1);
        }
        if let (Ok(numerator), Ok(denominator)) = (i64::try_from(numerator), i64::try_from(denominator)) {
            let divisor = divisor(numerator, denominator);
            return Some(Self {
                numerator: numerator / divisor,
                denominator: denominator / divisor,
            });
        }
        let divisor = numerator.gcd(&denominator);
        Self::of_lowest(numerator / divisor, denominator / divisor)
    }

    pub(super) fn numerator(self) -> i128 {
        self.numerator.into()
    }

    pub(super) fn denominator(self) -> i128 {
        self.denominator.into()
    }

    pub(super) fn negated(self) -> Option<Self> {
        Self::of_lowest(-self.numerator(), self.denominator())
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        if self.denominator == other.denominator {
            return Self::reduced(self.numerator() + other.numerator(), self.denominator());
        }
        Self::reduced(
            self.numerator() * other.denominator() + other.numerator() * self.denominator(),
            self.denominator() * other.denominator(),
        )
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        // what is divided out across leaves nothing in common afterwards
        let one = divisor(self.numerator, other.denominator);
        let two = divisor(other.numerator, self.denominator);
        Some(Self {
            numerator: (self.numerator / one).checked_mul(other.numerator / two)?,
            denominator: (self.denominator / two).checked_mul(other.denominator / one)?,
        })
    }

    /// The number that gives one with it; it is not zero.
    pub(super) fn inverse(self) -> Option<Self> {
        let sign = self.numerator().signum();
        Self::of_lowest(self.denominator() * sign, self.numerator() * sign)
    }

    /// The whole number nearest to so many times the number; the factor has at most 18 zeros.
    pub(super) fn rounded(self, factor: i128) -> i128 {
        let scaled = self.numerator() * factor;
        match i64::try_from(scaled) {
            // divided in one instruction
            Ok(scaled) => round_half_even(&scaled, &self.denominator).into(),
            Err(_) => round_half_even(&scaled, &self.denominator()),
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        let (one, two) = (
            self.numerator() * other.denominator(),
            other.numerator() * self.denominator(),
        );
        one.cmp(&two)
    }
}

/// The greatest common divisor of two numbers of which the second is positive.
fn divisor(one: i64, positive: i64) -> i64 {
    if positive == 1 {
        return 1;
    }
    // it divides the second, and so is no larger
    one.unsigned_abs().gcd(&positive.unsigned_abs()).cast_signed()
}
