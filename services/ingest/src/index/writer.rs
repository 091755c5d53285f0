//! What is durable goes to the index, on a thread of its own: recording does not wait for it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use almanac_event_log::{EventLog, Failure};
use almanac_log_index::{Basis, IndexError};
use almanac_model::Revision;
use tracing::{debug, warn};

use super::opening::digest;
use super::{Index, IndexLimits};
use crate::state::State;
use crate::state::facts::{Change, Fact, Facts, Key};
use crate::state::rows;

/// So often it is looked whether what is due became durable, or whether a full disk has room.
const PATIENCE: Duration = Duration::from_millis(100);
/// So many facts are taken out of memory at once: meanwhile nothing is recorded.
const LEAVE_AT_ONCE: usize = 2048;

/// What the thread works with.
#[derive(Clone)]
pub(crate) struct Writing {
    pub(crate) index: Arc<Index>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) limits: IndexLimits,
    pub(crate) retention_ms: i64,
}

/// The thread that writes the index.
#[derive(Debug)]
pub(crate) struct IndexWriter {
    signal: Arc<Signal>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Signal {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    is_due: bool,
    stop: bool,
}

/// What is left to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left {
    Nothing,
    /// Something that cannot be done yet: it is not durable, or the disk is full.
    Blocked,
    More,
}

impl Signal {
    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Waits until something is told, but no longer than there is nothing to do.
    fn wait(&self, left: Left) -> Told {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |told: &mut Told| !told.is_due && !told.stop;
        let mut told = match left {
            Left::More => told,
            Left::Blocked => {
                let waited = self.changed.wait_timeout_while(told, PATIENCE, nothing);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            Left::Nothing => self
                .changed
                .wait_while(told, nothing)
                .unwrap_or_else(PoisonError::into_inner),
        };
        let was = *told;
        told.is_due = false;
        was
    }
}

impl IndexWriter {
    /// Starts the thread.
    pub(crate) fn start(writing: Writing) -> std::io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let told = Arc::clone(&signal);
        let thread = thread::Builder::new().name("log-index-writer".into());
        let span = tracing::Span::current();
        let thread = thread.spawn(move || span.in_scope(|| writing.run(&told)))?;
        Ok(Self {
            signal,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Says that there is enough to be written.
    pub(crate) fn tell_due(&self) {
        self.signal.tell(|told| told.is_due = true);
    }

    /// Writes what is durable, and ends the thread. A second call does nothing.
    pub(crate) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        self.signal.tell(|told| told.stop = true);
        if thread.join().is_err() {
            tracing::error!("stop writer of the index: it panicked");
        }
    }
}

impl Writing {
    fn run(&self, signal: &Signal) {
        let mut waiting = None;
        // each start may have left a small run
        let mut left = self.merge().map(|()| Left::More);
        // a failure was told where it happened, and the service ends
        while let Ok(now) = left {
            let told = signal.wait(now);
            left = self.step(&mut waiting, told.stop);
            if told.stop {
                return;
            }
        }
    }

    /// Writes what is due, or everything when it is the last time.
    pub(super) fn step(&self, waiting: &mut Option<Run>, is_last: bool) -> Result<Left, Failure> {
        let left = |then: Left| {
            if self.state().facts.is_due(&self.limits) {
                then
            } else {
                Left::Nothing
            }
        };
        let Some(run) = waiting.take().or_else(|| self.next_run(is_last)) else {
            return Ok(left(Left::Blocked));
        };
        let written = run.write(&self.index, self.log.as_ref(), self.retention_ms);
        match written {
            Ok(Written::Yes) => {}
            Ok(Written::NotDurable) => {
                *waiting = Some(run);
                return Ok(Left::Blocked);
            }
            Err(full @ IndexError::DiskFull { .. }) => {
                debug!(error = %full, "wait with the index");
                *waiting = Some(run);
                return Ok(Left::Blocked);
            }
            Err(error) => return Err(self.index.fail(&error)),
        }
        debug!(index.revision = run.through.0, facts = run.facts.len(), "write index");
        for facts in run.facts.chunks(LEAVE_AT_ONCE) {
            let keys = facts.iter().map(|(key, _)| *key);
            self.state().facts.leave(run.through, keys);
        }
        self.state().facts.give_back(self.limits.run_rows);
        if !is_last {
            self.merge()?;
        }
        Ok(left(Left::More))
    }

