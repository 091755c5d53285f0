//! What a refusal says, beside its code and text.

use tonic::Status;
use tonic_types::StatusExt;

/// A status and its details.
pub(crate) trait Refusal {
    /// What programs branch on.
    fn reason(&self) -> String;
    /// What is wrong with which field: field, reason, text.
    fn violations(&self) -> Vec<(String, String, String)>;
    /// A fact beside the reason.
    fn fact(&self, name: &str) -> Option<String>;
    /// Whether it says when to try again.
    fn says_when_to_retry(&self) -> bool;
}

impl Refusal for Status {
    fn reason(&self) -> String {
        let details = self.get_error_details();
        let info = details.error_info().expect("every refusal has ErrorInfo");
        assert_eq!(info.domain, "almanac");
        info.reason.clone()
    }

    fn violations(&self) -> Vec<(String, String, String)> {
        let details = self.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone());
        let violations = violations.unwrap_or_default().into_iter();
        violations.map(|one| (one.field, one.reason, one.description)).collect()
    }

    fn fact(&self, name: &str) -> Option<String> {
        let details = self.get_error_details();
        details.error_info()?.metadata.get(name).cloned()
    }

    fn says_when_to_retry(&self) -> bool {
        let details = self.get_error_details();
        details.retry_info().is_some_and(|retry| retry.retry_delay.is_some())
    }
}
