//! Reading one term: the series of a metric that a figure is about, each over its period, then added.

mod ahead;
mod narrowing;
mod sources;
mod sum;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::rc::Rc;

use almanac_catalog::{Metric, Share, TimeOperator};
use almanac_cube::{Cell, Series, SeriesKey};
use almanac_model::{AreaId, FigureFlag, MissingReason, Period, PeriodRange};

use self::ahead::read_plain;
pub(crate) use self::narrowing::Narrowing;
pub(crate) use self::sources::{SourceBlock, Sources};
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
    /// Who recorded the values behind it, by their places among the reporters of the metric.
    pub(crate) reporters: Rc<BTreeSet<usize>>,
    /// The values themselves, where they are to be kept.
    pub(crate) contributions: Vec<Contribution>,
    /// What was read, where the same series are expected all the time.
    pub(crate) steady: Option<Steady<'a>>,
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
    if common.is_none()
        && keep == Keep::Total
        && let Some(read) = read_plain(state, metric, narrowing, territory, span)
    {
        return read;
    }
    let missing = |reason| TermValue {
        value: Value::missing(reason),
        reporters: Rc::default(),
        contributions: Vec::new(),
        steady: None,
    };
    let Some(parts) = span.parts(metric.frequency) else {
        return missing(MissingReason::NoRecord);
    };
    if territory.is_void(state, span.last_day()) {
        return missing(MissingReason::CannotExist);
    }
    let mut sum = SeriesSum::new(metric, Form::of(state, metric), keep);
    let (mut lacking, mut restated) = (false, false);
    let stretches = territory.stretches(state, span, parts, metric.time == TimeOperator::Sum);
    let mut steady = None;
    for stretch in stretches.iter().copied() {
        let selection = Selection {
            state,
            metric,
            narrowing,
            territory,
            stretch,
        };
        steady = common.is_none().then(|| selection.steady()).flatten();
        lacking |= match &steady {
            Some(steady) => selection.read_steady(steady, &mut sum),
            None => selection.read(common, &mut sum),
        };
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
    read.steady = steady.filter(|_| stretches.len() == 1);
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
        let mut recorded = BTreeSet::new();
        self.each_series(&areas, |series, scope, share| {
            if self.add(series, scope, (share, common), sum) {
                recorded.insert(series.key());
            }
        });
        self.lacks(&areas, &recorded).next().is_some()
    }

    /// What it reads, where series need only be counted.
    fn steady(&self) -> Option<Steady<'a>> {
        (!self.territory.is_restated()).then(|| Steady::of(self)).flatten()
    }

    /// The same where series need only be counted to tell whether one is lacking.
    fn read_steady(&self, steady: &Steady<'a>, sum: &mut SeriesSum<'a>) -> bool {
        let cube = self.state.cube.metric(&self.metric.id);
        let blocks = steady.sources.blocks.iter();
        let blocks = blocks.filter_map(|read| Some((read, cube?.block(read.place)?)));
        let (mut recorded, periods) = (0, self.periods());
        for (read, block) in blocks {
            let taken = read.shape.taken;
            if read.share == Share::All && sum.add_plain(block, taken, &periods, self.state.as_of) {
                read.shape.reporters.iter().for_each(|one| sum.reporter(*one));
                recorded += read.expected.len();
                continue;
            }
            for series in block.series_in(taken) {
                let is_expected = !read.expected.and(series.columns()).is_empty();
                let is_recorded = self.scoped(series, |scope| self.add(series, scope, (&read.share, None), sum));
                recorded += usize::from(is_recorded && is_expected);
            }
        }
        recorded < steady.sources.expected
    }

    /// Adds one series, or what of it another period has too; tells whether anything is recorded.
    fn add(
        &self,
        series: Series<'a>,
        scope: &SeriesScope<'_>,
        (share, common): (&Share, Option<&Common<'_>>),
        sum: &mut SeriesSum<'a>,
    ) -> bool {
        let (block, columns) = (series.block(), series.columns());
        if common.is_none() && *share == Share::All && sum.add_plain(block, columns, &scope.periods, self.state.as_of) {
            sum.reporter(series.reporter());
            return true;
        }
        let takes = |ordinal, cell| common.is_none_or(|common| common.has(self.state, series, ordinal, cell));
        let mut value = match common {
            None => scope.value(),
            Some(_) => scope.value_of_some(&takes),
        };
        let is_recorded = !matches!(value.value.outcome, Err(MissingReason::NoRecord));
        if let Some(form) = &mut sum.form {
            form.add(self.metric, series.key(), &value.used, share);
        }
        value.value = value.value.share(share);
        sum.add(series, value);
        is_recorded
    }

    /// The sub-periods, as ordinals of the metric's frequency.
    fn periods(&self) -> RangeInclusive<i32> {
        self.stretch.parts.first().ordinal()..=self.stretch.parts.last().ordinal()
    }

    /// The areas that are read, with how much of each.
    pub(crate) fn areas(&self) -> BTreeMap<&'a AreaId, Share> {
        self.territory.collecting(self.state, self.metric, self.stretch)
    }

    /// Calls for each series that is read, with how much of it.
    pub(crate) fn each_series(
        &self,
        areas: &BTreeMap<&AreaId, Share>,
        mut call: impl FnMut(Series<'a>, &SeriesScope<'_>, &Share),
    ) {
        let Some(cube) = self.state.cube.metric(&self.metric.id) else {
            return;
        };
        let matches = self.narrowing.matches(self.state, self.metric);
        for (area, share) in areas {
            for series in cube.series_of(area).filter(|series| matches.takes(series.kind())) {
                self.scoped(series, |scope| call(series, scope, share));
            }
        }
    }

    /// Calls with one series over the stretch.
    fn scoped<T>(&self, series: Series<'a>, call: impl FnOnce(&SeriesScope<'_>) -> T) -> T {
        let Self {
            state, metric, stretch, ..
        } = *self;
        let at = |ordinal| Period::from_ordinal(metric.frequency, ordinal);
        let expected = |ordinal| at(ordinal).is_some_and(|part| is_expected(state, metric, series.key(), part));
        // a level of another territory does not stand in for one of this
        let same_area = |ordinal| {
            at(ordinal).is_some_and(|part| {
                let (then, now) = (part.last_day(), stretch.day);
                !state.catalog.changes_between(then, now) || state.catalog.same_extent(&series.key().area, then, now)
            })
        };
        call(&SeriesScope {
            metric,
            series,
            periods: self.periods(),
            as_of: state.as_of,
            is_expected: &expected,
            is_same_area: &same_area,
        })
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
