//! `almanac log import`: a log from the file of an export, with the id and the revisions that it had.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use almanac_event_log::{AppendError, ArchiveReader, EventLog, NewRecord, Record, SledLog, SledOptions, wait_durable};
use almanac_model::Revision;
use indicatif::ProgressBar;

use super::LogError;
use super::export::{sync_parent, written};

/// Restores a log from the file of an export
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file of an export
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The data folder to make
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(super) async fn run(args: &Args) -> Result<ExitCode, LogError> {
    if args.dir.exists() {
        return Err(LogError::Exists {
            kind: "folder",
            path: args.dir.clone(),
        });
    }
    let file = File::open(&args.file).map_err(|source| LogError::File {
        path: args.file.clone(),
        source,
    })?;
    let mut archive = ArchiveReader::new(BufReader::new(file), &args.file)?;
    let first = archive.first();
    if first > Revision(1) {
        return Err(LogError::Part {
            path: args.file.clone(),
            first,
        });
    }
    // half a log must not be taken for one: it gets its name when it is whole
    let unfinished = unfinished(&args.dir)?;
    let options = SledOptions {
        new_id: Some(archive.log()),
        ..SledOptions::default()
    };
    let log = SledLog::open(&unfinished, options)?;
    let last = append_all(&log, &mut archive).await?;
    drop(log);
    fs::rename(&unfinished, &args.dir).map_err(written(&args.dir))?;
    sync_parent(&args.dir)?;
    println!(
        "{} is log {} with revisions 1 to {last}",
        args.dir.display(),
        archive.log()
    );
    Ok(ExitCode::SUCCESS)
}

/// The folder in which the log grows; what an interrupted import left in it is removed.
fn unfinished(dir: &Path) -> Result<PathBuf, LogError> {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let unfinished = dir.with_file_name(name);
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(written(&unfinished))?;
    }
    Ok(unfinished)
}

async fn append_all(log: &SledLog, archive: &mut ArchiveReader<BufReader<File>>) -> Result<Revision, LogError> {
    let bar = ProgressBar::new_spinner();
    let mut last = Revision(0);
    while let Some(record) = archive.next_record()? {
        last = append(log, record, last).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if last > Revision(0) {
        wait_durable(log, last).await?;
    }
    Ok(last)
}

/// Appends a record; where too much waits for the disk, it waits as well.
async fn append(log: &SledLog, record: Record, before: Revision) -> Result<Revision, LogError> {
    let revision = record.revision;
    let new = NewRecord::from(record);
    loop {
        match log.append(new.clone()) {
            Ok(appended) => {
                assert_eq!(appended, revision, "a new log gives the revisions of the old one");
                return Ok(revision);
            }
            Err(AppendError::QueueFull { .. }) => wait_durable(log, before).await?,
            Err(source) => return Err(LogError::Append { revision, source }),
        }
    }
}
