//! Reading one term: the series of a metric that a figure is about, each over its period, then added.

mod narrowing;
mod sum;

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, Share, TimeOperator};
use almanac_cube::{Cell, Series, SeriesKey};
use almanac_model::{AreaId, FigureFlag, MissingReason, Period, PeriodRange, ReporterId};

pub(crate) use self::narrowing::{Matches, Narrowing};
use self::sum::SeriesSum;
use crate::alike::Common;
use crate::expected::{Steady, expected_series, is_expected, relevant_periods};
use crate::question::State;
use crate::series::SeriesScope;
use crate::suppression::Form;
use crate::territory::{Stretch, Territory};
use crate::value::Value;

/// One recorded value that went into a term.
pub(crate) struct Contribution {
    pub(crate) series: SeriesKey,
    /// Which of its periods, as an ordinal.
    pub(crate) period: i32,
    /// The value as it was recorded, confidential or not.
    pub(crate) cell: Cell,
}

/// What a term came to, and what is behind it.
pub(crate) struct TermValue<'a> {
    pub(crate) value: Value,
    /// Who recorded the values behind it.
    pub(crate) reporters: BTreeSet<&'a ReporterId>,
    /// The values themselves, where they are to be kept.
    pub(crate) contributions: Vec<Contribution>,
}

/// What is kept of that which was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keep {
    /// What the values come to.
    Total,
    /// Each recorded value, too.
    Contributions,
}

/// The value of a metric in a territory over a stretch of periods, read like one period.
pub(crate) fn read_term<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    territory: &Territory,
    span: PeriodRange,
    keep: Keep,
) -> TermValue<'a> {
    read_some(state, metric, narrowing, (territory, span), None, keep)
}

/// As [`read_term`], but only what another stretch, read in its place, has too.
pub(crate) fn read_alike<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    territory: &Territory,
    span: PeriodRange,
    counterpart: Option<PeriodRange>,
) -> TermValue<'a> {
    let common = span
        .parts(metric.frequency)
        .map(|parts| Common::with(state, metric, territory, parts, counterpart));
    read_some(
        state,
        metric,
        narrowing,
        (territory, span),
        common.as_ref(),
        Keep::Contributions,
    )
}

fn read_some<'a>(
    state: State<'a>,
    metric: &'a Metric,
    narrowing: &'a Narrowing,
    (territory, span): (&Territory, PeriodRange),
    common: Option<&Common<'_>>,
    keep: Keep,
) -> TermValue<'a> {
    let missing = |reason| TermValue {
        value: Value::missing(reason),
        reporters: BTreeSet::new(),
        contributions: Vec::new(),
    };
    let Some(parts) = span.parts(metric.frequency) else {
        return missing(MissingReason::NoRecord);
    };
    if territory.is_void(state, span.last_day()) {
        return missing(MissingReason::CannotExist);
    }
    let mut sum = SeriesSum::new(metric, Form::of(state, metric), keep);
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
pub(crate) struct Selection<'a, 't> {
    pub(crate) state: State<'a>,
    pub(crate) metric: &'a Metric,
    pub(crate) narrowing: &'a Narrowing,
    pub(crate) territory: &'t Territory,
    pub(crate) stretch: Stretch,
}

/// Something that ought to be in a sum and is not.
pub(crate) enum Lack<'a> {
    /// An area of a restated territory has nothing at all.
    Area(&'a AreaId),
    /// A series that the catalogue expects in these sub-periods has nothing.
    Series(SeriesKey, Period),
}

impl<'a> Selection<'a, '_> {
    /// Adds the series; tells whether one is lacking that ought to be there.
    fn read(&self, common: Option<&Common<'_>>, sum: &mut SeriesSum<'a>) -> bool {
        let mut areas = self.areas();
        areas.retain(|area, _| common.is_none_or(|common| common.has_area(area)));
        if self.territory.is_restated() && (areas.len() > 1 || areas.values().any(|share| *share != Share::All)) {
            sum.put_together = true;
        }
        let takes = |scope: &SeriesScope<'_>, ordinal: i32, cell: Cell| {
            common.is_none_or(|common| common.has(self.state, scope.series, ordinal, cell))
        };
        let mut add = |series: &'a Series, scope: &SeriesScope<'_>, share: &Share| {
            if common.is_none() && *share == Share::All && sum.add_plain(series, scope) {
                return true;
            }
            let mut value = match common {
                None => scope.value(),
                Some(_) => scope.value_of_some(&|ordinal, cell| takes(scope, ordinal, cell)),
            };
            let is_recorded = !matches!(value.value.outcome, Err(MissingReason::NoRecord));
            if let Some(form) = &mut sum.form {
                form.add(self.metric, series.key(), &value.used, share);
            }
            value.value = value.value.share(share);
            sum.add(series, value);
            is_recorded
        };
        let steady = Steady::of(self.state, self.metric, self.narrowing, self.stretch.parts);
        if let Some(steady) = steady.filter(|_| !self.territory.is_restated()) {
            let (mut expected, mut recorded) = (0, 0);
            for (area, share) in &areas {
                let here = steady.of_area(area);
                expected += here.count();
                self.series_of(area, |series, scope| {
                    recorded += usize::from(add(series, scope, share) && here.has(series));
                });
            }
            return recorded < expected;
        }
        let mut recorded = BTreeSet::new();
        self.each_series(&areas, |series, scope, share| {
            if add(series, scope, share) {
                recorded.insert(series.key());
            }
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
        for (area, share) in areas {
            self.series_of(area, |series, scope| call(series, scope, share));
        }
    }

    /// Calls for each series of an area that is read.
    fn series_of(&self, area: &AreaId, mut call: impl FnMut(&'a Series, &SeriesScope<'_>)) {
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
        let matches = narrowing.matches(state, metric);
        for series in cube.series_of(area).filter(|series| matches.takes(series)) {
            let at = |ordinal| Period::from_ordinal(metric.frequency, ordinal);
            let expected = |ordinal| at(ordinal).is_some_and(|part| is_expected(state, metric, series.key(), part));
            // a level of another territory does not stand in for one of this
            let same_area = |ordinal| {
                at(ordinal).is_some_and(|part| {
                    let (then, now) = (part.last_day(), stretch.day);
                    !state.catalog.changes_between(then, now)
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
            call(series, &scope);
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
                        .find(|part| series.covers(self.state, self.metric, *part))?;
                    Some(Lack::Series(series.key, part))
                })
        };
        unheard.map(Lack::Area).chain(std::iter::once_with(expected).flatten())
    }
}
