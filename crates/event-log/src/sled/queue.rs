//! Between the callers of `append` and the writer: the one place where order is made.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use almanac_model::Revision;

use super::recent::Recent;
use crate::body::Packed;
use crate::limits::Limits;
use crate::{AppendError, Failure, NewRecord, Record};

/// The most that a group waits for the callers of the one before, however long that took.
const RETURN_WAIT: Duration = Duration::from_millis(5);

/// A record with its place in the order.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) revision: Revision,
    pub(super) recorded_at_ms: i64,
    pub(super) packed: Packed,
}

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
    /// The most that a group waits for the callers of the one before.
    return_wait: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Entry>,
    recent: Recent,
    /// Of the entries that wait.
    waiting_bytes: usize,
    /// What the writer took and did not finish.
    taken: Option<Taken>,
    last: Revision,
    last_recorded_at_ms: i64,
    /// The writer waits for so many entries, and nobody has woken it yet.
    awaited: Option<usize>,
    closed: bool,
    failure: Option<Failure>,
}

/// A group that is being written.
#[derive(Clone, Copy, Debug)]
struct Taken {
    records: usize,
    bytes: usize,
    at: Instant,
}

/// For whom a group waits.
#[derive(Clone, Copy, Debug)]
struct Company {
    /// With so many records nobody else is expected.
    records: usize,
    until: Instant,
}

impl State {
    /// The group that was taken is on disk: its callers may come back now, and share the next sync with those who came meanwhile.
    /// It waits for them no longer than they would wait for it, having missed it.
    fn finish(&mut self, return_wait: Duration) -> Company {
        let now = Instant::now();
        let taken = self.taken.take();
        let wait = taken.map_or(Duration::ZERO, |taken| now.saturating_duration_since(taken.at));
        Company {
            records: self.entries.len() + taken.map_or(0, |taken| taken.records),
            until: now + wait.min(return_wait),
        }
    }

    fn queued_bytes(&self) -> usize {
        self.waiting_bytes + self.taken.map_or(0, |taken| taken.bytes)
    }
}

impl Queue {
    /// An empty queue after the record `last`. A group is at most `group_bytes`.
    pub(super) fn new(limits: &Limits, group_bytes: usize, last: Revision, last_recorded_at_ms: i64) -> Self {
        let state = State {
            entries: VecDeque::new(),
            recent: Recent::default(),
            waiting_bytes: 0,
            taken: None,
            last,
            last_recorded_at_ms,
            awaited: None,
            closed: false,
            failure: None,
        };
        Self {
            limit_bytes: limits.queue_bytes,
            group_bytes,
            group_wait: limits.group_wait,
            return_wait: RETURN_WAIT,
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
        let (entries, is_full) = (state.entries.len(), state.waiting_bytes >= self.group_bytes);
        // a word to the system, also when nobody waits
        let awaited = state.awaited.take_if(|awaited| is_full || entries >= *awaited);
        drop(state);
        if awaited.is_some() {
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
        let queued_bytes = state.queued_bytes();
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
        let returning = state.finish(self.return_wait);
        if state.entries.is_empty() && !state.closed {
            state = self.wait(state, 1, patience);
        }
        if state.entries.is_empty() {
            return if state.closed { Work::Done } else { Work::Idle };
        }
        let company = if self.group_wait.is_zero() {
            returning
        } else {
            Company {
                records: usize::MAX,
                until: Instant::now() + self.group_wait,
            }
        };
        state = self.wait_for(company, state);
        Work::Group(self.next_group(&mut state))
    }

    fn wait_for<'a>(&'a self, company: Company, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while state.entries.len() < company.records && state.waiting_bytes < self.group_bytes && !state.closed {
            let left = company.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(state, company.records, left);
        }
        state
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
        let taken = Taken {
            records: group.len(),
            bytes: group.iter().map(|entry| entry.packed.bytes.len()).sum(),
            at: Instant::now(),
        };
        state.waiting_bytes -= taken.bytes;
        state.taken = Some(taken);
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

    /// Waits until there are so many entries, or bytes enough for a group.
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        entries: usize,
        patience: Duration,
    ) -> MutexGuard<'a, State> {
        state.awaited = Some(entries);
        let waited = self.changed.wait_timeout(state, patience);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.awaited = None;
        state
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::RecordKind;
    use crate::body::pack;

    /// So long that a test that waited for it would not end.
    const LONG: Duration = Duration::from_hours(1);

    fn push(queue: &Queue) {
        let record = NewRecord {
            kind: RecordKind::Events,
            recorded_at_ms: 0,
            principal: "office".to_owned(),
            producer: None,
            request: None,
            receipt: "".into(),
            payload: "a batch".into(),
        };
        queue.push(pack(&record), record).expect("it is taken");
    }

    fn records(work: Work) -> usize {
        match work {
            Work::Group(group) => group.len(),
            other => panic!("{other:?} where there is a group"),
        }
    }

    #[test]
    fn a_group_waits_for_the_callers_of_the_one_before_and_for_nobody_else() {
        let queue = Arc::new(Queue {
            return_wait: LONG,
            ..Queue::new(&Limits::default(), usize::MAX, Revision::EMPTY, 0)
        });
        push(&queue);
        push(&queue);
        assert_eq!(records(queue.take(LONG)), 2);
        push(&queue);
        // as if the sync of the two had taken so long
        if let Some(taken) = &mut queue.lock().taken {
            taken.at -= 2 * LONG;
        }
        let writer = thread::spawn({
            let queue = Arc::clone(&queue);
            move || records(queue.take(LONG))
        });
        while queue.lock().awaited.is_none() {
            thread::yield_now();
        }
        assert_eq!(queue.lock().awaited, Some(3));
        push(&queue);
        assert_eq!(queue.lock().awaited, Some(3), "one of two came back");
        push(&queue);
        assert_eq!(writer.join().expect("it does not panic"), 3);
    }
}
