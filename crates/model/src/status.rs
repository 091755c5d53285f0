//! What is known about a value beside its number: how final it is, how it is bounded, why it is absent.

use std::fmt;

/// How final a figure is: the publication levels of Viet Nam's Statistics Law, article 48 (SDMX `OBS_STATUS` E, P, A).
/// Ordered from the weakest; a result has the weakest quality of its inputs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Quality {
    /// Ước tính: computed before all data are there, or by a model.
    Estimated,
    /// Sơ bộ: from collected data, not yet verified.
    Preliminary,
    /// Chính thức: verified and final.
    Official,
}

/// How the printed number stands to the true one.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Qualifier {
    /// The number itself.
    #[default]
    Exact,
    /// A lower bound: "over 90 million".
    AtLeast,
    /// An upper bound.
    AtMost,
    /// Rounded or estimated by the source, in an unknown direction.
    About,
}

/// Why there is no number. Never turned into zero, and never into another reason.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MissingReason {
    /// It exists but was not collected (SDMX `L`).
    NotCollected,
    /// It cannot exist, such as FTTH subscriptions before there was FTTH (SDMX `M`). Not counted as expected.
    CannotExist,
    /// It is known but confidential (SDMX `Q`): reported so, or a confidential value could be derived from it.
    Suppressed,
    /// Reported as missing without a reason (SDMX `O`).
    Unspecified,
    /// Nothing was recorded: not a number, and not a statement that there is none.
    NoRecord,
    /// The denominator is zero.
    DenominatorZero,
    /// Parts are absent and the question asked for all or nothing.
    Incomplete,
    /// The figure belongs to other boundaries, and nobody published how to divide it.
    NotRestatable,
    /// Several values are there of something that cannot be added, such as distinct persons.
    NotAdditive,
}

/// Everything about a recorded value beside its number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Status {
    /// How final it is.
    pub quality: Quality,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// Why there is no number; `None` when there is one.
    pub missing: Option<MissingReason>,
    /// Whether the number may be part of totals and is never to be told or derivable (SDMX `CONF_STATUS` C). Only a number
    /// can be.
    pub confidential: bool,
}

impl Qualifier {
    /// The qualifier of a sum: a bound survives, two opposite bounds leave only "about".
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exact, known) | (known, Self::Exact) => known,
            (Self::AtLeast, Self::AtLeast) => Self::AtLeast,
            (Self::AtMost, Self::AtMost) => Self::AtMost,
            _ => Self::About,
        }
    }

    /// The qualifier of the number with its sign turned, or of its reciprocal.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::AtLeast => Self::AtMost,
            Self::AtMost => Self::AtLeast,
            same => same,
        }
    }
}

impl MissingReason {
    /// Whether a reporter may give it. The others are found when a figure is computed.
    #[must_use]
    pub const fn is_recordable(self) -> bool {
        matches!(
            self,
            Self::NotCollected | Self::CannotExist | Self::Suppressed | Self::Unspecified
        )
    }
}

impl fmt::Display for MissingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCollected => "not collected",
            Self::CannotExist => "cannot exist",
            Self::Suppressed => "suppressed",
            Self::Unspecified => "missing without a reason",
            Self::NoRecord => "no record",
            Self::DenominatorZero => "the denominator is zero",
            Self::Incomplete => "incomplete",
            Self::NotRestatable => "cannot be restated on these boundaries",
            Self::NotAdditive => "cannot be added",
        })
    }
}

/// Bits 4-7 of a confidential number.
const CONFIDENTIAL_NUMBER: u32 = 8;

impl Status {
    /// The status in one byte, as batches carry it: bits 0-1 quality (1 to 3), bits 2-3 qualifier, bits 4-6 the missing
    /// reason (0: there is a number), bit 7 confidential. Only recordable reasons have a code, and only a number is
    /// confidential.
    #[must_use]
    pub const fn bits(self) -> u8 {
        let quality = match self.quality {
            Quality::Estimated => 1,
            Quality::Preliminary => 2,
            Quality::Official => 3,
        };
        let qualifier = match self.qualifier {
            Qualifier::Exact => 0,
            Qualifier::AtLeast => 1,
            Qualifier::AtMost => 2,
            Qualifier::About => 3,
        };
        let missing = match self.missing {
            None => 0,
            Some(MissingReason::NotCollected) => 1,
            Some(MissingReason::CannotExist) => 2,
            Some(MissingReason::Suppressed) => 3,
            Some(_) => 4,
        };
        let confidential = if self.confidential && self.missing.is_none() {
            1
        } else {
            0
        };
        quality | qualifier << 2 | missing << 4 | confidential << 7
    }

    /// The status that [`Self::bits`] gave; `None` for bits that mean nothing.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        let quality = match bits & 3 {
            1 => Quality::Estimated,
            2 => Quality::Preliminary,
            3 => Quality::Official,
            _ => return None,
        };
        let qualifier = match bits >> 2 & 3 {
            0 => Qualifier::Exact,
            1 => Qualifier::AtLeast,
            2 => Qualifier::AtMost,
            _ => Qualifier::About,
        };
        let missing = match bits >> 4 {
            0 | CONFIDENTIAL_NUMBER => None,
            1 => Some(MissingReason::NotCollected),
            2 => Some(MissingReason::CannotExist),
            3 => Some(MissingReason::Suppressed),
            4 => Some(MissingReason::Unspecified),
            _ => return None,
        };
        Some(Self {
            quality,
            qualifier,
            missing,
            confidential: bits >> 4 == CONFIDENTIAL_NUMBER,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_its_byte() {
        let valid = (0..=u32::from(u8::MAX)).filter_map(|bits| Some((bits, Status::from_bits(bits)?)));
        // a number, a confidential number, or one of four reasons
        assert_eq!(valid.clone().count(), 3 * 4 * 6);
        for (bits, status) in valid {
            assert_eq!(u32::from(status.bits()), bits);
        }
        assert_eq!(Status::from_bits(256 + 3), None);
    }

    #[test]
    fn bytes_written_before_there_were_confidential_numbers_mean_what_they_meant() {
        for bits in 0..128 {
            assert!(
                Status::from_bits(bits).is_none_or(|status| !status.confidential),
                "{bits:#x}"
            );
        }
        let official = Status::from_bits(3).unwrap();
        assert_eq!((official.missing, official.confidential), (None, false));
        let kept_secret = Status::from_bits(128 + 3).unwrap();
        assert_eq!((kept_secret.missing, kept_secret.confidential), (None, true));
        // what has no number has nothing to keep secret
        assert_eq!(Status::from_bits(128 + 16 + 3), None);
    }

    #[test]
    fn rule_23_a_lower_bound_survives_addition() {
        assert_eq!(Qualifier::AtLeast.plus(Qualifier::Exact), Qualifier::AtLeast);
        assert_eq!(Qualifier::AtLeast.plus(Qualifier::AtMost), Qualifier::About);
        assert_eq!(Qualifier::AtLeast.reversed(), Qualifier::AtMost);
    }
}
