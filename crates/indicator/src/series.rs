//! The time operator: the values of one series inside a period become one.

use std::ops::RangeInclusive;

use almanac_catalog::{Kind, Method, Metric, TimeOperator};
use almanac_cube::{Cell, Series};
use almanac_model::{Exact, FigureFlag, MissingReason, Period, Qualifier, Revision};

use crate::breaks::breaks_between;
use crate::value::{Lineage, Value};

/// The recorded values that a result was made of, by period.
pub(crate) type UsedCells = Vec<(i32, Cell)>;

/// What one series came to, and which recorded values it was made of.
pub(crate) struct SeriesValue {
    pub(crate) value: Value,
    pub(crate) used: UsedCells,
    /// The periods of those that are taken off instead of added.
    pub(crate) subtracted: Vec<i32>,
}

impl SeriesValue {
    /// Made of values of which none is taken off.
    pub(crate) const fn new(value: Value, used: UsedCells) -> Self {
        Self {
            value,
            used,
            subtracted: Vec::new(),
        }
    }
}

/// One series over one period.
pub(crate) struct SeriesScope<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) series: Series<'a>,
    /// The sub-periods, as ordinals of the metric's frequency.
    pub(crate) periods: RangeInclusive<i32>,
    pub(crate) as_of: Revision,
    /// Whether a value of the sub-period ought to be there.
    pub(crate) is_expected: &'a dyn Fn(i32) -> bool,
    /// Whether the area had the same territory in the sub-period as at the end of the period.
    pub(crate) is_same_area: &'a dyn Fn(i32) -> bool,
}

