//! The kinds of period.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Calendar;

/// The kinds of period, those of the standard calendar and those of custom ones.
///
/// They are ordered by length, from the finest: a quarter of a custom calendar is greater than a month of any.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
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
    /// Months of a custom calendar.
    Custom(Calendar, MonthUnit),
}

/// A period that consists of months.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MonthUnit {
    /// One month.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    Half,
    /// Twelve months.
    Year,
}

impl MonthUnit {
    /// The same in the standard calendar.
    const fn standard(self) -> Granularity {
        match self {
            Self::Month => Granularity::Month,
            Self::Quarter => Granularity::Quarter,
            Self::Half => Granularity::Half,
            Self::Year => Granularity::Year,
        }
    }

    const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }
}

impl Granularity {
    /// All kinds of the standard calendar, from the finest.
    pub const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Half,
        Self::Year,
    ];

    /// What it consists of; `None` for days and weeks, which do not consist of months.
    const fn month_unit(self) -> Option<MonthUnit> {
        match self {
            Self::Day | Self::Week => None,
            Self::Month => Some(MonthUnit::Month),
            Self::Quarter => Some(MonthUnit::Quarter),
            Self::Half => Some(MonthUnit::Half),
            Self::Year => Some(MonthUnit::Year),
            Self::Custom(_, unit) => Some(unit),
        }
    }

    /// Months in one period; `None` for days and weeks.
    pub(crate) fn months(self) -> Option<i32> {
        self.month_unit().map(MonthUnit::months)
    }

    /// The custom calendar whose periods these are; `None` for those of the standard one, and for days and weeks, which
    /// are the same everywhere.
    #[must_use]
    pub const fn calendar(self) -> Option<Calendar> {
        match self {
            Self::Custom(calendar, _) => Some(calendar),
            _ => None,
        }
    }

    /// The same kind of period in the standard calendar.
    #[must_use]
    pub const fn standard(self) -> Self {
        match self {
            Self::Custom(_, unit) => unit.standard(),
            own => own,
        }
    }

    /// The same kind of period in another calendar, the standard one where none is given; `None` for weeks, which belong to
    /// no custom calendar. Days are the same in all.
    #[must_use]
    pub fn in_calendar(self, calendar: Option<Calendar>) -> Option<Self> {
        match (calendar, self.month_unit()) {
            (None, _) => Some(self.standard()),
            (Some(calendar), Some(unit)) => Some(Self::Custom(calendar, unit)),
            (Some(_), None) => (self == Self::Day).then_some(Self::Day),
        }
    }

    /// The year that begins with the calendar's own first month; `None` for weeks, which make up no such year.
    #[must_use]
    pub fn year(self) -> Option<Self> {
        if self == Self::Week {
            return None;
        }
        Self::Year.in_calendar(self.calendar())
    }

    /// Whether every period of `other` consists of whole periods of this granularity. Months are those of one calendar
    /// only; days divide into all.
    #[must_use]
    pub fn divides(self, other: Self) -> bool {
        let of_one_calendar = || {
            self.calendar() == other.calendar()
                && self
                    .month_unit()
                    .zip(other.month_unit())
                    .is_some_and(|(one, whole)| one <= whole)
        };
        self == other || self == Self::Day || of_one_calendar()
    }

    /// Whether its periods are shorter than those of `other`, whatever the calendars.
    #[must_use]
    pub fn is_finer_than(self, other: Self) -> bool {
        self.standard().rank() < other.standard().rank()
    }

    /// The lower-case English name, without the calendar.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.standard() {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half",
            Self::Year | Self::Custom(..) => "year",
        }
    }

    /// Its name with the indefinite article, as sentences need it: "a month", "an insurance month".
    #[must_use]
    pub fn with_article(self) -> String {
        let name = self.to_string();
        let vowel = name.starts_with(|first: char| "aeiou".contains(first.to_ascii_lowercase()));
        format!("{} {name}", if vowel { "an" } else { "a" })
    }

    const fn rank(self) -> u8 {
        match self.standard() {
            Self::Day => 0,
            Self::Week => 1,
            Self::Month => 2,
            Self::Quarter => 3,
            Self::Half => 4,
            Self::Year | Self::Custom(..) => 5,
        }
    }
}

impl Ord for Granularity {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.rank().cmp(&other.rank());
        by_length.then_with(|| self.calendar().cmp(&other.calendar()))
    }
}

impl PartialOrd for Granularity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.calendar() {
            None => f.pad(self.name()),
            Some(calendar) => f.pad(&format!("{calendar} {}", self.name())),
        }
    }
}

impl FromStr for Granularity {
    type Err = ();

    /// A kind of the standard calendar, by its name.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|granularity| granularity.name() == text)
            .ok_or(())
    }
}
