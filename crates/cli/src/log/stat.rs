//! `almanac log stat`: how much of what is in a log, and on which disk.

use std::collections::BTreeSet;
use std::process::ExitCode;

use almanac_event_log::{EventLog, SegmentInfo};
use almanac_wire::Payload;
use jiff::Timestamp;

use super::LogError;
use super::open::{Records, Source, progress};

/// Counts what is in a log, and what it takes on disk
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
}

#[derive(Default)]
struct Counts {
    events: usize,
    batches: u64,
    catalogs: u64,
    releases: u64,
    series: BTreeSet<String>,
    first_at_ms: Option<i64>,
    last_at_ms: Option<i64>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, LogError> {
    let log = args.source.open()?;
    let segments = log.segments().map_err(|source| LogError::File {
        path: args.source.dir().to_owned(),
        source,
    })?;
    let records = Records::all(&log);
    let last = records.end();
    let bar = progress(last.0);
    let mut counts = Counts::default();
    for record in records {
        let record = record.map_err(|(_, error)| error)?;
        counts.first_at_ms.get_or_insert(record.recorded_at_ms);
        counts.last_at_ms = Some(record.recorded_at_ms);
        let revision = record.revision;
        let payload = Payload::decode(&record.payload).map_err(|source| LogError::Payload { revision, source })?;
        counts.add(&payload);
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("log {}, revisions 1 to {last}", log.id());
    print!("{}", counts.told(&segments));
    for SegmentInfo {
        path,
        first,
        last,
        disk_bytes,
    } in segments
    {
        println!("  {}: revisions {first} to {last}, {disk_bytes} bytes", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

impl Counts {
    fn add(&mut self, payload: &Payload) {
        match payload {
            Payload::Events(batch) => {
                self.batches += 1;
                self.events += batch.len();
                let names = batch.series().iter().map(|series| {
                    let codes = series.dimensions.iter().map(|(_, code)| code.as_str());
                    let codes = codes.collect::<Vec<_>>().join("|");
                    format!("{}|{}|{}|{codes}", series.metric, series.area, series.reporter)
                });
                self.series.extend(names);
            }
            Payload::Catalog(_) => self.catalogs += 1,
            Payload::Release(_) => self.releases += 1,
        }
    }

    fn told(&self, segments: &[SegmentInfo]) -> String {
        let instant = |at_ms: Option<i64>| {
            let at = at_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
            at.map_or_else(|| "never".to_owned(), |at| at.to_string())
        };
        let disk_bytes: u64 = segments.iter().map(|segment| segment.disk_bytes).sum();
        format!(
            "recorded from {} to {}\n{} events in {} batches, of {} series; {} versions of the catalogue, {} releases\n{} \
             segments, {disk_bytes} bytes on disk\n",
            instant(self.first_at_ms),
            instant(self.last_at_ms),
            self.events,
            self.batches,
            self.series.len(),
            self.catalogs,
            self.releases,
            segments.len(),
        )
    }
}
