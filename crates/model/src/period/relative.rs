//! Periods in words that are counted from a day: "last 12 months", "this year", "last 3 health:months".

use jiff::civil::Date;

use super::notation::{CALENDAR_SIGN, find};
use super::{Period, PeriodError, PeriodRange};
use crate::{Calendar, Granularity};

/// Longer than any series.
const MOST: i32 = 10_000;

/// The day that relative periods are counted from.
///
/// "this month" is the month in which it lies; "last 3 months" are the three whole months that ended before it. A period
/// has ended when its last day is over, so that "this" and "last" never overlap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReferenceDay(pub Date);

impl ReferenceDay {
    /// The periods of a text: one period, a range, or words that are counted from this day.
    pub fn range(self, text: &str, calendar: impl Fn(&str) -> Option<Calendar>) -> Result<PeriodRange, PeriodError> {
        let mut words = text.split(' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("this"), Some(unit), None, None) => {
                let granularity = granularity(text, unit, &calendar)?;
                Ok(Period::containing(granularity, self.0).into())
            }
            (Some("last"), Some(unit), None, None) => self.last(text, 1, granularity(text, unit, &calendar)?),
            (Some("last"), Some(number), Some(unit), None) => {
                let count = count(number).ok_or_else(|| unreadable(text))?;
                self.last(text, count, granularity(text, unit, &calendar)?)
            }
            (Some("this" | "last"), ..) => Err(unreadable(text)),
            _ => PeriodRange::parse(text, calendar),
        }
    }

    /// The one period of a text.
    pub fn period(self, text: &str, calendar: impl Fn(&str) -> Option<Calendar>) -> Result<Period, PeriodError> {
        if text.contains("..") {
            // a range is not even read: one period has another notation
            return Period::parse(text, calendar);
        }
        let range = self.range(text, calendar)?;
        if range.first() == range.last() {
            Ok(range.first())
        } else {
            let (text, count) = (text.to_owned(), range.count());
            Err(PeriodError::Several { text, count })
        }
    }

    /// The period in which the day lies has not ended; the one before has.
    fn last(self, text: &str, count: i32, granularity: Granularity) -> Result<PeriodRange, PeriodError> {
        let none = || PeriodError::NoSuchPeriod { text: text.to_owned() };
        let last = Period::containing(granularity, self.0).ordinal() - 1;
        let first = Period::from_ordinal(granularity, last - count + 1).ok_or_else(none)?;
        let last = Period::from_ordinal(granularity, last).ok_or_else(none)?;
        Ok(PeriodRange::from(first).until(last))
    }
}

fn unreadable(text: &str) -> PeriodError {
    PeriodError::Relative {
        text: text.to_owned(),
        most: MOST,
    }
}

fn count(number: &str) -> Option<i32> {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.then(|| number.parse::<i32>().ok())??;
    (1..=MOST).contains(&count).then_some(count)
}

/// The granularity of a word, in the singular or in the plural, with the calendar that may stand before it.
fn granularity(
    text: &str,
    word: &str,
    calendar: &impl Fn(&str) -> Option<Calendar>,
) -> Result<Granularity, PeriodError> {
    let (id, unit) = match word.split_once(CALENDAR_SIGN) {
        Some((id, unit)) => (Some(id), unit),
        None => (None, word),
    };
    let singular = match unit {
        "halves" => "half",
        other => other.strip_suffix('s').unwrap_or(other),
    };
    let standard: Granularity = singular.parse().map_err(|()| unreadable(text))?;
    let calendar = id.map(|id| find(text, id, calendar)).transpose()?;
    match (calendar, standard) {
        (Some(_), Granularity::Day) => None,
        _ => standard.in_calendar(calendar),
    }
    .ok_or_else(|| PeriodError::NotOfCalendar { text: text.to_owned() })
}
