//! The time operator: from the sub-periods of one series to its value in the period.

use almanac_catalog::{Kind, Method, Metric, TimeOperator};
use almanac_model::{Exact, FigureFlag, MissingReason, Period, PeriodRange, Qualifier};

use super::Oracle;
use super::breaks::breaks_within;
use super::records::{Place, Record, SeriesKey};
use super::region::Region;
use super::term::Filter;
use super::value::Value;

/// A sub-period and what was recorded for it.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) place: Place,
    pub(super) period: Period,
    pub(super) record: Option<Record>,
}

impl Part {
    /// The number of the sub-period and its record, when it has one.
    pub(super) fn number(&self) -> Option<(&Exact, &Record)> {
        let record = self.record.as_ref()?;
        Some((record.outcome.as_ref().ok()?, record))
    }

    pub(super) fn reason(&self) -> Option<MissingReason> {
        self.record.as_ref()?.outcome.as_ref().err().copied()
    }
}

/// The periods of the metric's frequency in a stretch, the earliest first.
pub(super) fn sub_periods(metric: &Metric, span: PeriodRange) -> Vec<Period> {
    span.parts(metric.frequency)
        .map_or_else(Vec::new, |range| range.iter().collect())
}

/// Of the sub-periods of a period, those on which the value of a series rests when all is well.
pub(super) fn relevant(metric: &Metric, all: &[Period]) -> Vec<Period> {
    let only = |one: Option<&Period>| one.into_iter().copied().collect();
    match metric.time {
        TimeOperator::Last => only(all.last()),
        TimeOperator::First => only(all.first()),
        TimeOperator::Sum | TimeOperator::Average | TimeOperator::Min | TimeOperator::Max => all.to_vec(),
    }
}

/// The reasons why there is no number, the most telling first: what was stated, then what arithmetic came to, then that there
/// is nothing; what exists before what cannot.
const REASONS: [MissingReason; 9] = [
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

/// The most telling of some reasons.
pub(super) fn most_telling(reasons: &[MissingReason]) -> MissingReason {
    let found = REASONS.into_iter().find(|reason| reasons.contains(reason));
    found.unwrap_or(MissingReason::NoRecord)
}

impl Oracle<'_> {
    /// The value of a series over sub-periods that follow each other.
    pub(super) fn series_value(&self, metric: &Metric, series: &SeriesKey, sub_periods: &[Period]) -> Value {
        let parts: Vec<Part> = sub_periods
            .iter()
            .map(|period| self.part(metric, series, *period))
            .collect();
        let is_carried = metric.time == TimeOperator::Last && parts.iter().all(|part| part.record.is_none());
        let carried = is_carried.then(|| self.carried(metric, series, &parts)).flatten();
        carried.unwrap_or_else(|| self.of_parts(metric, series, &parts))
    }

    /// The value of a series from some of its sub-periods, as if nothing had been recorded for the others; nothing stands in
    /// for these.
    pub(super) fn series_value_of(
        &self,
        metric: &Metric,
        series: &SeriesKey,
        sub_periods: &[Period],
        some: &[Period],
    ) -> Value {
        let mut parts: Vec<Part> = sub_periods
            .iter()
            .map(|period| self.part(metric, series, *period))
            .collect();
        for part in parts.iter_mut().filter(|part| !some.contains(&part.period)) {
            part.record = None;
        }
        self.of_parts(metric, series, &parts)
    }

    pub(super) fn part(&self, metric: &Metric, series: &SeriesKey, period: Period) -> Part {
        Part {
            place: Place {
                metric: metric.id.clone(),
                series: series.clone(),
                period,
            },
            period,
            record: self.record(metric, series, period),
        }
    }

    fn of_parts(&self, metric: &Metric, series: &SeriesKey, parts: &[Part]) -> Value {
        match metric.time {
            TimeOperator::Last => self.last(series, parts),
            TimeOperator::First => first(parts),
            TimeOperator::Sum if metric.cumulative => self.since_start_of_year(metric, series, parts),
            TimeOperator::Sum | TimeOperator::Average | TimeOperator::Min | TimeOperator::Max => {
                let mut value = all_together(metric.time, parts);
                if value.outcome.is_ok() && self.lacks_parts(metric, series, parts) {
                    value.flags.insert(FigureFlag::PartialPeriod);
                }
                value
            }
        }
    }

    /// The last number in the period. A level of another territory is none of this.
    fn last(&self, series: &SeriesKey, parts: &[Part]) -> Value {
        let newest = parts.iter().rev().find_map(|part| part.record.as_ref());
        let Some((end, newest)) = parts.last().zip(newest) else {
            return no_number(parts);
        };
        let ends_it = [Err(MissingReason::CannotExist), Err(MissingReason::Suppressed)];
        if ends_it.contains(&newest.outcome) {
            return of_record(newest);
        }
        let stands = |part: &&Part| part.period == end.period || self.same_area(series, part.period, end.period);
        let standing: Vec<Part> = parts.iter().filter(stands).cloned().collect();
        match standing.iter().rev().find(|part| part.number().is_some()) {
            Some(part) => chosen(part, Some(end)),
            None => no_number(&standing),
        }
    }

    pub(super) fn same_area(&self, series: &SeriesKey, one: Period, other: Period) -> bool {
        let area = Region {
            areas: vec![series.area.clone()],
            codes: Filter::new(),
        };
        self.same_territory(&area, one.last_day(), other.last_day())
    }

    /// What stands in when nothing was recorded in the period: the nearest earlier record, if it may still stand: a number, or the statement that there cannot be one.
    fn carried(&self, metric: &Metric, series: &SeriesKey, parts: &[Part]) -> Option<Value> {
        let (first, end) = (parts.first()?.period, parts.last()?.period);
        let reach = (1..=metric.carry_forward.cast_signed()).map(|places| end.offset(-places));
        let mut earlier = reach.filter(|period| *period < first);
        let (period, record) = earlier.find_map(|period| Some((period, self.record(metric, series, period)?)))?;
        // nor does a level of another definition stand in for one of this
        if !self.same_area(series, period, end) || breaks_within(metric, period.last_day(), end.last_day()) {
            return None;
        }
        let mut value = of_record(&record);
        match record.outcome {
            Ok(_) => {
                value.flags.insert(FigureFlag::CarriedForward);
                value.carried_from = Some(period.last_day());
                value.numbers.push(self.part(metric, series, period).place);
                Some(value)
            }
            // that something could not exist is no value that stands in for another
            Err(MissingReason::CannotExist) => Some(value),
            Err(_) => None,
        }
    }

    /// Whether a sub-period has no number that ought to have one.
    pub(super) fn lacks_parts(&self, metric: &Metric, series: &SeriesKey, parts: &[Part]) -> bool {
        let nobody_knows_how_many = metric.method == Method::Tally && metric.kind == Kind::Flow;
        let nothing_declared = self.catalog.expectations(&metric.id).is_empty();
        parts.iter().any(|part| match &part.record {
            Some(record) => record
                .outcome
                .as_ref()
                .is_err_and(|reason| *reason != MissingReason::CannotExist),
            None => {
                !nobody_knows_how_many
                    && self.is_collected(metric, series, part.period)
                    && (nothing_declared || self.is_expected(metric, series, part.period))
            }
        })
    }
}

