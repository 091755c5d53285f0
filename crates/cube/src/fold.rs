//! Forgetting what a tally was before a revision.

use std::sync::Arc;

use almanac_model::Revision;

use crate::metric::Place;
use crate::sheet::{self, Sheet};
use crate::{Block, MetricCube};

/// What is known of the versions that a metric does not have any more.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Folded {
    /// From this revision on every value is known as of each; the empty log's when nothing was forgotten.
    pub(crate) floor: Revision,
    /// The first revision that made a confidential version which was forgotten.
    pub(crate) confidential: Option<Revision>,
}

impl Folded {
    /// What is known after more was forgotten.
    pub(crate) fn and(self, more: Self) -> Self {
        let earliest = self.confidential.into_iter().chain(more.confidential).min();
        Self {
            floor: self.floor.max(more.floor),
            confidential: earliest,
        }
    }
}

impl MetricCube {
    /// Forgets what a tally was before the version that is in force at a revision.
    pub(crate) fn fold(&mut self, place: Place, period: i32, floor: Revision) {
        let forgotten = self.block_mut(place).fold((place.column, period), floor);
        self.note_folded(forgotten);
    }
}

impl Block {
    fn fold(&mut self, place: sheet::Place, floor: Revision) -> Folded {
        let sheet = self.sheet_mut(place.1).filter(|sheet| sheet.has_history(place));
        sheet.map_or_else(Folded::default, |sheet| Arc::make_mut(sheet).fold(place, floor))
    }
}

impl Sheet {
    /// Whether there is anything that could be forgotten.
    fn has_history(&self, place: sheet::Place) -> bool {
        self.superseded.contains_key(&place) || self.events.contains_key(&place)
    }

    /// Forgets the versions that were superseded by a revision, and how many events made what is in force since.
    fn fold(&mut self, place: sheet::Place, floor: Revision) -> Folded {
        let Some(newest) = self.newest(place.0, place.1) else {
            return Folded::default();
        };
        let mut forgotten = Folded::default();
        let is_settled = newest.revision <= floor;
        if is_settled && self.events.remove(&place).is_some() {
            forgotten.floor = newest.revision;
        }
        let Some(versions) = self.superseded.get_mut(&place) else {
            return forgotten;
        };
        let by_then = versions.partition_point(|version| version.revision <= floor);
        let gone = if is_settled { by_then } else { by_then.saturating_sub(1) };
        for version in versions.drain(..gone) {
            if version.content.is_some_and(|(_, status)| status.confidential) {
                forgotten.confidential = forgotten.confidential.or(Some(version.revision));
            }
        }
        if gone > 0 {
            forgotten.floor = versions.first().map_or(newest.revision, |first| first.revision);
        }
        if versions.is_empty() {
            self.superseded.remove(&place);
        }
        forgotten
    }
}
