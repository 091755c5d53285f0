//! Civil time: periods are half-open ranges of civil dates, written as SDMX and ISO 8601 write them.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday, date};

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

/// One period of the standard calendar, such as `2017`, `2017-H1`, `2017-Q3`, `2017-05`, `2017-W18` or `2017-05-14`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Period {
    granularity: Granularity,
    ordinal: i32,
}

/// Consecutive periods of one granularity, such as `2015..2017`; both ends are included.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PeriodRange {
    first: Period,
    last: Period,
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
    const fn months(self) -> Option<i32> {
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

    /// The periods of that granularity of which it consists; `None` when they do not fit into it whole.
    #[must_use]
    pub fn parts(self, granularity: Granularity) -> Option<PeriodRange> {
        granularity.divides(self.granularity).then(|| PeriodRange {
            first: Self::containing(granularity, self.start()),
            last: Self::containing(granularity, self.last_day()),
        })
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
        Self { first: self.first, last }
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

impl FromStr for PeriodRange {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let Some((first, last)) = text.split_once("..") else {
            return text.parse::<Period>().map(Self::from);
        };
        let (first, last): (Period, Period) = (first.parse()?, last.parse()?);
        if first.granularity == last.granularity && first <= last {
            Ok(Self { first, last })
        } else {
            Err(PeriodError::Range { text: text.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn rule_9_periods_are_half_open_civil_ranges() {
        for (text, start, end, days) in [
            ("2017", date(2017, 1, 1), date(2018, 1, 1), 365),
            ("2016-H1", date(2016, 1, 1), date(2016, 7, 1), 182),
            ("2017-Q4", date(2017, 10, 1), date(2018, 1, 1), 92),
            ("2016-02", date(2016, 2, 1), date(2016, 3, 1), 29),
            ("2017-W01", date(2017, 1, 2), date(2017, 1, 9), 7),
            ("2020-W53", date(2020, 12, 28), date(2021, 1, 4), 7),
            ("1969-12-31", date(1969, 12, 31), date(1970, 1, 1), 1),
        ] {
            let period = period(text);
            assert_eq!(
                (period.start(), period.end(), period.days()),
                (start, end, days),
                "{text}"
            );
            assert_eq!(period.to_string(), text);
            assert_eq!(
                Period::from_ordinal(period.granularity(), period.ordinal()),
                Some(period)
            );
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "17",
            "2017-5",
            "2017-Q03",
            "2017-H",
            "2017/05",
            "2017-05-14-1",
            "",
            "năm 2017",
            "2017-é",
        ] {
            assert!(
                matches!(text.parse::<Period>(), Err(PeriodError::Malformed { .. })),
                "{text}"
            );
        }
        for text in ["2017-13", "2017-Q5", "2017-H3", "2017-02-29", "2017-W53", "0999"] {
            assert!(
                matches!(text.parse::<Period>(), Err(PeriodError::NoSuchPeriod { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn rule_9_weeks_never_roll_into_months() {
        assert!(!Granularity::Week.divides(Granularity::Month));
        assert!(!Granularity::Month.divides(Granularity::Week));
        assert!(Granularity::Day.divides(Granularity::Week));
        assert!(Granularity::Quarter.divides(Granularity::Year));
        assert_eq!(period("2017").parts(Granularity::Week), None);
        assert_eq!(
            period("2017-Q2").parts(Granularity::Month).unwrap().to_string(),
            "2017-04..2017-06"
        );
    }

    #[test]
    fn a_range_is_cut_only_into_whole_periods() {
        let range: PeriodRange = "2017-01..2017-12".parse().unwrap();
        assert_eq!(range.at(Granularity::Year).unwrap().to_string(), "2017");
        assert_eq!(range.at(Granularity::Day).unwrap().count(), 365);
        let part: PeriodRange = "2017-01..2017-11".parse().unwrap();
        assert!(matches!(
            part.at(Granularity::Year),
            Err(PeriodError::NotDivisible { .. })
        ));
        assert!(matches!(
            "2017..2016".parse::<PeriodRange>(),
            Err(PeriodError::Range { .. })
        ));
        assert!(matches!(
            "2016..2017-Q1".parse::<PeriodRange>(),
            Err(PeriodError::Range { .. })
        ));
    }
}
