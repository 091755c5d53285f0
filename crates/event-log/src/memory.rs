//! The engine for tests and simulations: nothing survives the process, and nothing depends on threads or a clock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use almanac_model::{LogId, Revision};
use tokio::sync::watch;

use crate::assemble::Batch;
use crate::limits::Limits;
use crate::record::{NewRecord, Record};
use crate::{AppendError, EventLog, Failure, LogStatus, ReadError};

/// A log in memory. A record is durable as soon as it is appended, unless [`MemoryLog::hold`] was called.
#[derive(Debug)]
pub struct MemoryLog {
    id: LogId,
    limits: Limits,
    state: Mutex<State>,
    status: watch::Receiver<LogStatus>,
}

#[derive(Debug)]
struct State {
    records: Vec<Record>,
    held: bool,
    failure: Option<Failure>,
    /// None once the log is closed, so that nobody waits for a revision that never comes.
    status: Option<watch::Sender<LogStatus>>,
}

impl MemoryLog {
    /// An empty log with the default limits.
    #[must_use]
    pub fn new(id: LogId) -> Self {
        Self::with_limits(id, Limits::default())
    }

    /// An empty log. Of the limits the sizes of a record and, while held, of the queue matter.
    #[must_use]
    pub fn with_limits(id: LogId, limits: Limits) -> Self {
        let (sender, status) = watch::channel(LogStatus::default());
        let state = State {
            records: Vec::new(),
            held: false,
            failure: None,
            status: Some(sender),
        };
        Self {
            id,
            limits,
            state: Mutex::new(state),
            status,
        }
    }

    /// From now on nothing becomes durable: the state between an append and its sync, for as long as a test needs it.
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Makes durable what was held back, and from now on everything at once.
    pub fn release(&self) {
        let mut state = self.lock();
        state.held = false;
        state.publish();
    }

    /// Fails as a disk does: what was held back is lost, nothing more is accepted.
    pub fn fail(&self, failure: Failure) {
        let mut state = self.lock();
        let durable = self.status.borrow().durable;
        state.records.truncate(index(durable));
        state.failure = Some(failure.clone());
        if let Some(status) = state.status.take() {
            status.send_modify(|status| status.failure = Some(failure));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_queue(&self, state: &State, bytes: usize) -> Result<(), AppendError> {
        let durable = index(self.status.borrow().durable);
        let queued_bytes: usize = state.records[durable..].iter().map(|record| record.payload.len()).sum();
        let limit_bytes = self.limits.queue_bytes;
        if queued_bytes > 0 && queued_bytes + bytes > limit_bytes {
            return Err(AppendError::QueueFull {
                queued_bytes,
                limit_bytes,
            });
        }
        Ok(())
    }
}

impl State {
    fn end(&self) -> Revision {
        Revision(self.records.len() as u64)
    }

    fn publish(&self) {
        if let Some(status) = &self.status {
            status.send_modify(|status| status.durable = self.end());
        }
    }
}

/// How many records there are up to a revision.
fn index(revision: Revision) -> usize {
    usize::try_from(revision.0).unwrap_or(usize::MAX)
}

impl EventLog for MemoryLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn earliest(&self) -> Revision {
        Revision(1)
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.status.clone()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        self.limits.check(&record)?;
        let mut state = self.lock();
        if let Some(failure) = &state.failure {
            return Err(AppendError::Failed(failure.clone()));
        }
        if state.status.is_none() {
            return Err(AppendError::Closed);
        }
        self.check_queue(&state, record.payload.len())?;
        let previous = state.records.last().map_or(i64::MIN, |record| record.recorded_at_ms);
        let revision = state.end().next();
        let recorded_at_ms = record.recorded_at_ms.max(previous);
        state.records.push(record.recorded(revision, recorded_at_ms));
        if !state.held {
            state.publish();
        }
        Ok(revision)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        let earliest = self.earliest();
        if from < earliest {
            return Err(ReadError::BeforeEarliest { from, earliest });
        }
        let state = self.lock();
        let durable = index(self.status.borrow().durable);
        let records = state.records[..durable].iter().skip(index(from) - 1);
        let mut batch = Batch::new(max_bytes);
        for record in records {
            if !batch.add(record.clone()) {
                break;
            }
        }
        Ok(batch.into_records())
    }

    fn close(&self) {
        let mut state = self.lock();
        state.held = false;
        state.publish();
        state.status = None;
    }
}
