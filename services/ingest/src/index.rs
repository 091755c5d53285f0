//! The index of the log: everything that recording has to know for ever, on disk, so that memory and the start of the service
//! do not grow with the log.
//!
//! It is derived from durable records alone and holds nothing else. An index that is absent, damaged, of another log or
//! format, ahead of the log, or derived from another past of it is dropped and derived anew.

mod opening;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use almanac_event_log::Failure;
use almanac_log_index::{Basis, Forget, IndexError, IndexOptions, LogIndex};
use tokio::sync::watch;

use crate::state::facts::{Fact, Key};
use crate::state::{is_forgotten, rows};

pub(crate) use opening::derive;
pub(crate) use writer::{IndexWriter, Writing};

/// How much is kept in memory before it goes to the index.
#[derive(Clone, Copy, Debug)]
pub struct IndexLimits {
    /// So many facts make a run, such as a request's id or a tallied event. Default 262,144. At the next start about so many
    /// are read again from the log.
    pub run_rows: usize,
    /// So many records make a run, whatever they say. Default 65,536.
    pub run_records: usize,
    /// So many bytes of payload make a run, whatever they say. Default 64 MiB.
    pub run_bytes: usize,
    /// When so many facts and records are not in the index, recording waits for it. Default 1,000,000, which take about 300
    /// MiB.
    pub unindexed: usize,
    /// How much of the index is kept in memory, in bytes. Default 256 MiB: the filters of 200 million facts.
    pub cache_bytes: u64,
}

impl Default for IndexLimits {
    fn default() -> Self {
        Self {
            run_rows: 1 << 18,
            run_records: 1 << 16,
            run_bytes: 64 << 20,
            unindexed: 1_000_000,
            cache_bytes: 256 << 20,
        }
    }
}

/// An open index, and word of its failure.
#[derive(Debug)]
pub(crate) struct Index {
    rows: LogIndex,
    /// Requests that were recorded before are forgotten, in Unix milliseconds.
    forgotten_before_ms: Arc<AtomicI64>,
    failure: watch::Sender<Option<Failure>>,
}

impl Index {
    fn open(dir: &Path, limits: &IndexLimits) -> Result<Self, IndexError> {
        let forgotten_before_ms = Arc::new(AtomicI64::new(i64::MIN));
        let limit = Arc::clone(&forgotten_before_ms);
        let options = IndexOptions {
            cache_bytes: limits.cache_bytes,
            forget: Some(Forget::new(move |key, value| {
                rows::request_time(key, value).is_some_and(|at_ms| at_ms < limit.load(Ordering::Relaxed))
            })),
        };
        Ok(Self {
            rows: LogIndex::open(dir, &options)?,
            forgotten_before_ms,
            failure: watch::Sender::new(None),
        })
    }

    /// What it says of a key. A failure ends the service: whether an event is new must not be guessed.
    pub(crate) fn get(&self, key: &Key) -> Result<Option<Fact>, Failure> {
        let found = self
            .rows
            .get(rows::key(key).as_ref())
            .map_err(|error| self.fail(&error))?;
        let fact = found.map(|value| rows::fact(key, &value).ok_or("a row is malformed"));
        fact.transpose()
            .map_err(|cause| self.note(Failure::new("read", self.rows.place(), &cause)))
    }

    /// Its failure, and word of it.
    pub(crate) fn failure(&self) -> watch::Receiver<Option<Failure>> {
        self.failure.subscribe()
    }

    /// Its failure; none while it works.
    pub(crate) fn failed(&self) -> Option<Failure> {
        self.failure.borrow().clone()
    }

    /// Ends the service for a fault that is not of the index alone.
    fn note(&self, failure: Failure) -> Failure {
        self.failure.send_replace(Some(failure.clone()));
        failure
    }

    fn fail(&self, error: &IndexError) -> Failure {
        self.note(failure(error))
    }

    /// Requests that were recorded long before `now_ms` may leave the disk.
    fn forget_before(&self, now_ms: i64, retention_ms: i64) {
        let limit = now_ms.saturating_sub(retention_ms);
        debug_assert!(!is_forgotten(limit, now_ms, retention_ms), "what is asked for stays");
        self.forgotten_before_ms.store(limit, Ordering::Relaxed);
    }

    /// Its folder.
    pub(crate) fn place(&self) -> &Path {
        self.rows.place()
    }

    fn basis(&self) -> Option<Basis> {
        self.rows.basis()
    }
}

fn failure(error: &IndexError) -> Failure {
    let (operation, place) = match error {
        IndexError::OtherFormat { place, .. } | IndexError::Damaged { place, .. } => ("read", place),
        IndexError::DiskFull { place, .. } => ("write", place),
        IndexError::Storage { operation, place, .. } => (*operation, place),
    };
    Failure::new(operation, place.as_path(), error)
}
