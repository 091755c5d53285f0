//! Where the series of a term are: the areas that it reads, and of the series recorded for each those that it takes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use almanac_catalog::Share;
use almanac_cube::{Columns, MetricCube, Series};
use almanac_model::AreaId;
use jiff::civil::Date;

use super::{Matches, Selection};
use crate::expected::{is_always_collected, lies_under_any};

/// An area, and what is read of it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// How much of the area.
    pub(crate) share: Share,
    pub(crate) blocks: Vec<SourceBlock>,
    /// How many series of the area are expected, whether or not they were ever recorded.
    pub(crate) expected: usize,
}

/// What is read of the series of an area that lie side by side.
#[derive(Clone, Debug)]
pub(crate) struct SourceBlock {
    /// The place of the block in the metric.
    pub(crate) place: u32,
    pub(crate) taken: Columns,
    /// Those of them that are expected.
    pub(crate) expected: Columns,
    /// The places of their reporters.
    pub(crate) reporters: Vec<usize>,
}

/// The sources of one narrowing that were found already.
///
/// The key is what they depend on beside the narrowing itself, which is of one metric at one state of the log: the areas of the
/// territory, and the epochs of boundaries of the day whose hierarchy holds and of the day on which reports are expected.
/// Only plain territories are kept, of metrics that are always collected at one level: nothing else decides about theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownSources(RefCell<HashMap<Vec<AreaId>, Vec<AtEpochs>>>);

type Epochs = [usize; 2];
type AtEpochs = (Epochs, Rc<[Source]>);

impl Selection<'_, '_> {
    /// The areas that are read, with what of each is read, and what is expected of it on a day.
    pub(crate) fn sources(&self, expected_on: Date) -> Rc<[Source]> {
        if !is_always_collected(self.metric) || !self.territory.is_plain() {
            return self.find_sources(expected_on).into();
        }
        let epochs = [self.stretch.day, expected_on].map(|day| self.state.catalog.boundary_epoch(day));
        let areas = &self.territory.region().areas;
        let KnownSources(known) = &self.narrowing.sources;
        let same = |all: &Vec<AtEpochs>| {
            let found = all.iter().find(|(of, _)| *of == epochs)?;
            Some(Rc::clone(&found.1))
        };
        if let Some(found) = known.borrow().get(areas).and_then(same) {
            return found;
        }
        let found: Rc<[Source]> = self.find_sources(expected_on).into();
        let mut known = known.borrow_mut();
        known
            .entry(areas.clone())
            .or_default()
            .push((epochs, Rc::clone(&found)));
        found
    }

    fn find_sources(&self, expected_on: Date) -> Vec<Source> {
        let recorded = self.state.cube.metric(&self.metric.id);
        let matches = self.narrowing.matches(self.state, self.metric);
        let areas = self.areas().into_iter();
        areas
            .map(|(area, share)| {
                let expectations = self.expectations_of(area, expected_on);
                let blocks = recorded.into_iter().flat_map(|recorded| {
                    let blocks = recorded.blocks_of(area);
                    blocks
                        .map(|(place, _)| place)
                        .filter_map(|place| SourceBlock::of(recorded, place, matches, &expectations))
                });
                Source {
                    share,
                    blocks: blocks.collect(),
                    expected: expectations.iter().map(|place| matches.expected_count(*place)).sum(),
                }
            })
            .collect()
    }

    /// The expectations under which an area lies on a day and whose reports are taken, by their places among those of the metric.
    fn expectations_of(&self, area: &AreaId, day: Date) -> Vec<usize> {
        let all = self.state.catalog.expectations(&self.metric.id).iter().enumerate();
        let own = all.filter(|(_, expectation)| {
            self.narrowing.takes_reporter(&expectation.reporter) && lies_under_any(self.state, area, expectation, day)
        });
        own.map(|(place, _)| place).collect()
    }
}

impl SourceBlock {
    /// `None` when none of its series is taken.
    fn of(recorded: &MetricCube, place: u32, matches: &Matches, expectations: &[usize]) -> Option<Self> {
        let block = recorded.block(place)?;
        let taken = block.columns(|series| matches.takes(series));
        let is_expected = |series: Series<'_>| {
            expectations
                .iter()
                .any(|expectation| matches.expects(*expectation, series))
        };
        let mut reporters: Vec<usize> = block.series_in(taken).map(|series| series.reporter()).collect();
        reporters.sort_unstable();
        reporters.dedup();
        (!taken.is_empty()).then(|| Self {
            place,
            taken,
            expected: block.columns(is_expected).and(taken),
            reporters,
        })
    }
}
