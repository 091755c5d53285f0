//! What the log says so far, as far as recording needs it. Derived from the log's records alone: a restart finds the same.

pub(crate) mod producers;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use almanac_catalog::{Catalog, Method};
use almanac_event_log::RequestKey;
use almanac_model::{Batch, Release, ReleaseName, Revision};

use crate::draft::{TallyEvent, tally_content, tally_id};

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

/// The state after the last record.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) head: Revision,
    pub(crate) in_force: Option<InForce>,
    /// Releases with the revision that recorded each.
    pub(crate) releases: BTreeMap<ReleaseName, (Release, Revision)>,
    pub(crate) producers: producers::Producers,
    requests: HashMap<[u8; 16], Revision>,
    requests_by_age: VecDeque<(i64, [u8; 16])>,
    tallies: HashMap<[u8; 16], KnownTally>,
    recent: VecDeque<(Revision, Arc<Batch>)>,
    recent_rows: usize,
}

/// A tallied event: what it says, where it is, and whether it was taken back.
#[derive(Clone, Copy, Debug)]
struct KnownTally {
    content: [u8; 16],
    revision: Revision,
    is_retracted: bool,
}

/// How an event id of a tally stands to what was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    New,
    /// The same event again.
    Same,
    /// Another event under the same id.
    Other,
}

impl State {
    pub(crate) fn apply_catalog(&mut self, revision: Revision, catalog: Arc<Catalog>) {
        self.head = revision;
        self.in_force = Some(InForce { revision, catalog });
    }

    pub(crate) fn apply_release(&mut self, revision: Revision, release: Release) {
        self.head = revision;
        self.releases.insert(release.name.clone(), (release, revision));
    }

    pub(crate) fn apply_events(&mut self, revision: Revision, batch: Arc<Batch>) {
        self.head = revision;
        // what only moves a producer on has nothing to correct, and would never be dropped
        if batch.is_empty() {
            return;
        }
        self.remember_tallies(revision, &batch);
        self.recent_rows += batch.len();
        self.recent.push_back((revision, batch));
        while self.recent_rows > RECENT_ROWS {
            let Some((_, dropped)) = self.recent.pop_front() else {
                break;
            };
            self.recent_rows -= dropped.len();
        }
    }

    fn remember_tallies(&mut self, revision: Revision, batch: &Batch) {
        let Some(InForce { catalog, .. }) = &self.in_force else {
            return;
        };
        let is_tally = |id: &str| catalog.metric(id).is_some_and(|metric| metric.method == Method::Tally);
        for (row, extra) in batch.rows_with_extras() {
            let series = row.series;
            if let Some(event_id) = extra.event_id.as_deref().filter(|_| is_tally(series.metric.as_str())) {
                let id = tally_id(&series.reporter, &series.metric, event_id);
                let content = tally_content(series, row.period, row.value, u32::from(row.status.bits()));
                let known = self.tallies.entry(id).or_insert(KnownTally {
                    content,
                    revision,
                    is_retracted: false,
                });
                known.is_retracted |= row.is_retraction;
            }
        }
    }

    /// How an event of a tally, or its retraction, stands to what was recorded.
    pub(crate) fn seen(&self, tally: &TallyEvent, is_retraction: bool) -> Seen {
        match self.tallies.get(&tally.id) {
            Some(known) if known.content != tally.content => Seen::Other,
            // an event that was taken back is not recorded again by a late retry
            Some(known) if !is_retraction || known.is_retracted => Seen::Same,
            _ => Seen::New,
        }
    }

    /// The content and the revision of a tallied event.
    pub(crate) fn tally(&self, id: &[u8; 16]) -> Option<([u8; 16], Revision)> {
        self.tallies.get(id).map(|known| (known.content, known.revision))
    }

    /// Remembers a request for as long as its retries are recognised.
    pub(crate) fn remember_request(&mut self, request: &RequestKey, revision: Revision, at_ms: i64, retention_ms: i64) {
        self.requests.insert(request.id, revision);
        self.requests_by_age.push_back((at_ms, request.id));
        while self
            .requests_by_age
            .front()
            .is_some_and(|(age, _)| *age < at_ms.saturating_sub(retention_ms))
        {
            if let Some((_, id)) = self.requests_by_age.pop_front() {
                self.requests.remove(&id);
            }
        }
    }

    /// The revision that recorded a request.
    pub(crate) fn request(&self, id: &[u8; 16]) -> Option<Revision> {
        self.requests.get(id).copied()
    }

    /// The batches after a revision, the oldest first; `None` when they are no longer all kept.
    pub(crate) fn batches_after(&self, revision: Revision) -> Option<Vec<(Revision, Arc<Batch>)>> {
        let kept_from = self.recent.front().map_or(self.head.next(), |(first, _)| *first);
        let complete = revision >= self.head || kept_from <= revision.next();
        let after = self.recent.iter().filter(|(of, _)| *of > revision).cloned();
        complete.then(|| after.collect())
    }
}
