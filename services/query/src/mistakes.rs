//! The mistakes of one request, gathered so that all are told at once.

use almanac_wire::FieldViolation;

use crate::error::QueryError;
use crate::limits;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    found: Vec<FieldViolation>,
}

impl Mistakes {
    /// Adds a mistake. Only the first ones are put into words: a status holds no more of them, and counts the others.
    pub(crate) fn add(&mut self, field: impl Into<String>, reason: &'static str, message: impl FnOnce() -> String) {
        let words = self.found.len() < limits::MISTAKES;
        let message = if words { message() } else { String::from("is wrong too") };
        self.found.push(FieldViolation::new(field, reason, message));
    }

    /// Adds the mistakes of a part of the request.
    pub(crate) fn add_all(&mut self, others: Self, parent: &str) {
        self.found
            .extend(others.found.into_iter().map(|mistake| mistake.under(parent)));
    }

    /// What was found elsewhere in the request, refused with these as well.
    pub(crate) fn beside<T>(mut self, other: Result<T, QueryError>) -> Result<T, QueryError> {
        match other {
            Err(QueryError::Mistakes(found)) => {
                self.found.extend(found);
                Err(QueryError::Mistakes(self.found))
            }
            other => self.refuse_any().and(other),
        }
    }

    /// Nothing, or the refusal of the request.
    pub(crate) fn refuse_any(self) -> Result<(), QueryError> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(QueryError::Mistakes(self.found))
        }
    }
}

/// A text of the client's as messages show it: in quotes, and not longer than an id can be.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(limits::NAME_BYTES) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}
