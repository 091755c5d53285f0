//! Every refusal of this service, as a status.

mod stream;

use std::time::Duration;

use almanac_catalog::Problem;
use almanac_event_log::{AppendError, Failure, ReadError};
use almanac_model::{Release, Revision};
use almanac_service_kit::status::StatusBuilder;
use almanac_wire::{FieldViolation, PageTokenError};
use prost::DecodeError;
use tonic::{Code, Status};
use tracing::error;

use crate::corrections::SearchError;
use crate::draft::Rejected;
use crate::ledger::OrderError;

pub(crate) use stream::StreamEnd;

/// The reasons of this service that clients branch on, beside those of `almanac_catalog::ViolationReason`. Changing one
/// is a breaking change.
pub mod reason {
    /// A required field is empty. Give it.
    pub const REQUIRED: &str = "REQUIRED";
    /// More entries than one request may have. Split it.
    pub const TOO_MANY: &str = "TOO_MANY";
    /// A text is longer than what is kept. Shorten it.
    pub const TOO_LONG: &str = "TOO_LONG";
    /// A text is not a UUID, a release name or a page size. The message says what is.
    pub const MALFORMED: &str = "MALFORMED";
    /// Not a page token of this request. Give that of the page before.
    pub const MALFORMED_PAGE_TOKEN: &str = "MALFORMED_PAGE_TOKEN";
    /// Mistakes of several kinds; each violation has its own reason.
    pub const SEVERAL_VIOLATIONS: &str = "SEVERAL_VIOLATIONS";
    /// Two events of one request are the same. Send it once.
    pub const REPEATED_IN_REQUEST: &str = "REPEATED_IN_REQUEST";
    /// A correction of a tally; only reports are corrected.
    pub const CORRECTION_OF_TALLY: &str = "CORRECTION_OF_TALLY";
    /// Another event was recorded under this event id. Give a new event an id of its own.
    pub const EVENT_ID_REUSED: &str = "EVENT_ID_REUSED";
    /// The value was changed since the corrector read it. Read it again.
    pub const STALE_REVISION: &str = "STALE_REVISION";
    /// What is to be taken back was not recorded by this reporter.
    pub const UNKNOWN_EVENT: &str = "UNKNOWN_EVENT";
    /// A revision that is not recorded yet.
    pub const FUTURE_REVISION: &str = "FUTURE_REVISION";
    /// Another request was recorded under this request id. Give a new request an id of its own.
    pub const REQUEST_ID_REUSED: &str = "REQUEST_ID_REUSED";
    /// The release's name freezes another revision. Choose another name.
    pub const RELEASE_EXISTS: &str = "RELEASE_EXISTS";
    /// The catalogue has mistakes. Each is named with file, line and remedy.
    pub const INVALID_CATALOG: &str = "INVALID_CATALOG";
    /// The catalogue would change what recorded figures mean.
    pub const INCOMPATIBLE_CATALOG: &str = "INCOMPATIBLE_CATALOG";
    /// The log has no catalogue yet. Apply one.
    pub const NO_CATALOG: &str = "NO_CATALOG";
    /// More waits to become durable, or to be indexed, than may. Try again after the delay in `RetryInfo`.
    pub const LOG_BUSY: &str = "LOG_BUSY";
    /// The log's disk is nearly full. Nothing is lost; writes come back with the space.
    pub const DISK_FULL: &str = "DISK_FULL";
    /// The record is larger than the log takes. Split the request.
    pub const RECORD_TOO_LARGE: &str = "RECORD_TOO_LARGE";
    /// The log failed; the service stops and recovers at its next start. Try again with the same request id.
    pub const LOG_FAILED: &str = "LOG_FAILED";
    /// A stored record is damaged. The service's log names it.
    pub const LOG_DAMAGED: &str = "LOG_DAMAGED";
    /// The follower has applied another log. It has to rebuild.
    pub const OTHER_LOG: &str = "OTHER_LOG";
    /// The log holds another record than the follower applied: it was restored from an older copy. It has to rebuild.
    pub const OTHER_RECORD: &str = "OTHER_RECORD";
    /// The follower is ahead of this log. It has to rebuild.
    pub const FOLLOWER_AHEAD: &str = "FOLLOWER_AHEAD";
    /// A message that may not come at this place of a stream. The first is a hello, all others are batches.
    pub const OUT_OF_PLACE: &str = "OUT_OF_PLACE";
    /// A newer epoch of the producer began. Stop, or begin anew.
    pub const PRODUCER_FENCED: &str = "PRODUCER_FENCED";
    /// The log never gave this epoch. Begin anew.
    pub const UNKNOWN_EPOCH: &str = "UNKNOWN_EPOCH";
    /// A batch whose sequence does not follow. Send those before it.
    pub const SEQUENCE_GAP: &str = "SEQUENCE_GAP";
    /// Another batch was decided under this sequence. Give a new batch the next one.
    pub const SEQUENCE_REUSED: &str = "SEQUENCE_REUSED";
    /// The batch was decided too long ago to say how.
    pub const SEQUENCE_FORGOTTEN: &str = "SEQUENCE_FORGOTTEN";
    /// More was sent than the credit. Wait for answers.
    pub const CREDIT_EXCEEDED: &str = "CREDIT_EXCEEDED";
    /// The columns of a batch do not fit together. The message says where.
    pub const MALFORMED_BATCH: &str = "MALFORMED_BATCH";
    /// A series of another reporter than the stream's.
    pub const OTHER_REPORTER: &str = "OTHER_REPORTER";
    /// A retraction in a stream. Use `RetractEvents`.
    pub const RETRACTION_IN_STREAM: &str = "RETRACTION_IN_STREAM";
    /// A number beside the statement that there is none.
    pub const VALUE_AND_MISSING: &str = "VALUE_AND_MISSING";
    /// An instant that is not in the period of its row.
    pub const OCCURRED_OUTSIDE_PERIOD: &str = "OCCURRED_OUTSIDE_PERIOD";
    /// Revisions this early were archived, and the archive is not at hand. The metadata `earliest_revision` has the first that
    /// is. Take a snapshot from another replica, or give the ingest service the folder of its archive.
    pub const BEFORE_EARLIEST: &str = "BEFORE_EARLIEST";
}

