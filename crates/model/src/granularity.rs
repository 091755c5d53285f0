//! The kinds of period.

use std::fmt;
use std::str::FromStr;

/// The kinds of period of the standard calendar, from the finest.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Granularity {
    /// A civil day.
    Day,
    /// An ISO week, Monday to Sunday. Weeks never roll into months.
    Week,
    /// A calendar month.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// Six months from January or July.
    Half,
    /// A calendar year.
    Year,
}

impl Granularity {
    /// All kinds, from the finest.
    pub const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Half,
        Self::Year,
    ];

    /// Months in one period; `None` for days and weeks.
    pub(crate) const fn months(self) -> Option<i32> {
        match self {
            Self::Day | Self::Week => None,
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::Half => Some(6),
            Self::Year => Some(12),
        }
    }

    /// Whether every period of `other` consists of whole periods of this granularity.
    #[must_use]
    pub fn divides(self, other: Self) -> bool {
        self == other || self == Self::Day || (self >= Self::Month && other >= self)
    }

    /// The lower-case English name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half",
            Self::Year => "year",
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Granularity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|granularity| granularity.name() == text)
            .ok_or(())
    }
}
