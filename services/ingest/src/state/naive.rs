//! The naive state that keeps everything in memory: the oracle of the state with an index.

pub(crate) mod producers;

use std::collections::{BTreeMap, HashMap, VecDeque};

use almanac_catalog::{Catalog, Method};
use almanac_event_log::{Record, RequestKey};
use almanac_model::{Batch, Release, ReleaseName, Revision};
use almanac_wire::Payload;
use almanac_wire::pb::log::Receipt;
use prost::Message;
use std::sync::Arc;

use super::producers::{Decision, Step};
use super::tallies::Seen;
use crate::draft::{TallyEvent, tally_content, tally_id};

/// The state after the last record.
#[derive(Debug, Default)]
pub(crate) struct Naive {
    pub(crate) head: Revision,
    pub(crate) in_force: Option<(Revision, Arc<Catalog>)>,
    pub(crate) releases: BTreeMap<ReleaseName, (Release, Revision)>,
    pub(crate) producers: producers::Producers,
    requests: HashMap<[u8; 16], Revision>,
    requests_by_age: VecDeque<(i64, [u8; 16])>,
    tallies: HashMap<[u8; 16], KnownTally>,
}

#[derive(Clone, Copy, Debug)]
struct KnownTally {
    content: [u8; 16],
    revision: Revision,
    is_retracted: bool,
}

impl Naive {
    /// Takes in the next record.
    pub(crate) fn apply(&mut self, record: &Record, retention_ms: i64) {
        let revision = record.revision;
        self.head = revision;
        match Payload::decode(&record.payload).expect("a record of this test") {
            Payload::Events(batch) => self.remember_tallies(revision, &batch),
            Payload::Release(release) => {
                self.releases.insert(release.name.clone(), (release, revision));
            }
            Payload::Catalog(files) => {
                let catalog = Catalog::load(&files).expect("a catalogue without mistakes");
                self.in_force = Some((revision, Arc::new(catalog)));
            }
        }
        if let Some(request) = &record.request {
            self.remember_request(request, revision, record.recorded_at_ms, retention_ms);
        }
        if let Some(at) = &record.producer {
            let receipt = Receipt::decode(record.receipt.clone()).expect("a receipt of this test");
            let step = match receipt.batch_digest.as_slice().try_into() {
                Err(_) => Step::Epoch,
                Ok(digest) => Step::Batch(Decision {
                    revision,
                    digest,
                    is_refused: !receipt.rejected.is_empty(),
                }),
            };
            self.producers
                .remember(at, step, revision, record.recorded_at_ms, retention_ms);
        }
    }

    fn remember_tallies(&mut self, revision: Revision, batch: &Batch) {
        let Some((_, catalog)) = &self.in_force else {
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
}
