//! What the log says, by key: the newest in memory, everything older in the index.
//!
//! A fact is in memory until it is on disk in the index, so that it is always in one of them. Without an index all of them
//! stay in memory.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use almanac_event_log::Failure;
use almanac_model::Revision;
use bytes::Bytes;

use super::Clocks;
use super::producers::{Decided, KnownProducer};
use super::tallies::KnownTally;
use crate::index::{Index, IndexLimits};

/// By what a fact is found. They are ordered as their bytes are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Key {
    /// A request, by its id.
    Request([u8; 16]),
    /// A tallied event, by a digest of reporter, metric and event id.
    Tally([u8; 16]),
    /// A producer of streams, by its id.
    Producer([u8; 16]),
    /// One of the last batches of a producer, by its place among them.
    Decision([u8; 16], u8),
    /// A release, by the revision that recorded it.
    Release(Revision),
    /// The catalogue in force.
    Catalog,
    /// Until when the log was read.
    Clocks,
}

impl Hash for Key {
    /// The id alone, in one piece: ids of several kinds are rarely the same.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let id = match self {
            Self::Request(id) | Self::Tally(id) | Self::Producer(id) => u128::from_ne_bytes(*id),
            Self::Decision(id, place) => u128::from_ne_bytes(*id).wrapping_add(u128::from(*place)),
            Self::Release(revision) => u128::from(revision.0),
            Self::Catalog | Self::Clocks => 0,
        };
        state.write_u128(id);
    }
}

/// What the log says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fact {
    Request(KnownRequest),
    Tally(KnownTally),
    Producer(KnownProducer),
    Decision(Decided),
    /// A release or a catalogue, as it was recorded.
    Payload(Revision, Bytes),
    Clocks(Clocks),
}

/// A request that was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KnownRequest {
    pub(crate) revision: Revision,
    pub(crate) at_ms: i64,
}

/// What one record says.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) revision: Revision,
    pub(crate) clocks: Clocks,
    /// The length of its payload.
    pub(crate) bytes: usize,
    pub(crate) facts: Vec<(Key, Fact)>,
}

/// What the index said of some keys at some moment. It is asked before the ledger is locked. By default it was not asked at all:
/// what went to the index since is looked up when it is needed.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// What had left the memory by then.
    left: Revision,
    /// Of each key that was looked up, in the order in which they were. One that was not is not taken for new.
    found: Vec<(Key, Option<Fact>)>,
}

/// So many keys beside those of a list are looked up together.
const FEW: usize = 3;

impl Looked {
    /// What was found for the key that was the `place`-th, or one of the last few; none if it was not looked up.
    fn get(&self, key: &Key, place: usize) -> Option<&Option<Fact>> {
        let (before, last) = self.found.split_at(self.found.len().saturating_sub(FEW));
        let mut candidates = before.get(place).into_iter().chain(last);
        candidates.find(|(looked, _)| looked == key).map(|(_, found)| found)
    }
}

/// All facts.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Each with the last record that says it.
    recent: HashMap<Key, (Fact, Revision)>,
    /// What is to be written to the index, record by record: what is durable may be written, what is not must not.
    changes: VecDeque<Change>,
    changed_rows: usize,
    changed_bytes: usize,
    index: Option<Arc<Index>>,
    /// What up to this revision is not in memory is in the index.
    left: Revision,
}

impl Facts {
    /// Those of an index; none without one.
    pub(super) fn new(index: Option<Arc<Index>>, left: Revision) -> Self {
        Self {
            index,
            left,
            ..Self::default()
        }
    }

    /// What the log says of a key. It may block on the disk; usually not when it says nothing.
    fn get(&self, key: &Key) -> Result<Option<Fact>, Failure> {
        match (self.recent.get(key), &self.index) {
            (Some((fact, _)), _) => Ok(Some(fact.clone())),
            (None, Some(index)) => index.get(key),
            (None, None) => Ok(None),
        }
    }

