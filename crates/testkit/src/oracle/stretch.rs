//! Rule 9: stretches of periods in the calendar: earlier and later ones, the year so far, the last so many months.

use almanac_catalog::TimeFunction;
use almanac_model::{Granularity, Period, PeriodRange, TimeUnit};
use jiff::civil::Date;

/// Over which stretches a function has its formula computed.
pub(super) enum Reach {
    /// Once, over this one, as if it were one period.
    Once(PeriodRange),
    /// Over each of these.
    Each(Vec<Period>),
    /// The calendar has no such day or week.
    Nowhere,
    /// No whole periods would be left.
    NotWhole,
}

/// Where a function of a stretch leads.
pub(super) fn reach(function: TimeFunction, span: PeriodRange) -> Reach {
    match function {
        TimeFunction::Shift { count, unit } => shifted(span, count, unit),
        TimeFunction::YearToDate => Reach::Once(year_to_date(span)),
        TimeFunction::Moving { count, unit, .. } => {
            let newest = Period::containing(unit.granularity_beside(span.granularity()), span.last_day());
            if newest.end() != span.end() {
                return Reach::NotWhole;
            }
            Reach::Each(
                (0..i32::from(count))
                    .rev()
                    .map(|places| newest.offset(-places))
                    .collect(),
            )
        }
        TimeFunction::By { unit, .. } => match span.parts(unit.granularity_beside(span.granularity())) {
            Some(parts) => Reach::Each(parts.iter().collect()),
            None => Reach::NotWhole,
        },
    }
}

/// Whether a shift by a unit moves all periods of another unit by as much, so that none is left out and none counts twice:
/// months have more or fewer days, and some years have a week 53.
pub(super) fn moves_alike(shift: TimeUnit, periods: TimeUnit) -> bool {
    match periods {
        TimeUnit::Day => matches!(shift, TimeUnit::Day | TimeUnit::Week),
        TimeUnit::Week => shift == TimeUnit::Week,
        TimeUnit::Month | TimeUnit::Quarter | TimeUnit::Half | TimeUnit::Year => true,
    }
}

fn shifted(span: PeriodRange, count: i32, unit: TimeUnit) -> Reach {
    let ends = [span.first(), span.last()].map(|period| moved(period, count, unit));
    match ends {
        [Ok(Some(first)), Ok(Some(last))] => Reach::Once(PeriodRange::from(first).until(last)),
        [Err(NotWhole), _] | [_, Err(NotWhole)] => Reach::NotWhole,
        _ => Reach::Nowhere,
    }
}

/// It would not be a whole period.
struct NotWhole;

/// The period so many units later; `None` when the calendar has none.
fn moved(period: Period, count: i32, unit: TimeUnit) -> Result<Option<Period>, NotWhole> {
    match (period.granularity().standard(), unit) {
        (Granularity::Day, TimeUnit::Day) | (Granularity::Week, TimeUnit::Week) => Ok(Some(period.offset(count))),
        (Granularity::Day, TimeUnit::Week) => Ok(Some(period.offset(7 * count))),
        (Granularity::Day, unit) => Ok(day_of_month(period.start(), count * months(unit).ok_or(NotWhole)?)),
        (Granularity::Week, TimeUnit::Year) => {
            let text = period.to_string();
            let (year, week) = text.split_at(4);
            let year = year.parse::<i32>().map_or(0, |year| year + count);
            Ok(format!("{year:04}{week}").parse().ok())
        }
        (Granularity::Week, _) => Err(NotWhole),
        (granularity, unit) => {
            let months = count * months(unit).ok_or(NotWhole)?;
            let own = months_of(granularity).ok_or(NotWhole)?;
            if months % own == 0 {
                Ok(Some(period.offset(months / own)))
            } else {
                Err(NotWhole)
            }
        }
    }
}

/// The day of the same number, so many months later.
fn day_of_month(day: Date, months: i32) -> Option<Period> {
    let month = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    format!("{year:04}-{month:02}-{:02}", day.day()).parse().ok()
}

fn months(unit: TimeUnit) -> Option<i32> {
    match unit {
        TimeUnit::Day | TimeUnit::Week => None,
        TimeUnit::Month => Some(1),
        TimeUnit::Quarter => Some(3),
        TimeUnit::Half => Some(6),
        TimeUnit::Year => Some(12),
    }
}

fn months_of(granularity: Granularity) -> Option<i32> {
    let unit = TimeUnit::ALL.into_iter().find(|unit| unit.name() == granularity.name());
    unit.and_then(months)
}

/// From the first period of the year in which a stretch ends.
fn year_to_date(span: PeriodRange) -> PeriodRange {
    let mut first = span.last();
    while year_in_which_it_ends(first.offset(-1)) == year_in_which_it_ends(span.last()) {
        first = first.offset(-1);
    }
    PeriodRange::from(first).until(span.last())
}

/// The name of a year of the period's own calendar; weeks have one of their own.
fn year_in_which_it_ends(period: Period) -> String {
    if period.granularity() == Granularity::Week {
        period.to_string()[..4].to_owned()
    } else {
        year_of(period.granularity(), period.last_day()).to_string()
    }
}

/// The year, of the calendar of some periods, in which a day lies.
pub(super) fn year_of(granularity: Granularity, day: Date) -> Period {
    let year = Granularity::Year.in_calendar(granularity.calendar());
    Period::containing(year.unwrap_or(Granularity::Year), day)
}
