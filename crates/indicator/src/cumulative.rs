//! Year-to-date reports: what is recorded is the total since the start of the calendar's year, so that the value of a
//! period is a difference (rule 15).
//!
//! In each year that a period touches, it is the last number reported inside the period minus the one of the sub-period
//! just before it; at the start of the year that one is zero. What comes between the two lacks nothing. Where the sub-period
//! before was not reported, the first number inside stands in for it, and where the last sub-period was not, an earlier one
//! does: both make the value partial. Through sub-periods that cannot exist the total stays what it was before.

use std::ops::RangeInclusive;

use almanac_cube::Cell;
use almanac_model::{Exact, FigureFlag, MissingReason, Period, Qualifier};

use crate::breaks::breaks_between;
use crate::series::{SeriesScope, SeriesValue, UsedCells, most_telling, numbers, without_number};
use crate::value::Value;

/// The total up to a sub-period.
enum Base {
    /// The year begins here.
    Zero,
    /// This was reported.
    Reported(i32, Cell),
    /// Nobody knows: the total of this sub-period is lacking, for this reason.
    Unknown(i32, MissingReason),
}

/// What happened between two reports of one year.
struct Difference {
    /// None at the start of the year.
    base: Option<(i32, Cell)>,
    last: (i32, Cell),
    /// The sub-periods for want of which it leaves out a part of the period.
    lacking: Vec<i32>,
}

/// Why there are no two reports to be compared.
struct NoDifference {
    reason: MissingReason,
    /// The sub-periods for want of which there are none; without any nothing ought to be there.
    lacking: Vec<i32>,
}

impl Difference {
    fn value(&self) -> i128 {
        self.last.1.value - self.base.map_or(0, |(_, cell)| cell.value)
    }

    fn qualifier(&self) -> Qualifier {
        let base = self.base.map_or(Qualifier::Exact, |(_, cell)| cell.status.qualifier);
        self.last.1.status.qualifier.plus(base.reversed())
    }
}

