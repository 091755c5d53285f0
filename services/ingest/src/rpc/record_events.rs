//! `RecordEvents`.

use std::sync::Arc;

use almanac_event_log::RequestKey;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::shared::Event;
use almanac_wire::{FieldViolation, PlainEvent, RecordEventsRequest};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Request;

use super::principal;
use super::recording::{Answered, Work, check_reporter, check_request_id, record, rows};
use crate::Ledger;
use crate::draft::Draft;
use crate::error::{IngestError, reason};
use crate::known_series::Against;
use crate::ledger::{Checked, Events, Proposal};

/// The most events of one request.
const MAX_EVENTS: usize = 10_000;
/// To check so many events takes less time than to wake a thread for it, about 50 microseconds.
const FEW_EVENTS: usize = 16;
/// The most bytes of a length.
const MAX_LENGTH_BYTES: usize = 10;

pub(super) async fn record_events(
    ledger: &Arc<Ledger>,
    request: Request<RecordEventsRequest>,
) -> Result<pb::RecordEventsResponse, IngestError> {
    let principal = principal(&request);
    let message = request.into_inner();
    let stated = Stated::of(&message)?;
    let key = check_request(ledger, &message, &stated)?;
    let proposer = Arc::clone(ledger);
    let work = stated.work(message.events.len());
    let propose = move || propose(&proposer, &message, &stated, principal.clone(), key);
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

/// How the events of a request are stated.
enum Stated {
    /// Each is a [`PlainEvent`].
    Plainly,
    /// Some are not; these are all.
    Otherwise(Vec<Event>),
}

impl Stated {
    fn of(request: &RecordEventsRequest) -> Result<Self, IngestError> {
        if request.events.iter().all(|event| PlainEvent::read(event).is_some()) {
            return Ok(Self::Plainly);
        }
        request
            .decode_events()
            .map(Self::Otherwise)
            .map_err(IngestError::Malformed)
    }

    fn work(&self, events: usize) -> Work {
        let searches = match self {
            Self::Plainly => false,
            Self::Otherwise(events) => events.iter().any(|event| event.correction.is_some()),
        };
        if events <= FEW_EVENTS && !searches {
            Work::Small
        } else {
            Work::Large
        }
    }
}

/// What can be wrong with a request beside its events. Gives the key by which its retry is recognised.
fn check_request(
    ledger: &Ledger,
    request: &RecordEventsRequest,
    stated: &Stated,
) -> Result<Option<RequestKey>, IngestError> {
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
            digest: digest(request, stated),
        })),
        _ => Err(IngestError::Invalid(wrong)),
    }
}

/// A digest of everything that the request asks for, the same however its events were encoded.
fn digest(request: &RecordEventsRequest, stated: &Stated) -> [u8; 32] {
    let RecordEventsRequest {
        events,
        reporter,
        request_id: _,
        validate_only,
        skip_invalid,
    } = request;
    let mut hasher = Sha256::new();
    hasher.update([u8::from(*validate_only), u8::from(*skip_invalid)]);
    hasher.update(reporter.encode_length_delimited_to_vec());
    match stated {
        Stated::Plainly => events.iter().for_each(|event| update(&mut hasher, event)),
        Stated::Otherwise(events) => events
            .iter()
            .for_each(|event| update(&mut hasher, &event.encode_to_vec())),
    }
    hasher.finalize().into()
}

/// Adds the bytes of an event, after their length as protobuf writes it.
fn update(hasher: &mut Sha256, event: &[u8]) {
    let mut length = [0; MAX_LENGTH_BYTES];
    let mut rest = &mut length[..];
    prost::encoding::encode_varint(event.len() as u64, &mut rest);
    let written = MAX_LENGTH_BYTES - rest.len();
    hasher.update(&length[..written]);
    hasher.update(event);
}

/// Checks the events under the catalogue in force; searches the log where they correct something.
fn propose(
    ledger: &Ledger,
    request: &RecordEventsRequest,
    stated: &Stated,
    principal: String,
    key: Option<RequestKey>,
) -> Result<Proposal, IngestError> {
    let in_force = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let reporter = check_reporter(&request.reporter, &in_force.catalog);
    let reporter = reporter.map_err(|violation| IngestError::Invalid(vec![violation]))?;
    let against = Against {
        reporter: &reporter,
        in_force: &in_force,
        today: in_force.catalog.time_zone().to_datetime((ledger.clock)()).date(),
    };
    Ok(Proposal {
        checked: check(ledger, request, stated, against)?,
        checked_under: in_force.revision,
        principal,
        request: key,
        validate_only: request.validate_only,
        skip_invalid: request.skip_invalid,
    })
}

/// The events as they are recorded where that can be said of all at once; else each by itself.
fn check(
    ledger: &Ledger,
    request: &RecordEventsRequest,
    stated: &Stated,
    against: Against<'_>,
) -> Result<Checked, IngestError> {
    let Against {
        reporter,
        in_force,
        today,
    } = against;
    let draft = match stated {
        Stated::Otherwise(events) => Draft::check(events, reporter, &in_force.catalog, today),
        Stated::Plainly => {
            if let Some(batch) = ledger.known_series.batch(&request.events, against) {
                return Ok(Checked::AsItCame(Events::from(batch)));
            }
            let events = request.decode_events().map_err(IngestError::Malformed)?;
            Draft::check(&events, reporter, &in_force.catalog, today)
        }
    };
    rows(ledger, draft)
}