impl SeriesScope<'_> {
    /// The value of the series in the period.
    pub(crate) fn value(&self) -> SeriesValue {
        let cells: UsedCells = self.series.cells(self.periods.clone(), self.as_of).collect();
        if cells.is_empty()
            && self.metric.time == TimeOperator::Last
            && let Some(carried) = self.carried_forward()
        {
            return carried;
        }
        self.of(cells)
    }

    /// The value of some of the recorded values in the period; none is carried forward in the place of the others.
    pub(crate) fn value_of_some(&self, is_taken: &dyn Fn(i32, Cell) -> bool) -> SeriesValue {
        let cells = self.series.cells(self.periods.clone(), self.as_of);
        self.of(cells.filter(|(ordinal, cell)| is_taken(*ordinal, *cell)).collect())
    }

    fn of(&self, cells: UsedCells) -> SeriesValue {
        match self.metric.time {
            TimeOperator::Sum if self.metric.cumulative => self.since_start_of_year(cells),
            TimeOperator::Sum => self.sum(cells),
            TimeOperator::Last => self.last(cells),
            TimeOperator::First => self.edge(cells, *self.periods.start()),
            TimeOperator::Average => self.average(cells),
            TimeOperator::Min => self.extreme(cells, |one, best| one < best),
            TimeOperator::Max => self.extreme(cells, |one, best| one > best),
        }
    }

    fn sum(&self, cells: UsedCells) -> SeriesValue {
        let Some(mut value) = self.inherited(&cells) else {
            return without_number(cells);
        };
        let total: i128 = numbers(&cells).map(|(_, cell)| cell.value).sum();
        value.outcome = Ok(Exact::from_scaled(total, self.metric.decimals));
        value.qualifier = numbers(&cells).fold(Qualifier::Exact, |sum, (_, cell)| sum.plus(cell.status.qualifier));
        SeriesValue::new(value, cells)
    }

    /// Days without a value are in neither side: the divisor is the days that have one, never the length of the period.
    fn average(&self, cells: UsedCells) -> SeriesValue {
        let Some(mut value) = self.inherited(&cells) else {
            return without_number(cells);
        };
        let (mut weighted, mut days) = (0_i128, 0_i128);
        for (ordinal, cell) in numbers(&cells) {
            let length = i128::from(self.period(ordinal).map_or(0, Period::days));
            weighted += cell.value * length;
            days += length;
        }
        let average = Exact::from_scaled(weighted, self.metric.decimals).checked_div(&Exact::from_integer(days));
        value.outcome = average.ok_or(MissingReason::NoRecord);
        value.qualifier = numbers(&cells).fold(Qualifier::Exact, |sum, (_, cell)| sum.plus(cell.status.qualifier));
        SeriesValue::new(value, cells)
    }

    fn extreme(&self, cells: UsedCells, better: fn(i128, i128) -> bool) -> SeriesValue {
        let Some(mut value) = self.inherited(&cells) else {
            return without_number(cells);
        };
        let best = numbers(&cells).map(|(_, cell)| cell).reduce(
            |best, one| {
                if better(one.value, best.value) { one } else { best }
            },
        );
        if let Some(best) = best {
            value.outcome = Ok(Exact::from_scaled(best.value, self.metric.decimals));
            // another value, itself only bounded, might truly be the extreme one
            value.qualifier = numbers(&cells)
                .map(|(_, cell)| cell.status.qualifier)
                .reduce(|one, other| if one == other { one } else { Qualifier::About })
                .unwrap_or_default();
        }
        SeriesValue::new(value, cells)
    }

    /// The last value inside the period. That something ceased to exist, or is confidential now, is a last value too.
    fn last(&self, cells: UsedCells) -> SeriesValue {
        let end = *self.periods.end();
        match cells.last() {
            None => without_number(cells),
            Some(&(ordinal, cell)) if is_final(cell) => SeriesValue::new(self.value_of(cell), vec![(ordinal, cell)]),
            Some(_) => {
                let stands = |(ordinal, _): &(i32, Cell)| *ordinal == end || (self.is_same_area)(*ordinal);
                self.edge(cells.into_iter().rev().filter(stands).collect(), end)
            }
        }
    }

    /// The nearest earlier record, if it is a number that is at most so many periods from the end, and of this territory.
    fn carried_forward(&self) -> Option<SeriesValue> {
        let (start, end) = (*self.periods.start(), *self.periods.end());
        let limit = i32::try_from(self.metric.carry_forward).unwrap_or(i32::MAX);
        let is_other = |ordinal| {
            let (then, now) = (
                self.period(ordinal).map(Period::last_day),
                self.period(end).map(Period::last_day),
            );
            then.zip(now)
                .is_some_and(|(then, now)| breaks_between(self.metric, then, now))
        };
        let mut earlier = self
            .series
            .cells(end.saturating_sub(limit)..=start.saturating_sub(1), self.as_of);
        let (ordinal, cell) = earlier.next_back()?;
        let says_nothing = cell
            .status
            .missing
            .is_some_and(|reason| reason != MissingReason::CannotExist);
        // nor does a level of another definition stand in for one of this
        if says_nothing || !(self.is_same_area)(ordinal) || is_other(ordinal) {
            return None;
        }
        let mut value = self.value_of(cell);
        if !value.is_missing() {
            value.lineage.flags.insert(FigureFlag::CarriedForward);
            value.lineage.carried_from = self.period(ordinal).map(Period::last_day);
        }
        Some(SeriesValue::new(value, vec![(ordinal, cell)]))
    }

    /// The first number of cells that are ordered from one end of the period, which is at `edge`.
    fn edge(&self, cells: UsedCells, edge: i32) -> SeriesValue {
        let Some((ordinal, cell)) = numbers(&cells).next() else {
            return without_number(cells);
        };
        let mut value = self.value_of(cell);
        if ordinal != edge && !value.is_missing() {
            value.lineage.flags.insert(FigureFlag::PartialPeriod);
        }
        SeriesValue::new(value, vec![(ordinal, cell)])
    }

    fn value_of(&self, cell: Cell) -> Value {
        let lineage = Lineage {
            quality: Some(cell.status.quality),
            ..Lineage::default()
        };
        let number = Exact::from_scaled(cell.value, self.metric.decimals);
        Value {
            outcome: cell.status.missing.map_or(Ok(number), Err),
            qualifier: cell.status.qualifier,
            lineage,
        }
    }

    /// The lineage of an operation over all numbers among the cells; `None` when there is no number.
    fn inherited(&self, cells: &[(i32, Cell)]) -> Option<Value> {
        numbers(cells).next()?;
        let mut value = Value::missing(MissingReason::NoRecord);
        value.lineage.quality = numbers(cells).map(|(_, cell)| cell.status.quality).min();
        if self.lacking_parts(cells).next().is_some() {
            value.lineage.flags.insert(FigureFlag::PartialPeriod);
        }
        Some(value)
    }

    /// The sub-periods that have no number although they ought to. For tallies nothing recorded means nothing happened.
    fn lacking_parts<'b>(&'b self, cells: &'b [(i32, Cell)]) -> impl Iterator<Item = i32> + 'b {
        let withheld = |cell: &Cell| {
            let reason = cell.status.missing;
            reason.is_some_and(|reason| reason != MissingReason::CannotExist)
        };
        let withheld = cells
            .iter()
            .filter(move |(_, cell)| withheld(cell))
            .map(|(ordinal, _)| *ordinal);
        let counts_nothing = self.metric.kind == Kind::Flow && self.metric.method == Method::Tally;
        let periods = (!counts_nothing).then(|| self.periods.clone()).into_iter().flatten();
        let mut recorded = cells.iter().map(|(ordinal, _)| *ordinal).peekable();
        let absent =
            periods.filter(move |ordinal| recorded.next_if_eq(ordinal).is_none() && (self.is_expected)(*ordinal));
        withheld.chain(absent)
    }

    /// The sub-periods for want of which a value is partial.
    pub(crate) fn lacking(&self, read: &SeriesValue) -> Vec<i32> {
        let nearest = read.used.first().map(|(ordinal, _)| *ordinal);
        match (self.metric.time, nearest) {
            (TimeOperator::Sum, _) if self.metric.cumulative => self.lacking_totals(),
            (TimeOperator::Last, Some(nearest)) => (nearest + 1..=*self.periods.end()).collect(),
            (TimeOperator::First, Some(nearest)) => (*self.periods.start()..nearest).collect(),
            _ => self.lacking_parts(&read.used).collect(),
        }
    }

    pub(crate) fn period(&self, ordinal: i32) -> Option<Period> {
        Period::from_ordinal(self.metric.frequency, ordinal)
    }
}

