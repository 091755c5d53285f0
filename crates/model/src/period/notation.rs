//! Periods as text: one notation for each granularity, as SDMX and ISO 8601 write them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::{Period, PeriodError, YEARS};
use crate::Granularity;

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start();
        let (year, month) = (start.year(), start.month());
        let text = match self.granularity {
            Granularity::Day => start.to_string(),
            Granularity::Week => {
                let week = start.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Granularity::Month => format!("{year:04}-{month:02}"),
            Granularity::Quarter => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
            Granularity::Half => format!("{year:04}-H{}", (month - 1) / 6 + 1),
            Granularity::Year => format!("{year:04}"),
        };
        f.pad(&text)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let (granularity, numbers) = notation(text).ok_or_else(|| PeriodError::Malformed { text: text.to_owned() })?;
        first_day(granularity, numbers)
            .filter(|day| YEARS.contains(&i32::from(day.year())))
            .map(|day| Self::containing(granularity, day))
            .ok_or_else(|| PeriodError::NoSuchPeriod { text: text.to_owned() })
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
        (None, _) => Some((Granularity::Year, [year, 0, 0])),
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

fn first_day(granularity: Granularity, [year, number, day]: [i16; 3]) -> Option<Date> {
    let number = i8::try_from(number).ok()?;
    let month_of = |months: i8, most: i8| (1..=most).contains(&number).then(|| (number - 1) * months + 1);
    match granularity {
        Granularity::Day => Date::new(year, number, i8::try_from(day).ok()?).ok(),
        Granularity::Week => ISOWeekDate::new(year, number, Weekday::Monday)
            .ok()
            .map(ISOWeekDate::date),
        Granularity::Month => Date::new(year, number, 1).ok(),
        Granularity::Quarter => Date::new(year, month_of(3, 4)?, 1).ok(),
        Granularity::Half => Date::new(year, month_of(6, 2)?, 1).ok(),
        Granularity::Year => Date::new(year, 1, 1).ok(),
    }
}
