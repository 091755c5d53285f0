//! Opens a log as a loss of power could have left it, and holds it against what was acknowledged: the second half of the
//! proof. See `powerloss.py`.
//!
//! It succeeds only if every acknowledged request is there, whole and once, and nothing is there by halves; and if the retries
//! of exactly those requests are recognised that are there, whatever the loss of power left of the index.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use almanac_event_log::{EventLog, SledLog, SledOptions};
use almanac_ingest::Ledger;
use almanac_model::Revision;
use almanac_tests::powerloss;
use almanac_wire::Payload;
use clap::Parser;

/// Checks that a log holds what was acknowledged.
#[derive(Parser)]
struct Args {
    /// Folder of the log
    dir: PathBuf,
    /// How many requests were acknowledged: 1 to this number
    acknowledged: u32,
}

/// What the log holds.
#[derive(Default)]
struct Recorded {
    numbers: BTreeSet<u32>,
    /// The revision of each request that had an id.
    requests: BTreeMap<[u8; 16], Revision>,
}

fn recorded(log: &SledLog) -> Result<Recorded, Box<dyn Error>> {
    let mut recorded = Recorded::default();
    let mut next = Revision(1);
    loop {
        let records = log.read(next, 16 << 20)?;
        if records.is_empty() {
            return Ok(recorded);
        }
        for record in records {
            if record.revision != next {
                return Err(format!("revision {} comes after {next}", record.revision).into());
            }
            next = next.next();
            recorded
                .requests
                .extend(record.request.map(|request| (request.id, record.revision)));
            // what begins an epoch of a stream holds no event
            if let Payload::Events(batch) = Payload::decode(&record.payload)?
                && !batch.is_empty()
            {
                let number =
                    powerloss::number_of(&batch).map_err(|wrong| format!("revision {}: {wrong}", record.revision))?;
                if !recorded.numbers.insert(number) {
                    return Err(format!("request {number} is recorded twice").into());
                }
            }
        }
    }
}

/// The retry of what is in the log is recognised, and that of what is not there is not.
fn check_retries(log: SledLog, dir: &Path, recorded: &Recorded, sent: u32) -> Result<(), Box<dyn Error>> {
    let (clock, options) = (Arc::new(powerloss::now), powerloss::ledger_options());
    let ledger = Ledger::open(Arc::new(log), &dir.join("index"), clock, options)?;
    for number in 1..=sent {
        let id = uuid::Uuid::parse_str(&powerloss::request_id(number))?.into_bytes();
        let (found, expected) = (ledger.request(&id)?, recorded.requests.get(&id).copied());
        if found != expected {
            return Err(
                format!("request {number} is in the log as {expected:?}, its retry is taken for {found:?}").into(),
            );
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let Args { dir, acknowledged } = Args::parse();
    let options = SledOptions {
        ballast_bytes: 0,
        reserve_bytes: 0,
        ..SledOptions::default()
    };
    let log = SledLog::open(&dir, options)?;
    let recorded = recorded(&log)?;
    let missing: Vec<u32> = (1..=acknowledged)
        .filter(|number| !recorded.numbers.contains(number))
        .collect();
    if let [first, ..] = missing.as_slice() {
        return Err(format!(
            "{} of {acknowledged} acknowledged requests are lost, the first is {first}",
            missing.len()
        )
        .into());
    }
    let sent = recorded.numbers.last().map_or(0, |last| *last).max(acknowledged) + 16;
    check_retries(log, &dir, &recorded, sent)
}
