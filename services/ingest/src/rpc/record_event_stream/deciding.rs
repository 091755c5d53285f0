//! What becomes of one batch: checked as the events of a request are, and decided under the ledger's lock.

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_event_log::ProducerPosition;
use almanac_model::{Batch, ReporterId};
use almanac_wire::{BatchDecodeError, FieldViolation, Payload, batch_from_proto, decode_events, encoded_events_len};
use bytes::Bytes;
use prost::Message as _;
use sha2::{Digest, Sha256};

use crate::Ledger;
use crate::draft::Draft;
use crate::error::{IngestError, reason};
use crate::ledger::{BatchProposal, Checked, Events};
use crate::rpc::recording::{check_reporter, rows};
use crate::state::InForce;
use crate::state::producers::{BatchDigest, Standing};
use crate::{columns, packed};

/// The most rows of one batch: they may have to be checked one by one, and are ordered together.
const MAX_ROWS: usize = 16_384;

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
    batch: Result<Arc<Batch>, BatchDecodeError>,
    /// The bytes that came, as the log would hold them; none when there is more in them than the batch.
    payload: Option<Bytes>,
}

impl Producer {
    /// Takes a batch apart: `events` are the bytes of an `EventBatch`.
    pub(super) fn receive(&self, sequence: u64, events: &[u8]) -> Batched {
        let at = ProducerPosition {
            producer: self.id,
            epoch: self.epoch,
            sequence,
        };
        let (batch, payload, digest) = match decode_events(events) {
            Err(error) => (Err(error.into()), None, self.digest(events)),
            // unknown fields, for one, are not recorded, and a batch is known by what it says
            Ok(batch) if encoded_events_len(&batch) != events.len() => {
                let digest = self.digest(&batch.encode_to_vec());
                (batch_from_proto(batch), None, digest)
            }
            Ok(batch) => {
                let payload = Payload::encode_events(events).into();
                (batch_from_proto(batch), Some(payload), self.digest(events))
            }
        };
        Batched {
            at,
            digest,
            batch: batch.map(Arc::new),
            payload,
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
                    Ok(reporter) => Ok(self.check(batch, received.payload.as_ref(), &reporter, &catalog)?),
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

    /// Holds a batch against the catalogue: all at once if that can be, else row by row.
    fn check(
        &self,
        batch: &Arc<Batch>,
        payload: Option<&Bytes>,
        reporter: &ReporterId,
        catalog: &Catalog,
    ) -> Result<Checked, IngestError> {
        let today = catalog.time_zone().to_datetime((self.ledger.clock)()).date();
        if let Some(payload) = payload
            && packed::is_as_recorded(batch, reporter, catalog, today)
        {
            return Ok(Checked::AsItCame(Events {
                batch: Arc::clone(batch),
                payload: payload.clone(),
            }));
        }
        let events = columns::events(batch, reporter, catalog.time_zone());
        let draft = Draft::check_each("rows", events.into_iter(), reporter, catalog, today);
        rows(&self.ledger, draft)
    }

    /// What tells a batch from every other under its sequence.
    fn digest(&self, events: &[u8]) -> BatchDigest {
        let mut hasher = Sha256::new();
        hasher.update((self.reporter.len() as u64).to_le_bytes());
        hasher.update(&self.reporter);
        hasher.update(events);
        let hash = hasher.finalize();
        std::array::from_fn(|index| hash[index])
    }
}

/// The batch, if its columns fit together and it is of a size that is taken.
fn checked_form(batch: &Result<Arc<Batch>, BatchDecodeError>) -> Result<&Arc<Batch>, FieldViolation> {
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
