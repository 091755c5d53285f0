//! The one place where the order of records is decided.
//!
//! Checks that do not depend on the order (does an event fit the catalogue?) are made before. Those that do (was the
//! request recorded already? is the catalogue still the same?) are made under one lock, together with the append: what
//! was true when it was checked is true in the log. The lock is not held while waiting for the disk: what the index says is
//! looked up before, and again only where something went to the index meanwhile, and is at hand.

mod opening;
mod release;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_catalog::Catalog;
use almanac_event_log::{AppendError, EventLog, Failure, NewRecord, ProducerPosition, RecordKind, RequestKey};
use almanac_model::{Batch, Revision};
use almanac_service_kit::blocking::{Blocking, InTurn};
use almanac_service_kit::limits::STREAM_CREDIT_BYTES;
use almanac_wire::pb::log::Receipt;
use almanac_wire::{Payload, encode_batch};
use bytes::Bytes;
use jiff::Timestamp;

use crate::acknowledging::Waiting;
use crate::corrections::Search;
use crate::draft::{Draft, Rejected};
use crate::index::{Index, IndexLimits, IndexWriter};
use crate::known_series::KnownSeries;
use crate::sorting::{batch, late_corrections, sort_rows};
use crate::state::facts::{Key, Looked};
use crate::state::{Before, Content, Entry, InForce, State, tallies};

pub use opening::RecoverError;
pub(crate) use opening::{entry, load};
pub(crate) use release::ReleaseRefusal;
pub(crate) use stream::{BatchProposal, Beginning};

/// Tells the time. An argument, so that tests choose it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a ledger is set up.
#[derive(Clone, Copy, Debug)]
pub struct LedgerOptions {
    /// For how long the retry of a request is recognised by its id, and that of a stream's batch by its sequence.
    pub request_retention: Duration,
    /// How many bytes of batches one stream may have unanswered. A larger batch is never taken.
    pub stream_credit_bytes: u64,
    /// Where work is done that blocks on the disk.
    pub blocking: Blocking,
    /// How much is kept in memory before it goes to the index.
    pub index: IndexLimits,
}

impl Default for LedgerOptions {
    /// Thirty days, and the server's limit.
    fn default() -> Self {
        Self {
            request_retention: Duration::from_hours(30 * 24),
            stream_credit_bytes: STREAM_CREDIT_BYTES,
            blocking: Blocking::default(),
            index: IndexLimits::default(),
        }
    }
}

/// A log and what it says so far.
///
/// Dropping it closes its index, but not the log.
pub struct Ledger {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Clock,
    state: Arc<Mutex<State>>,
    index: Option<Indexed>,
    limits: IndexLimits,
    pub(crate) stream_credit_bytes: u64,
    pub(crate) blocking: Blocking,
    /// Where few events are checked and ordered.
    pub(crate) in_turn: InTurn,
    pub(crate) known_series: KnownSeries,
    /// Who waits for what was ordered.
    pub(crate) waiting: Waiting,
}

/// The index of a ledger, and what writes it.
struct Indexed {
    index: Arc<Index>,
    writer: IndexWriter,
}

/// Why nothing was ordered.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The log does not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The index failed: nobody knows whether it is new.
    #[error("the index of the log failed: {0}")]
    Index(#[from] Failure),
    /// More waits to be indexed than may.
    #[error("{unindexed} facts and records wait to be indexed, the limit is {limit}")]
    Behind {
        /// What waits.
        unindexed: usize,
        /// How much may wait.
        limit: usize,
    },
}

/// What to record, with what was known when it was checked.
pub(crate) struct Proposal {
    pub(crate) checked: Checked,
    /// The catalogue it was checked against.
    pub(crate) checked_under: Revision,
    pub(crate) principal: String,
    pub(crate) request: Option<RequestKey>,
    pub(crate) validate_only: bool,
    pub(crate) skip_invalid: bool,
}

