//! `RecordEvents`.

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_event_log::RequestKey;
use almanac_model::{ReporterId, Revision};
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::log::Receipt;
use almanac_wire::{FieldViolation, Payload, did_you_mean};
use bytes::Bytes;
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Request;

use super::{blocking, durable, principal};
use crate::Ledger;
use crate::corrections::Search;
use crate::draft::{Draft, Rejected};
use crate::error::{IngestError, reason};
use crate::ledger::{Outcome, Proposal, Recorded};

/// The most events of one request.
const MAX_EVENTS: usize = 10_000;
/// The most rejected events that an answer lists.
const MAX_REJECTED: usize = 1000;

pub(super) async fn record_events(
    ledger: &Arc<Ledger>,
    request: Request<pb::RecordEventsRequest>,
) -> Result<pb::RecordEventsResponse, IngestError> {
    let principal = principal(&request);
    let message = request.into_inner();
    let request_key = check_request(ledger, &message)?;
    if let Some(key) = &request_key
        && let Some(revision) = ledger.request(&key.id)
    {
        return repeated_answer(ledger, revision, key).await;
    }
    let message = Arc::new(message);
    loop {
        let proposal = propose(ledger, Arc::clone(&message), principal.clone(), request_key).await?;
        match ledger.record(proposal, encode_receipt)? {
            Outcome::Recorded(recorded) => {
                durable(ledger, recorded.revision).await?;
                return Ok(answer(ledger, &recorded));
            }
            Outcome::Repeated(revision) => {
                let Some(key) = &request_key else {
                    return Err(IngestError::Internal);
                };
                return repeated_answer(ledger, revision, key).await;
            }
            Outcome::Refused(rejected) => return Err(IngestError::Rejected(rejected)),
            Outcome::Outdated => {}
        }
    }
}

/// What can be wrong with a request beside its events. Gives the key by which its retry is recognised.
fn check_request(ledger: &Ledger, request: &pb::RecordEventsRequest) -> Result<Option<RequestKey>, IngestError> {
    let mut wrong = Vec::new();
    if request.events.is_empty() {
        wrong.push(FieldViolation::new(
            "events",
            reason::REQUIRED,
            "there is no event; give 1 to 10,000",
        ));
    }
    if request.events.len() > MAX_EVENTS {
        let message = format!(
            "there are {} events; at most {MAX_EVENTS} are recorded at once",
            request.events.len()
        );
        wrong.push(FieldViolation::new("events", reason::TOO_MANY, message));
    }
    let in_force = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    wrong.extend(check_reporter(&request.reporter, &in_force.catalog).err());
    let id = match request.request_id.as_str() {
        "" => None,
        text => uuid::Uuid::parse_str(text)
            .map_err(|_| wrong.push(malformed_request_id(text)))
            .ok(),
    };
    if wrong.is_empty() {
        Ok(id.map(|id| RequestKey {
            id: id.into_bytes(),
            digest: digest(request),
        }))
    } else {
        Err(IngestError::Invalid(wrong))
    }
}

fn malformed_request_id(text: &str) -> FieldViolation {
    let message = format!("{text:?} is not a UUID, such as \"6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11\"");
    FieldViolation::new("request_id", reason::MALFORMED, message)
}

fn check_reporter(text: &str, catalog: &Catalog) -> Result<ReporterId, FieldViolation> {
    if text.is_empty() {
        return Err(FieldViolation::new(
            "reporter",
            reason::REQUIRED,
            "give the id of the reporter whose events these are",
        ));
    }
    let malformed = |error| {
        let near = did_you_mean(&catalog.nearest_reporter(text));
        FieldViolation::new("reporter", "UNKNOWN_REPORTER", format!("{error}{near}"))
    };
    let reporter: ReporterId = text.parse().map_err(malformed)?;
    catalog.check_reporter(&reporter).map_err(FieldViolation::from)?;
    Ok(reporter)
}

