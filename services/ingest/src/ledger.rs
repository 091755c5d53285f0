//! The one place where the order of records is decided.
//!
//! Checks that do not depend on the order (does an event fit the catalogue?) are made before. Those that do (was the
//! request recorded already? is the catalogue still the same?) are made under one lock, together with the append: what
//! was true when it was checked is true in the log. The lock is never held while waiting for the disk.

mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_catalog::{Catalog, CatalogFiles, Problem};
use almanac_event_log::{AppendError, EventLog, NewRecord, ReadError, Record, RecordKind, RequestKey};
use almanac_model::{Release, ReleaseName, Revision};
use almanac_service_kit::blocking::Blocking;
use almanac_service_kit::limits::STREAM_CREDIT_BYTES;
use almanac_wire::pb::log::Receipt;
use almanac_wire::{FieldViolation, Payload, PayloadError};
use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;

use crate::corrections::Search;
use crate::draft::{Draft, Rejected};
use crate::error::reason;
use crate::sorting::{batch, late_corrections, sort_rows};
use crate::state::{InForce, State};

pub(crate) use stream::{BatchProposal, Beginning};

const READ_BYTES: usize = 16 * 1024 * 1024;

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
}

impl Default for LedgerOptions {
    /// Thirty days, and the server's limit.
    fn default() -> Self {
        Self {
            request_retention: Duration::from_hours(30 * 24),
            stream_credit_bytes: STREAM_CREDIT_BYTES,
            blocking: Blocking::default(),
        }
    }
}

/// A log and what it says so far.
pub struct Ledger {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    retention_ms: i64,
    pub(crate) stream_credit_bytes: u64,
    pub(crate) blocking: Blocking,
}

/// Why the state could not be derived from a log.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is of a newer version, or damaged in a way that its checksum does not show.
    #[error("revision {revision} cannot be decoded: {cause}")]
    Payload {
        /// The record.
        revision: Revision,
        /// What is wrong with it.
        cause: PayloadError,
    },
    /// A catalogue that was accepted once is not accepted now: this version is older than the one that wrote it.
    #[error("the catalogue of revision {revision} has {} mistakes, the first: {}", .problems.len(), first(.problems))]
    Catalog {
        /// The record.
        revision: Revision,
        /// Its mistakes.
        problems: Vec<Problem>,
    },
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}

/// What to record, with what was known when it was checked.
pub(crate) struct Proposal {
    pub(crate) draft: Draft,
    /// The catalogue it was checked against.
    pub(crate) checked_under: Revision,
    pub(crate) search: Option<Search>,
    pub(crate) principal: String,
    pub(crate) request: Option<RequestKey>,
    pub(crate) validate_only: bool,
    pub(crate) skip_invalid: bool,
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
    /// Derives the state from the log. It blocks on the disk.
    pub fn recover(log: Arc<dyn EventLog>, clock: Clock, options: LedgerOptions) -> Result<Self, RecoverError> {
        let retention_ms = i64::try_from(options.request_retention.as_millis()).unwrap_or(i64::MAX);
        let mut state = State::default();
        loop {
            let records = log.read(state.head.next(), READ_BYTES)?;
            if records.is_empty() {
                return Ok(Self {
                    log,
                    clock,
                    state: Mutex::new(state),
                    retention_ms,
                    stream_credit_bytes: options.stream_credit_bytes,
                    blocking: options.blocking,
                });
            }
            for record in records {
                apply(&mut state, &record, retention_ms)?;
            }
        }
    }

    /// The catalogue in force; `None` while the log has none.
    pub fn in_force(&self) -> Option<InForce> {
        self.state().in_force.clone()
    }

    /// The releases, the newest first, and the newest record.
    pub(crate) fn releases(&self) -> (Vec<Release>, Revision) {
        let state = self.state();
        let mut releases: Vec<(Release, Revision)> = state.releases.values().cloned().collect();
        releases.sort_by_key(|(_, recorded)| std::cmp::Reverse(*recorded));
        (releases.into_iter().map(|(release, _)| release).collect(), state.head)
    }

    /// The newest record, which may not be durable yet.
    pub(crate) fn head(&self) -> Revision {
        self.state().head
    }

    /// The revision that recorded a request.
    pub(crate) fn request(&self, id: &[u8; 16]) -> Option<Revision> {
        self.state().request(id)
    }

    /// The content and the revision of a tallied event.
    pub(crate) fn tally(&self, id: &[u8; 16]) -> Option<([u8; 16], Revision)> {
        self.state().tally(id)
    }