    /// The same for a key that was looked up before, as the `place`-th one or as one of few.
    pub(super) fn get_looked(&self, key: &Key, looked: &Looked, place: usize) -> Result<Option<Fact>, Failure> {
        if let Some((fact, _)) = self.recent.get(key) {
            return Ok(Some(fact.clone()));
        }
        match looked.get(key, place) {
            Some(found) if looked.left == self.left => Ok(found.clone()),
            // what was in memory then may be in the index now
            _ => self.get(key),
        }
    }

    /// What is needed to look keys up without the facts.
    pub(crate) fn lookup(&self) -> Lookup {
        Lookup {
            index: self.index.clone(),
            left: self.left,
        }
    }

    /// Adds what a record says, whose facts were [said](Self::say).
    pub(super) fn add(&mut self, change: Change) {
        if self.index.is_some() {
            self.changed_rows += change.facts.len();
            self.changed_bytes += change.bytes;
            self.changes.push_back(change);
        }
    }

    /// Says what a record says of a key; `fact` gets what the same record said of it before.
    pub(super) fn say(
        &mut self,
        key: Key,
        revision: Revision,
        fact: impl FnOnce(Option<&Fact>) -> Fact,
    ) -> (Key, Fact) {
        let fact = match self.recent.entry(key) {
            Entry::Occupied(mut recent) => {
                let (said, by) = recent.get();
                let fact = fact((*by == revision).then_some(said));
                recent.insert((fact.clone(), revision));
                fact
            }
            Entry::Vacant(recent) => {
                let fact = fact(None);
                recent.insert((fact.clone(), revision));
                fact
            }
        };
        (key, fact)
    }

    /// Whether there is enough to be written to the index.
    pub(crate) fn is_due(&self, limits: &IndexLimits) -> bool {
        self.changed_rows >= limits.run_rows
            || self.changes.len() >= limits.run_records
            || self.changed_bytes >= limits.run_bytes
    }

    /// How much waits to be written to the index, or is being written: facts and records.
    pub(crate) fn unindexed(&self) -> usize {
        match self.index {
            Some(_) => self.recent.len() + self.changes.len(),
            None => 0,
        }
    }

    /// Gives what is to be written to the index, up to a revision that is durable: about so many facts, or all if there are
    /// fewer.
    pub(crate) fn take(&mut self, durable: Revision, rows: usize) -> VecDeque<Change> {
        let (mut taken_rows, mut taken_bytes, mut taken) = (0, 0, 0);
        for change in &self.changes {
            if change.revision > durable || taken_rows >= rows {
                break;
            }
            taken += 1;
            taken_rows += change.facts.len();
            taken_bytes += change.bytes;
        }
        self.changed_rows -= taken_rows;
        self.changed_bytes -= taken_bytes;
        let later = self.changes.split_off(taken);
        std::mem::replace(&mut self.changes, later)
    }

    /// Forgets facts that are in the index, which holds everything up to `through`.
    pub(crate) fn leave(&mut self, through: Revision, keys: impl Iterator<Item = Key>) {
        self.left = self.left.max(through);
        for key in keys {
            match self.recent.entry(key) {
                Entry::Occupied(recent) if recent.get().1 <= through => drop(recent.remove()),
                Entry::Occupied(_) | Entry::Vacant(_) => {}
            }
        }
    }

    /// Gives memory back that was needed while the index did not keep up.
    pub(crate) fn give_back(&mut self, run_rows: usize) {
        let needed = 2 * self.recent.len().max(run_rows);
        if self.recent.capacity() > 2 * needed {
            self.recent.shrink_to(needed);
        }
        if self.changes.capacity() > 2 * needed {
            self.changes.shrink_to(needed);
        }
    }
}

/// Looks keys up in the index alone.
#[derive(Debug)]
pub(crate) struct Lookup {
    index: Option<Arc<Index>>,
    left: Revision,
}

impl Lookup {
    /// It may block on the disk; usually not when the log says nothing of them.
    pub(crate) fn look_up(self, keys: impl Iterator<Item = Key>) -> Result<Looked, Failure> {
        let mut found = Vec::new();
        if let Some(index) = &self.index {
            for key in keys {
                found.push((key, index.get(&key)?));
            }
        }
        Ok(Looked { left: self.left, found })
    }
}
