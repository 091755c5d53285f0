//! Events as clients send them: every mistake of an event is found at once, by field.

use std::collections::BTreeMap;

use almanac_catalog::Catalog;
use almanac_model::{
    Code, Correction, CorrectionReason, DimensionId, Event, EventTime, Measure, MissingReason, PeriodError, Qualifier,
    Quality, Revision,
};

use crate::batch::{correction_reason_to_proto, correction_to_proto};
use crate::figure::{missing_to_proto, qualifier_to_proto, quality_to_proto};
use crate::pb::shared as pb;
use crate::{FieldViolation, did_you_mean, timestamp_from_proto, timestamp_to_proto};

/// The longest `event_id`.
pub const MAX_EVENT_ID_BYTES: usize = 128;
/// The longest `note`.
pub const MAX_NOTE_BYTES: usize = 1000;

const REQUIRED: &str = "REQUIRED";

/// The event, or everything that is wrong with its form. The catalogue knows the calendars of periods and suggests names;
/// whether it allows the event is asked afterwards.
pub fn event_from_proto(event: &pb::Event, catalog: &Catalog) -> Result<Event, Vec<FieldViolation>> {
    let pb::Event {
        metric,
        area,
        dimensions,
        quality,
        qualifier,
        event_id,
        note,
        correction,
        confidential,
        when,
        measure,
    } = event;
    let mut wrong = Vec::new();
    let metric = kept(
        &mut wrong,
        id("metric", "UNKNOWN_METRIC", metric, || catalog.nearest_metric(metric)),
    );
    let area = kept(
        &mut wrong,
        id("area", "UNKNOWN_AREA", area, || catalog.nearest_area(area)),
    );
    let dimensions = dimension_codes(dimensions, catalog, &mut wrong);
    let time = kept(&mut wrong, event_time(when.as_ref(), catalog));
    let measure = kept(&mut wrong, event_measure(measure.as_ref()));
    let quality = kept(&mut wrong, event_quality(*quality));
    let qualifier = kept(&mut wrong, event_qualifier(*qualifier));
    let correction = kept(&mut wrong, correction.map(event_correction).transpose());
    let event_id = kept(&mut wrong, short_text("event_id", event_id, MAX_EVENT_ID_BYTES));
    let note = kept(&mut wrong, short_text("note", note, MAX_NOTE_BYTES));
    match (
        metric, area, time, measure, quality, qualifier, correction, event_id, note,
    ) {
        (
            Some(metric),
            Some(area),
            Some(time),
            Some(measure),
            Some(quality),
            Some(qualifier),
            Some(correction),
            Some(event_id),
            Some(note),
        ) if wrong.is_empty() => Ok(Event {
            metric,
            area,
            dimensions,
            time,
            measure,
            quality,
            qualifier,
            event_id,
            note,
            correction,
            confidential: *confidential,
        }),
        _ => Err(wrong),
    }
}

fn kept<T>(wrong: &mut Vec<FieldViolation>, part: Result<T, FieldViolation>) -> Option<T> {
    part.map_err(|violation| wrong.push(violation)).ok()
}

fn id<T: std::str::FromStr<Err = almanac_model::IdError>>(
    field: &str,
    reason: &'static str,
    text: &str,
    nearest: impl Fn() -> Vec<String>,
) -> Result<T, FieldViolation> {
    if text.is_empty() {
        return Err(FieldViolation::new(
            field,
            REQUIRED,
            format!("{field} is required: give its id"),
        ));
    }
    let unknown = |error| FieldViolation::new(field, reason, format!("{error}{}", did_you_mean(&nearest())));
    text.parse().map_err(unknown)
}

fn dimension_codes(
    given: &BTreeMap<String, String>,
    catalog: &Catalog,
    wrong: &mut Vec<FieldViolation>,
) -> BTreeMap<DimensionId, Code> {
    let mut codes = BTreeMap::new();
    for (dimension, code) in given {
        let field = format!("dimensions.{dimension}");
        let suggest = |_: &str| catalog.nearest_dimension(dimension);
        let dimension_id = kept(wrong, id(&field, "UNKNOWN_DIMENSION", dimension, || suggest(dimension)));
        let nearest = || catalog.nearest_code(dimension, code);
        let code = kept(wrong, id(&field, "UNKNOWN_CODE", code, nearest));
        codes.extend(dimension_id.zip(code));
    }
    codes
}

fn event_time(when: Option<&pb::event::When>, catalog: &Catalog) -> Result<EventTime, FieldViolation> {
    match when {
        None => Err(FieldViolation::new(
            "period",
            REQUIRED,
            "give the period that the value is about, such as \"2017\"",
        )),
        Some(pb::event::When::Period(text)) => {
            let period = catalog.period(text).map(EventTime::Period);
            period.map_err(|error| FieldViolation::new("period", period_reason(&error), error.to_string()))
        }
        Some(pb::event::When::OccurredAt(instant)) => timestamp_from_proto(instant)
            .map(EventTime::Instant)
            .ok_or_else(|| FieldViolation::new("occurred_at", "MALFORMED_TIME", "is not an instant of the calendar")),
    }
}

/// The reason for a text that is no period.
#[must_use]
pub const fn period_reason(error: &PeriodError) -> &'static str {
    match error {
        PeriodError::UnknownCalendar { .. } => "UNKNOWN_CALENDAR",
        _ => "MALFORMED_PERIOD",
    }
}

