//! What the log says so far, as far as recording needs it. Derived from the log's records alone: a restart finds the same.

pub(crate) mod facts;
#[cfg(test)]
pub(crate) mod naive;
pub(crate) mod producers;
pub(crate) mod rows;
pub(crate) mod tallies;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_event_log::{Failure, ProducerPosition};
use almanac_model::{Batch, Release, ReleaseName, Revision};
use bytes::Bytes;

use crate::index::Index;
use facts::{Change, Fact, Facts, Key, KnownRequest, Looked};
use producers::{KnownProducer, Step};
use tallies::{KnownTallies, Tallied};

/// Rows of recent batches that are kept for corrections, so that they need not be read again from the log.
const RECENT_ROWS: usize = 200_000;

/// The catalogue in force and since when.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The revision that put it into force.
    pub revision: Revision,
    /// The catalogue.
    pub catalog: Arc<Catalog>,
}

/// The times of the last records, in Unix milliseconds. Time is what the log says: it never goes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::struct_field_names, reason = "a unit comes last in a name")]
pub(crate) struct Clocks {
    pub(crate) head_ms: i64,
    /// Of the last that came from a request with an id.
    pub(crate) requests_ms: i64,
    /// Of the last that came from a producer.
    pub(crate) producers_ms: i64,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            head_ms: i64::MIN,
            requests_ms: i64::MIN,
            producers_ms: i64::MIN,
        }
    }
}

/// The state after the last record.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) head: Revision,
    pub(crate) clocks: Clocks,
    pub(crate) in_force: Option<InForce>,
    /// Releases with the revision that recorded each.
    pub(crate) releases: BTreeMap<ReleaseName, (Release, Revision)>,
    pub(crate) facts: Facts,
    retention_ms: i64,
    recent: VecDeque<(Revision, Arc<Batch>)>,
    recent_rows: usize,
}

/// A record, as far as the state depends on it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) revision: Revision,
    pub(crate) at_ms: i64,
    /// The id of the request it came from.
    pub(crate) request: Option<[u8; 16]>,
    pub(crate) step: Option<(ProducerPosition, Step)>,
    pub(crate) content: Content,
    /// The length of its payload.
    pub(crate) bytes: usize,
}

/// What a record holds; a catalogue and a release also as they are stored.
#[derive(Debug)]
pub(crate) enum Content {
    Events(Arc<Batch>),
    Catalog(Arc<Catalog>, Bytes),
    Release(Release, Bytes),
}

/// What a record speaks of, and what was known of it before.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Its tallied events.
    pub(crate) tallied: Vec<Tallied>,
    pub(crate) tallies: KnownTallies,
    pub(crate) producer: Option<KnownProducer>,
}

impl State {
    /// The state of an empty log.
    pub(crate) fn new(retention_ms: i64, index: Option<Arc<Index>>) -> Self {
        Self::after(Revision::EMPTY, retention_ms, index)
    }

    /// The state of a log whose records up to `head` are in the index, before anything of it is known.
    pub(crate) fn after(head: Revision, retention_ms: i64, index: Option<Arc<Index>>) -> Self {
        Self {
            head,
            clocks: Clocks::default(),
            in_force: None,
            releases: BTreeMap::new(),
            facts: Facts::new(index, head),
            retention_ms,
            recent: VecDeque::new(),
            recent_rows: 0,
        }
    }

    /// What is known of the tallied events with these keys and of a producer. The keys were looked up before. Which of the
    /// events the record will have is not known yet.
    pub(crate) fn before(
        &self,
        tallies: impl Iterator<Item = Key>,
        looked: &Looked,
        producer: Option<&[u8; 16]>,
    ) -> Result<Before, Failure> {
        Ok(Before {
            tallied: Vec::new(),
            tallies: self.tallies(tallies, looked)?,
            producer: producer.map(|id| self.producer(id, looked)).transpose()?.flatten(),
        })
    }

