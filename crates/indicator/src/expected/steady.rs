//! What is expected while nothing about it changes: the same series in each of some sub-periods. Then series are counted, not
//! sub-periods of series one by one.

use std::ops::RangeInclusive;
use std::rc::Rc;

use almanac_catalog::Metric;
use almanac_cube::Block;
use almanac_model::{Coverage, MissingReason, PeriodRange};

use super::{is_always_collected, relevant_periods};
use crate::question::State;
use crate::reading::{Narrowing, Selection, SourceBlock, Sources};

/// What a term reads in a stretch in which the same series are expected in each of the sub-periods that count.
pub(crate) struct Steady<'a> {
    pub(crate) state: State<'a>,
    pub(crate) metric: &'a Metric,
    pub(crate) relevant: PeriodRange,
    pub(crate) sources: Rc<Sources>,
    /// Whether each series that was ever recorded is known to have a number in each of the sub-periods.
    pub(crate) has_no_gaps: bool,
}

impl<'a> Steady<'a> {
    /// `None` when not the same series are expected in each of the sub-periods, or one could be expected twice.
    pub(crate) fn of(selection: &Selection<'a, '_>) -> Option<Self> {
        let Selection {
            state,
            metric,
            narrowing,
            territory: _,
            stretch,
        } = *selection;
        let relevant = relevant_periods(metric, stretch.parts);
        is_steady(state, metric, narrowing, relevant).then(|| Self {
            state,
            metric,
            relevant,
            sources: selection.sources(relevant.last().last_day()),
            has_no_gaps: false,
        })
    }

    /// Whether a series that is expected was never recorded at all.
    pub(crate) fn lacks_series(&self) -> bool {
        self.sources.recorded < self.sources.expected
    }

    /// Reports received and expected; `None` when none is expected.
    pub(crate) fn coverage(&self) -> Option<Coverage> {
        let (reported, impossible) = self.counted();
        let expected = self.sources.expected * self.relevant.count();
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (expected > 0).then(|| Coverage {
            reported: count(reported),
            expected: count(expected - impossible),
        })
    }

    /// Reports received, and how many others say that there can be none.
    fn counted(&self) -> (usize, usize) {
        if self.has_no_gaps {
            return (self.sources.recorded * self.relevant.count(), 0);
        }
        let cube = self.state.cube.metric(&self.metric.id);
        let (mut reported, mut impossible) = (0, 0);
        for read in &self.sources.blocks {
            let block = cube.and_then(|cube| cube.block(read.place));
            let (there, cannot_exist) = block.map_or((0, 0), |block| self.reports(block, read));
            reported += there - cannot_exist;
            impossible += cannot_exist;
        }
        (reported, impossible)
    }

    /// For how many sub-periods the expected series of a block have a record, and how many of those say that there can be none.
    fn reports(&self, block: &Block, read: &SourceBlock) -> (usize, usize) {
        let parts: RangeInclusive<i32> = self.relevant.first().ordinal()..=self.relevant.last().ordinal();
        let cannot_exist = Some(MissingReason::CannotExist);
        if let Some(status) = block.status(read.expected, &parts, self.state.as_of) {
            let all = read.expected.len() * self.relevant.count();
            return (all, if status.missing == cannot_exist { all } else { 0 });
        }
        let series = block.series_in(read.expected);
        let cells = series.flat_map(|series| series.cells(parts.clone(), self.state.as_of));
        cells.fold((0, 0), |(all, impossible), (_, cell)| {
            (all + 1, impossible + usize::from(cell.status.missing == cannot_exist))
        })
    }
}

/// Whether the same series are expected in each of some sub-periods, and none twice.
pub(crate) fn is_steady(state: State<'_>, metric: &Metric, narrowing: &Narrowing, relevant: PeriodRange) -> bool {
    let expectations = state.catalog.expectations(&metric.id);
    if expectations.is_empty() {
        return true;
    }
    let (start, end) = (relevant.start(), relevant.end());
    let (first, last) = (relevant.first().last_day(), relevant.last().last_day());
    let matches = narrowing.matches(state, metric);
    let hold_throughout = matches.expectations.iter().all(|one| {
        let one = &expectations[*one];
        one.from <= start && one.to.is_none_or(|to| end <= to)
    });
    hold_throughout
        && matches.expects_each_once
        && is_always_collected(metric)
        && !state.catalog.changes_between(first, last)
}