fn event_measure(measure: Option<&pb::event::Measure>) -> Result<Measure, FieldViolation> {
    match measure {
        None => Err(FieldViolation::new(
            "value",
            REQUIRED,
            "give a value, such as \"0\", or the reason why it is missing",
        )),
        Some(pb::event::Measure::Value(text)) => {
            text.parse()
                .map(Measure::Value)
                .map_err(|error: almanac_model::DecimalError| {
                    FieldViolation::new("value", "MALFORMED_VALUE", error.to_string())
                })
        }
        Some(pb::event::Measure::Missing(number)) => missing_from_proto(*number).map(Measure::Missing),
    }
}

pub(crate) fn missing_from_proto(number: i32) -> Result<MissingReason, FieldViolation> {
    const RECORDABLE: [MissingReason; 4] = [
        MissingReason::NotCollected,
        MissingReason::CannotExist,
        MissingReason::Suppressed,
        MissingReason::Unspecified,
    ];
    RECORDABLE
        .into_iter()
        .find(|reason| i32::from(missing_to_proto(*reason)) == number)
        .ok_or_else(|| {
            let names = RECORDABLE
                .map(|reason| missing_to_proto(reason).as_str_name())
                .join(", ");
            FieldViolation::new(
                "missing",
                "MISSING_REASON_NOT_RECORDABLE",
                format!("a reporter can give {names}"),
            )
        })
}

pub(crate) fn event_quality(number: i32) -> Result<Quality, FieldViolation> {
    match pb::Quality::try_from(number) {
        Ok(pb::Quality::Estimated) => Ok(Quality::Estimated),
        Ok(pb::Quality::Preliminary) => Ok(Quality::Preliminary),
        Ok(pb::Quality::Official) => Ok(Quality::Official),
        Ok(pb::Quality::Unspecified) | Err(_) => {
            let message = "say how final the value is: QUALITY_ESTIMATED, QUALITY_PRELIMINARY or QUALITY_OFFICIAL";
            Err(FieldViolation::new("quality", REQUIRED, message))
        }
    }
}

pub(crate) fn event_qualifier(number: i32) -> Result<Qualifier, FieldViolation> {
    match pb::Qualifier::try_from(number) {
        Ok(pb::Qualifier::Unspecified | pb::Qualifier::Exact) => Ok(Qualifier::Exact),
        Ok(pb::Qualifier::AtLeast) => Ok(Qualifier::AtLeast),
        Ok(pb::Qualifier::AtMost) => Ok(Qualifier::AtMost),
        Ok(pb::Qualifier::About) => Ok(Qualifier::About),
        Err(_) => Err(FieldViolation::new(
            "qualifier",
            "UNKNOWN_QUALIFIER",
            format!("there is no qualifier {number}"),
        )),
    }
}

fn event_correction(correction: pb::Correction) -> Result<Correction, FieldViolation> {
    let reason = correction_reason_from_proto("correction.reason", correction.reason)?;
    Ok(Correction {
        reason,
        expected_revision: correction.expected_revision.map(Revision),
    })
}

/// The reason of a correction or retraction, which has to be given in `field`.
pub fn correction_reason_from_proto(field: &str, number: i32) -> Result<CorrectionReason, FieldViolation> {
    let known = [
        CorrectionReason::ReportingError,
        CorrectionReason::NewData,
        CorrectionReason::MethodChange,
    ];
    let found = known
        .into_iter()
        .find(|reason| i32::from(correction_reason_to_proto(*reason)) == number);
    found.ok_or_else(|| {
        let names = known.map(|reason| correction_reason_to_proto(reason).as_str_name());
        FieldViolation::new(field, REQUIRED, format!("give the reason: {}", names.join(", ")))
    })
}

fn short_text(field: &str, text: &str, most: usize) -> Result<Option<String>, FieldViolation> {
    let bytes = text.len();
    if bytes > most {
        return Err(FieldViolation::new(
            field,
            "TOO_LONG",
            format!("has {bytes} bytes; at most {most} are kept"),
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The event as clients send it.
#[must_use]
pub fn event_to_proto(event: &Event) -> pb::Event {
    let Event {
        metric,
        area,
        dimensions,
        time,
        measure,
        quality,
        qualifier,
        event_id,
        note,
        correction,
        confidential,
    } = event;
    pb::Event {
        metric: metric.to_string(),
        area: area.to_string(),
        dimensions: dimensions
            .iter()
            .map(|(dimension, code)| (dimension.to_string(), code.to_string()))
            .collect(),
        when: Some(match time {
            EventTime::Period(period) => pb::event::When::Period(period.to_string()),
            EventTime::Instant(instant) => pb::event::When::OccurredAt(timestamp_to_proto(*instant)),
        }),
        measure: Some(match measure {
            Measure::Value(value) => pb::event::Measure::Value(value.to_string()),
            Measure::Missing(reason) => pb::event::Measure::Missing(missing_to_proto(*reason).into()),
        }),
        quality: quality_to_proto(*quality).into(),
        qualifier: qualifier_to_proto(*qualifier).into(),
        event_id: event_id.clone().unwrap_or_default(),
        note: note.clone().unwrap_or_default(),
        correction: correction.as_ref().map(correction_to_proto),
        confidential: *confidential,
    }
}
