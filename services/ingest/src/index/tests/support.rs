//! A log in memory with an index on disk, and the naive state beside it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use almanac_catalog::Catalog;
use almanac_event_log::{EventLog, MemoryLog, NewRecord, ProducerPosition, Record, RecordKind, RequestKey};
use almanac_model::{
    Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, LogId, Qualifier, Quality, Release, Revision, Status,
};
use almanac_wire::Payload;
use almanac_wire::pb::log::Receipt;
use bytes::Bytes;
use prost::Message;
use tempfile::TempDir;

use super::super::{IndexLimits, Writing, derive};
use crate::draft::{TallyEvent, tally_content, tally_id};
use crate::ledger::entry;
use crate::state::State;
use crate::state::facts::{Key, Looked};
use crate::state::naive::Naive;

pub(super) const RETENTION_MS: i64 = 100;

/// Runs of a few rows, so that a short history has many.
pub(super) fn limits() -> IndexLimits {
    IndexLimits {
        run_rows: 6,
        run_records: 5,
        cache_bytes: 1 << 20,
        ..IndexLimits::default()
    }
}

fn builtin() -> &'static (Bytes, Arc<Catalog>) {
    static BUILTIN: OnceLock<(Bytes, Arc<Catalog>)> = OnceLock::new();
    BUILTIN.get_or_init(|| {
        let files = almanac_ca_mau::catalog_files();
        let catalog = Catalog::load(&files).expect("the embedded catalogue has no mistakes");
        (Payload::Catalog(files).encode().into(), Arc::new(catalog))
    })
}

/// Days on which complaints were received, by event: of each event there are two versions.
fn series() -> BatchSeries {
    BatchSeries {
        metric: "complaints.received".parse().expect("an id"),
        area: "96".parse().expect("an id"),
        reporter: "ca-mau-dic".parse().expect("an id"),
        dimensions: [(
            "complaint_subject".parse().expect("an id"),
            "spam".parse().expect("a code"),
        )]
        .into(),
        granularity: Granularity::Day,
        decimals: 0,
    }
}

fn status() -> Status {
    Status {
        quality: Quality::Official,
        qualifier: Qualifier::Exact,
        missing: None,
        confidential: false,
    }
}

/// One event of a tally.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Complaint {
    pub(super) event: u8,
    pub(super) value: i64,
    pub(super) is_retraction: bool,
}

impl Complaint {
    pub(super) fn tally(self) -> TallyEvent {
        let series = series();
        TallyEvent {
            id: tally_id(&series.reporter, &series.metric, &self.event.to_string()),
            content: tally_content(&series, 17_000, self.value, u32::from(status().bits())),
        }
    }
}

pub(super) fn batch(complaints: &[Complaint]) -> Batch {
    let mut batch = BatchBuilder::default();
    for complaint in complaints {
        let extra = BatchExtra {
            event_id: Some(complaint.event.to_string()),
            ..BatchExtra::default()
        };
        if complaint.is_retraction {
            batch.push_retraction(series(), 17_000, complaint.value, status(), extra);
        } else {
            batch.push(series(), 17_000, complaint.value, status(), extra);
        }
    }
    batch.finish()
}

/// What comes to the log.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Catalog,
    Release(String),
    Complaints(Vec<Complaint>, Option<u8>),
    Step(ProducerPosition, Option<[u8; 16]>),
}

impl Said {
    pub(super) fn record(self, recorded_at_ms: i64) -> NewRecord {
        let events = |complaints: &[Complaint]| Payload::Events(batch(complaints)).encode().into();
        let (kind, payload) = match &self {
            Self::Catalog => (RecordKind::Catalog, builtin().0.clone()),
            Self::Release(name) => {
                let release = Release {
                    name: name.parse().expect("a name"),
                    revision: Revision(1),
                    note: String::new(),
                    created_at: jiff::Timestamp::UNIX_EPOCH,
                };
                (RecordKind::Release, Payload::Release(release).encode().into())
            }
            Self::Complaints(complaints, _) => (RecordKind::Events, events(complaints)),
            Self::Step(..) => (RecordKind::Events, events(&[])),
        };
        let request = match self {
            Self::Complaints(_, Some(request)) => Some(RequestKey {
                id: [request; 16],
                digest: [0; 32],
            }),
            _ => None,
        };
        let (producer, digest) = match self {
            Self::Step(at, digest) => (Some(at), digest),
            _ => (None, None),
        };
        let receipt = Receipt {
            batch_digest: digest.map(|digest| digest.to_vec()).unwrap_or_default(),
            ..Receipt::default()
        };
        NewRecord {
            kind,
            recorded_at_ms,
            principal: "test".into(),
            producer,
            request,
            receipt: receipt.encode_to_vec().into(),
            payload,
        }
    }
}

