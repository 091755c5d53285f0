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

/// One recorded value that went into a term.
pub(crate) struct Contribution {
    pub(crate) series: SeriesKey,
    /// Which of its periods, as an ordinal.
    pub(crate) period: i32,
    /// The value as it was recorded, confidential or not.
    pub(crate) cell: Cell,
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
    read_some(state, metric, narrowing, territory, span, None)
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
    let common = span
        .parts(metric.frequency)
        .map(|parts| Common::with(state, metric, territory, parts, counterpart));
    read_some(state, metric, narrowing, territory, span, common.as_ref())
}

fn read_some(
    state: State<'_>,
    metric: &Metric,
    narrowing: &Narrowing,
    territory: &Territory,
    span: PeriodRange,
    common: Option<&Common<'_>>,
) -> TermValue {
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
        let selection = Selection {
            state,
            metric,
            narrowing,
            territory,
            stretch,
        };
        lacking |= selection.read(common, &mut sum);
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

/// What a term reads in one stretch.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    pub(crate) state: State<'a>,
    pub(crate) metric: &'a Metric,
    pub(crate) narrowing: &'a Narrowing,
    pub(crate) territory: &'a Territory,
    pub(crate) stretch: Stretch,
}

/// Something that ought to be in a sum and is not.
pub(crate) enum Lack<'a> {
    /// An area of a restated territory has nothing at all.
    Area(&'a AreaId),
    /// A series that the catalogue expects in these sub-periods has nothing.
    Series(SeriesKey, Period),
}

impl<'a> Selection<'a> {
    /// Adds the series; tells whether one is lacking that ought to be there.
    fn read(&self, common: Option<&Common<'_>>, sum: &mut SeriesSum<'_>) -> bool {
        let mut areas = self.areas();
        areas.retain(|area, _| common.is_none_or(|common| common.has_area(area)));
        if self.territory.is_restated() && (areas.len() > 1 || areas.values().any(|share| *share != Share::All)) {
            sum.put_together = true;
        }
        let mut recorded = BTreeSet::new();
        self.each_series(&areas, |series, scope, share| {
            let mut value = match common {
                None => scope.value(),
                Some(common) => scope.value_of_some(&|ordinal, cell| common.has(self.state, series, ordinal, cell)),
            };
            if !matches!(value.value.outcome, Err(MissingReason::NoRecord)) {
                recorded.insert(series.key());
            }
            if let Some(form) = &mut sum.form {
                form.add(self.metric, series.key(), &value.used, share);
            }
            value.value = value.value.share(share);
            sum.add(series, value);
        });
        self.lacks(&areas, &recorded).next().is_some()
    }

    /// The areas that are read, with how much of each.
    pub(crate) fn areas(&self) -> BTreeMap<&'a AreaId, Share> {
        self.territory.collecting(self.state, self.metric, self.stretch)
    }

    /// Calls for each series that is read, with how much of it.
    pub(crate) fn each_series(
        &self,
        areas: &BTreeMap<&AreaId, Share>,
        mut call: impl FnMut(&'a Series, &SeriesScope<'_>, &Share),
    ) {
        let Self {
            state,
            metric,
            narrowing,
            territory: _,
            stretch,
        } = *self;
        let Some(cube) = state.cube.metric(&metric.id) else {
            return;
        };
        for (area, share) in areas {
            for series in cube
                .series_of(area)
                .filter(|series| narrowing.takes(metric, series.key()))
            {
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
                call(series, &scope, share);
            }
        }
    }

    /// What ought to be there beside the series that have something.
    pub(crate) fn lacks<'b>(
        &'b self,
        areas: &'b BTreeMap<&'a AreaId, Share>,
        recorded: &'b BTreeSet<&SeriesKey>,
    ) -> impl Iterator<Item = Lack<'a>> + 'b {
        // a restated figure stands for areas that the catalogue may expect nothing of: each has to have something
        let restated = self.territory.is_restated().then_some(areas).into_iter().flatten();
        let unheard = restated
            .map(|(area, _)| *area)
            .filter(|area| recorded.iter().all(|key| key.area != **area));
        let expected = move || {
            let relevant = relevant_periods(self.metric, self.stretch.parts);
            let series = expected_series(self.state, self.metric, self.narrowing, areas).into_iter();
            series
                .filter(|series| !recorded.contains(&series.key))
                .filter_map(move |series| {
                    let part = relevant
                        .iter()
                        .find(|part| series.covers(self.state, self.metric, **part))?;
                    Some(Lack::Series(series.key, *part))
                })
        };
        unheard.map(Lack::Area).chain(std::iter::once_with(expected).flatten())
    }
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
            .extend(part.used.into_iter().map(|(period, cell)| Contribution {
                series: series.key().clone(),
                period,
                cell,
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