/// A record after which no earlier number holds.
fn is_final(cell: Cell) -> bool {
    matches!(
        cell.status.missing,
        Some(MissingReason::CannotExist | MissingReason::Suppressed)
    )
}

pub(crate) fn numbers(cells: &[(i32, Cell)]) -> impl Iterator<Item = (i32, Cell)> + '_ {
    cells.iter().filter(|(_, cell)| cell.status.missing.is_none()).copied()
}

/// No number: the reason that was given, the most telling first.
pub(crate) fn without_number(cells: UsedCells) -> SeriesValue {
    let reasons = cells.iter().filter_map(|(_, cell)| cell.status.missing);
    let mut value = Value::missing(most_telling(reasons));
    value.lineage.quality = cells.iter().map(|(_, cell)| cell.status.quality).min();
    SeriesValue::new(value, cells)
}

/// One reason for several: that something cannot exist holds only when nothing else was said.
pub(crate) fn most_telling(reasons: impl Iterator<Item = MissingReason>) -> MissingReason {
    // what was stated, what arithmetic came to, and at last that there is nothing
    const ORDER: [MissingReason; 9] = [
        MissingReason::Suppressed,
        MissingReason::NotCollected,
        MissingReason::Unspecified,
        MissingReason::NotRestatable,
        MissingReason::NotAdditive,
        MissingReason::DenominatorZero,
        MissingReason::Incomplete,
        MissingReason::NoRecord,
        MissingReason::CannotExist,
    ];
    let given: Vec<MissingReason> = reasons.collect();
    let telling = ORDER.into_iter().find(|reason| given.contains(reason));
    telling.unwrap_or(MissingReason::NoRecord)
}
