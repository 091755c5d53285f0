//! Why a stream of batches ends before its client closed it.

use almanac_model::Revision;
use almanac_service_kit::status::StatusBuilder;
use tonic::{Code, Status};

use super::reason;

/// Why a stream of batches ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StreamEnd {
    /// A message that may not come here.
    OutOfPlace(&'static str),
    Fenced {
        epoch: u64,
    },
    UnknownEpoch {
        newest: u64,
    },
    Gap {
        sequence: u64,
        expected: u64,
    },
    Reused {
        sequence: u64,
        revision: Revision,
    },
    Forgotten {
        sequence: u64,
        last: u64,
    },
    CreditExceeded {
        bytes: u64,
        credit_bytes: u64,
        credit_batches: u64,
    },
}

impl From<StreamEnd> for Status {
    fn from(end: StreamEnd) -> Self {
        status(end).build()
    }
}

fn status(end: StreamEnd) -> StatusBuilder {
    let precondition = |reason, text| StatusBuilder::new(Code::FailedPrecondition, reason, text);
    match end {
        StreamEnd::OutOfPlace(text) => StatusBuilder::new(Code::InvalidArgument, reason::OUT_OF_PLACE, text),
        StreamEnd::Fenced { epoch } => {
            let text = format!(
                "epoch {epoch} of this producer began; stop, or say hello with epoch 0 to begin anew and fence that one"
            );
            StatusBuilder::new(Code::Aborted, reason::PRODUCER_FENCED, text).metadata("epoch", epoch)
        }
        StreamEnd::UnknownEpoch { newest } => {
            let text = format!(
                "the newest epoch of this producer is {newest}: this log is another one, or was restored from an older copy; \
                 say hello with epoch 0 and compare log_id and last_sequence of the welcome"
            );
            precondition(reason::UNKNOWN_EPOCH, text).metadata("epoch", newest)
        }
        StreamEnd::Gap { sequence, expected } => {
            let text = format!("sequence {sequence} does not follow; send {expected} first");
            precondition(reason::SEQUENCE_GAP, text).metadata("expected_sequence", expected)
        }
        StreamEnd::Reused { sequence, revision } => {
            let text = format!(
                "another batch was sent under sequence {sequence}, see revision {revision}; give a new batch the next sequence"
            );
            StatusBuilder::new(Code::AlreadyExists, reason::SEQUENCE_REUSED, text).metadata("revision", revision)
        }
        StreamEnd::Forgotten { sequence, last } => {
            let text = format!(
                "sequence {sequence} was decided too long ago to say how; the last one is {last}, and what was recorded can be \
                 asked for"
            );
            precondition(reason::SEQUENCE_FORGOTTEN, text).metadata("last_sequence", last)
        }
        StreamEnd::CreditExceeded {
            bytes,
            credit_bytes,
            credit_batches,
        } => {
            let text = format!(
                "{bytes} bytes of batches were sent where the answers so far allow {credit_bytes} and {credit_batches} batches; \
                 wait for answers, and split a batch that is larger than the first credit"
            );
            StatusBuilder::new(Code::ResourceExhausted, reason::CREDIT_EXCEEDED, text)
                .metadata("credit_bytes", credit_bytes)
                .metadata("credit_batches", credit_batches)
        }
    }
}
