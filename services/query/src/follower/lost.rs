//! Why a subscription ended, and what to do then.

use std::error::Error as _;
use std::fmt::Write as _;

use almanac_model::Revision;
use tonic::{Code, Status};

use crate::limits;
use crate::replica::{OtherLogError, RecordError};
use crate::shared::Broken;

/// Why a subscription ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// No connection.
    #[error("cannot connect")]
    Connect(#[from] tonic::transport::Error),
    /// The log said why.
    #[error("the log answered {:?}: {}", .0.code(), .0.message())]
    Status(Box<Status>),
    /// The log ended the stream without saying why.
    #[error("the stream ended")]
    Ended,
    /// Nothing came, not even progress.
    #[error("the log was silent for {} s", limits::LOG_SILENCE.as_secs())]
    Silent,
    /// What answers there is no log.
    #[error("the log's id {text:?} is no log id")]
    NoLogId {
        /// What it said.
        text: String,
    },
    /// The log is another one, or has lost its end.
    #[error(transparent)]
    OtherLog(#[from] OtherLogError),
    /// A record is not the one that comes next.
    #[error("revision {found} came where {expected} comes next")]
    OutOfOrder {
        /// What comes next.
        expected: Revision,
        /// What came.
        found: Revision,
    },
    /// A record cannot be applied.
    #[error("revision {revision} cannot be applied")]
    Unreadable {
        /// Which.
        revision: Revision,
        /// Why.
        source: RecordError,
    },
    /// A snapshot is quicker than all these records.
    #[error("the log is {revisions} revisions ahead; take a snapshot instead")]
    FarBehind {
        /// How many.
        revisions: u64,
    },
    /// The replica is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// What to do then.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Remedy {
    /// Connect again.
    Reconnect,
    /// Connect again; somebody has to look at it.
    ReconnectAndReport,
    /// Begin with an empty replica.
    Rebuild,
    /// Apply nothing any more.
    Halt,
}

impl From<Status> for Lost {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl Lost {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Connect(_) | Self::Ended | Self::Silent | Self::FarBehind { .. } => Remedy::Reconnect,
            Self::Status(status) => match status.code() {
                // the log's promise: its id is another one, or this replica is ahead of it
                Code::FailedPrecondition => Remedy::Rebuild,
                // no ingest service there, an earlier one, or a log that does not begin where this replica ends
                Code::Unimplemented | Code::InvalidArgument | Code::OutOfRange => Remedy::ReconnectAndReport,
                _ => Remedy::Reconnect,
            },
            Self::OtherLog(_) => Remedy::Rebuild,
            Self::NoLogId { .. } | Self::OutOfOrder { .. } => Remedy::ReconnectAndReport,
            Self::Unreadable { .. } | Self::Broken(_) => Remedy::Halt,
        }
    }

    /// Whether the replica lacks what another replica may have.
    pub(super) fn calls_for_a_snapshot(&self) -> bool {
        match self {
            Self::FarBehind { .. } => true,
            Self::Status(status) => status.code() == Code::OutOfRange,
            _ => false,
        }
    }

    /// The error with its causes, in one line of the log.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            // writing to a String cannot fail
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}