    fn next_run(&self, is_last: bool) -> Option<Run> {
        let durable = self.log.status().borrow().durable;
        let changes = {
            let mut state = self.state();
            let is_due = is_last || state.facts.is_due(&self.limits);
            let rows = if is_last { usize::MAX } else { self.limits.run_rows };
            is_due.then(|| state.facts.take(durable, rows))
        };
        Run::of(changes?)
    }

    fn merge(&self) -> Result<(), Failure> {
        match self.index.rows.merge() {
            Ok(()) => Ok(()),
            Err(full @ IndexError::DiskFull { .. }) => {
                warn!(error = %full, "leave index as it is: reading it becomes slower");
                Ok(())
            }
            Err(error) => Err(self.index.fail(&error)),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Facts that become one run of the index: of each key the last.
#[derive(Debug)]
pub(super) struct Run {
    through: Revision,
    facts: Vec<(Key, Fact)>,
    requests_ms: i64,
}

impl Run {
    fn of(changes: VecDeque<Change>) -> Option<Self> {
        let Change { revision, clocks, .. } = *changes.back()?;
        let mut facts: Vec<(Key, Fact)> = changes.into_iter().flat_map(|change| change.facts).collect();
        facts.push((Key::Clocks, Fact::Clocks(clocks)));
        // stable: what was said of a key last comes last
        facts.sort_by_key(|(key, _)| *key);
        facts.reverse();
        facts.dedup_by_key(|(key, _)| *key);
        facts.reverse();
        Some(Self {
            through: revision,
            facts,
            requests_ms: clocks.requests_ms,
        })
    }

    /// Only what is durable may be written: an index that knows an event which the log lost would refuse its retry. So the last
    /// record is read back, and a log gives durable records alone.
    fn write(&self, index: &Index, log: &dyn EventLog, retention_ms: i64) -> Result<Written, IndexError> {
        let record = log.read(self.through, 1).map_err(|error| IndexError::Storage {
            operation: "read the last record of",
            place: index.rows.place().to_owned(),
            cause: error.to_string().into(),
        })?;
        let Some(record) = record.first() else {
            return Ok(Written::NotDurable);
        };
        let basis = Basis {
            log: log.id(),
            revision: self.through,
            record_digest: digest(record),
            terms: retention_ms.cast_unsigned(),
        };
        let rows = self.facts.iter();
        let rows = rows.map(|(key, fact)| (rows::key(key), rows::value(fact)));
        index.rows.write(&basis, rows)?;
        index.forget_before(self.requests_ms, retention_ms);
        Ok(Written::Yes)
    }
}

/// Whether a run is in the index.
#[derive(Clone, Copy, Debug)]
enum Written {
    Yes,
    /// What the log says to be durable cannot be read back. It is tried again.
    NotDurable,
}

/// Writes what is due while the log is read, and merges: nothing else is going on.
pub(super) fn write(
    index: &Index,
    log: &dyn EventLog,
    facts: &mut Facts,
    durable: Revision,
    retention_ms: i64,
) -> Result<(), IndexError> {
    let Some(run) = Run::of(facts.take(durable, usize::MAX)) else {
        return Ok(());
    };
    // it was read before
    let _written = run.write(index, log, retention_ms)?;
    facts.leave(run.through, run.facts.iter().map(|(key, _)| *key));
    match index.rows.merge() {
        Err(IndexError::DiskFull { .. }) => Ok(()),
        merged => merged,
    }
}
