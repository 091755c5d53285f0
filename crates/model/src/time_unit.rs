//! The units that formulas count time in: "-1 year", "12 months".

use std::fmt;

use crate::Granularity;

/// A unit of time, in whatever calendar the period that it moves belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum TimeUnit {
    /// A civil day.
    Day,
    /// Seven days; of a week, the week.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    Half,
    /// Twelve months; of weeks, the year of ISO 8601 that they are counted in.
    Year,
}

impl TimeUnit {
    /// All units, from the shortest.
    pub const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Half,
        Self::Year,
    ];

    /// The unit of that name, in the singular or plural.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let is = |unit: &Self| unit.name() == name || unit.plural() == name;
        Self::ALL.into_iter().find(is)
    }

    /// The name of one.
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

    /// The name of several.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Day => "days",
            Self::Week => "weeks",
            Self::Month => "months",
            Self::Quarter => "quarters",
            Self::Half => "halves",
            Self::Year => "years",
        }
    }

    /// Months in one; `None` for days and weeks.
    pub(crate) const fn months(self) -> Option<i32> {
        match self {
            Self::Day | Self::Week => None,
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::Half => Some(6),
            Self::Year => Some(12),
        }
    }

    /// The periods of this unit in the calendar to which another kind of period belongs. Weeks belong to no custom calendar
    /// and are the same beside all.
    #[must_use]
    pub fn granularity_beside(self, other: Granularity) -> Granularity {
        let standard = match self {
            Self::Day => Granularity::Day,
            Self::Week => Granularity::Week,
            Self::Month => Granularity::Month,
            Self::Quarter => Granularity::Quarter,
            Self::Half => Granularity::Half,
            Self::Year => Granularity::Year,
        };
        standard.in_calendar(other.calendar()).unwrap_or(standard)
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
