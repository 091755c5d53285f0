//! One term of a formula: a metric narrowed to codes, in a territory, for a period.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{CollectionLevel, Metric, SumOperator};
use almanac_model::{
    Code, DimensionId, Exact, FigureFlag, LevelId, MissingReason, Period, PeriodRange, Qualifier, ReporterId,
};

use super::Oracle;
use super::boundaries::Share;
use super::expected::Reading;
use super::records::SeriesKey;
use super::series::{most_telling, relevant};
use super::territory::{Run, Territory};
use super::value::Value;

/// Codes by dimension; a dimension that is not named is not narrowed.
pub(super) type Filter = BTreeMap<DimensionId, BTreeSet<Code>>;

/// A metric narrowed to some codes and, perhaps, to one reporter.
#[derive(Clone, Debug)]
pub(super) struct Term {
    /// Which of the terms of the formula it is, from the left.
    pub(super) place: usize,
    pub(super) metric: Metric,
    pub(super) filter: Filter,
    pub(super) reporter: Option<ReporterId>,
}

/// What the series of a term come to, before they are added.
#[derive(Default)]
struct Addends {
    /// Each number with its series; a restated sum may have several of one series.
    numbers: Vec<(SeriesKey, Exact, Qualifier)>,
    reasons: Vec<MissingReason>,
    /// What the sum inherits.
    values: Vec<Value>,
    /// Whether several units, or a part of one, stand for what is asked for.
    put_together: bool,
}

impl Oracle<'_> {
    /// The value of a term in a territory.
    pub(super) fn term_value(&self, term: &Term, territory: &Territory, span: PeriodRange) -> Value {
        let mut total = if self.is_void(territory, span.last_day()) {
            Value::missing(MissingReason::CannotExist)
        } else {
            self.add_series(term, territory, span)
        };
        total.readings.push(Reading {
            term: term.clone(),
            span,
        });
        total
    }

    /// The series of a term: time operator first, then the sum.
    pub(super) fn add_series(&self, term: &Term, territory: &Territory, span: PeriodRange) -> Value {
        let runs = self.runs(&term.metric, territory, span);
        let mut addends = Addends::default();
        for run in &runs {
            self.read((term, span), territory, run, &mut addends);
        }
        let mut total = sum(&term.metric, &addends);
        for value in &addends.values {
            total.inherit(value);
        }
        let lacks = |reason: &MissingReason| *reason != MissingReason::CannotExist;
        if total.outcome.is_ok() && addends.reasons.iter().any(lacks) {
            total.flags.insert(FigureFlag::PartialCoverage);
        }
        if total.outcome.is_ok() && !self.may_be_told(term, territory, span, &total) {
            total.withhold();
        }
        if total.outcome.is_ok() && runs.iter().any(|run| self.is_restated_from(territory, run.day)) {
            total.flags.insert(FigureFlag::Restated);
        }
        total
    }

    /// The series of a term over some sub-periods.
    fn read(&self, (term, span): (&Term, PeriodRange), territory: &Territory, run: &Run, addends: &mut Addends) {
        let metric = &term.metric;
        let mut candidates = self.recorded_series(metric);
        candidates.extend(self.expectable_series(metric));
        let mut heard_of = BTreeSet::new();
        for series in candidates {
            let share = self.belongs(term, &series, territory, run);
            if share == Share::Nothing {
                continue;
            }
            let value = match &self.like {
                None => self.series_value(metric, &series, &run.parts),
                Some(like) => {
                    let common = self.common(like, (term, span), territory, &series);
                    self.series_value_of(metric, &series, &run.parts, &common)
                }
            };
            let value = value.part(&share);
            match value.outcome.clone() {
                Ok(number) => addends.numbers.push((series.clone(), number, value.qualifier)),
                // a total that has nothing to be compared with was there all the same
                Err(MissingReason::NoRecord) if value.quality.is_some() => {
                    addends.reasons.push(MissingReason::NoRecord);
                    addends.values.push(value);
                    continue;
                }
                // that nothing came is worth telling only of what ought to have come
                Err(MissingReason::NoRecord) => {
                    let mut due = relevant(metric, &run.parts).into_iter();
                    if due.any(|sub_period| self.is_expected(metric, &series, sub_period)) {
                        addends.reasons.push(MissingReason::NoRecord);
                    }
                    continue;
                }
                Err(reason) => addends.reasons.push(reason),
            }
            heard_of.insert(series.area);
            addends.values.push(value);
        }
        if territory.is_restated() {
            // it stands for all of these units, whether or not anything is expected of them
            let units = self.units(territory, &levels_in(metric, &run.parts), run.day);
            addends.put_together |= units.len() > 1 || units.iter().any(|(_, share)| *share != Share::All);
            if units.iter().any(|(unit, _)| !heard_of.contains(unit)) {
                addends.reasons.push(MissingReason::NoRecord);
            }
        }
    }

    /// How much of a series belongs to a term: by its codes and reporter, by where it lies, and by whether it is of a level
    /// at which the metric is collected then.
    pub(super) fn belongs(&self, term: &Term, series: &SeriesKey, territory: &Territory, run: &Run) -> Share {
        let wanted_codes = term
            .filter
            .iter()
            .all(|(dimension, codes)| series.codes.get(dimension).is_some_and(|code| codes.contains(code)));
        let wanted_reporter = term
            .reporter
            .as_ref()
            .is_none_or(|reporter| *reporter == series.reporter);
        let area = self.catalog.area(series.area.as_str());
        let levels = levels_in(&term.metric, &run.parts);
        if wanted_codes && wanted_reporter && area.is_some_and(|area| levels.contains(&area.level)) {
            self.share_of(territory, &series.area, run.day)
        } else {
            Share::Nothing
        }
    }
}

fn sum(metric: &Metric, addends: &Addends) -> Value {
    if addends.reasons.contains(&MissingReason::NotRestatable) {
        return Value::missing(MissingReason::NotRestatable);
    }
    if addends.numbers.is_empty() {
        return Value::missing(most_telling(&addends.reasons));
    }
    let series: BTreeSet<&SeriesKey> = addends.numbers.iter().map(|(series, _, _)| series).collect();
    if metric.sum == SumOperator::None && (series.len() > 1 || addends.put_together) {
        return Value::missing(MissingReason::NotAdditive);
    }
    let mut total = Value::number(Exact::from_integer(0));
    for (_, number, qualifier) in &addends.numbers {
        total.outcome = total.outcome.map(|sum| &sum + number);
        total.qualifier = total.qualifier.plus(*qualifier);
    }
    total
}

/// The levels at which the values that count were collected: of each sub-period that counts, its own.
pub(super) fn levels_in(metric: &Metric, sub_periods: &[Period]) -> Vec<LevelId> {
    let counting = relevant(metric, sub_periods);
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
