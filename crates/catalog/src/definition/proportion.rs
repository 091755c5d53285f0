//! A share of a whole, exactly as it was published.

use std::fmt;

use almanac_model::{Decimal, Exact};

/// A number from 0 to 1: a decimal, "0.25", or the two published numbers that it comes from, "146/12000".
#[derive(Clone, Debug, PartialEq)]
pub struct Proportion {
    part: Decimal,
    /// Absent when the share itself was published.
    whole: Option<Decimal>,
    exact: Exact,
}

impl Proportion {
    /// The proportion, if the text is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse::<Decimal>().ok();
        let (part, whole) = match text.split_once('/') {
            Some((part, whole)) => (number(part)?, Some(number(whole)?)),
            None => (number(text)?, None),
        };
        let exact = match whole {
            Some(whole) if whole.units() <= 0 => return None,
            Some(whole) => Exact::from(part).checked_div(&Exact::from(whole))?,
            None => Exact::from(part),
        };
        let in_range = !exact.sign().is_lt() && exact <= Exact::from_integer(1);
        in_range.then_some(Self { part, whole, exact })
    }

    /// The number.
    #[must_use]
    pub const fn exact(&self) -> &Exact {
        &self.exact
    }
}

/// As it was published.
impl fmt::Display for Proportion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole {
            Some(whole) => write!(f, "{}/{whole}", self.part),
            None => self.part.fmt(f),
        }
    }
}
