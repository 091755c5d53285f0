//! Reading one term: the series of a metric that a figure is about, each over its period, then added.

use std::collections::BTreeSet;

use almanac_catalog::{Metric, SumOperator};
use almanac_cube::{Cell, Series, SeriesKey};
use almanac_model::{AreaId, Code, Exact, FigureFlag, LevelId, MissingReason, Period, Qualifier, ReporterId};

use crate::expected::{expected_series, is_expected, relevant_periods};
use crate::question::{Filters, State};
use crate::series::{SeriesScope, SeriesValue, most_telling};
use crate::value::Value;

/// Which series of a metric: codes by dimension, and one reporter or all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrowing {
    pub(crate) filters: Filters,
    pub(crate) reporter: Option<ReporterId>,
}

/// One recorded value behind a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Which series.
    pub series: SeriesKey,
    /// Which of its periods.
    pub period: Period,
    /// The value, its status and its revision.
    pub cell: Cell,
}

/// What a term came to, and the recorded values behind it.
pub(crate) struct TermValue {
    pub(crate) value: Value,
    pub(crate) contributions: Vec<Contribution>,
}

impl Narrowing {
    pub(crate) fn takes_reporter(&self, reporter: &ReporterId) -> bool {
        self.reporter.as_ref().is_none_or(|wanted| wanted == reporter)
    }

    /// Whether codes, in the order of the metric's sorted dimensions, are among the wanted ones.
    pub(crate) fn takes_codes(&self, metric: &Metric, codes: &[Code]) -> bool {
        let mut dimensions: Vec<_> = metric.dimensions.iter().collect();
        dimensions.sort();
        dimensions.iter().zip(codes).all(|(dimension, code)| {
            self.filters.get(*dimension).is_none_or(|wanted| wanted.contains(code))
        })
    }

    fn takes(&self, metric: &Metric, key: &SeriesKey) -> bool {
        self.takes_reporter(&key.reporter) && self.takes_codes(metric, &key.codes)
    }
}

/// The levels at which a metric is collected at some day of a period.
pub(crate) fn collection_levels(metric: &Metric, period: Period) -> BTreeSet<&LevelId> {
    let (start, day) = (period.start(), period.last_day());
    metric
        .levels
        .iter()
        .filter(|collected| collected.from.is_none_or(|from| from <= day) && collected.to.is_none_or(|to| to > start))
        .map(|collected| &collected.level)
        .collect()
}

/// The areas whose series belong to the roots: those of the metric's collection levels, as they lay at the period's end.
pub(crate) fn collecting_areas<'a>(
    state: State<'a>,
    metric: &Metric,
    roots: &[AreaId],
    period: Period,
) -> BTreeSet<&'a AreaId> {
    let day = period.last_day();
    let levels = collection_levels(metric, period);
    roots
        .iter()
        .flat_map(|root| levels.iter().flat_map(move |level| state.catalog.descendants_at(root, level, day)))
        .collect()
}

/// The value of a metric in the areas under the roots over a period.
pub(crate) fn read_term(
    state: State<'_>,
    metric: &Metric,
    narrowing: &Narrowing,
    roots: &[AreaId],
    period: Period,
) -> TermValue {
    let Some(parts) = period.parts(metric.frequency) else {
        return TermValue { value: Value::missing(MissingReason::NoRecord), contributions: Vec::new() };
    };
    let day = period.last_day();
    if !roots.is_empty() && roots.iter().all(|root| !state.catalog.is_valid_at(root, day)) {
        return TermValue { value: Value::missing(MissingReason::CannotExist), contributions: Vec::new() };
    }
    let areas = collecting_areas(state, metric, roots, period);
    let mut sum = SeriesSum::new(metric);
    let mut recorded = BTreeSet::new();
    for series in selected_series(state, metric, narrowing, &areas) {
        let at = |ordinal| Period::from_ordinal(metric.frequency, ordinal);
        let expected = |ordinal| at(ordinal).is_some_and(|part| is_expected(state, metric, series.key(), part));
        let scope = SeriesScope {
            metric,
            series,
            periods: parts.first().ordinal()..=parts.last().ordinal(),
            as_of: state.as_of,
            is_expected: &expected,
        };
        let value = scope.value();
        if !matches!(value.value.outcome, Err(MissingReason::NoRecord)) {
            recorded.insert(series.key());
        }
        sum.add(series, value);
    }
    let awaited = expected_series(state, metric, narrowing, roots, period);
    let relevant = relevant_periods(metric, period);
    let lacking = awaited.iter().any(|series| {
        !recorded.contains(&series.key) && relevant.iter().any(|part| series.covers(state, *part))
    });
    sum.finish(lacking)
}

fn selected_series<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    areas: &'a BTreeSet<&AreaId>,
) -> impl Iterator<Item = &'a Series> {
    let cube = state.cube.metric(&metric.id);
    cube.into_iter()
        .flat_map(move |cube| areas.iter().flat_map(move |area| cube.series_of(area)))
        .filter(move |series| narrowing.takes(metric, series.key()))
}

/// Series of one term, added.
struct SeriesSum<'a> {
    metric: &'a Metric,
    total: Value,
    numbers: usize,
    reasons: Vec<MissingReason>,
    contributions: Vec<Contribution>,
}

impl<'a> SeriesSum<'a> {
    fn new(metric: &'a Metric) -> Self {
        let total = Value::number(Exact::from_integer(0));
        Self { metric, total, numbers: 0, reasons: Vec::new(), contributions: Vec::new() }
    }

    fn add(&mut self, series: &Series, part: SeriesValue) {
        self.contributions.extend(part.used.into_iter().filter_map(|(ordinal, cell)| {
            let period = Period::from_ordinal(self.metric.frequency, ordinal)?;
            Some(Contribution { series: series.key().clone(), period, cell })
        }));
        match part.value.outcome {
            Ok(_) => {
                let total = std::mem::replace(&mut self.total, Value::missing(MissingReason::NoRecord));
                self.total = total.add(part.value);
                self.numbers += 1;
            }
            Err(MissingReason::NoRecord) => {}
            Err(reason) => {
                self.total.lineage.merge(&part.value.lineage);
                self.reasons.push(reason);
            }
        }
    }

    /// The sum. Series that lack a number make it partial; what cannot exist lacks nothing.
    fn finish(mut self, lacking: bool) -> TermValue {
        let withheld = self.reasons.iter().any(|reason| *reason != MissingReason::CannotExist);
        let absent = lacking.then_some(MissingReason::NoRecord);
        if self.numbers == 0 {
            self.total.outcome = Err(most_telling(self.reasons.into_iter().chain(absent)));
            self.total.qualifier = Qualifier::Exact;
        } else if self.numbers > 1 && self.metric.sum == SumOperator::None {
            self.total.outcome = Err(MissingReason::NotAdditive);
            self.total.qualifier = Qualifier::Exact;
        } else if withheld || lacking {
            self.total.lineage.flags.insert(FigureFlag::PartialCoverage);
        }
        TermValue { value: self.total, contributions: self.contributions }
    }
}
