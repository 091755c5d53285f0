//! What the records of a log came to: everything that a checkpoint keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_cube::Cube;
use almanac_model::{ReleaseName, Revision};

/// What the records of a log came to, up to a revision.
///
/// A clone shares nearly everything with the original, so that a state can be written down for as long as that takes while
/// records are applied to the replica and questions are answered from it. It costs a look at each metric, release and ten
/// thousands of revisions (well below a millisecond); as long as it is there, the first record that touches a series copies
/// that series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Derived {
    /// The recorded values.
    pub(crate) cube: Cube,
    /// Each version of the catalogue with the revision from which it is in force.
    pub(crate) catalogs: Vec<(Revision, Arc<Catalog>)>,
    /// What was published under a name.
    pub(crate) releases: BTreeMap<ReleaseName, Revision>,
    /// When each revision was recorded.
    pub(crate) times: Times,
    /// The digest of the last record.
    pub(crate) last_record: Option<[u8; 32]>,
}

impl Derived {
    /// The last revision that was applied.
    pub(crate) fn applied(&self) -> Revision {
        Revision(self.times.len())
    }
}

/// The record time of each revision from 1 on, in unix nanoseconds. Never descends.
///
/// Revisions are as many as there are batches, for ever; so a clone shares them, except the last ones.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Times {
    full: Vec<Arc<[i64]>>,
    last: Vec<i64>,
}

/// So many times are shared together.
const SHARED: usize = 1 << 16;

impl Times {
    /// How many revisions there are.
    pub(crate) fn len(&self) -> u64 {
        (self.full.len() * SHARED + self.last.len()) as u64
    }

    /// The time of the newest revision.
    pub(crate) fn last(&self) -> Option<i64> {
        let before = || self.full.last().and_then(|full| full.last());
        self.last.last().or_else(before).copied()
    }

    /// Adds the time of the next revision.
    pub(crate) fn push(&mut self, nanoseconds: i64) {
        self.last.push(nanoseconds);
        if self.last.len() == SHARED {
            self.full.push(std::mem::take(&mut self.last).into());
        }
    }

    /// The time of a revision.
    pub(crate) fn get(&self, revision: Revision) -> Option<i64> {
        let index = usize::try_from(revision.0.checked_sub(1)?).ok()?;
        let full = self.full.get(index / SHARED).map(AsRef::as_ref);
        full.unwrap_or(&self.last).get(index % SHARED).copied()
    }

    /// The last revision recorded at or before an instant.
    pub(crate) fn last_at(&self, nanoseconds: i128) -> Revision {
        let by_then = |time: &i64| i128::from(*time) <= nanoseconds;
        let whole = self.full.partition_point(|full| full.last().is_some_and(by_then));
        let part = self.full.get(whole).map_or(self.last.as_slice(), AsRef::as_ref);
        Revision((whole * SHARED + part.partition_point(by_then)) as u64)
    }

    /// All of them, from revision 1 on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = i64> {
        self.full.iter().flat_map(|full| full.iter()).chain(&self.last).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_across_what_is_shared() {
        let count = 2 * SHARED as u64 + 5;
        let mut times = Times::default();
        assert_eq!((times.len(), times.last(), times.get(Revision(1))), (0, None, None));
        // two revisions of each instant
        (0..i64::try_from(count).unwrap()).for_each(|index| times.push(index / 2));
        let shared = times.clone();
        times.push(i64::MAX);
        assert_eq!((shared.len(), times.len()), (count, count + 1));
        assert_eq!(times.last(), Some(i64::MAX));
        for revision in [1, 2, 3, SHARED as u64, SHARED as u64 + 1, 2 * SHARED as u64, count] {
            let time = i64::try_from(revision - 1).unwrap() / 2;
            assert_eq!(times.get(Revision(revision)), Some(time), "revision {revision}");
            let last = (revision + revision % 2).min(count);
            assert_eq!(times.last_at(i128::from(time)), Revision(last), "revision {revision}");
        }
        assert_eq!(times.get(Revision(0)), None);
        assert_eq!(shared.get(Revision(count + 1)), None);
        assert_eq!(times.last_at(-1), Revision(0));
        assert_eq!(shared.last_at(i128::MAX), Revision(count));
        assert!(
            shared
                .iter()
                .eq((1..=count).filter_map(|revision| times.get(Revision(revision))))
        );
    }
}