/// Why a series has no number, with the weakest quality of its statements.
pub(super) fn no_number(parts: &[Part]) -> Value {
    let reasons: Vec<MissingReason> = parts.iter().filter_map(Part::reason).collect();
    let mut value = Value::missing(most_telling(&reasons));
    value.quality = parts
        .iter()
        .filter_map(|part| Some(part.record.as_ref()?.quality))
        .min();
    value
}

/// What one record says.
pub(super) fn of_record(record: &Record) -> Value {
    let mut value = match &record.outcome {
        Ok(number) => Value::number(number.clone()),
        Err(reason) => Value::missing(*reason),
    };
    if record.outcome.is_ok() {
        value.qualifier = record.qualifier;
    }
    value.quality = Some(record.quality);
    value
}

/// The number of the one sub-period that was chosen, where `wanted` would have been the right one.
fn chosen(part: &Part, wanted: Option<&Part>) -> Value {
    let mut value = part
        .record
        .as_ref()
        .map_or_else(|| Value::missing(MissingReason::NoRecord), of_record);
    value.numbers.push(part.place.clone());
    if wanted.is_none_or(|wanted| wanted.period != part.period) {
        value.flags.insert(FigureFlag::PartialPeriod);
    }
    value
}

fn first(parts: &[Part]) -> Value {
    let with_number = parts.iter().find(|part| part.number().is_some());
    with_number.map_or_else(|| no_number(parts), |part| chosen(part, parts.first()))
}

/// Sum, average, minimum or maximum of the numbers that are there.
fn all_together(time: TimeOperator, parts: &[Part]) -> Value {
    let numbers: Vec<(Period, &Exact, &Record)> = parts
        .iter()
        .filter_map(|part| part.number().map(|(number, record)| (part.period, number, record)))
        .collect();
    let exact = || numbers.iter().map(|&(_, number, _)| number.clone());
    let result = match time {
        TimeOperator::Average => average_by_days(&numbers),
        TimeOperator::Min => exact().min(),
        TimeOperator::Max => exact().max(),
        TimeOperator::Sum | TimeOperator::First | TimeOperator::Last => exact().reduce(|sum, number| &sum + &number),
    };
    let Some(result) = result else {
        return no_number(parts);
    };
    let mut value = Value::number(result);
    let with_number = parts.iter().filter(|part| part.number().is_some());
    value.numbers = with_number.map(|part| part.place.clone()).collect();
    value.quality = numbers.iter().map(|(_, _, record)| record.quality).min();
    let qualifiers: Vec<Qualifier> = numbers.iter().map(|(_, _, record)| record.qualifier).collect();
    value.qualifier = match time {
        TimeOperator::Min | TimeOperator::Max if qualifiers.iter().all(|one| *one == qualifiers[0]) => qualifiers[0],
        TimeOperator::Min | TimeOperator::Max => Qualifier::About,
        _ => qualifiers.into_iter().fold(Qualifier::Exact, Qualifier::plus),
    };
    value
}

/// Each number counts with the days of its sub-period; sub-periods without a number are in neither side.
fn average_by_days(numbers: &[(Period, &Exact, &Record)]) -> Option<Exact> {
    let mut weighted = Exact::from_integer(0);
    let mut days = 0;
    for (period, number, _) in numbers {
        let weight = i128::from(period.days());
        weighted = &weighted + &(*number * &Exact::from_integer(weight));
        days += weight;
    }
    weighted.checked_div(&Exact::from_integer(days))
}
