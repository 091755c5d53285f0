//! Civil time: periods are half-open ranges of civil dates.

mod days;
mod notation;
mod range;
mod relative;
mod stretch;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, ISOWeekDate};

pub(crate) use days::first_of_month;
pub use range::PeriodRange;
pub use relative::ReferenceDay;
pub use stretch::NotWhole;

use crate::Granularity;
use crate::calendar::Months;

/// One period, such as `2017`, `2017-H1`, `2017-Q3`, `2017-05`, `2017-W18` or `2017-05-14`; of a custom calendar, such as
/// `health:2017-Q3`.
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
    /// The calendar before the colon is not defined.
    #[error("{text:?} is of the calendar {calendar:?}, which is not defined{known}")]
    UnknownCalendar {
        /// The text.
        text: String,
        /// The id of the calendar.
        calendar: String,
        /// Which ones are, as a remedy; empty where that is not known.
        known: String,
    },
    /// A custom calendar has neither days nor weeks of its own.
    #[error("{text:?} has a calendar, and days and weeks belong to none; leave out what stands before them")]
    NotOfCalendar {
        /// The text.
        text: String,
    },
    /// Words that stand for no periods.
    #[error(
        "{text:?} stands for no periods; write \"this month\", \"last year\" or \"last 12 months\", with day, week, month, \
         quarter, half or year, of a calendar \"last 3 health:months\"; at most {most} at a time"
    )]
    Relative {
        /// The text.
        text: String,
        /// How many periods can be asked for.
        most: i32,
    },
    /// Several periods where one is asked for.
    #[error("{text:?} stands for {count} periods; give one")]
    Several {
        /// The text.
        text: String,
        /// How many.
        count: usize,
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
/// 1970-01-01 was a Thursday: its ISO week began three days earlier.
const EPOCH_DAYS_INTO_WEEK: i32 = 3;

impl Period {
    /// The period that many places after the one that contains 1970-01-01; `None` outside the years 1000 to 2999.
    #[must_use]
    pub fn from_ordinal(granularity: Granularity, ordinal: i32) -> Option<Self> {
        let year = match granularity.months() {
            Some(months) => {
                let rule = Months(granularity.calendar());
                let first = ordinal.checked_mul(months)?.checked_add(rule.phase(months))?;
                rule.year_and_place(first).0
            }
            None if granularity == Granularity::Day => ordinal / 366 + 1970,
            None => ordinal / 53 + 1970,
        };
        YEARS.contains(&year).then_some(Self { granularity, ordinal })
    }

    /// The period of that granularity in which the day lies.
    #[must_use]
    pub fn containing(granularity: Granularity, day: Date) -> Self {
        let ordinal = match granularity.months() {
            Some(months) => {
                let rule = Months(granularity.calendar());
                (rule.containing(day) - rule.phase(months)).div_euclid(months)
            }
            None if granularity == Granularity::Day => days::count_of(day),
            None => (days::count_of(day) + EPOCH_DAYS_INTO_WEEK).div_euclid(7),
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
            Some(months) => Months(self.granularity.calendar()).start(self.first_month(months)),
            None if self.granularity == Granularity::Day => days::date_of(self.ordinal),
            None => days::date_of(self.ordinal * 7 - EPOCH_DAYS_INTO_WEEK),
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
        if self.granularity == Granularity::Day {
            return self.start();
        }
        self.end().yesterday().unwrap_or(self.start())
    }

    /// The number of its days.
    #[must_use]
    pub fn days(self) -> i32 {
        days::count_of(self.end()) - days::count_of(self.start())
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
        if let Some(months) = self.granularity.months() {
            return Self::from_ordinal(self.granularity, self.ordinal.checked_sub(12 / months)?);
        }
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

    /// The year of its calendar in which it begins; `None` for weeks, which make up no year.
    #[must_use]
    pub fn year(self) -> Option<Self> {
        Some(Self::containing(self.granularity.year()?, self.start()))
    }

    /// Its first month, counted from January 1970.
    fn first_month(self, months: i32) -> i32 {
        self.ordinal * months + Months(self.granularity.calendar()).phase(months)
    }

    /// How many months it begins after another period of its kind; `None` for another kind, and for days and weeks.
    #[must_use]
    pub fn months_after(self, earlier: Self) -> Option<i32> {
        let months = self.granularity.months()?;
        (self.granularity == earlier.granularity).then(|| (self.ordinal - earlier.ordinal) * months)
    }

    /// The periods of that granularity of which it consists; `None` when they do not fit into it whole.
    #[must_use]
    pub fn parts(self, granularity: Granularity) -> Option<PeriodRange> {
        if granularity == self.granularity {
            return Some(self.into());
        }
        let first = Self::containing(granularity, self.start());
        let last = Self::containing(granularity, self.last_day());
        granularity
            .divides(self.granularity)
            .then(|| PeriodRange::from(first).until(last))
    }
}
