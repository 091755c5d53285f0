//! Where the series of a term are: the areas that it reads, and of the series recorded for each those that it takes.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use almanac_catalog::Share;
use almanac_cube::Columns;
use almanac_model::AreaId;
use jiff::civil::Date;

use super::Selection;
use super::narrowing::Shape;
use crate::expected::{is_always_collected, lies_under_any};

/// What is read in a territory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// By area.
    pub(crate) blocks: Vec<SourceBlock>,
    /// How many series are expected, whether or not they were ever recorded.
    pub(crate) expected: usize,
    /// How many of those were ever recorded.
    pub(crate) recorded: usize,
}

/// What is read of the series of an area that lie side by side.
#[derive(Clone, Debug)]
pub(crate) struct SourceBlock {
    /// The place of the block in the metric.
    pub(crate) place: u32,
    /// How much of the area.
    pub(crate) share: Share,
    /// Which of the series.
    pub(crate) shape: Rc<Shape>,
    /// Those of them that are expected.
    pub(crate) expected: Columns,
}

/// The sources of one narrowing that were found already.
///
/// The key is what they depend on beside the narrowing itself, which is of one metric at one state of the log: the areas of the
/// territory, and the epochs of boundaries of the day whose hierarchy holds and of the day on which reports are expected.
/// Only plain territories are kept, of metrics that are always collected at one level: nothing else decides about theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownSources(RefCell<HashMap<Vec<AreaId>, Vec<AtEpochs>>>);

type Epochs = [usize; 2];
type AtEpochs = (Epochs, Rc<Sources>);

impl Selection<'_, '_> {
    /// The areas that are read, with what of each is read, and what is expected of it on a day.
    pub(crate) fn sources(&self, expected_on: Date) -> Rc<Sources> {
        if !is_always_collected(self.metric) || !self.territory.is_plain() {
            return Rc::new(self.find_sources(expected_on));
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
        let found = Rc::new(self.find_sources(expected_on));
        let mut known = known.borrow_mut();
        known
            .entry(areas.clone())
            .or_default()
            .push((epochs, Rc::clone(&found)));
        found
    }

    /// The same, looked for.
    pub(super) fn find_sources(&self, expected_on: Date) -> Sources {
        let mut found = Sources::default();
        let recorded = self.state.cube.metric(&self.metric.id);
        let matches = self.narrowing.matches(self.state, self.metric);
        let shared = self.shared_expectations(expected_on);
        for (area, share) in self.territory.each_collecting(self.state, self.metric, self.stretch) {
            let expectations = self.expectations_of(area, expected_on, &shared);
            let each = expectations.iter().copied();
            found.expected += each.clone().map(|one| matches.expected_count(one)).sum::<usize>();
            let Some(recorded) = recorded else { continue };
            for (place, block) in recorded.blocks_of(area) {
                let shape = matches.of_shape(recorded, block.shape());
                let Some(shape) = shape.filter(|shape| !shape.taken.is_empty()) else {
                    continue;
                };
                let expected = shape.expected_under(each.clone());
                found.recorded += expected.len();
                found.blocks.push(SourceBlock {
                    place,
                    share: share.clone(),
                    shape: Rc::clone(shape),
                    expected,
                });
            }
        }
        found
    }

    /// The expectations whose reports are taken and under which the whole territory lies on a day, by their places among those of
    /// the metric: what lies in it does so too.
    pub(super) fn shared_expectations(&self, day: Date) -> Vec<usize> {
        let epoch = |day| self.state.catalog.boundary_epoch(day);
        match self.territory.region().areas.as_slice() {
            [area] if self.territory.is_plain() && epoch(day) == epoch(self.stretch.day) => {
                self.expectations_of(area, day, &[]).into_owned()
            }
            _ => Vec::new(),
        }
    }

    /// The expectations whose reports are taken and under which an area lies on a day. Of some that is known.
    fn expectations_of<'s>(&self, area: &AreaId, day: Date, known: &'s [usize]) -> Cow<'s, [usize]> {
        let taken = &self.narrowing.matches(self.state, self.metric).expectations;
        if known.len() == taken.len() {
            return Cow::Borrowed(known);
        }
        let all = self.state.catalog.expectations(&self.metric.id);
        let names = |one: &usize| known.contains(one) || lies_under_any(self.state, area, &all[*one], day);
        Cow::Owned(taken.iter().copied().filter(names).collect())
    }
}
