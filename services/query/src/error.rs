//! Why a question is not answered, and the one place where that becomes a status.

use std::time::Duration;

use almanac_indicator::{MAX_REPORTS, Refusal};
use almanac_model::{LogId, ReleaseName, Revision};
use almanac_service_kit::status::StatusBuilder;
use almanac_wire::{FieldViolation, did_you_mean};
use tonic::{Code, Status};

use crate::lag::Lag;
use crate::{limits, reason};

/// The longest message that stands in the status text; the details have more of it.
const FIRST_MESSAGE_CHARS: usize = 500;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    /// The request is wrong in itself.
    #[error("the request has mistakes")]
    Mistakes(Vec<FieldViolation>),
    /// The answer would be a guess.
    #[error("the question cannot be answered without a guess")]
    Refused(Vec<Refusal>),
    /// The history of a figure is longer than one call may go through.
    #[error("the figure may have changed at more than {} revisions", limits::REVISIONS)]
    TooManyRevisions,
    /// A question about completeness goes through more reports than one call may.
    #[error("more than {MAX_REPORTS} reports are expected")]
    TooManyReports,
    /// A revision of another log means nothing here.
    #[error("the request is about log {asked}, this service answers from log {own}")]
    OtherLog { asked: LogId, own: LogId },
    /// The replica was rebuilt between two looks at it.
    #[error("the log was replaced while the answer was computed")]
    LogReplaced,
    /// Nobody gave that name to a revision.
    #[error("there is no release {name}")]
    UnknownRelease { name: ReleaseName, nearest: Vec<String> },
    /// Nothing was defined at that revision.
    #[error("no catalogue is in force at revision {revision}")]
    NoCatalog { revision: Revision },
    /// What is asked for is not here yet.
    #[error("revision {asked} did not arrive in time")]
    NotReached { asked: Revision, lag: Lag },
    /// The newest state is asked for, and what is here is not the newest.
    #[error("the replica has not caught up")]
    NotCaughtUp { lag: Lag },
    /// What tallies were then is in the log alone, and that cannot be read.
    #[error("the log cannot be read up to revision {asked}")]
    PastNotAtHand { asked: Revision, why: String },
    /// A fault of this process.
    #[error("the replica cannot be read after a panic")]
    Broken,
}

impl QueryError {
    /// The same, with the fields of the request seen from further out.
    pub(crate) fn under(self, parent: &str) -> Self {
        match self {
            Self::Mistakes(found) => Self::Mistakes(found.into_iter().map(|mistake| mistake.under(parent)).collect()),
            Self::Refused(refusals) => {
                let under = |refusal: Refusal| Refusal {
                    field: format!("{parent}.{}", refusal.field),
                    ..refusal
                };
                Self::Refused(refusals.into_iter().map(under).collect())
            }
            other => other,
        }
    }
}

impl From<QueryError> for Status {
    fn from(error: QueryError) -> Self {
        builder(error).build()
    }
}

fn builder(error: QueryError) -> StatusBuilder {
    match error {
        QueryError::Mistakes(found) => violations(Code::InvalidArgument, &found),
        QueryError::Refused(refusals) => refused(refusals),
        QueryError::TooManyRevisions => {
            let text = format!(
                "the values behind the figure were written by more than {} revisions; ask with filters, for a smaller area \
                 or a shorter period, or up to an earlier state with read_at.as_of",
                limits::REVISIONS
            );
            StatusBuilder::new(Code::ResourceExhausted, reason::TOO_MANY_REVISIONS, text)
        }
        QueryError::TooManyReports => {
            let text = format!(
                "more than {MAX_REPORTS} reports are expected, or more than {} counts would be told; ask for fewer metrics, \
                 areas, reporters or periods at a time",
                limits::SUMMARIES
            );
            let found = FieldViolation::new("periods", reason::TOO_MANY_REPORTS, text);
            violations(Code::InvalidArgument, &[found])
        }
        QueryError::OtherLog { asked, own } => {
            let text = format!(
                "read_at.log_id: the revisions are of log {asked}, this service answers from log {own}; ask the service \
                 of that log, or without its revisions"
            );
            StatusBuilder::new(Code::FailedPrecondition, reason::OTHER_LOG, text)
                .metadata("log_id", own)
                .precondition(
                    "LOG",
                    asked.to_string(),
                    "is not the log that this service answers from",
                )
        }
        QueryError::LogReplaced => {
            let text = "the log was replaced by another one while the answer was computed; ask again";
            StatusBuilder::new(Code::Unavailable, reason::LOG_REPLACED, text).retry_after(limits::RETRY_AFTER_LAG)
        }
        QueryError::UnknownRelease { name, nearest } => unknown_release(&name, &nearest),
        QueryError::NoCatalog { revision } => {
            let text = format!(
                "no catalogue is in force at revision {revision}, so nothing is defined; apply one with ApplyCatalog of \
                 the ingest service, or read a later revision"
            );
            StatusBuilder::new(Code::FailedPrecondition, reason::NO_CATALOG, text)
                .metadata("revision", revision)
                .precondition(
                    "CATALOG",
                    revision.to_string(),
                    "no catalogue was applied up to this revision",
                )
        }
        QueryError::NotReached { asked, lag } => not_reached(asked, lag),
        QueryError::NotCaughtUp { lag } => not_caught_up(lag),
        QueryError::PastNotAtHand { asked, why } => {
            let text = format!(
                "what tallies were by revision {asked} is not kept in memory, and the log cannot be read for it: {why}; try again, \
                 or ask as of a later revision"
            );
            StatusBuilder::new(Code::Unavailable, reason::PAST_NOT_AT_HAND, text)
                .metadata("asked", asked)
                .retry_after(limits::RETRY_AFTER_HALT)
        }
        QueryError::Broken => StatusBuilder::internal(),
    }
}

