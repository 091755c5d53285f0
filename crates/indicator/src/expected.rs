//! What the catalogue expects to be reported: the measure of coverage.

mod steady;

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Expectation, Kind, Metric, Share, TimeOperator};
use almanac_cube::SeriesKey;
use almanac_model::{AreaId, Coverage, MissingReason, Period, PeriodRange};
use jiff::civil::Date;

pub(crate) use self::steady::{Steady, is_steady};
use crate::question::State;
use crate::reading::{Narrowing, Selection};
use crate::territory::{Stretch, Territory};

/// A series that an expectation names.
pub(crate) struct ExpectedSeries<'a> {
    pub(crate) key: SeriesKey,
    expectation: &'a Expectation,
}

impl ExpectedSeries<'_> {
    /// The days after a sub-period's last one by which its value is due.
    pub(crate) const fn due_days(&self) -> Option<u32> {
        self.expectation.due_days
    }

    /// Whether a value of that sub-period ought to be there.
    pub(crate) fn covers(&self, state: State<'_>, metric: &Metric, period: Period) -> bool {
        covers(self.expectation, period)
            && is_collected(state, metric, &self.key.area, period)
            && lies_under_any(state, &self.key.area, self.expectation, period.last_day())
    }
}

fn covers(expectation: &Expectation, period: Period) -> bool {
    expectation.from <= period.start() && expectation.to.is_none_or(|to| period.end() <= to)
}

/// Whether a value of a series in a sub-period ought to be there. Where the catalogue expects nothing of a metric, every
/// sub-period of a series that is reported at all ought to be.
pub(crate) fn is_expected(state: State<'_>, metric: &Metric, key: &SeriesKey, period: Period) -> bool {
    let expectations = state.catalog.expectations(&metric.id);
    is_collected(state, metric, &key.area, period)
        && (expectations.is_empty()
            || expectations.iter().any(|expectation| {
                covers(expectation, period)
                    && expectation.reporter == key.reporter
                    && expectation.cells.iter().any(|cell| cell.values().eq(&key.codes))
                    && lies_under_any(state, &key.area, expectation, period.last_day())
            }))
}

/// Whether the metric is collected at the area's level in that sub-period.
fn is_collected(state: State<'_>, metric: &Metric, area: &AreaId, period: Period) -> bool {
    is_always_collected(metric)
        || state
            .catalog
            .area(area.as_str())
            .is_some_and(|area| metric.level_for(period) == Some(&area.level))
}

pub(crate) fn is_always_collected(metric: &Metric) -> bool {
    metric.only_level().is_some()
}

pub(crate) fn lies_under_any(state: State<'_>, area: &AreaId, expectation: &Expectation, day: Date) -> bool {
    expectation
        .areas
        .iter()
        .any(|ancestor| state.catalog.lies_under(area, ancestor, day))
}

/// Leaves out at once what no date can make expected.
fn lies_under_any_ever(state: State<'_>, area: &AreaId, expectation: &Expectation) -> bool {
    expectation
        .areas
        .iter()
        .any(|ancestor| state.catalog.lies_under_at_any_date(area, ancestor))
}

/// The series that may have to be reported for a metric in some areas, once for each expectation;
/// [`ExpectedSeries::covers`] tells for which sub-periods.
pub(crate) fn expected_series<'a>(
    state: State<'a>,
    metric: &Metric,
    narrowing: &Narrowing,
    areas: &BTreeMap<&AreaId, Share>,
) -> Vec<ExpectedSeries<'a>> {
    let expectations = state.catalog.expectations(&metric.id);
    let mut found = Vec::new();
    for expectation in expectations
        .iter()
        .filter(|expectation| narrowing.takes_reporter(&expectation.reporter))
    {
        for area in areas
            .keys()
            .filter(|area| lies_under_any_ever(state, area, expectation))
        {
            for cell in &expectation.cells {
                let codes = cell.values().cloned().collect();
                let key = SeriesKey {
                    area: (*area).clone(),
                    codes,
                    reporter: expectation.reporter.clone(),
                };
                if narrowing.takes_codes(metric, &key.codes) {
                    found.push(ExpectedSeries { key, expectation });
                }
            }
        }
    }
    found
}

/// The sub-periods whose reports a figure rests on: for a stock's level at one end of the period only that end.
pub(crate) fn relevant_periods(metric: &Metric, parts: PeriodRange) -> PeriodRange {
    match (metric.kind, metric.time) {
        (Kind::Stock, TimeOperator::Last) => parts.last().into(),
        (Kind::Stock, TimeOperator::First) => parts.first().into(),
        _ => parts,
    }
}

/// Reports received and expected for a metric in several selections, each over its stretch, together: each report counts
/// once. `None` when none is expected.
pub(crate) fn coverage<'a>(
    state: State<'a>,
    metric: &'a Metric,
    selections: &[(&'a Narrowing, PeriodRange)],
    territory: &Territory,
) -> Option<Coverage> {
    if state.catalog.expectations(&metric.id).is_empty() {
        return None;
    }
    let stretches = selections.iter().flat_map(|(narrowing, span)| {
        let parts = span.parts(metric.frequency).into_iter();
        let cut = move |parts| territory.stretches(state, *span, parts, metric.time == TimeOperator::Sum);
        parts.flat_map(cut).map(move |stretch| (*narrowing, stretch))
    });
    let stretches: Vec<(&'a Narrowing, Stretch)> = stretches.collect();
    if let [(narrowing, stretch)] = stretches[..] {
        let selection = Selection {
            state,
            metric,
            narrowing,
            territory,
            stretch,
        };
        if let Some(steady) = Steady::of(&selection) {
            return steady.coverage();
        }
    }
    let mut seen = BTreeSet::new();
    let mut coverage = Coverage::default();
    for (narrowing, stretch) in stretches {
        let areas = territory.collecting(state, metric, stretch);
        let relevant = relevant_periods(metric, stretch.parts);
        for series in expected_series(state, metric, narrowing, &areas) {
            for part in relevant.iter().filter(|part| series.covers(state, metric, *part)) {
                if seen.insert((series.key.clone(), part)) {
                    count(&mut coverage, state, metric, &series.key, part);
                }
            }
        }
    }
    (!seen.is_empty()).then_some(coverage)
}

fn count(coverage: &mut Coverage, state: State<'_>, metric: &Metric, key: &SeriesKey, period: Period) {
    let series = state.cube.metric(&metric.id).and_then(|cube| cube.series(key));
    match series.and_then(|series| series.cell(period.ordinal(), state.as_of)) {
        Some(cell) if cell.status.missing == Some(MissingReason::CannotExist) => {}
        Some(_) => {
            coverage.expected += 1;
            coverage.reported += 1;
        }
        None => coverage.expected += 1,
    }
}
