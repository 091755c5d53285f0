//! `almanac log verify`: every stored byte is read, checked and decoded.

use std::process::ExitCode;

use almanac_event_log::Record;
use almanac_model::Revision;
use almanac_wire::Payload;

use super::LogError;
use super::open::{Records, Source, progress};

/// Reads and checks every record of a log; every damage is named with its revision and place
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, LogError> {
    let log = args.source.open()?;
    let records = Records::all(&log);
    let last = records.end();
    let bar = progress(last.0);
    let (mut checked, mut faults) = (Checked::default(), 0_u64);
    for record in records {
        bar.inc(1);
        let found = match record {
            Ok(record) => checked.add(&record),
            Err((revision, error)) => Err(format!("revision {revision}: {error}")),
        };
        if let Err(fault) = found {
            faults += 1;
            bar.suspend(|| println!("damaged: {fault}"));
        }
    }
    bar.finish_and_clear();
    let Checked {
        records,
        events,
        payload_bytes,
        ..
    } = checked;
    println!(
        "{records} of {last} records are intact: {events} events in {payload_bytes} bytes of content, and {faults} are damaged"
    );
    Ok(if faults == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Checked {
    records: u64,
    events: usize,
    payload_bytes: usize,
    newest: Option<(Revision, i64)>,
}

impl Checked {
    /// Its checksum was right; its content has to be sound as well.
    fn add(&mut self, record: &Record) -> Result<(), String> {
        let payload = Payload::decode(&record.payload)
            .map_err(|error| format!("revision {} cannot be decoded: {error}", record.revision))?;
        if let Some((before, recorded_at_ms)) = self.newest.filter(|(_, at)| *at > record.recorded_at_ms) {
            return Err(format!(
                "revision {} was recorded at {} ms, before revision {before} at {recorded_at_ms} ms",
                record.revision, record.recorded_at_ms
            ));
        }
        self.newest = Some((record.revision, record.recorded_at_ms));
        self.records += 1;
        self.payload_bytes += record.payload.len();
        if let Payload::Events(batch) = payload {
            self.events += batch.len();
        }
        Ok(())
    }
}
