//! A request to record events whose events stay as they were sent.

use bytes::Bytes;
use prost::{DecodeError, Message};

use crate::pb::shared::Event;

/// `almanac.ingest.v1.RecordEventsRequest`. Its events are kept encoded: a client encodes them once however often it sends them,
/// and the service reads most of them in place ([`PlainEvent`](crate::PlainEvent)).
#[derive(Clone, Eq, Hash, PartialEq, prost::Message)]
pub struct RecordEventsRequest {
    /// The events: the bytes of an [`Event`] each.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub events: Vec<Bytes>,
    /// The id of the reporter.
    #[prost(string, tag = "2")]
    pub reporter: String,
    /// By what a retry is recognised; empty for none.
    #[prost(string, tag = "3")]
    pub request_id: String,
    /// Check everything, record nothing.
    #[prost(bool, tag = "4")]
    pub validate_only: bool,
    /// Record what can be.
    #[prost(bool, tag = "5")]
    pub skip_invalid: bool,
}

impl RecordEventsRequest {
    /// A request of a reporter, without more.
    #[must_use]
    pub fn new(reporter: &str, events: impl IntoIterator<Item = Event>) -> Self {
        let encoded = |event: Event| event.encode_to_vec().into();
        Self {
            events: events.into_iter().map(encoded).collect(),
            reporter: reporter.to_owned(),
            ..Self::default()
        }
    }

    /// The events as messages.
    pub fn decode_events(&self) -> Result<Vec<Event>, DecodeError> {
        self.events.iter().map(|event| Event::decode(event.as_ref())).collect()
    }
}
