//! The disk of the ingest host: it outlives the process, and holds what was synced before a crash.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_event_log::{EventLog, MemoryLog, NewRecord, Record};
use almanac_model::{LogId, Revision};
use almanac_tests::Fault;
use tokio::time::sleep;

use crate::world::Chance;

/// The longest time from a write to its sync.
const SYNC_MS: u64 = 25;

/// The records that were synced. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Vec<Record>>>);

impl Disk {
    pub(crate) fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log of a process that starts: what is on the disk, and nothing else.
    pub(crate) fn open(&self, id: LogId) -> Result<MemoryLog, Fault> {
        let log = MemoryLog::new(id);
        for record in self.records().iter().cloned() {
            let Record {
                revision: _,
                kind,
                recorded_at_ms,
                principal,
                producer,
                request,
                receipt,
                payload,
            } = record;
            log.append(NewRecord {
                kind,
                recorded_at_ms,
                principal,
                producer,
                request,
                receipt,
                payload,
            })?;
        }
        Ok(log)
    }

    /// Syncs what is appended, a moment after it was: only then is it durable. When `hasty`, the log says so before.
    pub(crate) async fn sync_on(self, log: Arc<MemoryLog>, chance: Chance, hasty: bool) -> Result<(), Fault> {
        if !hasty {
            log.hold();
        }
        loop {
            sleep(Duration::from_millis(1 + chance.number() % SYNC_MS)).await;
            // between these no other task runs
            log.release();
            let synced = Revision(self.records().len() as u64);
            let written = log.read(synced.next(), usize::MAX)?;
            self.records().extend(written);
            if !hasty {
                log.hold();
            }
        }
    }
}
