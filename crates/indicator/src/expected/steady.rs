//! What is expected while nothing about it changes: the same series in each of some sub-periods. Then series are counted, not
//! sub-periods of series one by one.

use std::ops::RangeInclusive;
use std::rc::Rc;

use almanac_catalog::Metric;
use almanac_cube::Block;
use almanac_model::{Coverage, MissingReason, PeriodRange};

use super::{is_always_collected, relevant_periods};
use crate::question::State;
use crate::reading::{Selection, SourceBlock, Sources};

/// What a term reads in a stretch in which the same series are expected in each of the sub-periods that count.
pub(crate) struct Steady<'a> {
    state: State<'a>,
    metric: &'a Metric,
    relevant: PeriodRange,
    pub(crate) sources: Rc<Sources>,
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
        let (first, last) = (relevant.first().last_day(), relevant.last().last_day());
        let (start, end) = (relevant.start(), relevant.end());
        let expectations = state.catalog.expectations(&metric.id);
        let matches = narrowing.matches(state, metric);
        let is_steady = expectations.is_empty()
            || matches.expects_each_once
                && is_always_collected(metric)
                && matches.expectations.iter().all(|one| {
                    let one = &expectations[*one];
                    one.from <= start && one.to.is_none_or(|to| end <= to)
                })
                && !state.catalog.changes_between(first, last);
        is_steady.then(|| Self {
            state,
            metric,
            relevant,
            sources: selection.sources(last),
        })
    }

    /// Reports received and expected; `None` when none is expected.
    pub(crate) fn coverage(&self) -> Option<Coverage> {
        let cube = self.state.cube.metric(&self.metric.id);
        let expected = self.sources.expected * self.relevant.count();
        let (mut reported, mut impossible) = (0, 0);
        for read in &self.sources.blocks {
            let block = cube.and_then(|cube| cube.block(read.place));
            let (there, cannot_exist) = block.map_or((0, 0), |block| self.reports(block, read));
            reported += there - cannot_exist;
            impossible += cannot_exist;
        }
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (expected > 0).then(|| Coverage {
            reported: count(reported),
            expected: count(expected - impossible),
        })
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
