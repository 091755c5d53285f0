//! Instants.

use jiff::Timestamp;

/// The instant as protobuf has it.
#[must_use]
pub fn timestamp_to_proto(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    }
}

/// The instant that protobuf has; `None` outside the years that exist, or with nanoseconds that do not.
#[must_use]
pub fn timestamp_from_proto(instant: &prost_types::Timestamp) -> Option<Timestamp> {
    (0..1_000_000_000)
        .contains(&instant.nanos)
        .then(|| Timestamp::new(instant.seconds, instant.nanos).ok())?
}
