//! Custom calendars: months that end on another day than the last, years that begin with another month than January.
//!
//! Month M of a calendar runs from the day after the closing day of month M-1 to the closing day of month M, and is named
//! as the civil month in which it closes. Quarters, halves and years are counted from the calendar's first month. With the
//! closing day 14, the first quarter of 2017 runs from 15 December 2016 to 14 March 2017.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::period::first_of_month;

/// The longest id of a calendar. It stands before every period of the calendar.
const MAX_ID_BYTES: usize = 12;
/// February has no later day in every year.
const MAX_CLOSING_DAY: u8 = 28;

/// The id and the rule of a custom calendar. It is a value: two calendars are the same when both are.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Calendar {
    /// ASCII, filled up with zeros.
    id: [u8; MAX_ID_BYTES],
    /// January to December.
    closing_days: [ClosingDay; 12],
    /// 1 to 12.
    first_month: u8,
    named_by: YearName,
}

/// The last day of a month of a calendar.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClosingDay(u8);

/// Which civil year a year of a calendar is named by, where it lies in two.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum YearName {
    /// The one in which its first month closes.
    #[default]
    Start,
    /// The one in which its last month closes.
    End,
}

/// Why something is not a calendar.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CalendarError {
    /// Not an id.
    #[error(
        "{text:?} is not the id of a calendar; give 1 to {MAX_ID_BYTES} letters, digits or '-', such as \"health\""
    )]
    Id {
        /// The text.
        text: String,
    },
    /// No month of the civil year.
    #[error("{month} is not a month; give 1 to 12")]
    FirstMonth {
        /// The number.
        month: u32,
    },
    /// Not a closing day.
    #[error("{day} is not a closing day; give 1 to {MAX_CLOSING_DAY}, or the last day of the month")]
    ClosingDay {
        /// The number.
        day: u32,
    },
}

impl ClosingDay {
    /// The last day of the civil month.
    pub const LAST: Self = Self(0);

    /// The day of that number, 1 to 28; a later one would not be there in every month.
    pub fn new(day: u32) -> Result<Self, CalendarError> {
        u8::try_from(day)
            .ok()
            .filter(|day| (1..=MAX_CLOSING_DAY).contains(day))
            .map(Self)
            .ok_or(CalendarError::ClosingDay { day })
    }

    /// The number of the day; `None` for the last day of the month.
    #[must_use]
    pub const fn day(self) -> Option<u8> {
        match self.0 {
            0 => None,
            day => Some(day),
        }
    }
}

impl Calendar {
    /// A calendar of an id, the closing days of January to December, and the month with which its year begins.
    pub fn new(
        id: &str,
        closing_days: [ClosingDay; 12],
        first_month: u32,
        named_by: YearName,
    ) -> Result<Self, CalendarError> {
        let sound = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(sound) {
            return Err(CalendarError::Id { text: id.to_owned() });
        }
        let first_month = u8::try_from(first_month)
            .ok()
            .filter(|month| (1..=12).contains(month))
            .ok_or(CalendarError::FirstMonth { month: first_month })?;
        let mut bytes = [0; MAX_ID_BYTES];
        bytes[..id.len()].copy_from_slice(id.as_bytes());
        Ok(Self {
            id: bytes,
            closing_days,
            first_month,
            named_by,
        })
    }

    /// Its id, which stands before its periods: `health:2017-Q3`.
    #[must_use]
    pub fn id(&self) -> &str {
        let length = self.id.iter().position(|byte| *byte == 0).unwrap_or(MAX_ID_BYTES);
        std::str::from_utf8(&self.id[..length]).unwrap_or_default()
    }

    /// The closing days of January to December.
    #[must_use]
    pub const fn closing_days(&self) -> [ClosingDay; 12] {
        self.closing_days
    }

    /// The month with which its year begins, 1 to 12.
    #[must_use]
    pub const fn first_month(&self) -> u8 {
        self.first_month
    }

    /// Which civil year its years are named by.
    #[must_use]
    pub const fn named_by(&self) -> YearName {
        self.named_by
    }

    /// Whether its months and years are those of the standard calendar.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.first_month == 1 && self.closing_days == [ClosingDay::LAST; 12]
    }
}

/// The rule of a calendar, or that of the standard one. Months are counted from January 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Months(pub(crate) Option<Calendar>);

impl Months {
    /// The month in which a day lies.
    pub(crate) fn containing(self, day: Date) -> i32 {
        let month = (i32::from(day.year()) - 1970) * 12 + i32::from(day.month()) - 1;
        match self.closing_day(month) {
            Some(closing) if day.day() > closing => month + 1,
            _ => month,
        }
    }

    /// The first day of a month.
    pub(crate) fn start(self, month: i32) -> Date {
        match self.closing_day(month - 1) {
            None => first_of_month(month),
            Some(closing) => first_of_month(month - 1).saturating_add(i32::from(closing).days()),
        }
    }

    /// The first month of the period 0 of so many months: the one that has January 1970 in it.
    pub(crate) fn phase(self, months: i32) -> i32 {
        -((-self.first_month()).rem_euclid(months))
    }

    /// The year that a month lies in, by its name, and the place of the month in that year, from 0.
    pub(crate) fn year_and_place(self, month: i32) -> (i32, i32) {
        let since_first = month - self.first_month();
        let year = 1970 + since_first.div_euclid(12) + self.years_named_later();
        (year, since_first.rem_euclid(12))
    }

    /// The month at a place of a year that is given by its name.
    pub(crate) fn month_of(self, year: i32, place: i32) -> i32 {
        (year - 1970 - self.years_named_later()) * 12 + self.first_month() + place
    }

    /// From 0.
    fn first_month(self) -> i32 {
        self.0.map_or(0, |calendar| i32::from(calendar.first_month) - 1)
    }

    fn years_named_later(self) -> i32 {
        let by_end = |calendar: Calendar| calendar.first_month > 1 && calendar.named_by == YearName::End;
        i32::from(self.0.is_some_and(by_end))
    }

    /// The day with which a month closes; `None` for the last of the civil month.
    fn closing_day(self, month: i32) -> Option<i8> {
        let place = usize::try_from(month.rem_euclid(12)).unwrap_or(0);
        let closing = self.0?.closing_days[place].day()?;
        i8::try_from(closing).ok()
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calendar")
            .field("id", &self.id())
            .field("closing_days", &self.closing_days.map(|day| day.0))
            .field("first_month", &self.first_month)
            .field("named_by", &self.named_by)
            .finish()
    }
}