const RETRY_BUSY: Duration = Duration::from_millis(50);
const RETRY_DISK: Duration = Duration::from_secs(30);
const RETRY_RESTART: Duration = Duration::from_secs(2);

/// Why a request of this service is refused.
#[derive(Debug)]
pub(crate) enum IngestError {
    /// Mistakes in the request itself.
    Invalid(Vec<FieldViolation>),
    /// Events that cannot be recorded.
    Rejected {
        /// The field of the request that lists them.
        list: &'static str,
        rejected: Vec<Rejected>,
    },
    RequestIdReused(Revision),
    ReleaseExists(Release),
    InvalidCatalog(Vec<Problem>),
    IncompatibleCatalog(Vec<Problem>),
    NoCatalog,
    PageToken(PageTokenError),
    OtherLog {
        log_id: String,
    },
    /// The log was restored from an older copy and has grown differently since.
    OtherRecord {
        revision: Revision,
    },
    FollowerAhead {
        durable: Revision,
    },
    Append(AppendError),
    /// The index of the log does not keep up.
    Behind(String),
    Failed(Failure),
    Read(ReadError),
    Search(SearchError),
    Stream(StreamEnd),
    /// Bytes that are no message.
    Malformed(DecodeError),
    /// A fault that was logged where it happened.
    Internal,
}

impl From<AppendError> for IngestError {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

impl From<OrderError> for IngestError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Append(error) => Self::Append(error),
            OrderError::Index(failure) => Self::Failed(failure),
            behind @ OrderError::Behind { .. } => Self::Behind(behind.to_string()),
        }
    }
}

