//! What every answer says beside its figures: at which revision it was computed, and how far this replica is.

use almanac_service_kit::answer;
use almanac_service_kit::telemetry::record_revision;
use almanac_wire::pb::query as pb;
use almanac_wire::{calendar_rules_to_proto, timestamp_to_proto};
use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message;
use tonic::Response;

use crate::replica::Moment;

/// At which state of the log an answer was computed.
pub(crate) fn answered_at(moment: &Moment) -> pb::AnsweredAt {
    answered_on(moment, None)
}

/// The same, for figures on the boundaries of a day.
pub(crate) fn answered_on(moment: &Moment, boundaries: Option<Date>) -> pb::AnsweredAt {
    pb::AnsweredAt {
        revision: moment.revision.0,
        log_id: moment.log.to_string(),
        revision_time: Some(timestamp_to_proto(moment.revision_time)),
        catalog_revision: moment.catalog_revision.0,
        calendars: calendar_rules_to_proto(&moment.catalog),
        catalog_version: moment.catalog.hash().to_string(),
        on_boundaries_of: boundaries.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// The answer with the metadata that say how far this replica is. Called by the handlers themselves, whose span it marks.
pub(crate) fn respond<T: Message>(message: T, moment: &Moment, now: Timestamp) -> Response<T> {
    tell(answer::respond(message), moment, now)
}

/// The same for an answer of many messages.
pub(crate) fn respond_with_stream<T>(messages: T, moment: &Moment, now: Timestamp) -> Response<T> {
    tell(Response::new(messages), moment, now)
}

fn tell<T>(mut response: Response<T>, moment: &Moment, now: Timestamp) -> Response<T> {
    record_revision(moment.revision.0);
    moment.lag.tell(response.metadata_mut(), now);
    response
}
