//! One term of a formula: a metric narrowed to codes, in some areas, for a period.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Area, CollectionLevel, Metric, SumOperator};
use almanac_model::{
    AreaId, Code, DimensionId, Exact, FigureFlag, LevelId, MissingReason, Period, Qualifier, ReporterId,
};

use super::Oracle;
use super::expected::Reading;
use super::records::SeriesKey;
use super::series::{most_telling, relevant_sub_periods};
use super::value::Value;

/// Codes by dimension; a dimension that is not named is not narrowed.
pub(super) type Filter = BTreeMap<DimensionId, BTreeSet<Code>>;

/// A metric narrowed to some codes and, perhaps, to one reporter.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) metric: Metric,
    pub(super) filter: Filter,
    pub(super) reporter: Option<ReporterId>,
}

impl Oracle<'_> {
    /// The value of a term in areas that do not overlap.
    pub(super) fn term_value(&self, term: &Term, areas: &[AreaId], period: Period) -> Value {
        let day = period.last_day();
        let mut total = if !areas.is_empty() && areas.iter().all(|area| !self.catalog.is_valid_at(area, day)) {
            Value::missing(MissingReason::CannotExist)
        } else {
            self.add_series(term, areas, period)
        };
        total.readings.push(Reading {
            term: term.clone(),
            period,
        });
        total
    }

    /// The series of a term: time operator first, then the sum.
    fn add_series(&self, term: &Term, areas: &[AreaId], period: Period) -> Value {
        let metric = &term.metric;
        let mut candidates = self.recorded_series(metric);
        candidates.extend(self.expectable_series(metric));
        let mut numbers: Vec<(Exact, Qualifier)> = Vec::new();
        let mut reasons: Vec<MissingReason> = Vec::new();
        let mut inherited = Value::missing(MissingReason::NoRecord);
        for series in candidates
            .iter()
            .filter(|series| self.belongs(term, series, areas, period))
        {
            let value = self.series_value(metric, series, period);
            match value.outcome.clone() {
                Ok(number) => numbers.push((number, value.qualifier)),
                // that nothing came is worth telling only of what ought to have come
                Err(MissingReason::NoRecord) => {
                    let mut due = relevant_sub_periods(metric, period).into_iter();
                    if due.any(|sub_period| self.is_expected(metric, series, sub_period)) {
                        reasons.push(MissingReason::NoRecord);
                    }
                    continue;
                }
                Err(reason) => reasons.push(reason),
            }
            inherited.inherit(&value);
        }
        let mut total = sum(metric, &numbers, &reasons);
        total.inherit(&inherited);
        if total.outcome.is_ok() && reasons.iter().any(|reason| *reason != MissingReason::CannotExist) {
            total.flags.insert(FigureFlag::PartialCoverage);
        }
        total
    }

    /// Whether a series is one of the term's: of its codes and reporter, under one of the areas at the period's last
    /// day, and of a level at which the metric is collected in the period.
    pub(super) fn belongs(&self, term: &Term, series: &SeriesKey, areas: &[AreaId], period: Period) -> bool {
        let day = period.last_day();
        let wanted_codes = term
            .filter
            .iter()
            .all(|(dimension, codes)| series.codes.get(dimension).is_some_and(|code| codes.contains(code)));
        let wanted_reporter = term
            .reporter
            .as_ref()
            .is_none_or(|reporter| *reporter == series.reporter);
        let area = self.catalog.area(series.area.as_str());
        wanted_codes
            && wanted_reporter
            && area.is_some_and(|area| is_collected_in(&term.metric, area, period))
            && areas
                .iter()
                .any(|above| self.catalog.lies_under(&series.area, above, day))
    }
}

fn sum(metric: &Metric, numbers: &[(Exact, Qualifier)], reasons: &[MissingReason]) -> Value {
    if numbers.is_empty() {
        return Value::missing(most_telling(reasons));
    }
    if numbers.len() > 1 && metric.sum == SumOperator::None {
        return Value::missing(MissingReason::NotAdditive);
    }
    let mut total = Value::number(Exact::from_integer(0));
    for (number, qualifier) in numbers {
        total.outcome = total.outcome.map(|sum| &sum + number);
        total.qualifier = total.qualifier.plus(*qualifier);
    }
    total
}

fn is_collected_in(metric: &Metric, area: &Area, period: Period) -> bool {
    levels_in(metric, period).contains(&area.level)
}

/// The levels at which the values that count were collected: of each sub-period that counts, its own.
pub(super) fn levels_in(metric: &Metric, period: Period) -> Vec<LevelId> {
    let counting = relevant_sub_periods(metric, period);
    counting
        .into_iter()
        .filter_map(|part| level_of(metric, part).cloned())
        .collect()
}

/// The level at which a value of a sub-period is collected: that of its last day.
pub(super) fn level_of(metric: &Metric, part: Period) -> Option<&LevelId> {
    let on_last_day = |collection: &&CollectionLevel| {
        let day = part.last_day();
        collection.from.is_none_or(|from| from <= day) && collection.to.is_none_or(|to| day < to)
    };
    metric
        .levels
        .iter()
        .find(on_last_day)
        .map(|collection| &collection.level)
}