/// A digest of everything that the request asks for.
fn digest(request: &pb::RecordEventsRequest) -> [u8; 32] {
    let pb::RecordEventsRequest {
        events,
        reporter,
        request_id: _,
        validate_only,
        skip_invalid,
    } = request;
    let mut hasher = Sha256::new();
    hasher.update([u8::from(*validate_only), u8::from(*skip_invalid)]);
    hasher.update(reporter.encode_length_delimited_to_vec());
    for event in events {
        hasher.update(event.encode_length_delimited_to_vec());
    }
    hasher.finalize().into()
}

/// Checks the events under the catalogue in force; searches the log where they correct something.
async fn propose(
    ledger: &Arc<Ledger>,
    request: Arc<pb::RecordEventsRequest>,
    principal: String,
    request_key: Option<RequestKey>,
) -> Result<Proposal, IngestError> {
    let in_force = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let reporter = check_reporter(&request.reporter, &in_force.catalog);
    let reporter = reporter.map_err(|violation| IngestError::Invalid(vec![violation]))?;
    let today = in_force.catalog.time_zone().to_datetime((ledger.clock)()).date();
    let ledger = Arc::clone(ledger);
    let (validate_only, skip_invalid) = (request.validate_only, request.skip_invalid);
    let checked = move || {
        let draft = Draft::check(&request.events, &reporter, &in_force.catalog, today);
        let mut search = Search::of(&draft);
        search
            .as_mut()
            .map_or(Ok(()), |search| search.search(ledger.log.as_ref()))?;
        Ok(Proposal {
            draft,
            checked_under: in_force.revision,
            search,
            principal,
            request: request_key,
            validate_only,
            skip_invalid,
        })
    };
    blocking(checked).await?.map_err(IngestError::Search)
}

fn answer(ledger: &Ledger, recorded: &Recorded) -> pb::RecordEventsResponse {
    let receipt = receipt(recorded);
    pb::RecordEventsResponse {
        revision: recorded.revision.0,
        log_id: ledger.log.id().to_string(),
        recorded_count: count(recorded.events),
        duplicate: false,
        duplicate_event_count: receipt.duplicate_event_count,
        rejected: receipt.rejected,
        rejected_count: Some(receipt.rejected_count),
    }
}

fn count(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

fn encode_receipt(recorded: &Recorded) -> Bytes {
    receipt(recorded).encode_to_vec().into()
}

fn receipt(recorded: &Recorded) -> Receipt {
    let rejected = recorded.rejected.iter().flat_map(rejected_events).take(MAX_REJECTED);
    Receipt {
        duplicate_event_count: count(recorded.duplicates).unwrap_or(i32::MAX),
        rejected: rejected.collect(),
        rejected_count: count(recorded.rejected.len()).unwrap_or(i32::MAX),
    }
}

fn rejected_events(rejected: &Rejected) -> impl Iterator<Item = pb::RejectedEvent> {
    rejected.violations.iter().map(|violation| pb::RejectedEvent {
        index: count(rejected.index),
        field: violation.field.clone(),
        reason: violation.reason.to_owned(),
        message: violation.message.clone(),
    })
}

/// The answer that the request got when it was recorded.
async fn repeated_answer(
    ledger: &Arc<Ledger>,
    revision: Revision,
    key: &RequestKey,
) -> Result<pb::RecordEventsResponse, IngestError> {
    durable(ledger, revision).await?;
    let reader = Arc::clone(ledger);
    let records = blocking(move || reader.log.read(revision, 1))
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
    Ok(pb::RecordEventsResponse {
        revision: revision.0,
        log_id: ledger.log.id().to_string(),
        recorded_count: count(batch.len()),
        duplicate: true,
        duplicate_event_count: receipt.duplicate_event_count,
        rejected: receipt.rejected,
        rejected_count: Some(receipt.rejected_count),
    })
}
