//! Opens a log as a loss of power could have left it, and holds it against what was acknowledged: the second half of the
//! proof. See `powerloss.py`.
//!
//! It succeeds only if every acknowledged request is there, whole and once, and nothing is there by halves.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use almanac_event_log::{EventLog, SledLog, SledOptions};
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

/// The numbers of the requests in the log.
fn recorded(log: &SledLog) -> Result<BTreeSet<u32>, Box<dyn Error>> {
    let mut numbers = BTreeSet::new();
    let mut next = Revision(1);
    loop {
        let records = log.read(next, 16 << 20)?;
        if records.is_empty() {
            return Ok(numbers);
        }
        for record in records {
            if record.revision != next {
                return Err(format!("revision {} comes after {next}", record.revision).into());
            }
            next = next.next();
            // what begins an epoch of a stream holds no event
            if let Payload::Events(batch) = Payload::decode(&record.payload)?
                && !batch.is_empty()
            {
                let number =
                    powerloss::number_of(&batch).map_err(|wrong| format!("revision {}: {wrong}", record.revision))?;
                if !numbers.insert(number) {
                    return Err(format!("request {number} is recorded twice").into());
                }
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Args { dir, acknowledged } = Args::parse();
    let options = SledOptions {
        ballast_bytes: 0,
        reserve_bytes: 0,
        ..SledOptions::default()
    };
    let numbers = recorded(&SledLog::open(&dir, options)?)?;
    let missing: Vec<u32> = (1..=acknowledged).filter(|number| !numbers.contains(number)).collect();
    match missing.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(format!(
            "{} of {acknowledged} acknowledged requests are lost, the first is {first}",
            missing.len()
        )
        .into()),
    }
}