/// Events that were held against the catalogue.
pub(crate) enum Checked {
    /// One by one.
    Rows(Draft, Option<Search>),
    /// All at once: each is recorded as it stands. None is of a tally, and none is a correction.
    AsItCame(Events),
}

/// Events to be recorded.
#[derive(Clone)]
pub(crate) struct Events {
    pub(crate) batch: Arc<Batch>,
    /// The bytes that say so.
    pub(crate) payload: Bytes,
}

impl From<Batch> for Events {
    fn from(batch: Batch) -> Self {
        Self {
            payload: Payload::encode_events(&encode_batch(&batch)).into(),
            batch: Arc::new(batch),
        }
    }
}

impl Checked {
    /// The keys of its tallied events.
    fn tallies(&self) -> impl Iterator<Item = Key> {
        let draft = match self {
            Self::Rows(draft, _) => Some(draft),
            Self::AsItCame(_) => None,
        };
        draft.into_iter().flat_map(tallies::keys)
    }
}

/// What became of a proposal.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is ordered, though not durable yet.
    Recorded(Recorded),
    /// It had been recorded by this revision.
    Repeated(Revision),
    /// It has to be checked again: the catalogue, or a value that it corrects, changed meanwhile.
    Outdated,
    /// Some of its events cannot be recorded, so that none was.
    Refused {
        /// The newest record when it was refused.
        head: Revision,
        rejected: Vec<Rejected>,
    },
}

/// What was recorded of a proposal.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The revision that has to be durable before anything is answered.
    pub(crate) revision: Revision,
    /// How many events.
    pub(crate) events: usize,
    pub(crate) duplicates: usize,
    pub(crate) rejected: Vec<Rejected>,
}

impl Ledger {
    /// The catalogue in force; `None` while the log has none.
    pub fn in_force(&self) -> Option<InForce> {
        self.state().in_force.clone()
    }

    /// The newest record, which may not be durable yet.
    pub(crate) fn head(&self) -> Revision {
        self.state().head
    }

    /// The revision that recorded a request, for as long as its retries are recognised. It may block on the disk.
    pub fn request(&self, id: &[u8; 16]) -> Result<Option<Revision>, Failure> {
        self.look_up_request(id).map(|(revision, _)| revision)
    }

    /// The same, and what the index says of it.
    pub(crate) fn look_up_request(&self, id: &[u8; 16]) -> Result<(Option<Revision>, Looked), Failure> {
        let looked = self.look_up(std::iter::once(Key::Request(*id)))?;
        let revision = self.state().request(id, &looked)?;
        Ok((revision, looked))
    }

    /// The content and the revision of a tallied event. It may block on the disk.
    pub(crate) fn tally(&self, id: &[u8; 16]) -> Result<Option<([u8; 16], Revision)>, Failure> {
        let looked = self.look_up(std::iter::once(Key::Tally(*id)))?;
        self.state().tally(id, &looked)
    }

    /// What the index says, before anything is locked. It may block on the disk.
    fn look_up(&self, keys: impl Iterator<Item = Key>) -> Result<Looked, Failure> {
        let lookup = self.state().facts.lookup();
        lookup.look_up(keys)
    }

