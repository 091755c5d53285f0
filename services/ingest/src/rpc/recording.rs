//! What all methods that record events have in common: who asks, whether it was asked before, and the way into the log.

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_event_log::{Failure, RequestKey};
use almanac_model::{ReporterId, Revision};
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::log::Receipt;
use almanac_wire::{FieldViolation, Payload, did_you_mean};
use bytes::Bytes;
use prost::Message;
use tokio::sync::oneshot;

use super::{acknowledge, blocking, fault};
use crate::Ledger;
use crate::corrections::Search;
use crate::draft::{Draft, Rejected};
use crate::error::{IngestError, reason};
use crate::ledger::{Checked, Outcome, Proposal, Recorded};

/// The most rejected events that an answer lists.
const MAX_REJECTED: usize = 1000;

/// What was recorded, now or when the request came first.
pub(super) struct Answered {
    pub(super) revision: Revision,
    pub(super) events: i32,
    pub(super) receipt: Receipt,
    pub(super) repeated: bool,
}

/// How much there is to do before events are ordered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Few events, about which the log is not searched.
    Small,
    Large,
}

/// Records what `propose` puts together from the request's field `list`, on a thread that may block; proposes again when the catalogue, or a value that is
/// corrected, changed meanwhile.
pub(super) async fn record(
    ledger: &Arc<Ledger>,
    key: Option<RequestKey>,
    list: &'static str,
    work: Work,
    propose: impl Fn() -> Result<Proposal, IngestError> + Send + Sync + 'static,
) -> Result<Answered, IngestError> {
    let propose = Arc::new(propose);
    loop {
        let (propose, log) = (Arc::clone(&propose), Arc::clone(ledger));
        let (done, outcome) = oneshot::channel();
        let attempt = move || {
            let outcome = attempt(&log, key, &*propose);
            tell(&log, outcome, done);
        };
        match work {
            Work::Small => ledger.in_turn.begin(attempt),
            Work::Large => ledger.blocking.begin(attempt),
        }
        match outcome.await.map_err(|panic| fault(&panic))?? {
            Outcome::Recorded(recorded) => {
                acknowledge(ledger, recorded.revision)?;
                return Ok(Answered {
                    revision: recorded.revision,
                    events: count(recorded.events),
                    receipt: receipt(&recorded),
                    repeated: false,
                });
            }
            Outcome::Repeated(revision) => {
                let key = key.as_ref().ok_or(IngestError::Internal)?;
                return repeated(ledger, revision, key).await;
            }
            Outcome::Refused { head, rejected } => {
                acknowledge(ledger, head)?;
                return Err(IngestError::Rejected { list, rejected });
            }
            Outcome::Outdated => {}
        }
    }
}

fn attempt(
    ledger: &Ledger,
    key: Option<RequestKey>,
    propose: &dyn Fn() -> Result<Proposal, IngestError>,
) -> Result<Outcome, IngestError> {
    // before its events are checked: what was recorded once need not fit the catalogue of today
    let looked = key.map(|key| ledger.look_up_request(&key.id)).transpose();
    match looked.map_err(IngestError::Failed)?.unwrap_or_default() {
        (Some(revision), _) => Ok(Outcome::Repeated(revision)),
        (None, looked) => Ok(ledger.record(propose()?, looked, encode_receipt)?),
    }
}

/// Tells an outcome when all that it rests on is durable.
fn tell(ledger: &Ledger, outcome: Result<Outcome, IngestError>, done: oneshot::Sender<Result<Outcome, IngestError>>) {
    let rests_on = match &outcome {
        Ok(Outcome::Recorded(recorded)) => Some(recorded.revision),
        // what it is refused for has to stand
        Ok(Outcome::Repeated(revision) | Outcome::Refused { head: revision, .. }) => Some(*revision),
        Ok(Outcome::Outdated) | Err(_) => None,
    };
    let tell = move |durable: Result<(), Failure>| {
        // a caller that has gone does not want to know
        let _gone = done.send(durable.map_err(IngestError::Failed).and(outcome));
    };
    match rests_on {
        Some(revision) => ledger.waiting.when_durable(ledger.log.as_ref(), revision, tell),
        None => tell(Ok(())),
    }
}

/// The answer that the request got when it was recorded.
async fn repeated(ledger: &Arc<Ledger>, revision: Revision, key: &RequestKey) -> Result<Answered, IngestError> {
    acknowledge(ledger, revision)?;
    let reader = Arc::clone(ledger);
    let records = blocking(ledger.blocking, move || reader.log.read(revision, 1))
        .await?
        .map_err(IngestError::Read)?;
    let record = records.into_iter().next().ok_or(IngestError::Internal)?;
    if record.request.as_ref() != Some(key) {
        return Err(IngestError::RequestIdReused(revision));
    }
    let (Ok(Payload::Events(batch)), Ok(receipt)) = (Payload::decode(&record.payload), Receipt::decode(record.receipt))
    else {
        tracing::error!(revision = revision.0, "decode recorded request");
        return Err(IngestError::Internal);
    };
    let events = count(batch.len());
    Ok(Answered {
        revision,
        events,
        receipt,
        repeated: true,
    })
}

pub(crate) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn encode_receipt(recorded: &Recorded) -> Bytes {
    receipt(recorded).encode_to_vec().into()
}

fn receipt(recorded: &Recorded) -> Receipt {
    let rejected = recorded.rejected.iter().flat_map(rejected_events).take(MAX_REJECTED);
    Receipt {
        duplicate_event_count: count(recorded.duplicates),
        rejected: rejected.collect(),
        rejected_count: count(recorded.rejected.len()),
        batch_digest: Vec::new(),
    }
}

fn rejected_events(rejected: &Rejected) -> impl Iterator<Item = pb::RejectedEvent> {
    rejected.violations.iter().map(|violation| pb::RejectedEvent {
        index: Some(count(rejected.index)),
        field: violation.field.clone(),
        reason: violation.reason.to_owned(),
        message: violation.message.clone(),
    })
}

/// The id by which the retry of a request is recognised; `None` when there is none.
pub(super) fn check_request_id(text: &str) -> Result<Option<[u8; 16]>, FieldViolation> {
    if text.is_empty() {
        return Ok(None);
    }
    let malformed = |_| {
        let message = format!("{text:?} is not a UUID, such as \"6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11\"");
        FieldViolation::new("request_id", reason::MALFORMED, message)
    };
    uuid::Uuid::parse_str(text)
        .map(|id| Some(id.into_bytes()))
        .map_err(malformed)
}

pub(super) fn check_reporter(text: &str, catalog: &Catalog) -> Result<ReporterId, FieldViolation> {
    if text.is_empty() {
        let message = "give the id of the reporter whose events these are";
        return Err(FieldViolation::new("reporter", reason::REQUIRED, message));
    }
    let malformed = |error| {
        let near = did_you_mean(&catalog.nearest_reporter(text));
        FieldViolation::new("reporter", "UNKNOWN_REPORTER", format!("{error}{near}"))
    };
    let reporter: ReporterId = text.parse().map_err(malformed)?;
    catalog.check_reporter(&reporter).map_err(FieldViolation::from)?;
    Ok(reporter)
}

/// Events that were checked one by one, with the newest revisions of the values that they correct. It blocks on the disk when
/// they correct any.
pub(super) fn rows(ledger: &Ledger, draft: Draft) -> Result<Checked, IngestError> {
    let mut search = Search::of(&draft);
    if let Some(search) = &mut search {
        search.search(ledger.log.as_ref()).map_err(IngestError::Search)?;
    }
    Ok(Checked::Rows(draft, search))
}
