//! Reading one term: the series of a metric that a figure is about, each over its period, then added.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, Share, SumOperator, TimeOperator};
use almanac_cube::{Cell, Series, SeriesKey};
use almanac_model::{AreaId, Code, Exact, FigureFlag, MissingReason, Period, PeriodRange, Qualifier, ReporterId};

use crate::alike::Common;
use crate::expected::{expected_series, is_expected, relevant_periods};
use crate::question::{Filters, State};
use crate::series::{SeriesScope, SeriesValue, most_telling};
use crate::suppression::Form;
use crate::territory::{Stretch, Territory};
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
    /// The value, its status and its revision. Missing as suppressed where a confidential number could be derived from it.
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
        dimensions
            .iter()
            .zip(codes)
            .all(|(dimension, code)| self.filters.get(*dimension).is_none_or(|wanted| wanted.contains(code)))
    }

    fn takes(&self, metric: &Metric, key: &SeriesKey) -> bool {
        self.takes_reporter(&key.reporter) && self.takes_codes(metric, &key.codes)
    }
}

/// The value of a metric in a territory over a stretch of periods, read like one period.
pub(crate) fn read_term(
    state: State<'_>,
    metric: &Metric,
    narrowing: &Narrowing,
    territory: &Territory,
    span: PeriodRange,
) -> TermValue {
    let scope = TermScope {
        state,
        metric,
        narrowing,
        territory,
    };
    scope.read(span, None)
}

/// As [`read_term`], but only what another stretch, read in its place, has too.
pub(crate) fn read_alike(
    state: State<'_>,
    metric: &Metric,
    narrowing: &Narrowing,
    territory: &Territory,
    span: PeriodRange,
    counterpart: Option<PeriodRange>,
) -> TermValue {
    let scope = TermScope {
        state,
        metric,
        narrowing,
        territory,
    };
    let common = span
        .parts(metric.frequency)
        .map(|parts| Common::with(state, metric, territory, parts, counterpart));
    scope.read(span, common.as_ref())
}

/// Which series of a metric where.
#[derive(Clone, Copy)]
struct TermScope<'a> {
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    territory: &'a Territory,
}

impl TermScope<'_> {
    fn read(self, span: PeriodRange, common: Option<&Common<'_>>) -> TermValue {
        let Self {
            state,
            metric,
            territory,
            ..
        } = self;
        let missing = |reason| TermValue {
            value: Value::missing(reason),
            contributions: Vec::new(),
        };
        let Some(parts) = span.parts(metric.frequency) else {
            return missing(MissingReason::NoRecord);
        };
        if territory.is_void(state, span.last_day()) {
            return missing(MissingReason::CannotExist);
        }
        let mut sum = SeriesSum::new(metric, Form::of(state, metric));
        let (mut lacking, mut restated) = (false, false);
        for stretch in territory.stretches(state, span, parts, metric.time == TimeOperator::Sum) {
            lacking |= self.read_stretch(stretch, common, &mut sum);
            restated |= territory.was_other_on(state, stretch.day);
        }
        let form = sum.form.take();
        let mut read = sum.finish(lacking);
        // every number on the way to any figure comes through here
        if let Some(form) = form {
            form.protect(state, metric, &mut read);
        }
        if restated && !read.value.is_missing() {
            read.value.lineage.flags.insert(FigureFlag::Restated);
        }
        read
    }

    /// Adds the series of one stretch; tells whether one is lacking that ought to be there.
    fn read_stretch(self, stretch: Stretch, common: Option<&Common<'_>>, sum: &mut SeriesSum<'_>) -> bool {
        let Self {
            state,
            metric,
            narrowing,
            territory,
        } = self;
        let mut areas = territory.collecting(state, metric, stretch);
        areas.retain(|area, _| common.is_none_or(|common| common.has_area(area)));
        if territory.is_restated() && (areas.len() > 1 || areas.values().any(|share| *share != Share::All)) {
            sum.put_together = true;
        }
        let mut recorded = BTreeSet::new();
        for (series, share) in selected_series(state, metric, narrowing, &areas) {
            let mut value = self.read_series(series, stretch, common);
            if !matches!(value.value.outcome, Err(MissingReason::NoRecord)) {
                recorded.insert(series.key());
            }
            if let Some(form) = &mut sum.form {
                form.add(metric, series.key(), &value.used, share);
            }
            value.value = value.value.share(share);
            sum.add(series, value);
        }
        // a restated figure stands for areas that the catalogue may expect nothing of: each has to have something
        let unheard = |area: &&AreaId| recorded.iter().all(|key| key.area != **area);
        if territory.is_restated() && areas.keys().any(unheard) {
            return true;
        }
        let relevant = relevant_periods(metric, stretch.parts);
        expected_series(state, metric, narrowing, &areas).iter().any(|series| {
            !recorded.contains(&series.key) && relevant.iter().any(|part| series.covers(state, metric, *part))
        })
    }

    fn read_series(self, series: &Series, stretch: Stretch, common: Option<&Common<'_>>) -> SeriesValue {
        let Self { state, metric, .. } = self;
        let at = |ordinal| Period::from_ordinal(metric.frequency, ordinal);
        let expected = |ordinal| at(ordinal).is_some_and(|part| is_expected(state, metric, series.key(), part));
        // a level of another territory does not stand in for one of this
        let same_area = |ordinal| {
            at(ordinal).is_some_and(|part| {
                let (then, now) = (part.last_day(), stretch.day);
                state.catalog.change_days(then, now).is_empty()
                    || state.catalog.same_extent(&series.key().area, then, now)
            })
        };
        let scope = SeriesScope {
            metric,
            series,
            periods: stretch.parts.first().ordinal()..=stretch.parts.last().ordinal(),
            as_of: state.as_of,
            is_expected: &expected,
            is_same_area: &same_area,
        };
        match common {
            None => scope.value(),
            Some(common) => scope.value_of_some(&|ordinal, cell| common.has(state, series, ordinal, cell)),
        }
    }
}

