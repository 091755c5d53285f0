//! Events and requests of the Ca Mau catalogue.

use std::collections::BTreeMap;

use almanac_ca_mau::{Recorded, events_2017};
use almanac_wire::pb::shared as pb;
use almanac_wire::{RecordEventsRequest, event_to_proto};

pub(crate) const DIC: &str = "ca-mau-dic";
pub(crate) const OPERATORS: &str = "ca-mau-telecom-operators";

/// A final figure of a yearly metric, for the province.
pub(crate) fn yearly(metric: &str, year: i16, value: &str) -> pb::Event {
    pb::Event {
        metric: metric.into(),
        area: "96".into(),
        when: Some(pb::event::When::Period(year.to_string())),
        measure: Some(pb::event::Measure::Value(value.into())),
        quality: pb::Quality::Official.into(),
        ..pb::Event::default()
    }
}

/// Postal enterprises in 2017: a report without dimensions.
pub(crate) fn enterprises(value: u32) -> pb::Event {
    yearly("post.enterprises", 2017, &value.to_string())
}

/// Subscriptions by technology.
pub(crate) fn internet(technology: &str, year: i16, value: &str) -> pb::Event {
    with_code(yearly("internet.subscriptions", year, value), "technology", technology)
}

/// Complaints about spam on a day: a tally.
pub(crate) fn complaint(event_id: &str, day: &str, value: &str) -> pb::Event {
    pb::Event {
        metric: "complaints.received".into(),
        area: "96".into(),
        dimensions: BTreeMap::from([("complaint_subject".into(), "spam".into())]),
        when: Some(pb::event::When::Period(day.into())),
        measure: Some(pb::event::Measure::Value(value.into())),
        quality: pb::Quality::Official.into(),
        event_id: event_id.into(),
        ..pb::Event::default()
    }
}

/// The event with another code.
pub(crate) fn with_code(mut event: pb::Event, dimension: &str, code: &str) -> pb::Event {
    event.dimensions.insert(dimension.into(), code.into());
    event
}

/// The event as a correction of what a revision holds.
pub(crate) fn correcting(mut event: pb::Event, expected_revision: Option<u64>) -> pb::Event {
    event.correction = Some(pb::Correction {
        reason: pb::CorrectionReason::ReportingError.into(),
        expected_revision,
    });
    event
}

/// A request of one reporter.
pub(crate) fn request(reporter: &str, events: Vec<pb::Event>) -> RecordEventsRequest {
    RecordEventsRequest::new(reporter, events)
}

/// The request under an id, so that it can be retried.
pub(crate) fn named(id: &str, mut request: RecordEventsRequest) -> RecordEventsRequest {
    request.request_id = id.into();
    request
}

/// Everything that was recorded for the review of 2017: a request for each reporter.
pub(crate) fn review_2017() -> Vec<RecordEventsRequest> {
    let mut by_reporter: BTreeMap<String, Vec<pb::Event>> = BTreeMap::new();
    for Recorded { reporter, event } in events_2017().expect("the embedded figures can be read") {
        let events = by_reporter.entry(reporter.to_string()).or_default();
        events.push(event_to_proto(&event));
    }
    by_reporter
        .iter()
        .map(|(reporter, events)| request(reporter, events.clone()))
        .collect()
}