impl From<IngestError> for Status {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Invalid(violations) => violations_status(Code::InvalidArgument, &violations).build(),
            IngestError::Rejected { list, rejected } => rejected_status(list, rejected),
            IngestError::RequestIdReused(revision) => {
                let text = format!(
                    "another request was recorded under this request_id, by revision {revision}; give a new request an id \
                     of its own"
                );
                let status = StatusBuilder::new(Code::AlreadyExists, reason::REQUEST_ID_REUSED, text);
                status.metadata("revision", revision).build()
            }
            IngestError::ReleaseExists(release) => release_exists(&release),
            IngestError::InvalidCatalog(problems) => catalog_status(
                Code::InvalidArgument,
                reason::INVALID_CATALOG,
                "the catalogue has mistakes",
                &problems,
            ),
            IngestError::IncompatibleCatalog(problems) => {
                let text = "the catalogue would change what recorded figures mean";
                catalog_status(Code::FailedPrecondition, reason::INCOMPATIBLE_CATALOG, text, &problems)
            }
            IngestError::NoCatalog => {
                let text =
                    "the log has no catalogue yet; apply one with ApplyCatalog, or start the service with --catalog";
                StatusBuilder::new(Code::FailedPrecondition, reason::NO_CATALOG, text).build()
            }
            IngestError::PageToken(error) => {
                let violation = FieldViolation::new("page_token", reason::MALFORMED_PAGE_TOKEN, error.to_string());
                violations_status(Code::InvalidArgument, &[violation]).build()
            }
            IngestError::OtherLog { log_id } => {
                let text =
                    format!("this is log {log_id}; drop what was applied of the other log and begin at revision 1");
                StatusBuilder::new(Code::FailedPrecondition, reason::OTHER_LOG, text)
                    .metadata("log_id", log_id)
                    .build()
            }
            IngestError::OtherRecord { revision } => {
                let text = format!(
                    "this log holds another revision {revision} than was applied; drop what was applied and begin at revision 1"
                );
                let status = StatusBuilder::new(Code::FailedPrecondition, reason::OTHER_RECORD, text);
                status.metadata("revision", revision).build()
            }
            IngestError::FollowerAhead { durable } => {
                let text =
                    format!("this log ends at revision {durable}; drop what was applied and begin at revision 1");
                let status = StatusBuilder::new(Code::FailedPrecondition, reason::FOLLOWER_AHEAD, text);
                status.metadata("durable_revision", durable).build()
            }
            IngestError::Append(error) => append_status(error),
            IngestError::Behind(text) => busy(text),
            IngestError::Failed(failure) | IngestError::Search(SearchError::Index(failure)) => failed(&failure),
            IngestError::Read(error) | IngestError::Search(SearchError::Read(error)) => read_status(&error),
            IngestError::Search(SearchError::Decode { revision, cause }) => {
                error!(revision = revision.0, error = %cause, "decode record");
                damaged()
            }
            IngestError::Stream(end) => end.into(),
            // as where the whole request is none; the service kit tells the client
            IngestError::Malformed(error) => Status::internal(error.to_string()),
            IngestError::Internal => StatusBuilder::internal().build(),
        }
    }
}

/// One reason for all violations, if they have only one.
fn common_reason(violations: &[FieldViolation]) -> &'static str {
    match violations {
        [first, rest @ ..] if rest.iter().all(|other| other.reason == first.reason) => first.reason,
        _ => reason::SEVERAL_VIOLATIONS,
    }
}

/// The text begins with the first mistake, so that a person sees the remedy without decoding details.
fn violations_status(code: Code, violations: &[FieldViolation]) -> StatusBuilder {
    let first = violations
        .first()
        .map_or_else(String::new, |first| format!("{}: {}", first.field, first.message));
    let text = match violations.len() {
        0 | 1 => first,
        2 => format!("{first} (and 1 more mistake)"),
        several => format!("{first} (and {} more mistakes)", several - 1),
    };
    let status = StatusBuilder::new(code, common_reason(violations), text);
    violations.iter().fold(status, |status, one| {
        status.violation(&one.field, one.reason, &one.message)
    })
}

