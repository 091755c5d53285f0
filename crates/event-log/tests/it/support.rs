//! A disk that can be full, slow or broken, and records to put on it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use almanac_event_log::{
    Disk, EventLog, Limits, NewRecord, OpenError, ProducerPosition, Record, RecordKind, RequestKey, SledLog,
    SledOptions, wait_durable,
};
use almanac_model::{LogId, Revision};
use bytes::Bytes;
use tempfile::TempDir;

pub(crate) const LOG: LogId = LogId::from_bytes([0x1f; 16]);
const GIBIBYTE: u64 = 1 << 30;

/// What the disk does until it is told otherwise.
#[derive(Debug)]
struct Behaviour {
    free_bytes: u64,
    holds: bool,
    breaks: bool,
    syncs: u32,
}

/// A real disk whose free space and syncs a test controls.
#[derive(Debug)]
pub(crate) struct TestDisk {
    behaviour: Mutex<Behaviour>,
    changed: Condvar,
}

impl TestDisk {
    pub(crate) fn new() -> Arc<Self> {
        let behaviour = Behaviour {
            free_bytes: GIBIBYTE,
            holds: false,
            breaks: false,
            syncs: 0,
        };
        Arc::new(Self {
            behaviour: Mutex::new(behaviour),
            changed: Condvar::new(),
        })
    }

    /// Syncs wait from now on.
    pub(crate) fn hold(&self) {
        self.change(|behaviour| behaviour.holds = true);
    }

    pub(crate) fn release(&self) {
        self.change(|behaviour| behaviour.holds = false);
    }

    /// Syncs fail from now on.
    pub(crate) fn break_down(&self) {
        self.change(|behaviour| behaviour.breaks = true);
    }

    /// How many syncs were begun.
    pub(crate) fn syncs(&self) -> u32 {
        self.behaviour.lock().expect("no test panicked with the lock").syncs
    }

    pub(crate) fn set_free_bytes(&self, free_bytes: u64) {
        self.change(|behaviour| behaviour.free_bytes = free_bytes);
    }

    fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().expect("no test panicked with the lock"));
        self.changed.notify_all();
    }
}

impl Disk for TestDisk {
    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        Ok(self.behaviour.lock().expect("not poisoned").free_bytes)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        let mut behaviour = self.behaviour.lock().expect("not poisoned");
        behaviour.syncs += 1;
        let behaviour = self
            .changed
            .wait_while(behaviour, |behaviour| behaviour.holds)
            .expect("not poisoned");
        if behaviour.breaks {
            Err(io::Error::other("the disk is broken"))
        } else {
            file.sync_data()
        }
    }
}

/// A folder with a log, which is opened again and again.
pub(crate) struct Folder {
    pub(crate) temp: TempDir,
    pub(crate) disk: Arc<TestDisk>,
    pub(crate) options: SledOptions,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let disk = TestDisk::new();
        let options = SledOptions {
            new_id: Some(LOG),
            limits,
            active_cache_bytes: 8 << 20,
            sealed_cache_bytes: 1 << 20,
            sealed_read_bytes: 15_000,
            sealed_open: 1,
            reserve_bytes: 1 << 20,
            ballast_bytes: 0,
            disk_check_every: Duration::from_millis(1),
            disk: Arc::clone(&disk) as Arc<dyn Disk>,
            ..SledOptions::default()
        };
        Self {
            temp: tempfile::tempdir().expect("a temporary folder"),
            disk,
            options,
        }
    }

    /// With segments so small that every few records begin a new one.
    pub(crate) fn with_small_segments() -> Self {
        let mut folder = Self::new();
        folder.options.segment_bytes = 20_000;
        folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    pub(crate) fn segment(&self, first: u64) -> PathBuf {
        self.path().join(format!("log/{first:020}"))
    }

    pub(crate) fn segments(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.path().join("log")).expect("a log");
        let mut firsts: Vec<u64> = entries
            .filter_map(|entry| entry.expect("an entry").file_name().to_str()?.parse().ok())
            .collect();
        firsts.sort_unstable();
        firsts
    }

    pub(crate) fn try_open(&self) -> Result<SledLog, OpenError> {
        SledLog::open(&self.path(), self.options.clone())
    }

    pub(crate) fn open(&self) -> SledLog {
        self.try_open().expect("the log opens")
    }

    pub(crate) fn refusal(&self) -> OpenError {
        self.try_open().map(drop).expect_err("the log must not open")
    }

    /// A log of `count` records of about 4 kB, closed.
    pub(crate) async fn fill(&self, count: u8) -> Vec<Record> {
        let log = self.open();
        for seed in 0..count {
            append_durably(&log, sample(seed, 4_000)).await;
        }
        read_all(&log)
    }

    /// A segment's database, opened as the log's engine opens it.
    pub(crate) fn database(&self, first: u64) -> sled::Db {
        let config = sled::Config::new().path(self.segment(first)).segment_size(4 << 20);
        // sled's threads let go of the file some time after the log was dropped.
        loop {
            match config.open() {
                Err(sled::Error::Io(error)) if error.to_string().contains("acquire lock") => thread::yield_now(),
                opened => return opened.expect("the segment opens"),
            }
        }
    }
}

/// The key of a stored value.
pub(crate) fn key(revision: u64, part: u32) -> Vec<u8> {
    [&revision.to_be_bytes()[..], &part.to_be_bytes()].concat()
}

/// Content that does not compress.
pub(crate) fn noise(seed: u8, bytes: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(seed) << 32;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..bytes).map(step).collect()
}

pub(crate) fn sample(seed: u8, payload_bytes: usize) -> NewRecord {
    NewRecord {
        kind: [
            RecordKind::Events,
            RecordKind::Catalog,
            RecordKind::Release,
            RecordKind::Retraction,
        ][usize::from(seed % 4)],
        recorded_at_ms: 1_500_000_000_000 + i64::from(seed),
        principal: format!("office-{seed}"),
        producer: seed.is_multiple_of(2).then_some(ProducerPosition {
            producer: [seed; 16],
            epoch: 1,
            sequence: seed.into(),
        }),
        request: seed.is_multiple_of(3).then_some(RequestKey {
            id: [seed; 16],
            digest: [!seed; 32],
        }),
        receipt: Bytes::from(format!("receipt {seed}")),
        payload: noise(seed, payload_bytes),
    }
}

/// What is read once `new` was appended at `revision`.
pub(crate) fn stored(revision: u64, new: NewRecord) -> Record {
    let NewRecord {
        kind,
        recorded_at_ms,
        principal,
        producer,
        request,
        receipt,
        payload,
    } = new;
    Record {
        revision: Revision(revision),
        kind,
        recorded_at_ms,
        principal,
        producer,
        request,
        receipt,
        payload,
    }
}

pub(crate) async fn append_durably(log: &dyn EventLog, record: NewRecord) -> Revision {
    let revision = log.append(record).expect("the log accepts");
    wait_durable(log, revision).await.expect("the record becomes durable");
    revision
}

pub(crate) fn read_all(log: &dyn EventLog) -> Vec<Record> {
    log.read(log.earliest(), usize::MAX).expect("the log can be read")
}

pub(crate) fn revisions(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.revision.0).collect()
}

pub(crate) fn durable(log: &dyn EventLog) -> Revision {
    log.status().borrow().durable
}

/// The folder as a crash at this moment would leave it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the copy's folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
