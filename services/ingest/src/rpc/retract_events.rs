//! `RetractEvents`.

use std::cell::RefCell;
use std::sync::Arc;

use almanac_event_log::RequestKey;
use almanac_wire::pb::ingest as pb;
use almanac_wire::{FieldViolation, MAX_NOTE_BYTES, correction_reason_from_proto};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Request;

use super::recording::{Answered, Work, check_reporter, check_request_id, record, rows};
use super::{durable, principal};
use crate::Ledger;
use crate::error::{IngestError, reason};
use crate::ledger::Proposal;
use crate::retraction::{Retractions, Why};
use crate::state::InForce;

/// The most retractions of one request: for each, a record is read again.
const MAX_RETRACTIONS: usize = 1000;

pub(super) async fn retract_events(
    ledger: &Arc<Ledger>,
    request: Request<pb::RetractEventsRequest>,
) -> Result<pb::RetractEventsResponse, IngestError> {
    let principal = principal(&request);
    let message = request.into_inner();
    let (why, key) = check_request(ledger, &message)?;
    // what is to be taken back is read from the log, which has only what is durable
    durable(ledger, ledger.head()).await?;
    let proposer = Arc::clone(ledger);
    let propose = move || propose(&proposer, &message, &why, principal.clone(), key);
    let Answered {
        revision,
        events,
        receipt,
        repeated,
    } = record(ledger, key, "retractions", Work::Large, propose).await?;
    Ok(pb::RetractEventsResponse {
        revision: revision.0,
        log_id: ledger.log.id().to_string(),
        retracted_count: Some(events),
        duplicate: repeated,
        duplicate_event_count: receipt.duplicate_event_count,
    })
}

/// What can be wrong with a request beside its retractions.
fn check_request(
    ledger: &Ledger,
    request: &pb::RetractEventsRequest,
) -> Result<(Why, Option<RequestKey>), IngestError> {
    let mut wrong = Vec::new();
    match request.retractions.len() {
        0 => {
            let message = format!("there is none; give 1 to {MAX_RETRACTIONS}");
            wrong.push(FieldViolation::new("retractions", reason::REQUIRED, message));
        }
        few if few <= MAX_RETRACTIONS => {}
        many => {
            let message = format!("there are {many}; at most {MAX_RETRACTIONS} are recorded at once");
            wrong.push(FieldViolation::new("retractions", reason::TOO_MANY, message));
        }
    }
    if request.note.len() > MAX_NOTE_BYTES {
        let message = format!("has {} bytes; at most {MAX_NOTE_BYTES} are kept", request.note.len());
        wrong.push(FieldViolation::new("note", reason::TOO_LONG, message));
    }
    let in_force = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let mut kept = |violation| wrong.push(violation);
    let reporter = check_reporter(&request.reporter, &in_force.catalog).map_err(&mut kept);
    let reason = correction_reason_from_proto("reason", request.reason).map_err(&mut kept);
    let id = check_request_id(&request.request_id).map_err(&mut kept);
    match (reporter, reason, id) {
        (Ok(reporter), Ok(reason), Ok(id)) if wrong.is_empty() => {
            let note = (!request.note.is_empty()).then(|| request.note.clone());
            let key = id.map(|id| RequestKey {
                id,
                digest: digest(request),
            });
            Ok((Why { reporter, reason, note }, key))
        }
        _ => Err(IngestError::Invalid(wrong)),
    }
}

/// A digest of everything that the request asks for; another than that of any `RecordEvents`.
fn digest(request: &pb::RetractEventsRequest) -> [u8; 32] {
    let content = pb::RetractEventsRequest {
        request_id: String::new(),
        ..request.clone()
    };
    let mut hasher = Sha256::new_with_prefix(b"RetractEvents");
    hasher.update(content.encode_to_vec());
    hasher.finalize().into()
}

/// Finds in the log what is to be taken back.
fn propose(
    ledger: &Ledger,
    request: &pb::RetractEventsRequest,
    why: &Why,
    principal: String,
    key: Option<RequestKey>,
) -> Result<Proposal, IngestError> {
    let InForce { revision, catalog } = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let retractions = Retractions {
        ledger,
        catalog: &catalog,
        why,
        last_read: RefCell::default(),
    };
    let draft = retractions.draft(&request.retractions).map_err(IngestError::Search)?;
    Ok(Proposal {
        checked: rows(ledger, draft)?,
        checked_under: revision,
        principal,
        request: key,
        validate_only: request.validate_only,
        skip_invalid: false,
    })
}
