//! Periods in relation to others: earlier and later ones, the year so far, the last twelve months.

use jiff::civil::{Date, ISOWeekDate, Weekday};

use super::{Period, PeriodRange};
use crate::calendar::Months;
use crate::{Granularity, TimeUnit};

/// A period cannot be moved by that unit and stay whole: a week by a month, a year by a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotWhole;

impl Period {
    /// The period so many units later, or earlier when `count` is negative: `2017-05` by -1 year is `2016-05`. `None` when
    /// the calendar has none: 29 February in a year without one, week 53, a year that cannot be written.
    pub fn shifted(self, count: i32, unit: TimeUnit) -> Result<Option<Self>, NotWhole> {
        let is_week = self.granularity == Granularity::Week;
        match (self.granularity.months(), unit) {
            (Some(own), unit) => {
                let months = count.saturating_mul(unit.months().ok_or(NotWhole)?);
                if months % own != 0 {
                    return Err(NotWhole);
                }
                Ok(self.moved(months / own))
            }
            (None, TimeUnit::Week) if is_week => Ok(self.moved(count)),
            (None, TimeUnit::Year) if is_week => Ok(self.week_of_year(count)),
            (None, _) if is_week => Err(NotWhole),
            (None, TimeUnit::Day) => Ok(self.moved(count)),
            (None, TimeUnit::Week) => Ok(self.moved(count.saturating_mul(7))),
            (None, unit) => Ok(self.day_of_month(count.saturating_mul(unit.months().ok_or(NotWhole)?))),
        }
    }

    /// The first period of its granularity in the year in which it ends. A week's year is that of ISO 8601.
    #[must_use]
    pub fn first_of_year(self) -> Self {
        let day = match self.granularity {
            Granularity::Week => {
                let year = self.start().iso_week_date().year();
                ISOWeekDate::new(year, 1, Weekday::Monday).map_or(self.start(), ISOWeekDate::date)
            }
            granularity => Self::year_of(granularity, self.last_day()).start(),
        };
        Self::containing(self.granularity, day)
    }

    /// The year, of the calendar of its granularity, in which a day lies.
    #[must_use]
    pub fn year_of(granularity: Granularity, day: Date) -> Self {
        Self::containing(TimeUnit::Year.granularity_beside(granularity), day)
    }

    fn moved(self, places: i32) -> Option<Self> {
        Self::from_ordinal(self.granularity, self.ordinal.checked_add(places)?)
    }

    /// The week of the same number, so many years later.
    fn week_of_year(self, years: i32) -> Option<Self> {
        let week = self.start().iso_week_date();
        let year = i16::try_from(i32::from(week.year()).checked_add(years)?).ok()?;
        let moved = ISOWeekDate::new(year, week.week(), week.weekday()).ok()?;
        Self::from_ordinal(
            self.granularity,
            Self::containing(self.granularity, moved.date()).ordinal,
        )
    }

    /// The day of the same number, so many months later.
    fn day_of_month(self, months: i32) -> Option<Self> {
        let day = self.start();
        let month = Months(None).containing(day).checked_add(months)?;
        let year = i16::try_from(month.div_euclid(12) + 1970).ok()?;
        let moved = Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, day.day()).ok()?;
        Self::from_ordinal(self.granularity, Self::containing(self.granularity, moved).ordinal)
    }
}

impl PeriodRange {
    /// The kind of its periods.
    #[must_use]
    pub const fn granularity(self) -> Granularity {
        self.first().granularity
    }

    /// Its first day.
    #[must_use]
    pub fn start(self) -> Date {
        self.first().start()
    }

    /// The first day after it.
    #[must_use]
    pub fn end(self) -> Date {
        self.last().end()
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.last().last_day()
    }

    /// Whether it has the same days as another.
    #[must_use]
    pub fn same_days(self, other: Self) -> bool {
        self == other || self.start() == other.start() && self.end() == other.end()
    }

    /// The periods of that granularity of which it consists; `None` when they do not fit into its periods whole.
    #[must_use]
    pub fn parts(self, granularity: Granularity) -> Option<Self> {
        let (first, last) = (self.first().parts(granularity)?, self.last().parts(granularity)?);
        Some(first.until(last.last()))
    }

    /// Both ends shifted, as [`Period::shifted`].
    pub fn shifted(self, count: i32, unit: TimeUnit) -> Result<Option<Self>, NotWhole> {
        let (first, last) = (self.first().shifted(count, unit)?, self.last().shifted(count, unit)?);
        Ok(first.zip(last).map(|(first, last)| Self::from(first).until(last)))
    }

    /// From the beginning of the year in which it ends to its own end, in periods of its granularity.
    #[must_use]
    pub fn year_to_date(self) -> Self {
        Self::from(self.last().first_of_year()).until(self.last())
    }

    /// The last `count` units of its calendar that end with it; `None` when it does not end together with one.
    #[must_use]
    pub fn last_units(self, count: u16, unit: TimeUnit) -> Option<Self> {
        let last = Period::containing(unit.granularity_beside(self.granularity()), self.last_day());
        (last.end() == self.end()).then(|| Self::from(last.offset(1 - i32::from(count))).until(last))
    }
}