fn refused(refusals: Vec<Refusal>) -> StatusBuilder {
    let found: Vec<FieldViolation> = refusals
        .into_iter()
        .map(|Refusal { field, reason, message }| FieldViolation::new(field, reason.as_str(), message))
        .collect();
    violations(Code::InvalidArgument, &found)
}

/// The text begins with the first one, so that its remedy is read without decoding details.
fn violations(code: Code, found: &[FieldViolation]) -> StatusBuilder {
    let first = found.first();
    let same = first.filter(|first| found.iter().all(|one| one.reason == first.reason));
    let reason = same.map_or(reason::SEVERAL_VIOLATIONS, |first| first.reason);
    let text = first.map_or_else(String::new, |FieldViolation { field, message, .. }| {
        let message: String = message.chars().take(FIRST_MESSAGE_CHARS).collect();
        let rest = match found.len() - 1 {
            0 => String::new(),
            1 => " (and 1 more problem)".to_owned(),
            rest => format!(" (and {rest} more problems)"),
        };
        format!("{field}: {message}{rest}")
    });
    let empty = StatusBuilder::new(code, reason, text);
    found
        .iter()
        .fold(empty, |builder, FieldViolation { field, reason, message }| {
            builder.violation(field.as_str(), reason, message.as_str())
        })
}

fn unknown_release(name: &ReleaseName, nearest: &[String]) -> StatusBuilder {
    let text = format!(
        "read_at.as_of.release: there is no release {name}{} (one just created is found with min_revision = the revision \
         that CreateRelease answered)",
        did_you_mean(nearest)
    );
    StatusBuilder::new(Code::NotFound, reason::RELEASE_NOT_FOUND, text).resource(
        "almanac.ingest.v1.Release",
        name.to_string(),
        "no release has this name",
    )
}

fn not_reached(asked: Revision, lag: Lag) -> StatusBuilder {
    let Lag { applied, head, .. } = lag;
    let text = format!(
        "revision {asked} did not arrive in time: this replica has applied {applied}, and the log's newest, as last \
         heard, is {head}; {}",
        remedy(lag)
    );
    lagging(reason::REVISION_NOT_REACHED, text, lag).metadata("asked", asked)
}

fn not_caught_up(lag: Lag) -> StatusBuilder {
    let Lag { applied, head, .. } = lag;
    let text = format!(
        "this replica has applied {applied} of {head} revisions and cannot tell the newest figures; {}",
        remedy(lag)
    );
    lagging(reason::NOT_CAUGHT_UP, text, lag)
}

fn remedy(lag: Lag) -> &'static str {
    if lag.halted {
        "it met a record that it cannot read and has stopped: ask another replica"
    } else {
        "try again"
    }
}

fn lagging(reason: &'static str, text: String, lag: Lag) -> StatusBuilder {
    let delay: Duration = if lag.halted {
        limits::RETRY_AFTER_HALT
    } else {
        limits::RETRY_AFTER_LAG
    };
    StatusBuilder::new(Code::Unavailable, reason, text)
        .metadata("applied", lag.applied)
        .metadata("head", lag.head)
        .retry_after(delay)
}
