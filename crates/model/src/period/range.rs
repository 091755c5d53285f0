//! Consecutive periods.

use std::fmt;
use std::str::FromStr;

use super::notation::CALENDAR_SIGN;
use super::{Period, PeriodError};
use crate::{Calendar, Granularity};

/// Consecutive periods of one granularity, such as `2015..2017`; both ends are included.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PeriodRange {
    first: Period,
    last: Period,
}

impl PeriodRange {
    /// The first period.
    #[must_use]
    pub const fn first(self) -> Period {
        self.first
    }

    /// The last period, included.
    #[must_use]
    pub const fn last(self) -> Period {
        self.last
    }

    /// The range from the same first period until another last one.
    #[must_use]
    pub const fn until(self, last: Period) -> Self {
        Self {
            first: self.first,
            last,
        }
    }

    /// How many periods.
    #[must_use]
    pub fn count(self) -> usize {
        usize::try_from(self.last.ordinal - self.first.ordinal + 1).unwrap_or(0)
    }

    /// The periods, the earliest first.
    pub fn iter(self) -> impl Iterator<Item = Period> {
        (self.first.ordinal..=self.last.ordinal).map(move |ordinal| Period {
            granularity: self.first.granularity,
            ordinal,
        })
    }

    /// The same days as whole periods of another granularity.
    pub fn at(self, granularity: Granularity) -> Result<Self, PeriodError> {
        let first = Period::containing(granularity, self.first.start());
        let last = Period::containing(granularity, self.last.last_day());
        if first.start() == self.first.start() && last.end() == self.last.end() {
            Ok(Self { first, last })
        } else {
            Err(PeriodError::NotDivisible {
                range: self,
                granularity,
            })
        }
    }
}

impl From<Period> for PeriodRange {
    fn from(period: Period) -> Self {
        Self {
            first: period,
            last: period,
        }
    }
}

impl fmt::Display for PeriodRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

impl PeriodRange {
    /// The range of a text, with the calendars that may stand before its ends. The calendar of the first end may be left
    /// out before the second: `health:2017-01..2017-06`.
    pub fn parse(text: &str, calendar: impl Fn(&str) -> Option<Calendar>) -> Result<Self, PeriodError> {
        let Some((first, last)) = text.split_once("..") else {
            return Period::parse(text, calendar).map(Self::from);
        };
        let first = Period::parse(first, &calendar)?;
        let last = if last.contains(CALENDAR_SIGN) {
            Period::parse(last, calendar)?
        } else {
            let calendar = first.granularity.calendar();
            let last = Period::parse_in(last, last, calendar);
            // a day has no calendar, and is no end of such a range either
            last.map_err(|error| match error {
                PeriodError::NotOfCalendar { .. } => PeriodError::Range { text: text.to_owned() },
                other => other,
            })?
        };
        if first.granularity == last.granularity && first <= last {
            Ok(Self { first, last })
        } else {
            Err(PeriodError::Range { text: text.to_owned() })
        }
    }
}

impl FromStr for PeriodRange {
    type Err = PeriodError;

    /// A range of the standard calendar.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text, |_| None)
    }
}