    /// Orders a proposal, if it still stands. `looked` is what the index says of its request.
    pub(crate) fn record(
        &self,
        proposal: Proposal,
        looked: Looked,
        receipt: impl Fn(&Recorded) -> Bytes,
    ) -> Result<Outcome, OrderError> {
        let Proposal {
            checked,
            checked_under,
            principal,
            request,
            validate_only,
            skip_invalid,
        } = proposal;
        let id = request.as_ref().map(|request| request.id);
        let looked = match checked {
            Checked::AsItCame(_) => looked,
            Checked::Rows(..) => self.look_up(checked.tallies().chain(id.map(Key::Request)))?,
        };
        let mut state = self.state();
        let recorded = id.map(|id| state.request(&id, &looked)).transpose()?;
        if let Some(revision) = recorded.flatten() {
            return Ok(Outcome::Repeated(revision));
        }
        if state
            .in_force
            .as_ref()
            .is_none_or(|in_force| in_force.revision != checked_under)
        {
            return Ok(Outcome::Outdated);
        }
        let mut before = state.before(checked.tallies(), &looked, None)?;
        let (events, duplicates, rejected) = match checked {
            Checked::AsItCame(events) => (events, 0, Vec::new()),
            Checked::Rows(draft, search) => {
                let Some(late) = late_corrections(&state, &draft, search) else {
                    return Ok(Outcome::Outdated);
                };
                let sorted = sort_rows(&before.tallies, draft, late);
                before.tallied = tallies::of_rows(&sorted.rows);
                (batch(sorted.rows).into(), sorted.duplicates, sorted.rejected)
            }
        };
        if !skip_invalid && !rejected.is_empty() {
            return Ok(Outcome::Refused {
                head: state.head,
                rejected,
            });
        }
        let mut recorded = Recorded {
            revision: state.head,
            events: events.batch.len(),
            duplicates,
            rejected,
        };
        if !validate_only && recorded.events > 0 {
            let receipt = receipt(&recorded);
            let record = self.new_record(RecordKind::Events, principal, request, receipt, events.payload);
            recorded.revision = self.append(&mut state, record, Content::Events(events.batch), None, &before)?;
        }
        Ok(Outcome::Recorded(recorded))
    }

    /// Orders a version of the catalogue. `replaces` is the version it was compared with; `None` when that is no longer
    /// the one in force.
    pub(crate) fn apply_catalog(
        &self,
        catalog: Arc<Catalog>,
        replaces: Option<Revision>,
        principal: String,
    ) -> Result<Option<Revision>, OrderError> {
        let mut state = self.state();
        if state.in_force.as_ref().map(|in_force| in_force.revision) != replaces {
            return Ok(None);
        }
        let payload = Payload::Catalog(catalog.files().clone()).encode();
        let record = self.new_record(RecordKind::Catalog, principal, None, Bytes::new(), payload);
        let content = Content::Catalog(catalog, record.payload.clone());
        let revision = self.append(&mut state, record, content, None, &Before::default())?;
        Ok(Some(revision))
    }

    fn new_record(
        &self,
        kind: RecordKind,
        principal: String,
        request: Option<RequestKey>,
        receipt: Bytes,
        payload: impl Into<Bytes>,
    ) -> NewRecord {
        let recorded_at_ms = (self.clock)().as_millisecond();
        NewRecord {
            kind,
            recorded_at_ms,
            principal,
            producer: None,
            request,
            receipt,
            payload: payload.into(),
        }
    }

    /// Orders a record, and takes in what it says.
    fn append(
        &self,
        state: &mut State,
        mut record: NewRecord,
        content: Content,
        receipt: Option<(ProducerPosition, &Receipt)>,
        before: &Before,
    ) -> Result<Revision, OrderError> {
        self.check_index()?;
        let (unindexed, limit) = (state.facts.unindexed(), self.limits.unindexed);
        if unindexed >= limit {
            return Err(OrderError::Behind { unindexed, limit });
        }
        // as the log does: its time never goes back
        record.recorded_at_ms = record.recorded_at_ms.max(state.clocks.head_ms);
        let (request, at_ms, bytes) = (record.request, record.recorded_at_ms, record.payload.len());
        let revision = self.log.append(record)?;
        let entry = Entry {
            revision,
            at_ms,
            request: request.map(|request| request.id),
            step: receipt.map(|(at, receipt)| (at, stream::step(revision, receipt))),
            content,
            bytes,
        };
        state.apply(entry, before);
        if let Some(Indexed { writer, .. }) = &self.index
            && state.facts.is_due(&self.limits)
        {
            writer.tell_due();
        }
        Ok(revision)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // the state is changed only after an append succeeded, by code that does not panic
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
