//! Statuses with google.rpc details, small enough to travel.
//!
//! A status travels in HTTP/2 headers, of which clients accept little; more of it than that hangs some of them. What a
//! [`StatusBuilder`] builds is never above [`limits::STATUS_BYTES`]: what does not fit is
//! left out from the end, and the text says how much.

use std::{collections::BTreeMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, ResourceInfo, StatusExt};

use crate::limits;

mod size;

use size::{cut, header_cost};

pub use size::header_bytes;

/// The domain of every error reason.
pub const DOMAIN: &str = "almanac";

/// The kit's own reasons. The services' are listed with the services.
pub mod reason {
    /// More calls are in flight than the server takes; try again after the delay in `RetryInfo`.
    pub const TOO_MANY_REQUESTS_IN_FLIGHT: &str = "TOO_MANY_REQUESTS_IN_FLIGHT";
    /// More answers are being streamed than the server keeps open; close some or try again later.
    pub const TOO_MANY_ANSWERS_OPEN: &str = "TOO_MANY_ANSWERS_OPEN";
    /// The request is above the size limit; split it.
    pub const REQUEST_TOO_LARGE: &str = "REQUEST_TOO_LARGE";
    /// The request's bytes are not the message the method takes; check the client's protobuf version.
    pub const MALFORMED_REQUEST: &str = "MALFORMED_REQUEST";
    /// The request is compressed in a way the server does not read; use gzip or zstd.
    pub const UNSUPPORTED_COMPRESSION: &str = "UNSUPPORTED_COMPRESSION";
    /// The server has no such service or method; list them through reflection.
    pub const METHOD_NOT_FOUND: &str = "METHOD_NOT_FOUND";
    /// The call was not answered within its deadline or the server's limit.
    pub const DEADLINE_EXCEEDED: &str = "DEADLINE_EXCEEDED";
    /// The server stops; connect again after the delay in `RetryInfo`.
    pub const SHUTTING_DOWN: &str = "SHUTTING_DOWN";
    /// A fault of the server, described in its log.
    pub const INTERNAL: &str = "INTERNAL";
}

const FIELD_BYTES: usize = 128;
const DESCRIPTION_BYTES: usize = 384;
const METADATA_KEY_BYTES: usize = 64;
const METADATA_VALUE_BYTES: usize = 192;
const RESOURCE_BYTES: usize = 192;
/// More bytes of violations than this cannot fit once in base64; they are counted, not kept.
const KEPT_BYTES: usize = limits::STATUS_BYTES * 3 / 4;
/// A violation's tags and lengths in protobuf.
const VIOLATION_OVERHEAD: usize = 8;

/// Builds a [`Status`] with its details.
///
/// ```
/// use almanac_service_kit::status::StatusBuilder;
/// use tonic::{Code, Status};
///
/// let status: Status = StatusBuilder::new(Code::InvalidArgument, "UNKNOWN_METRIC", "no metric named `phones`")
///     .metadata("metric", "phones")
///     .violation("events[3].metric", "UNKNOWN_METRIC", "no metric named `phones`; did you mean `telephones`?")
///     .into();
/// assert_eq!(status.code(), Code::InvalidArgument);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct StatusBuilder {
    code: Code,
    reason: &'static str,
    text: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<FieldViolation>,
    preconditions: Vec<PreconditionViolation>,
    resource: Option<ResourceInfo>,
    retry_after: Option<Duration>,
    kept_bytes: usize,
    left_out: usize,
}

impl StatusBuilder {
    /// A status with an `ErrorInfo` of this reason, which is `UPPER_SNAKE` and what clients branch on. The text is for
    /// people and must hold nothing internal.
    pub fn new(code: Code, reason: &'static str, text: impl Into<String>) -> Self {
        debug_assert!(
            is_upper_snake(reason),
            "reason `{reason}` is not UPPER_SNAKE of at most 63 bytes"
        );
        Self {
            code,
            reason,
            text: text.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            preconditions: Vec::new(),
            resource: None,
            retry_after: None,
            kept_bytes: 0,
            left_out: 0,
        }
    }

