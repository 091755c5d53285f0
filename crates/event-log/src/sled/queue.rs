//! Between the callers of `append` and the writer: the one place where order is made.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use almanac_model::Revision;

use super::recent::Recent;
use crate::body::Packed;
use crate::frame::Entry;
use crate::limits::Limits;
use crate::{AppendError, Failure, NewRecord, Record};

/// The next group waits for so many fifths of what the last two held. Callers who were answered together come again together, and
/// without it their records are spread over several groups, most of them small, each with a sync. Waiting for more was slower: it
/// waits for stragglers.
const AWAITED_FIFTHS: usize = 2;

/// What the writer is to do next.
#[derive(Debug)]
pub(super) enum Work {
    /// Write these, which are next in order.
    Group(Vec<Entry>),
    /// Nothing came for a while.
    Idle,
    /// Nothing will come any more.
    Done,
}

/// Records in order, waiting for the writer.
#[derive(Debug)]
pub(super) struct Queue {
    limit_bytes: usize,
    group_bytes: usize,
    group_wait: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Entry>,
    recent: Recent,
    /// Of the entries that wait.
    waiting_bytes: usize,
    /// Of the entries that the writer took and did not finish.
    taken_bytes: usize,
    /// How many entries each of the last two groups held.
    last_groups: [usize; 2],
    /// So many entries are worth a group: with fewer, the writer is not woken.
    awaited: usize,
    last: Revision,
    last_recorded_at_ms: i64,
    /// Whether the writer waits, and nobody has woken it yet.
    is_writer_waiting: bool,
    closed: bool,
    failure: Option<Failure>,
}

impl Queue {
    /// An empty queue after the record `last`. A group is at most `group_bytes`.
    pub(super) fn new(limits: &Limits, group_bytes: usize, last: Revision, last_recorded_at_ms: i64) -> Self {
        let state = State {
            entries: VecDeque::new(),
            recent: Recent::default(),
            waiting_bytes: 0,
            taken_bytes: 0,
            last_groups: [0; 2],
            awaited: 0,
            last,
            last_recorded_at_ms,
            is_writer_waiting: false,
            closed: false,
            failure: None,
        };
        Self {
            limit_bytes: limits.queue_bytes,
            group_bytes,
            group_wait: limits.group_wait,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Refuses early what [`Self::push`] would surely refuse, before it is compressed.
    pub(super) fn check(&self) -> Result<(), AppendError> {
        self.admit(&self.lock(), 1)
    }

    /// Gives the record the next revision. `packed` is what is written of it.
    pub(super) fn push(&self, packed: Packed, record: NewRecord) -> Result<Revision, AppendError> {
        let mut state = self.lock();
        self.admit(&state, packed.bytes.len())?;
        let revision = state.last.next();
        state.last = revision;
        let recorded_at_ms = state.last_recorded_at_ms.max(record.recorded_at_ms);
        state.last_recorded_at_ms = recorded_at_ms;
        state.waiting_bytes += packed.bytes.len();
        let entry = Entry {
            revision,
            recorded_at_ms,
            packed,
        };
        state.entries.push_back(entry);
        state.recent.push(record.recorded(revision, recorded_at_ms));
        // a word to the system, also when nobody waits
        let wakes = self.is_enough(&state) && std::mem::take(&mut state.is_writer_waiting);
        drop(state);
        if wakes {
            self.changed.notify_one();
        }
        Ok(revision)
    }

    /// The records from `from` to `last` as far as they are in memory.
    pub(super) fn recent(&self, from: Revision, last: Revision, max_bytes: usize) -> Vec<Record> {
        self.lock().recent.read(from, last, max_bytes)
    }

    fn admit(&self, state: &State, bytes: usize) -> Result<(), AppendError> {
        if let Some(failure) = &state.failure {
            return Err(AppendError::Failed(failure.clone()));
        }
        if state.closed {
            return Err(AppendError::Closed);
        }
        let queued_bytes = state.waiting_bytes + state.taken_bytes;
        // An empty queue takes any record, so that a limit below the size of a record does not refuse it for ever.
        if queued_bytes > 0 && queued_bytes + bytes > self.limit_bytes {
            return Err(AppendError::QueueFull {
                queued_bytes,
                limit_bytes: self.limit_bytes,
            });
        }
        Ok(())
    }

    /// Waits for work, at most `patience`. The group that was taken before is finished with this call.
    pub(super) fn take(&self, patience: Duration) -> Work {
        let mut state = self.lock();
        state.taken_bytes = 0;
        if state.entries.is_empty() && !state.closed {
            state = self.wait(state, patience);
        }
        if state.entries.is_empty() {
            // who was here is gone
            state.last_groups = [0; 2];
            return if state.closed { Work::Done } else { Work::Idle };
        }
        state = self.wait_for_company(state);
        Work::Group(self.next_group(&mut state))
    }

    fn wait_for_company<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.awaited = state.last_groups.iter().sum::<usize>() * AWAITED_FIFTHS / 5;
        let deadline = Instant::now() + self.group_wait;
        while !self.is_enough(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, left);
        }
        state.awaited = 0;
        state
    }

    /// Whether there is what is awaited, or so much that nothing more may come.
    fn is_enough(&self, state: &State) -> bool {
        let most_bytes = self.group_bytes.min(self.limit_bytes / 2);
        state.entries.len() >= state.awaited || state.waiting_bytes >= most_bytes || state.closed
    }

    fn next_group(&self, state: &mut State) -> Vec<Entry> {
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(entry) = state.entries.front() {
            bytes += entry.packed.bytes.len();
            if !group.is_empty() && bytes > self.group_bytes {
                break;
            }
            group.extend(state.entries.pop_front());
        }
        let taken_bytes: usize = group.iter().map(|entry| entry.packed.bytes.len()).sum();
        state.waiting_bytes -= taken_bytes;
        state.taken_bytes = taken_bytes;
        state.last_groups = [state.last_groups[1], group.len()];
        group
    }

    /// Nothing more is accepted; the writer finishes what is here.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Nothing more is accepted, and what is here is lost.
    pub(super) fn fail(&self, failure: Failure) {
        let mut state = self.lock();
        state.failure = Some(failure);
        state.entries = VecDeque::new();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>, patience: Duration) -> MutexGuard<'a, State> {
        state.is_writer_waiting = true;
        let waited = self.changed.wait_timeout(state, patience);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_writer_waiting = false;
        state
    }
}

#[cfg(test)]
mod tests;