/// A service's view of its log, and the naive one.
pub(super) struct Both {
    pub(super) log: Arc<MemoryLog>,
    pub(super) state: Arc<Mutex<State>>,
    pub(super) naive: Naive,
    pub(super) writing: Writing,
}

/// A folder, and where the index is in it.
pub(super) fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let dir = folder.path().join("index");
    (folder, dir)
}

pub(super) fn empty_log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new(LogId::from_bytes([7; 16])))
}

/// All durable records.
pub(super) fn records(log: &dyn EventLog) -> Vec<Record> {
    log.read(Revision(1), usize::MAX).expect("a log in memory")
}

/// The log after a crash, or as it was restored from a copy: it has these records.
pub(super) fn log_of(records: Vec<Record>) -> Arc<MemoryLog> {
    let log = empty_log();
    for record in records {
        log.append(record.into()).expect("it was appended once");
    }
    log
}

impl Both {
    pub(super) fn open(log: Arc<MemoryLog>, dir: &Path) -> Self {
        let (state, index) = derive(log.as_ref(), Some(dir), RETENTION_MS, &limits()).expect("the log can be read");
        let mut naive = Naive::default();
        for record in records(log.as_ref()) {
            naive.apply(&record, RETENTION_MS);
        }
        let state = Arc::new(Mutex::new(state));
        let writing = Writing {
            index: index.expect("there is one"),
            log: Arc::<MemoryLog>::clone(&log),
            state: Arc::clone(&state),
            limits: limits(),
            retention_ms: RETENTION_MS,
        };
        Self {
            log,
            state,
            naive,
            writing,
        }
    }

    /// Records something, which is durable when the log is not held.
    pub(super) fn record(&mut self, said: Said, at_ms: i64) {
        let mut state = self.state.lock().expect("no test panics with it");
        let record = said.record(at_ms.max(state.clocks.head_ms));
        let revision = self.log.append(record.clone()).expect("the log takes it");
        let NewRecord {
            kind,
            recorded_at_ms,
            principal,
            producer,
            request,
            receipt,
            payload,
        } = record;
        let record = Record {
            revision,
            kind,
            recorded_at_ms,
            principal,
            producer,
            request,
            receipt,
            payload,
        };
        let entry = entry(&record).expect("a record of this test");
        let before = state.before_entry(&entry).expect("the index can be read");
        state.apply(entry, &before);
        self.naive.apply(&record, RETENTION_MS);
    }

    /// What the index is complete up to.
    pub(super) fn indexed(&self) -> Revision {
        self.writing
            .index
            .basis()
            .map_or(Revision::EMPTY, |basis| basis.revision)
    }

    /// Both say the same of everything that anybody can ask. `looked` are the events as they were looked up a while ago.
    pub(super) fn compare(&self, events: u8, looked: &Looked) {
        let state = self.state.lock().expect("no test panics with it");
        let naive = &self.naive;
        assert_eq!(state.head, naive.head);
        let in_force = state.in_force.as_ref().map(|in_force| in_force.revision);
        assert_eq!(in_force, naive.in_force.as_ref().map(|(revision, _)| *revision));
        assert_eq!(state.releases, naive.releases);
        for request in 0..12 {
            let id = [request; 16];
            let found = state.request(&id, looked).expect("the index can be read");
            assert_eq!(found, naive.request(&id), "request {request}");
        }
        let keys = (0..events).map(event_key);
        let before = state.before(keys, looked, None).expect("the index can be read");
        for event in 0..events {
            for (value, is_retraction) in [(1, false), (1, true), (2, false), (2, true)] {
                let complaint = Complaint {
                    event,
                    value,
                    is_retraction,
                };
                let tally = complaint.tally();
                let expected = naive.seen(&tally, is_retraction);
                assert_eq!(before.tallies.seen(&tally, is_retraction), expected, "{complaint:?}");
                let found = state.tally(&tally.id, looked).expect("the index can be read");
                assert_eq!(found, naive.tally(&tally.id), "event {event}");
            }
        }
        for producer in 0..3 {
            let id = [producer; 16];
            let position = state.position(&id, looked).expect("the index can be read");
            assert_eq!(position, naive.producers.position(&id), "producer {producer}");
            let sequences = 0..position.last_sequence + 3;
            for (sequence, digest) in sequences.flat_map(|sequence| [(sequence, [1; 16]), (sequence, [2; 16])]) {
                let at = ProducerPosition {
                    producer: id,
                    epoch: position.epoch,
                    sequence,
                };
                let found = state.standing(&at, &digest, looked).expect("the index can be read");
                assert_eq!(found, naive.producers.standing(&at, &digest), "{at:?}");
            }
        }
    }
}

pub(super) fn event_key(event: u8) -> Key {
    let complaint = Complaint {
        event,
        value: 1,
        is_retraction: false,
    };
    Key::Tally(complaint.tally().id)
}
