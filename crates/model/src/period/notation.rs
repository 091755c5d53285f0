//! Periods as text: one notation for each granularity, as SDMX and ISO 8601 write them; a custom calendar stands before it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::{Period, PeriodError, YEARS};
use crate::calendar::Months;
use crate::{Calendar, Granularity};

/// What stands between the id of a calendar and its period.
pub(super) const CALENDAR_SIGN: char = ':';

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = match self.granularity.months() {
            Some(months) => self.month_text(months),
            None if self.granularity == Granularity::Day => self.start().to_string(),
            None => {
                let week = self.start().iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
        };
        match self.granularity.calendar() {
            None => f.pad(&own),
            Some(calendar) => f.pad(&format!("{calendar}{CALENDAR_SIGN}{own}")),
        }
    }
}

impl Period {
    /// Months are named as the civil month in which they close; quarters and halves by their place in the calendar's year.
    fn month_text(self, months: i32) -> String {
        let first = self.first_month(months);
        let (year, place) = Months(self.granularity.calendar()).year_and_place(first);
        match self.granularity.standard() {
            Granularity::Month => format!("{:04}-{:02}", 1970 + first.div_euclid(12), first.rem_euclid(12) + 1),
            Granularity::Quarter => format!("{year:04}-Q{}", place / months + 1),
            Granularity::Half => format!("{year:04}-H{}", place / months + 1),
            _ => format!("{year:04}"),
        }
    }

    /// The period of a text, with the calendars that may stand before it.
    pub fn parse(text: &str, calendar: impl Fn(&str) -> Option<Calendar>) -> Result<Self, PeriodError> {
        let Some((id, own)) = text.split_once(CALENDAR_SIGN) else {
            return Self::parse_in(text, text, None);
        };
        let calendar = find(text, id, calendar)?;
        Self::parse_in(text, own, Some(calendar))
    }

    /// The period of what stands behind the calendar, for messages about the whole text.
    pub(super) fn parse_in(text: &str, own: &str, calendar: Option<Calendar>) -> Result<Self, PeriodError> {
        let malformed = || PeriodError::Malformed { text: text.to_owned() };
        let (granularity, numbers) = notation(own).ok_or_else(malformed)?;
        let none = || PeriodError::NoSuchPeriod { text: text.to_owned() };
        let not_of_calendar = || PeriodError::NotOfCalendar { text: text.to_owned() };
        match granularity.months() {
            Some(months) => {
                let granularity = granularity.in_calendar(calendar).ok_or_else(not_of_calendar)?;
                of_months(granularity, months, numbers).ok_or_else(none)
            }
            None if calendar.is_some() => Err(not_of_calendar()),
            None => day_of(granularity, numbers)
                .filter(|day| YEARS.contains(&i32::from(day.year())))
                .map(|day| Self::containing(granularity, day))
                .ok_or_else(none),
        }
    }
}

/// The calendar of that id.
pub(super) fn find(text: &str, id: &str, calendar: impl Fn(&str) -> Option<Calendar>) -> Result<Calendar, PeriodError> {
    calendar(id).ok_or_else(|| PeriodError::UnknownCalendar {
        text: text.to_owned(),
        calendar: id.to_owned(),
        known: String::new(),
    })
}

impl FromStr for Period {
    type Err = PeriodError;

    /// A period of the standard calendar.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text, |_| None)
    }
}

/// The granularity that a text is written in, with its year and its one or two numbers.
fn notation(text: &str) -> Option<(Granularity, [i16; 3])> {
    let number = |part: &str, digits: usize| -> Option<i16> {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4)?;
    let (second, third) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    match (second, third) {
        (None, _) => Some((Granularity::Year, [year, 1, 0])),
        (Some(month), Some(day)) => Some((Granularity::Day, [year, number(month, 2)?, number(day, 2)?])),
        (Some(part), None) => {
            let (granularity, part, digits) = match part.as_bytes().first()? {
                b'H' => (Granularity::Half, &part[1..], 1),
                b'Q' => (Granularity::Quarter, &part[1..], 1),
                b'W' => (Granularity::Week, &part[1..], 2),
                _ => (Granularity::Month, part, 2),
            };
            Some((granularity, [year, number(part, digits)?, 0]))
        }
    }
}

fn of_months(granularity: Granularity, months: i32, [year, number, _]: [i16; 3]) -> Option<Period> {
    let (year, place) = (i32::from(year), i32::from(number) - 1);
    if !(0..12 / months).contains(&place) {
        return None;
    }
    let rule = Months(granularity.calendar());
    let first = match granularity.standard() {
        Granularity::Month => (year - 1970) * 12 + place,
        _ => rule.month_of(year, place * months),
    };
    Period::from_ordinal(granularity, (first - rule.phase(months)).div_euclid(months))
}

fn day_of(granularity: Granularity, [year, number, day]: [i16; 3]) -> Option<Date> {
    let number = i8::try_from(number).ok()?;
    match granularity {
        Granularity::Week => ISOWeekDate::new(year, number, Weekday::Monday)
            .ok()
            .map(ISOWeekDate::date),
        _ => Date::new(year, number, i8::try_from(day).ok()?).ok(),
    }
}