fn selected_series<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    areas: &'a BTreeMap<&AreaId, Share>,
) -> impl Iterator<Item = (&'a Series, &'a Share)> {
    let cube = state.cube.metric(&metric.id);
    cube.into_iter()
        .flat_map(move |cube| {
            areas
                .iter()
                .flat_map(move |(area, share)| cube.series_of(area).map(move |series| (series, share)))
        })
        .filter(move |(series, _)| narrowing.takes(metric, series.key()))
}

/// Series of one term, added.
struct SeriesSum<'a> {
    metric: &'a Metric,
    total: Value,
    /// The series that have a number; a restated sum may read one of them in several stretches.
    numbers: BTreeSet<SeriesKey>,
    reasons: Vec<MissingReason>,
    contributions: Vec<Contribution>,
    /// Whether it stands for several areas, or for parts of one.
    put_together: bool,
    /// What is read of which number; `None` when nothing of the metric is confidential.
    form: Option<Form>,
}

impl<'a> SeriesSum<'a> {
    fn new(metric: &'a Metric, form: Option<Form>) -> Self {
        let total = Value::number(Exact::from_integer(0));
        Self {
            metric,
            total,
            numbers: BTreeSet::new(),
            reasons: Vec::new(),
            contributions: Vec::new(),
            put_together: false,
            form,
        }
    }

    fn add(&mut self, series: &Series, part: SeriesValue) {
        let is_unheard = part.used.is_empty();
        self.contributions
            .extend(part.used.into_iter().filter_map(|(ordinal, cell)| {
                let period = Period::from_ordinal(self.metric.frequency, ordinal)?;
                Some(Contribution {
                    series: series.key().clone(),
                    period,
                    cell,
                })
            }));
        match part.value.outcome {
            Ok(_) => {
                let total = std::mem::replace(&mut self.total, Value::missing(MissingReason::NoRecord));
                self.total = total.add(part.value);
                self.numbers.insert(series.key().clone());
            }
            // a report that has nothing to be compared with was there all the same
            Err(MissingReason::NoRecord) if is_unheard => {}
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
        if self.reasons.contains(&MissingReason::NotRestatable) {
            self.total.outcome = Err(MissingReason::NotRestatable);
            self.total.qualifier = Qualifier::Exact;
        } else if self.numbers.is_empty() {
            self.total.outcome = Err(most_telling(self.reasons.into_iter().chain(absent)));
            self.total.qualifier = Qualifier::Exact;
        } else if (self.numbers.len() > 1 || self.put_together) && self.metric.sum == SumOperator::None {
            self.total.outcome = Err(MissingReason::NotAdditive);
            self.total.qualifier = Qualifier::Exact;
        } else if withheld || lacking {
            self.total.lineage.flags.insert(FigureFlag::PartialCoverage);
        }
        TermValue {
            value: self.total,
            contributions: self.contributions,
        }
    }
}
