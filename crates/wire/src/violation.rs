//! A mistake in a request: where, which, and how to mend it.

use almanac_catalog::Violation;

/// A mistake in one field of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldViolation {
    /// The field, such as `events[3].value`.
    pub field: String,
    /// What to branch on, in `UPPER_SNAKE`.
    pub reason: &'static str,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl FieldViolation {
    /// A mistake in a field.
    pub fn new(field: impl Into<String>, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason,
            message: message.into(),
        }
    }

    /// The same mistake, with the field seen from further out: `value` under `events[3]` is `events[3].value`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

impl From<Violation> for FieldViolation {
    fn from(violation: Violation) -> Self {
        Self {
            field: violation.field,
            reason: violation.reason.as_str(),
            message: violation.message,
        }
    }
}

/// The end of a message about an unknown name: the nearest valid ones, if any is near.
#[must_use]
pub fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}
