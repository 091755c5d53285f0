//! Every byte of a small log, flipped one at a time: the log is what it was, or the damage is named. It is never another
//! log.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use almanac_event_log::{EventLog, NewRecord, Record, RecordKind, SledLog, SledOptions, wait_durable};
use almanac_model::Revision;

use crate::{Fault, Outcome};

/// Flips bytes of a small log one at a time: each flip is named, or changes nothing that is read
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Flip every so many bytes; 1 for all
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// How many records the log has
    #[arg(long, default_value_t = 5)]
    records: u8,
    /// Remove what says how far the log was acknowledged: the proof has to fail
    #[arg(long)]
    without_witness: bool,
}

#[derive(Default)]
struct Found {
    flips: usize,
    refused_at_open: usize,
    refused_at_read: usize,
    unchanged: usize,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let folder = tempfile::tempdir()?;
    let original = folder.path().join("original");
    let records = fill(&original, args.records).await?;
    if args.without_witness {
        fs::remove_file(original.join("durable"))?;
    }
    let mut found = Found::default();
    let copy = folder.path().join("copy");
    // where a panic is expected, it need not be printed
    std::panic::set_hook(Box::new(|_| {}));
    for file in files(&original)? {
        let bytes = fs::read(original.join(&file))?;
        for offset in places(&bytes).step_by(args.every.max(1)) {
            copy_folder(&original, &copy)?;
            let mut flipped = bytes.clone();
            flipped[offset] ^= 0x20;
            fs::write(copy.join(&file), flipped)?;
            found.flips += 1;
            found
                .look(&copy, &records)
                .map_err(|fault| format!("byte {offset} of {}: {fault}", file.display()))?;
            fs::remove_dir_all(&copy)?;
        }
    }
    let _hook = std::panic::take_hook();
    println!(
        "{} bytes flipped: {} refused when the log was opened, {} when it was read, {} made no difference; none was another \
         log",
        found.flips, found.refused_at_open, found.refused_at_read, found.unchanged
    );
    Ok(())
}

impl Found {
    fn look(&mut self, dir: &Path, records: &[Record]) -> Outcome {
        let opened = catch_unwind(AssertUnwindSafe(|| SledLog::open(dir, options())));
        let Ok(opened) = opened else {
            return Err("opening it panics".into());
        };
        let Ok(log) = opened else {
            self.refused_at_open += 1;
            return Ok(());
        };
        match log.read(Revision(1), usize::MAX) {
            Err(_) => self.refused_at_read += 1,
            Ok(read) if read == records => self.unchanged += 1,
            Ok(read) => return Err(format!("{} other records are read", read.len()).into()),
        }
        Ok(())
    }
}

fn options() -> SledOptions {
    SledOptions {
        ballast_bytes: 0,
        reserve_bytes: 0,
        active_cache_bytes: 1 << 20,
        ..SledOptions::default()
    }
}

async fn fill(dir: &Path, count: u8) -> Result<Vec<Record>, Fault> {
    let log = SledLog::open(dir, options())?;
    for number in 0..count {
        let revision = log.append(NewRecord {
            kind: RecordKind::Events,
            recorded_at_ms: 1_500_000_000_000 + i64::from(number),
            principal: "district-office".into(),
            producer: None,
            request: None,
            receipt: vec![number; 20].into(),
            payload: (0..200)
                .map(|index: u8| index.wrapping_mul(number))
                .collect::<Vec<u8>>()
                .into(),
        })?;
        wait_durable(&log, revision).await?;
    }
    Ok(log.read(Revision(1), usize::MAX)?)
}

/// The files of a folder and of the folders in it.
fn files(root: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Where a file has content: the engine fills what it has not used with zeros.
fn places(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let last = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let zeros_end = move |from: usize, bytes: &[u8]| bytes[from..last].iter().take(64).all(|byte| *byte == 0);
    let used: Vec<usize> = (0..last)
        .filter(|offset| bytes[*offset] != 0 || !zeros_end(*offset, bytes))
        .collect();
    used.into_iter()
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
