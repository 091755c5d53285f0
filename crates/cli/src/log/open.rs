//! The log of a stopped service, opened as the service opens it, and its records one after another.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use almanac_event_log::{ArchiveOptions, EventLog, ReadError, Record, SledLog, SledOptions};
use almanac_model::Revision;
use indicatif::{ProgressBar, ProgressStyle};

use super::LogError;

/// How much is read at once.
const READ_BYTES: usize = 8 << 20;

/// Which log.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// Data folder of an ingest service that does not run
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    archive: Archive,
}

/// Where the archived part of a log is.
#[derive(clap::Args)]
pub(crate) struct Archive {
    /// Folder to which old segments of the log were packed
    #[arg(long, env = "ALMANAC_ARCHIVE_DIR", value_name = "DIR")]
    archive_dir: Option<PathBuf>,
}

impl Source {
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Opens the log, and says when its beginning is not at hand.
    pub(super) fn open(&self) -> Result<SledLog, LogError> {
        let log = open(&self.dir, &self.archive)?;
        let earliest = log.earliest();
        if earliest > Revision(1) {
            let last = earliest.0 - 1;
            eprintln!("revisions 1 to {last} are archived elsewhere: name their folder with --archive-dir");
        }
        Ok(log)
    }
}

/// Opens the log in a folder. A folder without one is refused, since opening it would make a new log.
pub(super) fn open(dir: &Path, archive: &Archive) -> Result<SledLog, LogError> {
    if !SledLog::exists(dir) {
        return Err(LogError::NoLog { dir: dir.to_owned() });
    }
    // what looks into a log packs nothing
    let archive = archive.archive_dir.clone().map(|dir| ArchiveOptions {
        dir,
        keep_sealed: usize::MAX,
    });
    let options = SledOptions {
        archive,
        ..SledOptions::default()
    };
    Ok(SledLog::open(dir, options)?)
}

/// The records of a log from a revision on.
pub(super) struct Records<'a> {
    log: &'a SledLog,
    next: Revision,
    last: Revision,
    read: VecDeque<Record>,
}

impl<'a> Records<'a> {
    /// All records.
    pub(super) fn all(log: &'a SledLog) -> Self {
        Self::between(log, log.earliest(), Revision::LATEST)
    }

    /// The records from one revision to another, both included.
    pub(super) fn between(log: &'a SledLog, first: Revision, last: Revision) -> Self {
        Self {
            log,
            next: first.max(log.earliest()),
            last: last.min(log.status().borrow().durable),
            read: VecDeque::new(),
        }
    }

    /// The revision that they end with.
    pub(super) const fn end(&self) -> Revision {
        self.last
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, (Revision, ReadError)>;

    /// After an error come the records behind the one that could not be read.
    fn next(&mut self) -> Option<Self::Item> {
        if self.next > self.last {
            return None;
        }
        let asked = self.next;
        if self.read.is_empty() {
            match self.log.read(asked, READ_BYTES).or_else(|_| self.log.read(asked, 1)) {
                Ok(records) => self.read.extend(records),
                Err(error) => {
                    self.next = asked.next();
                    return Some(Err((asked, error)));
                }
            }
        }
        let record = self.read.pop_front()?;
        self.next = record.revision.next();
        Some(Ok(record))
    }
}

/// A bar for so many records; it shows on terminals only.
pub(super) fn progress(records: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} records, {eta} left");
    let bar = ProgressBar::new(records);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
