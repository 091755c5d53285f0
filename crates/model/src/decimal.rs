//! Decimal numbers as people write them, kept exactly.

use std::fmt;
use std::str::FromStr;

/// An exact decimal number: `units / 10^scale`. It remembers how many decimals were written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Decimal {
    units: i128,
    scale: u8,
}

/// Why a text is not a decimal number, or a decimal number does not fit where it is put.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with an optional sign and one optional point.
    #[error(
        "{text:?} is not a decimal number; write digits with an optional '-' and one '.', such as \"1456018\" or \"-2.5\", without separators, spaces or exponent"
    )]
    Malformed {
        /// The text.
        text: String,
    },
    /// More digits than 128 bits always hold.
    #[error("has {digits} digits; at most {MAX_DIGITS} are kept exactly")]
    TooLong {
        /// How many digits it has.
        digits: usize,
    },
    /// More decimals than the metric declares.
    #[error("{value} has {found} {}; the metric declares {declared}", decimals(*found))]
    TooManyDecimals {
        /// The number as written.
        value: Decimal,
        /// How many decimals it has.
        found: u8,
        /// How many the metric declares.
        declared: u8,
    },
    /// Does not fit 64 bits at the metric's decimals.
    #[error("{value} is too large to be recorded with {declared} {}", decimals(*declared))]
    OutOfRange {
        /// The number as written.
        value: Decimal,
        /// How many decimals the metric declares.
        declared: u8,
    },
}

const fn decimals(count: u8) -> &'static str {
    if count == 1 { "decimal" } else { "decimals" }
}

/// Digits that always fit the 128 bits a number is kept in.
const MAX_DIGITS: usize = 38;

impl Decimal {
    /// The number `units / 10^scale`.
    #[must_use]
    pub const fn new(units: i128, scale: u8) -> Self {
        Self { units, scale }
    }

    /// The number times `10^scale`.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.units
    }

    /// How many decimals were written.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The number in units of `10^-decimals`, as batches carry it. Never rounds: more decimals than declared are refused.
    pub fn to_scaled(self, decimals: u8) -> Result<i64, DecimalError> {
        if self.scale > decimals {
            return Err(DecimalError::TooManyDecimals {
                value: self,
                found: self.scale,
                declared: decimals,
            });
        }
        10_i128
            .checked_pow(u32::from(decimals - self.scale))
            .and_then(|factor| self.units.checked_mul(factor))
            .and_then(|units| i64::try_from(units).ok())
            .ok_or(DecimalError::OutOfRange {
                value: self,
                declared: decimals,
            })
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let malformed = || DecimalError::Malformed { text: text.to_owned() };
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return Err(malformed());
        }
        let fraction = if unsigned.contains('.') { fraction } else { "" };
        let digits = whole.trim_start_matches('0').len() + fraction.len();
        if digits > MAX_DIGITS {
            return Err(DecimalError::TooLong { digits });
        }
        let digits = whole.bytes().chain(fraction.bytes());
        let magnitude = digits.fold(0_i128, |magnitude, digit| magnitude * 10 + i128::from(digit - b'0'));
        let scale = u8::try_from(fraction.len()).map_err(|_| malformed())?;
        Ok(Self {
            units: if negative { -magnitude } else { magnitude },
            scale,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // most numbers are of this kind, and small ones are written faster
        if self.scale == 0 {
            return match i64::try_from(self.units) {
                Ok(units) => write!(f, "{units}"),
                Err(_) => write!(f, "{}", self.units),
            };
        }
        let sign = if self.units < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_printed() {
        for text in [
            "0",
            "-0.05",
            "119.09",
            "1456018",
            "0.10",
            "99999999999999999999999999999999999999",
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_notations_are_refused() {
        for text in ["", "-", ".5", "5.", "1,000", "1e3", "+1", " 1", "1.2.3", "NaN", "٣"] {
            assert!(
                matches!(text.parse::<Decimal>(), Err(DecimalError::Malformed { .. })),
                "{text}"
            );
        }
        assert!(matches!(
            "9".repeat(39).parse::<Decimal>(),
            Err(DecimalError::TooLong { digits: 39 })
        ));
    }

    #[test]
    fn a_value_with_more_decimals_than_declared_is_refused() {
        let value: Decimal = "1.50".parse().unwrap();
        assert_eq!(value.to_scaled(3), Ok(1500));
        assert!(matches!(
            value.to_scaled(1),
            Err(DecimalError::TooManyDecimals {
                found: 2,
                declared: 1,
                ..
            })
        ));
        assert!(matches!(
            "9223372036854775808".parse::<Decimal>().unwrap().to_scaled(0),
            Err(DecimalError::OutOfRange { .. })
        ));
    }
}
