//! The protobuf types of Almanac and their conversions to and from the domain's.
//!
//! Inbound conversions name the field that is wrong; outbound ones cannot fail. The generated types stay here and in the
//! services' trait implementations.

mod batch;
mod calendar;
mod catalog;
mod columns;
mod completeness;
mod event;
mod figure;
mod figures_answer;
mod page;
mod payload;
pub mod pb;
mod plain_event;
mod record_request;
mod stream_batch;
mod symbols;
mod time;
mod violation;

pub use batch::{BatchDecodeError, batch_from_proto, batch_to_proto};
pub use calendar::{
    CalendarDecodeError, Calendars, calendar_from_proto, calendar_rule_to_proto, calendar_rules_to_proto,
    calendar_to_proto,
};
pub use catalog::{
    area_to_proto, bundle_from_proto, bundle_to_proto, dimension_to_proto, documentation_from_proto,
    documentation_to_proto, indicator_to_proto, label_from_proto, label_to_proto, metric_to_proto, operator_to_proto,
    transition_to_proto, unit_to_proto,
};
pub use columns::{decode_events, encode_batch, encoded_events_len};
pub use completeness::{
    completeness_from_proto, completeness_to_proto, expected_report_from_proto, expected_report_to_proto,
    report_status_from_proto, report_status_to_proto,
};
pub use event::{
    MAX_EVENT_ID_BYTES, MAX_NOTE_BYTES, correction_reason_from_proto, event_from_proto, event_to_proto, period_reason,
};
pub use figure::{
    FigureBatchBuilder, FigureBatchError, FigureDecodeError, MAX_BATCH_FIGURES, decode_figures, encode_figures,
    figure_from_proto, figure_to_proto, figures_from_batch, flag_from_proto, flag_to_proto, granularity_from_proto,
    granularity_to_proto, missing_to_proto, percent_missing_to_proto, period_from_proto, qualifier_from_proto,
    qualifier_to_proto, quality_from_proto, quality_to_proto, rank_among_from_proto, rank_among_to_proto,
    value_from_proto,
};
pub use figures_answer::FiguresAnswer;
pub use page::{PageToken, PageTokenError};
pub use payload::{Payload, PayloadError, record_digest};
pub use plain_event::{PlainEvent, encode_events};
pub use record_request::RecordEventsRequest;
pub use stream_batch::StreamBatch;
pub use time::{timestamp_from_proto, timestamp_to_proto};
pub use violation::{FieldViolation, did_you_mean};

/// The descriptors of what the ingest process serves, for its reflection.
pub const INGEST_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ingest.bin"));

/// The descriptors of what the query process serves, for its reflection.
pub const QUERY_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/query.bin"));
