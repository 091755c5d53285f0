//! `almanac log dump`: the records of a log as lines of JSON, for people and for their tools.

use std::io::{self, Write};
use std::process::ExitCode;

use almanac_event_log::Record;
use almanac_model::{Batch, BatchExtra, BatchRow, Exact, Period, Revision};
use almanac_wire::Payload;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::LogError;
use super::open::{Records, Source};

/// Prints records as JSON, one to a line
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// First revision
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Last revision; the newest when not given
    #[arg(long, default_value_t = u64::MAX)]
    to: u64,
    /// Print every event, not only how many there are
    #[arg(long)]
    events: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, LogError> {
    let log = args.source.open()?;
    let mut out = io::stdout().lock();
    for record in Records::between(&log, Revision(args.from), Revision(args.to)) {
        let line = line(&record.map_err(|(_, error)| error)?, args.events)?;
        if let Err(error) = writeln!(out, "{line}") {
            // whoever reads has seen enough
            if error.kind() == io::ErrorKind::BrokenPipe {
                break;
            }
            return Err(LogError::Write {
                path: "standard output".into(),
                source: error,
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(record: &Record, with_events: bool) -> Result<Value, LogError> {
    let revision = record.revision;
    let payload = Payload::decode(&record.payload).map_err(|source| LogError::Payload { revision, source })?;
    let recorded_at = Timestamp::from_millisecond(record.recorded_at_ms).map(|at| at.to_string());
    let mut line = json!({
        "revision": revision.0,
        "recorded_at": recorded_at.unwrap_or_default(),
        "principal": record.principal,
    });
    if let Some(request) = &record.request {
        line["request_id"] = json!(uuid::Uuid::from_bytes(request.id).to_string());
    }
    match payload {
        Payload::Events(batch) if with_events => line["events"] = json!(events(&batch)),
        Payload::Events(batch) => line["event_count"] = json!(batch.len()),
        Payload::Catalog(files) => line["catalog"] = json!(files.hash().to_string()),
        Payload::Release(release) => {
            line["release"] = json!({ "name": release.name.to_string(), "revision": release.revision.0 });
        }
    }
    Ok(line)
}

fn events(batch: &Batch) -> Vec<Value> {
    let mut extras = batch.extras().iter().peekable();
    let each = (0_u32..).zip(batch.rows()).map(|(number, row)| {
        let extra = extras.next_if(|extra| extra.row == number);
        event(&row, extra)
    });
    each.collect()
}

fn event(row: &BatchRow<'_>, extra: Option<&BatchExtra>) -> Value {
    let series = row.series;
    let codes = series.dimensions.iter();
    let period = Period::from_ordinal(series.granularity, row.period).map(|period| period.to_string());
    let mut event = json!({
        "metric": series.metric.to_string(),
        "area": series.area.to_string(),
        "reporter": series.reporter.to_string(),
        "dimensions": codes.map(|(id, code)| (id.to_string(), json!(code.to_string()))).collect::<serde_json::Map<_, _>>(),
        "period": period,
        "quality": format!("{:?}", row.status.quality).to_uppercase(),
    });
    if let Some(reason) = row.status.missing {
        event["missing"] = json!(reason.to_string());
    } else {
        let value = Exact::from_scaled(i128::from(row.value), series.decimals);
        event["value"] = json!(value.to_decimal_string(series.decimals));
    }
    if row.is_retraction {
        event["retraction"] = json!(true);
    }
    if let Some(event_id) = extra.and_then(|extra| extra.event_id.as_deref()) {
        event["event_id"] = json!(event_id);
    }
    if let Some(note) = extra.and_then(|extra| extra.note.as_deref()) {
        event["note"] = json!(note);
    }
    event
}
