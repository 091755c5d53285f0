//! Names of things in a catalogue. Each kind is its own type, so that an area cannot be passed for a metric.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id, in bytes. Ids travel in every batch and appear in every answer.
const MAX_ID_BYTES: usize = 64;

/// Why a text is not an id.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdError {
    /// Nothing between the quotes.
    #[error("is empty; give {expected}")]
    Empty {
        /// What such an id looks like.
        expected: &'static str,
    },
    /// more than 64 bytes.
    #[error("has {bytes} bytes; at most {MAX_ID_BYTES} are allowed")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A character that this kind of id never holds.
    #[error("{text:?} has {found:?} at byte {at}; give {expected}")]
    Character {
        /// The whole text.
        text: String,
        /// The character.
        found: char,
        /// Where it stands.
        at: usize,
        /// What such an id looks like.
        expected: &'static str,
    },
}

/// What characters an id is made of.
struct Alphabet {
    first: fn(char) -> bool,
    rest: fn(char) -> bool,
    expected: &'static str,
}

/// Ids that formulas name: no sign that a formula gives a meaning to.
const FORMULA: Alphabet = Alphabet {
    first: |c| c.is_ascii_lowercase(),
    rest: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.'),
    expected: "lower-case letters, digits, '_' and '.', a letter first, such as \"telephone.subscriptions\"",
};

/// Ids that come from other registers: administrative codes, SDMX codes, reporters, releases.
const REGISTER: Alphabet = Alphabet {
    first: |c| c.is_ascii_alphanumeric() || c == '_',
    rest: |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'),
    expected: "letters, digits, '_', '.' and '-', such as \"96\" or \"annual-review-2017\"",
};

impl Alphabet {
    fn check(&self, text: &str) -> Result<(), IdError> {
        if text.is_empty() {
            return Err(IdError::Empty {
                expected: self.expected,
            });
        }
        if text.len() > MAX_ID_BYTES {
            return Err(IdError::TooLong { bytes: text.len() });
        }
        let wrong = text
            .char_indices()
            .find(|&(at, c)| !if at == 0 { (self.first)(c) } else { (self.rest)(c) });
        wrong.map_or(Ok(()), |(at, found)| {
            Err(IdError::Character {
                text: text.to_owned(),
                found,
                at,
                expected: self.expected,
            })
        })
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $alphabet:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id, if the text can be one.
            pub fn new(text: &str) -> Result<Self, IdError> {
                $alphabet.check(text)?;
                Ok(Self(text.into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )+};
}

ids! {
    /// A metric: what is counted, such as `telephone.subscriptions`.
    MetricId: FORMULA;
    /// An indicator: a formula over metrics, such as `telephone.density`.
    IndicatorId: FORMULA;
    /// A dimension of a metric, such as `technology`.
    DimensionId: FORMULA;
    /// A unit of measure, such as `subscription`.
    UnitId: FORMULA;
    /// A level of the area hierarchy, such as `province`.
    LevelId: FORMULA;
    /// A rule that figures are checked against, such as `telephone.jump`.
    RuleId: REGISTER;
    /// A report: a list of figures published together.
    ReportId: REGISTER;
    /// One value of a dimension, such as `ftth`. SDMX's `_T` (total) is never recorded: totals are computed.
    Code: REGISTER;
    /// An area over the time in which it kept its extent, such as `96` or `32002.2025`. Not the administrative code:
    /// a new unit may be given the code of an old one.
    AreaId: REGISTER;
    /// Who sends events, such as `ca-mau-post`.
    ReporterId: REGISTER;
    /// A frozen revision with a name, such as `annual-review-2017`.
    ReleaseName: REGISTER;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_refuses_what_a_formula_could_misread() {
        assert!(MetricId::new("post.items_2").is_ok());
        for wrong in ["", "Post", "2post", "post-items", "post items", "bưu"] {
            assert!(MetricId::new(wrong).is_err(), "{wrong}");
        }
        assert!(AreaId::new("32002.2025").is_ok());
        assert!(Code::new("_T").is_ok());
        assert!(Code::new("'").is_err());
    }

    #[test]
    fn the_error_says_where_and_what_to_give() {
        let error = MetricId::new("post items").unwrap_err().to_string();
        assert!(
            error.contains("' ' at byte 4") && error.contains("telephone.subscriptions"),
            "{error}"
        );
    }
}
