//! `RecordEvents`.

use std::sync::Arc;

use almanac_event_log::RequestKey;
use almanac_wire::FieldViolation;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::shared::Event;
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Request;

use super::principal;
use super::recording::{Answered, Work, check_reporter, check_request_id, record, search};
use crate::Ledger;
use crate::draft::Draft;
use crate::error::{IngestError, reason};
use crate::ledger::Proposal;
use crate::state::InForce;

/// The most events of one request.
const MAX_EVENTS: usize = 10_000;
/// To check so many events takes less time than to wake a thread for it, about 50 microseconds.
const FEW_EVENTS: usize = 16;

pub(super) async fn record_events(
    ledger: &Arc<Ledger>,
    request: Request<pb::RecordEventsRequest>,
) -> Result<pb::RecordEventsResponse, IngestError> {
    let principal = principal(&request);
    let message = request.into_inner();
    let key = check_request(ledger, &message)?;
    let proposer = Arc::clone(ledger);
    let work = work(&message.events);
    let propose = move || propose(&proposer, &message, principal.clone(), key);
    let Answered {
        revision,
        events,
        receipt,
        repeated,
    } = record(ledger, key, "events", work, propose).await?;
    Ok(pb::RecordEventsResponse {
        revision: revision.0,
        log_id: ledger.log.id().to_string(),
        recorded_count: Some(events),
        duplicate: repeated,
        duplicate_event_count: receipt.duplicate_event_count,
        rejected: receipt.rejected,
        rejected_count: Some(receipt.rejected_count),
    })
}

fn work(events: &[Event]) -> Work {
    if events.len() <= FEW_EVENTS && events.iter().all(|event| event.correction.is_none()) {
        Work::Small
    } else {
        Work::Large
    }
}

/// What can be wrong with a request beside its events. Gives the key by which its retry is recognised.
fn check_request(ledger: &Ledger, request: &pb::RecordEventsRequest) -> Result<Option<RequestKey>, IngestError> {
    let mut wrong = Vec::new();
    if request.events.is_empty() {
        let message = format!("there is no event; give 1 to {MAX_EVENTS}");
        wrong.push(FieldViolation::new("events", reason::REQUIRED, message));
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
    let id = check_request_id(&request.request_id).map_err(|violation| wrong.push(violation));
    match id {
        Ok(id) if wrong.is_empty() => Ok(id.map(|id| RequestKey {
            id,
            digest: digest(request),
        })),
        _ => Err(IngestError::Invalid(wrong)),
    }
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
fn propose(
    ledger: &Ledger,
    request: &pb::RecordEventsRequest,
    principal: String,
    key: Option<RequestKey>,
) -> Result<Proposal, IngestError> {
    let InForce { revision, catalog } = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let reporter = check_reporter(&request.reporter, &catalog);
    let reporter = reporter.map_err(|violation| IngestError::Invalid(vec![violation]))?;
    let today = catalog.time_zone().to_datetime((ledger.clock)()).date();
    let draft = Draft::check(&request.events, &reporter, &catalog, today);
    Ok(Proposal {
        search: search(ledger, &draft)?,
        draft,
        checked_under: revision,
        principal,
        request: key,
        validate_only: request.validate_only,
        skip_invalid: request.skip_invalid,
    })
}