    /// The same for a record that is read from the log.
    pub(crate) fn before_entry(&self, entry: &Entry) -> Result<Before, Failure> {
        let tallied = match &entry.content {
            Content::Events(batch) => tallies::of_batch(self.catalog(), batch),
            Content::Catalog(..) | Content::Release(..) => Vec::new(),
        };
        let producer = entry.step.as_ref().map(|(at, _)| &at.producer);
        let before = self.before(tallied.iter().map(Tallied::key), &Looked::default(), producer)?;
        Ok(Before { tallied, ..before })
    }

    /// Takes in the next record. `before` is what it speaks of, and what was known of that.
    pub(crate) fn apply(&mut self, entry: Entry, before: &Before) {
        let Entry {
            revision,
            at_ms,
            request,
            step,
            content,
            bytes,
        } = entry;
        let mut facts = Vec::new();
        match content {
            Content::Events(batch) => {
                // as whoever reads the record will find it
                debug_assert_eq!(tallies::of_batch(self.catalog(), &batch), before.tallied);
                self.keep_for_corrections(revision, batch);
                facts.extend(before.tallied.iter().map(|tallied| {
                    let fact = |said: Option<&Fact>| tallies::fact(*tallied, &before.tallies, said, revision);
                    self.facts.say(tallied.key(), revision, fact)
                }));
            }
            Content::Catalog(catalog, payload) => {
                self.in_force = Some(InForce { revision, catalog });
                facts.push((Key::Catalog, Fact::Payload(revision, payload)));
            }
            Content::Release(release, payload) => {
                self.releases.insert(release.name.clone(), (release, revision));
                facts.push((Key::Release(revision), Fact::Payload(revision, payload)));
            }
        }
        self.head = revision;
        self.clocks.head_ms = at_ms;
        if let Some(id) = request {
            self.clocks.requests_ms = at_ms;
            let fact = Fact::Request(KnownRequest { revision, at_ms });
            facts.push(self.facts.say(Key::Request(id), revision, |_| fact));
        }
        if let Some((at, step)) = step {
            for (key, fact) in self.step(&at, step, before.producer, revision, at_ms) {
                facts.push(self.facts.say(key, revision, |_| fact));
            }
            self.clocks.producers_ms = at_ms;
        }
        self.facts.add(Change {
            revision,
            clocks: self.clocks,
            bytes,
            facts,
        });
    }

    /// The revision that recorded a request, for as long as its retries are recognised. Its key was looked up before.
    pub(crate) fn request(&self, id: &[u8; 16], looked: &Looked) -> Result<Option<Revision>, Failure> {
        Ok(match self.facts.get_looked(&Key::Request(*id), looked, 0)? {
            Some(Fact::Request(known)) if !is_forgotten(known.at_ms, self.clocks.requests_ms, self.retention_ms) => {
                Some(known.revision)
            }
            _ => None,
        })
    }

    fn catalog(&self) -> Option<&Catalog> {
        self.in_force.as_ref().map(|in_force| in_force.catalog.as_ref())
    }

    fn keep_for_corrections(&mut self, revision: Revision, batch: Arc<Batch>) {
        // what only moves a producer on has nothing to correct, and would never be dropped
        if batch.is_empty() {
            return;
        }
        self.recent_rows += batch.len();
        self.recent.push_back((revision, batch));
        while self.recent_rows > RECENT_ROWS {
            let Some((_, dropped)) = self.recent.pop_front() else {
                break;
            };
            self.recent_rows -= dropped.len();
        }
    }

    /// The batches after a revision, the oldest first; `None` when they are no longer all kept.
    pub(crate) fn batches_after(&self, revision: Revision) -> Option<Vec<(Revision, Arc<Batch>)>> {
        let kept_from = self.recent.front().map_or(self.head.next(), |(first, _)| *first);
        let complete = revision >= self.head || kept_from <= revision.next();
        let after = self.recent.iter().filter(|(of, _)| *of > revision).cloned();
        complete.then(|| after.collect())
    }
}

/// Whether a request that was recorded at `at_ms` is forgotten, when the last one was recorded at `now_ms`.
pub(crate) fn is_forgotten(at_ms: i64, now_ms: i64, retention_ms: i64) -> bool {
    at_ms < now_ms.saturating_sub(retention_ms)
}
