//! Civil time: periods are half-open ranges of civil dates.

mod notation;
mod range;
#[cfg(test)]
mod tests;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, date};

pub use range::PeriodRange;

use crate::Granularity;

/// One period of the standard calendar, such as `2017`, `2017-H1`, `2017-Q3`, `2017-05`, `2017-W18` or `2017-05-14`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Period {
    granularity: Granularity,
    ordinal: i32,
}

/// Why a text is not a period, or a range cannot be divided as asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PeriodError {
    /// Not one of the notations.
    #[error(
        "{text:?} is not a period; write a year \"2017\", half \"2017-H1\", quarter \"2017-Q3\", month \"2017-05\", ISO week \"2017-W18\" or day \"2017-05-14\""
    )]
    Malformed {
        /// The text.
        text: String,
    },
    /// The notation is right, but the calendar has no such period.
    #[error("the calendar has no {text:?}")]
    NoSuchPeriod {
        /// The text.
        text: String,
    },
    /// The ends of a range are of different kinds, or the wrong way round.
    #[error("{text:?} is not a range; both ends must be of one granularity, the earlier first, such as \"2015..2017\"")]
    Range {
        /// The text.
        text: String,
    },
    /// A range cannot be cut into whole periods of that granularity.
    #[error("{range} cannot be divided into whole {granularity}s")]
    NotDivisible {
        /// The range.
        range: PeriodRange,
        /// The granularity asked for.
        granularity: Granularity,
    },
}

/// The years that can be written: four digits, with room for arithmetic at both ends.
const YEARS: std::ops::RangeInclusive<i32> = 1000..=2999;
const EPOCH: Date = date(1970, 1, 1);
/// 1970-01-01 was a Thursday: its ISO week began three days earlier.
const EPOCH_DAYS_INTO_WEEK: i32 = 3;

impl Period {
    /// The period that many places after the one that contains 1970-01-01; `None` outside the years 1000 to 2999.
    #[must_use]
    pub fn from_ordinal(granularity: Granularity, ordinal: i32) -> Option<Self> {
        let years = match granularity.months() {
            Some(months) => ordinal.checked_mul(months)?.div_euclid(12),
            None if granularity == Granularity::Day => ordinal / 366,
            None => ordinal / 53,
        };
        YEARS.contains(&(years + 1970)).then_some(Self { granularity, ordinal })
    }

    /// The period of that granularity in which the day lies.
    #[must_use]
    pub fn containing(granularity: Granularity, day: Date) -> Self {
        let days = day.since(EPOCH).map_or(0, |span| span.get_days());
        let ordinal = match granularity.months() {
            Some(months) => month_ordinal(day).div_euclid(months),
            None if granularity == Granularity::Day => days,
            None => (days + EPOCH_DAYS_INTO_WEEK).div_euclid(7),
        };
        Self { granularity, ordinal }
    }

    /// What kind of period it is.
    #[must_use]
    pub const fn granularity(self) -> Granularity {
        self.granularity
    }

    /// How many periods of this granularity lie between it and the one that contains 1970-01-01.
    #[must_use]
    pub const fn ordinal(self) -> i32 {
        self.ordinal
    }

    /// Its first day.
    #[must_use]
    pub fn start(self) -> Date {
        match self.granularity.months() {
            Some(months) => first_of_month(self.ordinal * months),
            None if self.granularity == Granularity::Day => day(self.ordinal),
            None => day(self.ordinal * 7 - EPOCH_DAYS_INTO_WEEK),
        }
    }

    /// The first day after it.
    #[must_use]
    pub fn end(self) -> Date {
        self.offset(1).start()
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.end().yesterday().unwrap_or(self.start())
    }

    /// The number of its days.
    #[must_use]
    pub fn days(self) -> i32 {
        self.end().since(self.start()).map_or(0, |span| span.get_days())
    }

    /// The period so many places later.
    #[must_use]
    pub const fn offset(self, places: i32) -> Self {
        Self {
            granularity: self.granularity,
            ordinal: self.ordinal + places,
        }
    }

    /// The same period of the year before; `None` when the calendar has none.
    #[must_use]
    pub fn a_year_before(self) -> Option<Self> {
        let start = self.start();
        let earlier = match self.granularity {
            Granularity::Week => {
                let week = start.iso_week_date();
                ISOWeekDate::new(week.year() - 1, week.week(), week.weekday())
                    .ok()?
                    .date()
            }
            _ => Date::new(start.year() - 1, start.month(), start.day()).ok()?,
        };
        Some(Self::containing(self.granularity, earlier))
    }

    /// The periods of that granularity of which it consists; `None` when they do not fit into it whole.
    #[must_use]
    pub fn parts(self, granularity: Granularity) -> Option<PeriodRange> {
        let first = Self::containing(granularity, self.start());
        let last = Self::containing(granularity, self.last_day());
        granularity
            .divides(self.granularity)
            .then(|| PeriodRange::from(first).until(last))
    }
}

fn day(ordinal: i32) -> Date {
    EPOCH.saturating_add(ordinal.days())
}

fn month_ordinal(day: Date) -> i32 {
    (i32::from(day.year()) - 1970) * 12 + i32::from(day.month()) - 1
}

fn first_of_month(ordinal: i32) -> Date {
    EPOCH.saturating_add(ordinal.months())
}