    /// A fault of this server. What happened belongs into the log; the client is told only that it is not its fault.
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            reason::INTERNAL,
            "internal error; the server's log has the cause",
        )
    }

    /// The end of a stream, or the refusal of a call, because this process stops.
    pub fn shutting_down() -> Self {
        let text = "the server is shutting down; connect again";
        Self::new(Code::Unavailable, reason::SHUTTING_DOWN, text).retry_after(limits::RETRY_AFTER_SHUTDOWN)
    }

    /// A value for programs, in the `ErrorInfo`: the limit hit, the name not found.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "texts and numbers alike, without a `&` before a number"
    )]
    pub fn metadata(mut self, key: impl AsRef<str>, value: impl ToString) -> Self {
        let value = cut(value.to_string(), METADATA_VALUE_BYTES, |_| 1);
        self.metadata
            .insert(cut(key.as_ref().to_owned(), METADATA_KEY_BYTES, |_| 1), value);
        self
    }

    /// A mistake in one field of the request, by its path (`events[3].metric`). Name them in the order in which a person
    /// should mend them: the last ones are left out first.
    pub fn violation(mut self, field: impl Into<String>, reason: &str, description: impl Into<String>) -> Self {
        let mut violation = FieldViolation::new(
            cut(field.into(), FIELD_BYTES, |_| 1),
            cut(description.into(), DESCRIPTION_BYTES, |_| 1),
        );
        violation.reason = cut(reason.to_owned(), METADATA_KEY_BYTES, |_| 1);
        let bytes = violation.field.len() + violation.description.len() + violation.reason.len();
        if self.keep(bytes) {
            self.violations.push(violation);
        }
        self
    }

    /// Something that must be true first: `kind` is `UPPER_SNAKE` (`REVISION`), `subject` is what it is about.
    pub fn precondition(mut self, kind: &str, subject: impl Into<String>, description: impl Into<String>) -> Self {
        let violation = PreconditionViolation::new(
            cut(kind.to_owned(), METADATA_KEY_BYTES, |_| 1),
            cut(subject.into(), FIELD_BYTES, |_| 1),
            cut(description.into(), DESCRIPTION_BYTES, |_| 1),
        );
        if self.keep(violation.r#type.len() + violation.subject.len() + violation.description.len()) {
            self.preconditions.push(violation);
        }
        self
    }

    /// The thing the error is about: `release`, `annual-review-2017`, and what is wrong with it.
    pub fn resource(mut self, kind: &str, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.resource = Some(ResourceInfo::new(
            cut(kind.to_owned(), METADATA_KEY_BYTES, |_| 1),
            cut(name.into(), RESOURCE_BYTES, |_| 1),
            "",
            cut(description.into(), RESOURCE_BYTES, |_| 1),
        ));
        self
    }

    /// When trying the same call again can help.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The status, cut to [`limits::STATUS_BYTES`].
    #[must_use]
    pub fn build(mut self) -> Status {
        loop {
            let status = self.assemble();
            if header_bytes(&status) <= limits::STATUS_BYTES || !self.leave_one_out() {
                return status;
            }
        }
    }

    fn keep(&mut self, bytes: usize) -> bool {
        let kept = self.kept_bytes + bytes + VIOLATION_OVERHEAD;
        // Once one is left out, so are all after it: the reader sees the first mistakes, not the short ones.
        let keeps = self.left_out == 0 && kept <= KEPT_BYTES;
        if keeps {
            self.kept_bytes = kept;
        } else {
            self.left_out += 1;
        }
        keeps
    }

    /// Drops the least useful detail; false when none is left, and what remains fits by the limits of each part.
    fn leave_one_out(&mut self) -> bool {
        let metadata_left = !self.metadata.is_empty();
        if self.violations.len() > usize::from(metadata_left) {
            self.violations.pop();
        } else if self.preconditions.len() > usize::from(metadata_left) {
            self.preconditions.pop();
        } else {
            return self.metadata.pop_last().is_some();
        }
        self.left_out += 1;
        true
    }

    fn assemble(&self) -> Status {
        let suffix = match self.left_out {
            0 => String::new(),
            1 => " (1 more problem is not listed)".to_owned(),
            count => format!(" ({count} more problems are not listed)"),
        };
        let suffix_bytes = suffix.bytes().map(header_cost).sum::<usize>();
        let text = cut(self.text.clone(), limits::STATUS_TEXT_BYTES - suffix_bytes, header_cost) + &suffix;

        let metadata = self
            .metadata
            .clone()
            .into_iter()
            .collect::<std::collections::HashMap<_, _>>();
        let mut details = ErrorDetails::with_error_info(self.reason, DOMAIN, metadata);
        if !self.violations.is_empty() {
            details.set_bad_request(self.violations.clone());
        }
        if !self.preconditions.is_empty() {
            details.set_precondition_failure(self.preconditions.clone());
        }
        if let Some(resource) = &self.resource {
            details.set_resource_info(
                &resource.resource_type,
                &resource.resource_name,
                &resource.owner,
                &resource.description,
            );
        }
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        Status::with_error_details(self.code, text, details)
    }
}

impl From<StatusBuilder> for Status {
    fn from(builder: StatusBuilder) -> Self {
        builder.build()
    }
}

fn is_upper_snake(reason: &str) -> bool {
    reason.len() <= 63
        && reason.starts_with(|first: char| first.is_ascii_uppercase())
        && reason
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