    /// Orders a proposal, if it still stands.
    pub(crate) fn record(
        &self,
        proposal: Proposal,
        receipt: impl Fn(&Recorded) -> Bytes,
    ) -> Result<Outcome, AppendError> {
        let Proposal {
            draft,
            checked_under,
            search,
            principal,
            request,
            validate_only,
            skip_invalid,
        } = proposal;
        let mut state = self.state();
        if let Some(revision) = request.as_ref().and_then(|request| state.request(&request.id)) {
            return Ok(Outcome::Repeated(revision));
        }
        if state
            .in_force
            .as_ref()
            .is_none_or(|in_force| in_force.revision != checked_under)
        {
            return Ok(Outcome::Outdated);
        }
        let Some(late) = late_corrections(&state, &draft, search) else {
            return Ok(Outcome::Outdated);
        };
        let sorted = sort_rows(&state, draft, late);
        if !skip_invalid && !sorted.rejected.is_empty() {
            return Ok(Outcome::Refused {
                head: state.head,
                rejected: sorted.rejected,
            });
        }
        let mut recorded = Recorded {
            revision: state.head,
            events: sorted.rows.len(),
            duplicates: sorted.duplicates,
            rejected: sorted.rejected,
        };
        if !validate_only && !sorted.rows.is_empty() {
            let batch = batch(sorted.rows);
            let payload = Payload::Events(batch.clone()).encode();
            let receipt = receipt(&recorded);
            let record = self.new_record(RecordKind::Events, principal, request, receipt, payload);
            recorded.revision = self.append(&mut state, record)?;
            state.apply_events(recorded.revision, Arc::new(batch));
        }
        Ok(Outcome::Recorded(recorded))
    }

    /// Orders a release: the same name for the same revision again is the same release.
    pub(crate) fn release(
        &self,
        name: ReleaseName,
        revision: Option<Revision>,
        note: String,
        principal: String,
    ) -> Result<Result<(Release, Revision), ReleaseRefusal>, AppendError> {
        let mut state = self.state();
        if let Some((release, recorded)) = state.releases.get(&name) {
            let same = revision.is_none_or(|revision| revision == release.revision);
            return Ok(if same {
                Ok((release.clone(), *recorded))
            } else {
                Err(ReleaseRefusal::Exists(release.clone(), *recorded))
            });
        }
        let frozen = revision.unwrap_or(state.head);
        if frozen > state.head {
            let message = format!("revision {frozen} is not recorded yet; the newest is {}", state.head);
            let violation = FieldViolation::new("revision", reason::FUTURE_REVISION, message);
            return Ok(Err(ReleaseRefusal::Violation(violation)));
        }
        let release = Release {
            name,
            revision: frozen,
            note,
            created_at: (self.clock)(),
        };
        let payload = Payload::Release(release.clone()).encode();
        let record = self.new_record(RecordKind::Release, principal, None, Bytes::new(), payload);
        let recorded = self.append(&mut state, record)?;
        state.apply_release(recorded, release.clone());
        Ok(Ok((release, recorded)))
    }

    /// Orders a version of the catalogue. `replaces` is the version it was compared with; `None` when that is no longer
    /// the one in force.
    pub(crate) fn apply_catalog(
        &self,
        catalog: Arc<Catalog>,
        replaces: Option<Revision>,
        principal: String,
    ) -> Result<Option<Revision>, AppendError> {
        let mut state = self.state();
        if state.in_force.as_ref().map(|in_force| in_force.revision) != replaces {
            return Ok(None);
        }
        let payload = Payload::Catalog(catalog.files().clone()).encode();
        let record = self.new_record(RecordKind::Catalog, principal, None, Bytes::new(), payload);
        let revision = self.append(&mut state, record)?;
        state.apply_catalog(revision, catalog);
        Ok(Some(revision))
    }

    fn new_record(
        &self,
        kind: RecordKind,
        principal: String,
        request: Option<RequestKey>,
        receipt: Bytes,
        payload: Vec<u8>,
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

    fn append(&self, state: &mut State, record: NewRecord) -> Result<Revision, AppendError> {
        let (request, at_ms) = (record.request, record.recorded_at_ms);
        let revision = self.log.append(record)?;
        if let Some(request) = request {
            state.remember_request(&request, revision, at_ms, self.retention_ms);
        }
        Ok(revision)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // the state is changed only after an append succeeded, by code that does not panic
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a release was not made.
#[derive(Debug)]
pub(crate) enum ReleaseRefusal {
    Violation(FieldViolation),
    /// The name is taken by another revision; with the revision that recorded it.
    Exists(Release, Revision),
}

fn apply(state: &mut State, record: &Record, retention_ms: i64) -> Result<(), RecoverError> {
    let revision = record.revision;
    match Payload::decode(&record.payload).map_err(|cause| RecoverError::Payload { revision, cause })? {
        Payload::Events(batch) => state.apply_events(revision, Arc::new(batch)),
        Payload::Release(release) => state.apply_release(revision, release),
        Payload::Catalog(files) => state.apply_catalog(revision, load(revision, &files)?),
    }
    if let Some(request) = &record.request {
        state.remember_request(request, revision, record.recorded_at_ms, retention_ms);
    }
    if let Some(at) = &record.producer {
        let receipt = Receipt::decode(record.receipt.clone()).map_err(|cause| RecoverError::Payload {
            revision,
            cause: cause.into(),
        })?;
        let step = stream::step(revision, &receipt);
        state
            .producers
            .remember(at, step, revision, record.recorded_at_ms, retention_ms);
    }
    Ok(())
}

fn load(revision: Revision, files: &CatalogFiles) -> Result<Arc<Catalog>, RecoverError> {
    Catalog::load(files)
        .map(Arc::new)
        .map_err(|problems| RecoverError::Catalog { revision, problems })
}
