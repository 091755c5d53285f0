//! A status never grows beyond what every client accepts, and says what it left out.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::time::Duration;

use almanac_service_kit::{
    limits,
    status::{DOMAIN, StatusBuilder, header_bytes},
};
use http::HeaderMap;
use proptest::{collection::vec, prelude::*};
use tonic::{Code, Status};
use tonic_types::StatusExt;

fn details_bytes(status: &Status) -> usize {
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers["grpc-status-details-bin"].len()
}

#[test]
fn a_small_status_is_whole() {
    let status = StatusBuilder::new(Code::NotFound, "NO_SUCH_RELEASE", "no release `x`")
        .metadata("release", "x")
        .metadata("known", 2)
        .violation("as_of.release", "NO_SUCH_RELEASE", "no release `x`")
        .precondition("RELEASE", "x", "must be created first")
        .resource("release", "x", "not created yet")
        .retry_after(Duration::from_millis(1500))
        .build();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no release `x`"));
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("NO_SUCH_RELEASE", DOMAIN)
    );
    assert_eq!(
        (info.metadata["release"].as_str(), info.metadata["known"].as_str()),
        ("x", "2")
    );
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.reason.as_str()),
        ("as_of.release", "NO_SUCH_RELEASE")
    );
    assert_eq!(details.precondition_failure().unwrap().violations[0].subject, "x");
    assert_eq!(details.resource_info().unwrap().resource_name, "x");
    assert_eq!(
        details.retry_info().unwrap().retry_delay,
        Some(Duration::from_millis(1500))
    );
}

#[test]
fn violations_are_cut_from_the_end_and_counted() {
    let mut builder = StatusBuilder::new(Code::InvalidArgument, "INVALID_EVENTS", "1000 events are invalid");
    for index in 0..1000 {
        builder = builder.violation(
            format!("events[{index}].metric"),
            "UNKNOWN_METRIC",
            "no metric named `phones`",
        );
    }
    let status = builder.build();
    assert!(header_bytes(&status) <= limits::STATUS_BYTES);
    assert!(details_bytes(&status) <= limits::STATUS_BYTES);
    let listed = status
        .get_error_details()
        .bad_request()
        .unwrap()
        .field_violations
        .clone();
    assert!(listed.len() > 20, "{} violations listed", listed.len());
    for (index, violation) in listed.iter().enumerate() {
        assert_eq!(violation.field, format!("events[{index}].metric"));
    }
    let expected = format!(
        "1000 events are invalid ({} more problems are not listed)",
        1000 - listed.len()
    );
    assert_eq!(status.message(), expected);
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let status = StatusBuilder::new(Code::Internal, "LONG", "Tổng số thuê bao điện thoại ".repeat(500)).build();
    assert!(status.message().starts_with("Tổng số thuê bao"));
    assert!(status.message().ends_with("..."));
    assert!(header_bytes(&status) <= limits::STATUS_BYTES);
}

#[test]
fn every_part_at_its_worst_still_fits() {
    let long = "ộ".repeat(5_000);
    let plain = "x".repeat(5_000);
    for text in [&long, &plain] {
        let mut builder = StatusBuilder::new(Code::FailedPrecondition, "WORST", text.as_str())
            .resource(text, text.as_str(), text.as_str())
            .retry_after(Duration::from_millis(1));
        for index in 0..50 {
            builder = builder
                .metadata(format!("{index}{text}"), text)
                .violation(text.as_str(), text, text.as_str())
                .precondition(text, text.as_str(), text.as_str());
        }
        let status = builder.build();
        assert!(
            header_bytes(&status) <= limits::STATUS_BYTES,
            "{} bytes",
            header_bytes(&status)
        );
        assert!(
            status.message().contains("more problems are not listed"),
            "{}",
            status.message()
        );
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "WORST");
    }
}

proptest! {
    #[test]
    fn no_status_is_above_the_limit(
        text in ".{0,2000}",
        metadata in vec((".{0,80}", ".{0,300}"), 0..20),
        violations in vec((".{0,200}", ".{0,500}"), 0..40),
        preconditions in vec((".{0,200}", ".{0,500}"), 0..10),
        resource in proptest::option::of((".{0,300}", ".{0,300}")),
    ) {
        let mut builder = StatusBuilder::new(Code::InvalidArgument, "ANY", text);
        for (key, value) in metadata {
            builder = builder.metadata(key, value);
        }
        let problems = violations.len() + preconditions.len();
        for (field, description) in violations {
            builder = builder.violation(field, "BAD", description);
        }
        for (subject, description) in preconditions {
            builder = builder.precondition("KIND", subject, description);
        }
        if let Some((name, description)) = resource {
            builder = builder.resource("thing", name, description);
        }
        let status = builder.build();
        prop_assert!(header_bytes(&status) <= limits::STATUS_BYTES, "{} bytes", header_bytes(&status));
        let details = status.get_error_details();
        let listed = details.bad_request().map_or(0, |bad| bad.field_violations.len())
            + details.precondition_failure().map_or(0, |failure| failure.violations.len());
        prop_assert_eq!(status.message().contains("not listed"), listed < problems);
    }
}
