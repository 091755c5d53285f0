//! Requests that are known by their number, so that a log shows which of them it holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use almanac_ingest::{IndexLimits, LedgerOptions};
use almanac_model::{Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, Qualifier, Quality, Status};
use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::shared as pb;

/// Whose figures the requests are.
pub const REPORTER: &str = "ca-mau-telecom-operators";
const CODES: [&str; 3] = ["adsl", "ftth", "mobile_3g_4g"];

/// The clock of the writer: the 1st of March 2018, when the year 2017 can be reported as final.
#[must_use]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::new(1_519_862_400, 0).unwrap_or_default()
}

/// Request number `number`. Most are small; each eighth one has remarks of 54 kB, more than one value of the log takes.
#[must_use]
pub fn request(number: u32) -> RecordEventsRequest {
    let (years, note_bytes) = if number.is_multiple_of(8) {
        (20, 900)
    } else {
        (1 + number % 7, 40)
    };
    let codes = CODES
        .iter()
        .flat_map(|code| (0..years).map(move |year| (*code, 1998 + year)));
    let events = codes.map(|(code, year)| event(number, code, year, note_bytes));
    RecordEventsRequest {
        request_id: request_id(number),
        ..RecordEventsRequest::new(REPORTER, events)
    }
}

/// The id of request number `number`, as it is sent.
#[must_use]
pub fn request_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// Runs of the index as small as the segments of the log.
#[must_use]
pub fn ledger_options() -> LedgerOptions {
    LedgerOptions {
        index: IndexLimits {
            run_rows: 16,
            ..IndexLimits::default()
        },
        ..LedgerOptions::default()
    }
}

fn event(number: u32, code: &str, year: u32, note_bytes: usize) -> pb::Event {
    pb::Event {
        metric: "internet.subscriptions".into(),
        area: "96".into(),
        dimensions: BTreeMap::from([("technology".into(), code.into())]),
        when: Some(pb::event::When::Period(year.to_string())),
        measure: Some(pb::event::Measure::Value(number.to_string())),
        quality: pb::Quality::Official.into(),
        note: note(number, year, code, note_bytes),
        ..pb::Event::default()
    }
}

/// Request number `number` as the batch of a stream.
pub fn batch(number: u32) -> Result<Batch, crate::Fault> {
    let official = Status {
        quality: Quality::Official,
        qualifier: Qualifier::Exact,
        missing: None,
        confidential: false,
    };
    let mut batch = BatchBuilder::default();
    for event in request(number).decode_events()? {
        let Some(pb::event::When::Period(year)) = event.when else {
            return Err("a numbered event is of a year".into());
        };
        let mut dimensions = Vec::new();
        for (dimension, code) in event.dimensions {
            dimensions.push((dimension.parse()?, code.parse()?));
        }
        let series = BatchSeries {
            metric: event.metric.parse()?,
            area: event.area.parse()?,
            reporter: REPORTER.parse()?,
            dimensions: dimensions.into(),
            granularity: Granularity::Year,
            decimals: 0,
        };
        let extra = BatchExtra {
            note: Some(event.note),
            ..BatchExtra::default()
        };
        batch.push(series, year.parse::<i32>()? - 1970, number.into(), official, extra);
    }
    Ok(batch.finish())
}

/// Text that does not compress, and is the same each time.
fn note(number: u32, year: u32, code: &str, bytes: usize) -> String {
    let mut state = (u64::from(number) << 32) | (u64::from(year) << 8) | code.len() as u64;
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        // writing to a text cannot fail
        let _ = write!(text, "{:016x}", mixed ^ (mixed >> 33));
    }
    text.truncate(bytes);
    text
}

/// The number of the request that a batch of the log came from; an error when it is not that request, whole.
pub fn number_of(batch: &Batch) -> Result<u32, String> {
    let first = batch.rows().next().ok_or("the batch is empty")?;
    let number = u32::try_from(first.value).map_err(|_| format!("{} is the number of no request", first.value))?;
    let expected = request(number).decode_events().map_err(|error| error.to_string())?;
    if batch.len() != expected.len() || batch.extras().len() != expected.len() {
        return Err(format!(
            "request {number} has {} of {} events",
            batch.len(),
            expected.len()
        ));
    }
    for ((row, extra), event) in batch.rows().zip(batch.extras()).zip(&expected) {
        let code = row.series.dimensions.first().map(|(_, code)| code.as_str());
        let same = row.value == i64::from(number)
            && event.when == Some(pb::event::When::Period((row.period + 1970).to_string()))
            && event.dimensions.get("technology").map(String::as_str) == code
            && extra.note.as_deref() == Some(event.note.as_str());
        if !same {
            return Err(format!("request {number} has another event in row {}", extra.row));
        }
    }
    Ok(number)
}