impl SeriesScope<'_> {
    /// The value of a series that is reported as the total since the start of the year.
    pub(crate) fn since_start_of_year(&self, cells: UsedCells) -> SeriesValue {
        let (mut differences, mut reasons) = (Vec::new(), Vec::new());
        for (year_start, part) in self.years() {
            match self.difference(year_start, &part, &cells) {
                Ok(difference) => differences.push(difference),
                Err(none) if none.lacking.is_empty() => {}
                Err(none) => reasons.push(none.reason),
            }
        }
        if differences.is_empty() {
            let mut without = without_number(cells);
            let given = without.value.outcome.err().filter(|_| !without.used.is_empty());
            without.value.outcome = Err(most_telling(reasons.into_iter().chain(given)));
            return without;
        }
        let total: i128 = differences.iter().map(Difference::value).sum();
        let mut value = Value::number(Exact::from_scaled(total, self.metric.decimals));
        value.qualifier = differences
            .iter()
            .fold(Qualifier::Exact, |sum, one| sum.plus(one.qualifier()));
        if !reasons.is_empty() || differences.iter().any(|one| !one.lacking.is_empty()) {
            value.lineage.flags.insert(FigureFlag::PartialPeriod);
        }
        if differences.iter().any(|one| one.value() < 0) {
            value.lineage.flags.insert(FigureFlag::CumulativeDecreased);
        }
        let subtracted = differences
            .iter()
            .filter_map(|one| one.base)
            .map(|(ordinal, _)| ordinal)
            .collect();
        let used: UsedCells = differences
            .into_iter()
            .flat_map(|one| one.base.into_iter().chain([one.last]))
            .collect();
        value.lineage.quality = used.iter().map(|(_, cell)| cell.status.quality).min();
        SeriesValue {
            value,
            used,
            subtracted,
        }
    }

    /// The sub-periods whose totals are lacking, so that the value is partial or not there.
    pub(crate) fn lacking_totals(&self) -> Vec<i32> {
        let lacking = |difference| match difference {
            Ok(Difference { lacking, .. }) | Err(NoDifference { lacking, .. }) => lacking,
        };
        self.differences().into_iter().flat_map(lacking).collect()
    }

    /// The sub-periods whose total is less than the one that is subtracted from it.
    pub(crate) fn decreased_totals(&self) -> Vec<i32> {
        let decreased = self.differences().into_iter().flatten().filter(|one| one.value() < 0);
        decreased.map(|one| one.last.0).collect()
    }

    fn differences(&self) -> Vec<Result<Difference, NoDifference>> {
        let cells: UsedCells = self.series.cells(self.periods.clone(), self.as_of).collect();
        let years = self.years().into_iter();
        years
            .map(|(year_start, part)| self.difference(year_start, &part, &cells))
            .collect()
    }

    /// The years that the period touches: the first sub-period of each, and what of it lies in the period.
    fn years(&self) -> Vec<(i32, RangeInclusive<i32>)> {
        let (mut start, end) = (*self.periods.start(), *self.periods.end());
        let mut found = Vec::new();
        while start <= end {
            let year = self.period(start).and_then(Period::year);
            let Some(parts) = year.and_then(|year| year.parts(self.metric.frequency)) else {
                break;
            };
            let last = parts.last().ordinal().min(end);
            found.push((parts.first().ordinal(), start..=last));
            start = last + 1;
        }
        found
    }

    /// The difference of the two reports that stand for a part of a year.
    fn difference(
        &self,
        year_start: i32,
        part: &RangeInclusive<i32>,
        cells: &[(i32, Cell)],
    ) -> Result<Difference, NoDifference> {
        let inside: UsedCells = cells
            .iter()
            .filter(|(ordinal, _)| part.contains(ordinal))
            .copied()
            .collect();
        let reported: UsedCells = numbers(&inside).collect();
        let lacks = |ordinal: i32| self.lacks(ordinal, &inside);
        let (Some(&first), Some(&last)) = (reported.first(), reported.last()) else {
            let reasons = inside.iter().filter_map(|(_, cell)| cell.status.missing);
            return Err(NoDifference {
                reason: most_telling(reasons),
                lacking: part.clone().filter(|ordinal| lacks(*ordinal)).collect(),
            });
        };
        let mut lacking: Vec<i32> = (last.0 + 1..=*part.end()).filter(|ordinal| lacks(*ordinal)).collect();
        let base = match self.base(year_start, *part.start()) {
            Base::Zero => None,
            Base::Reported(ordinal, cell) => Some((ordinal, cell)),
            Base::Unknown(ordinal, reason) => {
                lacking.insert(0, ordinal);
                if first.0 == last.0 {
                    return Err(NoDifference { reason, lacking });
                }
                Some(first)
            }
        };
        Ok(Difference { base, last, lacking })
    }

    /// The total just before a sub-period.
    fn base(&self, year_start: i32, start: i32) -> Base {
        for ordinal in (year_start..start).rev() {
            match self.series.cell(ordinal, self.as_of) {
                Some(cell) => match cell.status.missing {
                    None if self.is_comparable(ordinal) => return Base::Reported(ordinal, cell),
                    None => return Base::Unknown(ordinal, MissingReason::NoRecord),
                    Some(MissingReason::CannotExist) => {}
                    Some(reason) => return Base::Unknown(ordinal, reason),
                },
                None => return Base::Unknown(ordinal, MissingReason::NoRecord),
            }
        }
        Base::Zero
    }

    /// Whether a report of a sub-period before is about the same territory, and of the same definition.
    fn is_comparable(&self, ordinal: i32) -> bool {
        let day = |ordinal| self.period(ordinal).map(Period::last_day);
        let days = day(ordinal).zip(day(*self.periods.end()));
        let broken = days.is_some_and(|(then, now)| breaks_between(self.metric, then, now));
        (self.is_same_area)(ordinal) && !broken
    }

    /// Whether a sub-period has no number although it ought to.
    fn lacks(&self, ordinal: i32, cells: &[(i32, Cell)]) -> bool {
        match cells.iter().find(|(of, _)| *of == ordinal) {
            Some((_, cell)) => cell
                .status
                .missing
                .is_some_and(|reason| reason != MissingReason::CannotExist),
            None => (self.is_expected)(ordinal),
        }
    }
}
