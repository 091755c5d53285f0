//! Why a call has no answer.

use std::time::Duration;

use almanac_wire::{FigureBatchError, FigureDecodeError};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service refuses the request, and would refuse it again: mend it.
    #[error("{reason}: {message}")]
    Refused {
        /// The gRPC code.
        code: Code,
        /// What to branch on, in `UPPER_SNAKE`, such as `UNKNOWN_METRIC`.
        reason: String,
        /// What is wrong and how to mend it, for people.
        message: String,
        /// Every mistake, by field.
        violations: Vec<Violation>,
    },
    /// The service cannot answer now: it is busy, stops, or has not caught up. The same request may succeed later.
    #[error("{reason}: {message}")]
    Unavailable {
        /// What to branch on, in `UPPER_SNAKE`, such as `REVISION_NOT_REACHED`.
        reason: String,
        /// What is the matter, for people.
        message: String,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// No answer came in time. A write may have been recorded: send it again with the same request id.
    #[error("no answer within {} ms", .after.as_millis())]
    DeadlineExceeded {
        /// The time that was given.
        after: Duration,
    },
    /// The connection failed, or what answered is no Almanac service. A write may have been recorded.
    #[error("cannot reach the service: {}", .0.message())]
    Transport(#[source] Status),
    /// The answer is of a service whose version this client does not know.
    #[error("cannot read the answer: {0}")]
    Answer(#[from] AnswerError),
}

/// A mistake in one field of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The field, such as `events[3].value`.
    pub field: String,
    /// What to branch on, in `UPPER_SNAKE`.
    pub reason: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Why an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// A figure that is none.
    #[error("a figure of it: {0}")]
    Figure(#[from] FigureDecodeError),
    /// Columns of figures that are none.
    #[error("the columns of its figures: {0}")]
    Columns(#[from] FigureBatchError),
    /// A part that every answer has is not there.
    #[error("it has no {field}")]
    Absent {
        /// Which.
        field: &'static str,
    },
    /// A text that is not what its field is for.
    #[error("its {field} is {text:?}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// What it holds.
        text: String,
    },
}

/// A status, and whether the same request may succeed later.
pub(crate) struct Failure {
    pub(crate) error: ClientError,
    pub(crate) passing: bool,
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    pub(crate) fn of(status: Status) -> Self {
        let details = status.get_error_details();
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        let Some(info) = details.error_info() else {
            return Self {
                passing: may_pass(status.code()),
                error: ClientError::Transport(status),
                retry_after,
            };
        };
        let reason = info.reason.clone();
        let message = status.message().to_owned();
        // busy without a time to come back is a limit that waiting does not lift
        let passing = match status.code() {
            Code::Unavailable => true,
            Code::ResourceExhausted => retry_after.is_some(),
            _ => false,
        };
        let error = if passing {
            ClientError::Unavailable {
                reason,
                message,
                retry_after,
            }
        } else {
            let violations = details.bad_request().map(|request| &request.field_violations);
            ClientError::Refused {
                code: status.code(),
                reason,
                message,
                violations: violations.into_iter().flatten().map(violation).collect(),
            }
        };
        Self {
            error,
            passing,
            retry_after,
        }
    }
}

/// A status without the details that Almanac's services give is made by a connection or something on the way. A broken
/// connection shows as any of these.
const fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal
    )
}

fn violation(violation: &tonic_types::FieldViolation) -> Violation {
    Violation {
        field: violation.field.clone(),
        reason: violation.reason.clone(),
        message: violation.description.clone(),
    }
}
