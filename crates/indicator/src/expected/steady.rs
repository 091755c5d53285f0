//! What is expected while nothing about it changes: the same series in each of some sub-periods. Then series are counted, not
//! sub-periods of series one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use almanac_catalog::{Expectation, Metric, Share};
use almanac_cube::Series;
use almanac_model::{AreaId, Coverage, MissingReason, PeriodRange};
use jiff::civil::Date;

use super::{covers, is_always_collected, lies_under_any, relevant_periods};
use crate::question::State;
use crate::reading::{Matches, Narrowing};

/// The expectations of a metric that hold in each of the sub-periods that count.
pub(crate) struct Steady<'a> {
    state: State<'a>,
    metric: &'a Metric,
    relevant: PeriodRange,
    matches: &'a Matches,
    /// With the place of each among all of the metric.
    expectations: Vec<(usize, &'a Expectation)>,
}

/// What is expected of one area.
pub(crate) struct ExpectedHere<'s, 'a> {
    steady: &'s Steady<'a>,
    expectations: Vec<(usize, &'a Expectation)>,
}

impl<'a> Steady<'a> {
    /// `None` when not the same series are expected in each of the sub-periods, or one could be expected twice.
    pub(crate) fn of(
        state: State<'a>,
        metric: &'a Metric,
        narrowing: &'a Narrowing,
        parts: PeriodRange,
    ) -> Option<Self> {
        let relevant = relevant_periods(metric, parts);
        let (first, last) = (relevant.first(), relevant.last());
        let all = state.catalog.expectations(&metric.id).iter().enumerate();
        let expectations: Vec<_> = all
            .filter(|(_, expectation)| narrowing.takes_reporter(&expectation.reporter))
            .collect();
        let reporters: BTreeSet<_> = expectations.iter().map(|(_, one)| &one.reporter).collect();
        let is_steady = expectations.is_empty()
            || reporters.len() == expectations.len()
                && is_always_collected(metric)
                && expectations
                    .iter()
                    .all(|(_, one)| covers(one, first) && covers(one, last))
                && !state.catalog.changes_between(first.last_day(), last.last_day());
        is_steady.then(|| Self {
            state,
            metric,
            relevant,
            matches: narrowing.matches(state, metric),
            expectations,
        })
    }

    /// What is expected of an area.
    pub(crate) fn of_area(&self, area: &AreaId) -> ExpectedHere<'_, 'a> {
        let day: Date = self.relevant.last().last_day();
        let all = self.expectations.iter().copied();
        ExpectedHere {
            steady: self,
            expectations: all
                .filter(|(_, expectation)| lies_under_any(self.state, area, expectation, day))
                .collect(),
        }
    }

    /// Reports received and expected in some areas; `None` when none is expected.
    pub(super) fn coverage(&self, areas: &BTreeMap<&AreaId, Share>) -> Option<Coverage> {
        let cube = self.state.cube.metric(&self.metric.id);
        let (first, last) = (self.relevant.first().ordinal(), self.relevant.last().ordinal());
        let (mut reported, mut expected, mut impossible) = (0, 0, 0);
        for area in areas.keys() {
            let here = self.of_area(area);
            expected += here.count() * self.relevant.count();
            let series = cube.into_iter().flat_map(|cube| cube.series_of(area));
            for series in series.filter(|series| here.has(series)) {
                let (there, cannot_exist) = self.reports(series, first..=last);
                reported += there - cannot_exist;
                impossible += cannot_exist;
            }
        }
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (expected > 0).then(|| Coverage {
            reported: count(reported),
            expected: count(expected - impossible),
        })
    }

    /// How many sub-periods a series has a record for, and how many of those say that there can be none.
    fn reports(&self, series: &Series, parts: RangeInclusive<i32>) -> (usize, usize) {
        let cannot_exist = Some(MissingReason::CannotExist);
        if let Some(status) = series.status(&parts, self.state.as_of) {
            let all = self.relevant.count();
            return (all, if status.missing == cannot_exist { all } else { 0 });
        }
        let cells = series.cells(parts, self.state.as_of);
        cells.fold((0, 0), |(all, impossible), (_, cell)| {
            (all + 1, impossible + usize::from(cell.status.missing == cannot_exist))
        })
    }
}

impl ExpectedHere<'_, '_> {
    /// How many series.
    pub(crate) fn count(&self) -> usize {
        let counts = self.expectations.iter();
        counts
            .map(|(place, _)| self.steady.matches.expected_count(*place))
            .sum()
    }

    /// Whether a series of the area is one of them.
    pub(crate) fn has(&self, series: &Series) -> bool {
        let mut places = self.expectations.iter().map(|(place, _)| *place);
        places.any(|place| self.steady.matches.expects(place, series))
    }
}