fn rejected_status(list: &str, rejected: Vec<Rejected>) -> Status {
    let current = rejected.iter().find_map(|rejected| rejected.current_revision);
    let violations: Vec<FieldViolation> = rejected
        .into_iter()
        .flat_map(|Rejected { index, violations, .. }| {
            violations
                .into_iter()
                .map(move |violation| match violation.field.as_str() {
                    // the reporter is a field of the request
                    "reporter" => violation,
                    _ => violation.under(&format!("{list}[{index}]")),
                })
        })
        .collect();
    let all = |reasons: &[&str]| violations.iter().all(|violation| reasons.contains(&violation.reason));
    let code = if all(&[reason::STALE_REVISION]) {
        Code::Aborted
    } else if all(&[reason::EVENT_ID_REUSED]) {
        Code::AlreadyExists
    } else {
        Code::InvalidArgument
    };
    let status = violations_status(code, &violations);
    match current {
        Some(revision) => status.metadata("current_revision", revision).build(),
        None => status.build(),
    }
}

fn release_exists(release: &Release) -> Status {
    let text = format!(
        "the release {} freezes revision {}; choose another name, or ask for that revision",
        release.name, release.revision
    );
    StatusBuilder::new(Code::AlreadyExists, reason::RELEASE_EXISTS, text.clone())
        .metadata("revision", release.revision)
        .resource("almanac.ingest.v1.Release", release.name.to_string(), text)
        .build()
}

fn catalog_status(code: Code, reason: &'static str, text: &str, problems: &[Problem]) -> Status {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    let status = StatusBuilder::new(code, reason, format!("{text} ({} in all): {first}", problems.len()));
    let at = |problem: &Problem| format!("catalog.files[{}]:{}", problem.file, problem.line);
    problems
        .iter()
        .fold(status, |status, one| {
            status.violation(at(one), reason, format!("{}; {}", one.message, one.remedy))
        })
        .build()
}

fn append_status(error: AppendError) -> Status {
    match error {
        AppendError::QueueFull { .. } => busy(error.to_string()),
        AppendError::DiskFull { .. } => {
            let text = format!("{error}; free space on the log's disk, nothing is lost");
            StatusBuilder::new(Code::ResourceExhausted, reason::DISK_FULL, text)
                .retry_after(RETRY_DISK)
                .build()
        }
        AppendError::TooLarge { .. } => {
            let text = format!("{error}; split the request");
            StatusBuilder::new(Code::InvalidArgument, reason::RECORD_TOO_LARGE, text).build()
        }
        AppendError::Failed(failure) => failed(&failure),
        AppendError::Closed => StatusBuilder::shutting_down().build(),
    }
}

fn busy(text: String) -> Status {
    let status = StatusBuilder::new(Code::ResourceExhausted, reason::LOG_BUSY, text);
    status.retry_after(RETRY_BUSY).build()
}

/// The failure itself is logged by the log and ends the process.
fn failed(_: &Failure) -> Status {
    let text = "the log failed and the service restarts; try again with the same request_id";
    StatusBuilder::new(Code::Unavailable, reason::LOG_FAILED, text)
        .retry_after(RETRY_RESTART)
        .build()
}

fn read_status(error: &ReadError) -> Status {
    match error {
        ReadError::BeforeEarliest { earliest, .. } => {
            StatusBuilder::new(Code::OutOfRange, reason::BEFORE_EARLIEST, error.to_string())
                .metadata("earliest_revision", earliest)
                .build()
        }
        ReadError::Damaged(damage) => {
            error!(error = %damage, "read record");
            damaged()
        }
        ReadError::Storage(failure) => {
            error!(error = %failure, "read log");
            StatusBuilder::internal().build()
        }
    }
}

fn damaged() -> Status {
    let text = "a stored record is damaged; the service's log names it and the remedy";
    StatusBuilder::new(Code::DataLoss, reason::LOG_DAMAGED, text).build()
}
