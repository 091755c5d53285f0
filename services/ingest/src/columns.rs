//! A batch of a stream, taken apart into the events it states, so that they are checked as those of any request are.

use almanac_model::{Batch, BatchExtra, BatchRow, Decimal, Event, EventTime, Measure, Period, ReporterId};
use almanac_wire::{FieldViolation, MAX_EVENT_ID_BYTES, MAX_NOTE_BYTES};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::reason;

type Stated = Result<Event, Vec<FieldViolation>>;

/// The events of a batch, or everything that is wrong with the form of each. `time_zone` tells the day of an instant.
pub(crate) fn events(batch: &Batch, reporter: &ReporterId, time_zone: &TimeZone) -> Vec<Stated> {
    let none = BatchExtra::default();
    let mut extras = batch.extras().iter().peekable();
    let rows = batch.rows().zip(0_u32..);
    rows.map(|(row, place)| {
        let extra = extras.next_if(|extra| extra.row == place).unwrap_or(&none);
        event(row, extra, reporter, time_zone)
    })
    .collect()
}

fn event(row: BatchRow<'_>, extra: &BatchExtra, reporter: &ReporterId, time_zone: &TimeZone) -> Stated {
    let BatchRow {
        series,
        series_index: _,
        period,
        value,
        status,
        is_retraction,
    } = row;
    let mut wrong = Vec::new();
    let mut refuse = |field: &str, reason, message: String| wrong.push(FieldViolation::new(field, reason, message));
    if series.reporter != *reporter {
        let message = format!(
            "the series is of reporter \"{}\", and the stream of \"{reporter}\"",
            series.reporter
        );
        refuse("reporter", reason::OTHER_REPORTER, message);
    }
    if is_retraction {
        let message = "a stream records and takes nothing back; use RetractEvents";
        refuse("status", reason::RETRACTION_IN_STREAM, message.to_owned());
    }
    if status.missing.is_some() && value != 0 {
        let message = format!("the status says that there is no number, and the value is {value}; send 0");
        refuse("value", reason::VALUE_AND_MISSING, message);
    }
    if !series.dimensions.is_sorted_by(|(before, _), (after, _)| before < after) {
        let message = "give each dimension once, sorted by its id";
        refuse("dimensions", reason::MALFORMED_BATCH, message.to_owned());
    }
    for (field, text, most) in [
        ("event_id", &extra.event_id, MAX_EVENT_ID_BYTES),
        ("note", &extra.note, MAX_NOTE_BYTES),
    ] {
        let bytes = text.as_ref().map_or(0, String::len);
        if bytes > most {
            refuse(
                field,
                reason::TOO_LONG,
                format!("has {bytes} bytes; at most {most} are kept"),
            );
        }
    }
    let period = Period::from_ordinal(series.granularity, period);
    let time = time(period, extra.occurred_at_ms, time_zone).map_err(|violation| wrong.push(violation));
    match time {
        Ok(time) if wrong.is_empty() => Ok(Event {
            metric: series.metric.clone(),
            area: series.area.clone(),
            dimensions: series.dimensions.iter().cloned().collect(),
            time,
            measure: match status.missing {
                None => Measure::Value(Decimal::new(value.into(), series.decimals)),
                Some(reason) => Measure::Missing(reason),
            },
            quality: status.quality,
            qualifier: status.qualifier,
            event_id: extra.event_id.clone(),
            note: extra.note.clone(),
            correction: extra.correction,
            confidential: status.confidential,
        }),
        _ => Err(wrong),
    }
}

/// The instant when there is one, which has to be in the period; else the period.
fn time(
    period: Option<Period>,
    occurred_at_ms: Option<i64>,
    time_zone: &TimeZone,
) -> Result<EventTime, FieldViolation> {
    let period = period.ok_or_else(|| {
        let message = "the ordinal is of no period in the years 1000 to 2999";
        FieldViolation::new("period", "MALFORMED_PERIOD", message)
    })?;
    let Some(ms) = occurred_at_ms else {
        return Ok(EventTime::Period(period));
    };
    let instant = Timestamp::from_millisecond(ms)
        .map_err(|_| FieldViolation::new("occurred_at", "MALFORMED_TIME", "is not an instant of the calendar"))?;
    let day = time_zone.to_datetime(instant).date();
    if Period::containing(period.granularity(), day) != period {
        let message = format!("{instant} is on {day} in the catalogue's time zone, which is not in {period}");
        return Err(FieldViolation::new(
            "occurred_at",
            reason::OCCURRED_OUTSIDE_PERIOD,
            message,
        ));
    }
    Ok(EventTime::Instant(instant))
}
