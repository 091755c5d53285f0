//! What becomes of one batch: checked as the events of a request are, and decided under the ledger's lock.

use std::sync::Arc;

use almanac_event_log::ProducerPosition;
use almanac_model::Batch;
use almanac_wire::pb::shared::EventBatch;
use almanac_wire::{BatchDecodeError, FieldViolation, batch_from_proto};
use prost::Message as _;
use sha2::{Digest, Sha256};

use crate::Ledger;
use crate::columns;
use crate::draft::Draft;
use crate::error::{IngestError, reason};
use crate::ledger::BatchProposal;
use crate::rpc::recording::{check_reporter, search};
use crate::state::InForce;
use crate::state::producers::{BatchDigest, Standing};

/// The most rows of one batch: they are checked one by one, and ordered together.
const MAX_ROWS: usize = 10_000;

/// What decides the batches of one producer, on threads that may block.
pub(super) struct Producer {
    pub(super) ledger: Arc<Ledger>,
    pub(super) reporter: String,
    pub(super) id: [u8; 16],
    pub(super) epoch: u64,
    pub(super) principal: String,
}

/// A batch as it was sent.
pub(super) struct Batched {
    at: ProducerPosition,
    digest: BatchDigest,
    batch: Result<Batch, BatchDecodeError>,
}

impl Producer {
    pub(super) fn receive(&self, sequence: u64, events: EventBatch) -> Batched {
        let at = ProducerPosition {
            producer: self.id,
            epoch: self.epoch,
            sequence,
        };
        Batched {
            at,
            digest: digest(&self.reporter, &events),
            batch: batch_from_proto(events),
        }
    }

    /// Checks a batch, unless it was decided before, and decides it.
    pub(super) fn decide(&self, received: &Batched) -> Result<Standing, IngestError> {
        loop {
            let standing = self.ledger.standing(&received.at, &received.digest);
            let standing = standing.map_err(IngestError::Failed)?;
            if standing != Standing::Next {
                return Ok(standing);
            }
            let InForce { revision, catalog } = self.ledger.in_force().ok_or(IngestError::NoCatalog)?;
            let checked = match checked_form(&received.batch) {
                Err(violation) => Err(violation),
                Ok(batch) => match check_reporter(&self.reporter, &catalog) {
                    Err(violation) => Err(violation),
                    Ok(reporter) => {
                        let today = catalog.time_zone().to_datetime((self.ledger.clock)()).date();
                        let events = columns::events(batch, &reporter, catalog.time_zone());
                        let draft = Draft::check_each("rows", events.into_iter(), &reporter, &catalog, today);
                        let search = search(&self.ledger, &draft)?;
                        Ok((draft, search))
                    }
                },
            };
            let decided = self.ledger.decide(BatchProposal {
                at: received.at,
                digest: received.digest,
                checked,
                checked_under: revision,
                principal: self.principal.clone(),
            })?;
            if let Some(standing) = decided {
                return Ok(standing);
            }
        }
    }
}

/// The batch, if its columns fit together and it is of a size that is taken.
fn checked_form(batch: &Result<Batch, BatchDecodeError>) -> Result<&Batch, FieldViolation> {
    let refuse = |reason, message: String| Err(FieldViolation::new("events", reason, message));
    match batch {
        Err(error) => refuse(reason::MALFORMED_BATCH, error.to_string()),
        Ok(batch) if batch.is_empty() => refuse(reason::REQUIRED, format!("there is no row; give 1 to {MAX_ROWS}")),
        Ok(batch) if batch.len() > MAX_ROWS => {
            let rows = batch.len();
            refuse(
                reason::TOO_MANY,
                format!("there are {rows} rows; at most {MAX_ROWS} are recorded at once"),
            )
        }
        Ok(batch) => Ok(batch),
    }
}

/// What tells a batch from every other under its sequence.
fn digest(reporter: &str, events: &EventBatch) -> BatchDigest {
    let mut hasher = Sha256::new();
    hasher.update((reporter.len() as u64).to_le_bytes());
    hasher.update(reporter);
    hasher.update(events.encode_to_vec());
    let hash = hasher.finalize();
    std::array::from_fn(|index| hash[index])
}
