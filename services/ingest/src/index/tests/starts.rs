//! What a start reads.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use almanac_event_log::{AppendError, EventLog, LogStatus, MemoryLog, NewRecord, ReadError, Record};
use almanac_model::{LogId, Revision};
use tokio::sync::watch;

use super::super::{IndexLimits, Writing, derive};
use super::support::{Both, Complaint, RETENTION_MS, Said, empty_log, limits, place};
use crate::state::State;
use crate::state::facts::Looked;

const RECORDS: u64 = 400;

/// Counts the records that are read.
struct CountedLog {
    log: Arc<MemoryLog>,
    read: AtomicU64,
}

impl EventLog for CountedLog {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn earliest(&self) -> Revision {
        self.log.earliest()
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.log.status()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        self.log.append(record)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        let records = self.log.read(from, max_bytes)?;
        self.read.fetch_add(records.len() as u64, Ordering::Relaxed);
        Ok(records)
    }

    fn close(&self) {
        self.log.close();
    }
}

/// How many records a start reads, and what it finds.
fn start(log: &Arc<MemoryLog>, dir: &Path, retention_ms: i64) -> (u64, State) {
    let counted = CountedLog {
        log: Arc::clone(log),
        read: AtomicU64::new(0),
    };
    let (state, _) = derive(&counted, Some(dir), retention_ms, &limits()).expect("the log can be read");
    (counted.read.into_inner(), state)
}

/// A log of many records and its index, as the writer leaves it while the service runs.
fn grown(dir: &Path) -> Both {
    let mut both = Both::open(empty_log(), dir);
    both.record(Said::Catalog, 1);
    for number in 1..RECORDS {
        let complaint = Complaint {
            event: u8::try_from(number % 200).expect("below 200"),
            value: 1,
            is_retraction: false,
        };
        both.record(Said::Complaints(vec![complaint], None), 1);
        both.writing.step(&mut None, false).expect("the index can be written");
    }
    both
}

#[test]
fn a_start_reads_the_records_after_the_index_and_one_to_know_the_log_again() {
    let (_folder, dir) = place();
    let both = grown(&dir);
    let indexed = both.indexed();
    assert!(indexed.0 + limits().run_records as u64 >= RECORDS, "{indexed}");
    let (read, state) = start(&both.log, &dir, RETENTION_MS);
    assert_eq!(read, RECORDS - indexed.0 + 1);
    assert_eq!(state.head, Revision(RECORDS));
    assert!(
        state.facts.unindexed() <= 2 * limits().run_rows,
        "{} facts and records in memory",
        state.facts.unindexed()
    );
    drop(state);

    // after a stop in order it is one
    both.writing.step(&mut None, true).expect("the index can be written");
    assert_eq!(start(&both.log, &dir, RETENTION_MS).0, 1);
}

#[test]
fn without_an_index_all_records_are_read_once_and_the_next_start_reads_few() {
    let (_folder, dir) = place();
    let both = grown(&dir);
    fs::remove_dir_all(&dir).expect("it is there");
    let (read, state) = start(&both.log, &dir, RETENTION_MS);
    // each run reads the record that it ends with
    let runs = RECORDS / limits().run_records as u64 + 1;
    assert!((RECORDS..=RECORDS + runs).contains(&read), "{read} records");
    drop(state);
    let (read, _) = start(&both.log, &dir, RETENTION_MS);
    assert!(read <= limits().run_records as u64 + 1, "{read} records");
}

#[test]
fn an_index_for_another_retention_is_derived_anew_so_that_a_longer_one_holds_at_once() {
    let (_folder, dir) = place();
    let mut both = Both::open(empty_log(), &dir);
    both.record(Said::Catalog, 0);
    both.record(Said::Complaints(Vec::new(), Some(1)), 0);
    both.record(Said::Complaints(Vec::new(), Some(2)), RETENTION_MS + 1);
    both.writing.step(&mut None, true).expect("the index can be written");
    let (_, state) = start(&both.log, &dir, RETENTION_MS);
    assert_eq!(state.request(&[1; 16], &Looked::default()).ok(), Some(None));
    let (_, state) = start(&both.log, &dir, RETENTION_MS + 1);
    assert_eq!(
        state.request(&[1; 16], &Looked::default()).ok(),
        Some(Some(Revision(2)))
    );
}

#[test]
fn the_thread_writes_what_is_due_and_what_is_in_the_index_leaves_the_memory() {
    let (_folder, dir) = place();
    let log = empty_log();
    let limits = IndexLimits {
        run_rows: 1,
        ..limits()
    };
    let (state, index) = derive(log.as_ref(), Some(&dir), RETENTION_MS, &limits).expect("the log is empty");
    let state = Arc::new(Mutex::new(state));
    let writing = Writing {
        index: index.expect("there is one"),
        log: Arc::<MemoryLog>::clone(&log),
        state: Arc::clone(&state),
        limits,
        retention_ms: RETENTION_MS,
    };
    let both = Both {
        log,
        state,
        naive: crate::state::naive::Naive::default(),
        writing: writing.clone(),
    };
    let writer = super::super::IndexWriter::start(writing).expect("a thread");
    let mut both = both;
    both.record(Said::Complaints(Vec::new(), Some(1)), 0);
    writer.tell_due();
    while both.state.lock().expect("no thread panicked").facts.unindexed() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(both.indexed(), Revision(1));
    let state = both.state.lock().expect("no thread panicked");
    assert_eq!(
        state.request(&[1; 16], &Looked::default()).ok(),
        Some(Some(Revision(1)))
    );
    drop(state);
    writer.close();
}
