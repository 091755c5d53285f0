//! Old segments packed into files of another folder, perhaps on another disk: one file instead of a database, about half as
//! large, and read like any other segment.
//!
//! A segment is packed by a thread of its own, read back and compared with what it is to hold; only then does the manifest
//! say that it is archived, and only after that is its database removed. A crash in between leaves the database, the
//! file, or both, and the next open or the next pass goes on from there.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use almanac_model::{LogId, Revision};

use super::files;
use super::manifest::Sealed;
use super::writer::Shared;
use crate::archive::{ArchiveError, ArchiveFile, ArchiveReader, ArchiveWriter};
use crate::assemble::Batch;
use crate::{Failure, ReadError};

/// How much of a segment is held in memory while it is packed.
const PAGE_BYTES: usize = 4 << 20;

/// Where old segments go.
#[derive(Clone, Debug)]
pub struct ArchiveOptions {
    /// The folder; each log has one of its own in it, named by its id.
    pub dir: PathBuf,
    /// How many sealed segments stay with the log. Default 4: followers that are a little behind read those.
    pub keep_sealed: usize,
}

impl ArchiveOptions {
    /// The defaults, with this folder.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, keep_sealed: 4 }
    }
}

/// Where the archived segments of a log are.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    folder: PathBuf,
    log: LogId,
}

impl Archive {
    pub(super) fn new(options: &ArchiveOptions, log: LogId) -> Self {
        Self {
            folder: options.dir.join(log.to_string()),
            log,
        }
    }

    /// The file of a segment.
    pub(super) fn path(&self, segment: Sealed) -> PathBuf {
        let Sealed { first, last, .. } = segment;
        self.folder.join(format!("{:020}-{:020}.almanac", first.0, last.0))
    }

    /// The first revision from which on no archived segment is missing.
    pub(super) fn first_at_hand(&self, archived: &[Sealed], after: Revision) -> Revision {
        let there = archived
            .iter()
            .rev()
            .take_while(|segment| self.path(**segment).is_file());
        there.last().map_or(after, |segment| segment.first)
    }

    pub(super) fn open(&self, segment: Sealed) -> Result<ArchiveFile, ReadError> {
        ArchiveFile::open(&self.path(segment), self.log, segment.first, segment.last)
    }
}

/// Why a segment was not packed. It stays where it is, and is tried again with the next one.
#[derive(Debug, thiserror::Error)]
enum PackError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Storage(#[from] Failure),
    #[error("what was written is not what was read")]
    ReadBack(#[source] ArchiveError),
    #[error("what was written ends at revision {found} instead of {last}")]
    Incomplete { found: Revision, last: Revision },
    #[error("the log is closed")]
    Closed,
}

/// The thread that packs segments.
#[derive(Debug)]
pub(super) struct Archiver {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Archiver {
    /// Packs what is to be packed, now and whenever the sender says that a segment was sealed.
    pub(super) fn start(
        archive: Archive,
        keep_sealed: usize,
        shared: Arc<Shared>,
    ) -> std::io::Result<(Self, Sender<()>)> {
        let (sealed, word) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let packer = Packer {
            archive,
            keep_sealed,
            shared,
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new()
            .name("event-log-archiver".into())
            .spawn(move || packer.run(&word))?;
        Ok((Self { thread, stop }, sealed))
    }

    /// Ends the thread once every sender is gone, in the middle of a segment too.
    pub(super) fn join(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("end archiver: it panicked");
        }
    }
}

struct Packer {
    archive: Archive,
    keep_sealed: usize,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
}

impl Packer {
    fn run(&self, word: &Receiver<()>) {
        loop {
            self.shared.layout.remove_archived();
            while let Some(segment) = self.shared.layout.oldest_sealed(self.keep_sealed) {
                match self.pack(segment) {
                    Ok(()) => tracing::info!(segment = %self.archive.path(segment).display(), "archive segment"),
                    Err(PackError::Closed) => return,
                    Err(error) => {
                        let cause = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::error!(%error, cause, first = segment.first.0, "archive segment; keep it where it is");
                        break;
                    }
                }
            }
            if word.recv().is_err() {
                return;
            }
        }
    }

    fn pack(&self, segment: Sealed) -> Result<(), PackError> {
        files::create_folder(&self.archive.folder)?;
        let path = self.archive.path(segment);
        let unfinished = path.with_extension("unfinished");
        self.write(segment, &unfinished)?;
        self.read_back(segment, &unfinished)?;
        fs::rename(&unfinished, &path).map_err(files::failed("rename", &unfinished))?;
        files::sync_folder(&self.archive.folder)?;
        self.shared.layout.archive_oldest(segment)?;
        self.shared.layout.remove_archived();
        Ok(())
    }

    fn write(&self, segment: Sealed, path: &Path) -> Result<(), PackError> {
        let failed = |error| files::failed("write", path)(error);
        let file = File::create(path).map_err(failed)?;
        let mut writer = ArchiveWriter::new(BufWriter::new(file), self.archive.log, segment.first).map_err(failed)?;
        let mut next = segment.first;
        while next <= segment.last {
            self.check_stop()?;
            let mut page = Batch::new(PAGE_BYTES);
            self.shared.layout.read(next, segment.last, &mut page)?;
            for record in page.into_records() {
                next = record.revision.next();
                writer.append(record).map_err(failed)?;
            }
        }
        let synced = writer.finish().and_then(|mut buffer| {
            buffer.flush()?;
            buffer.get_ref().sync_all()
        });
        Ok(synced.map_err(failed)?)
    }

    /// Every record is whole and in its place; each value has its checksum.
    fn read_back(&self, segment: Sealed, path: &Path) -> Result<(), PackError> {
        let file = File::open(path).map_err(files::failed("open", path))?;
        let mut reader = ArchiveReader::new(BufReader::new(file), path).map_err(PackError::ReadBack)?;
        let mut found = Revision(segment.first.0 - 1);
        while let Some(record) = reader.next_record().map_err(PackError::ReadBack)? {
            self.check_stop()?;
            found = record.revision;
        }
        let last = segment.last;
        if (reader.log(), reader.first(), found) == (self.archive.log, segment.first, last) {
            Ok(())
        } else {
            Err(PackError::Incomplete { found, last })
        }
    }

    fn check_stop(&self) -> Result<(), PackError> {
        if self.stop.load(Ordering::Relaxed) {
            Err(PackError::Closed)
        } else {
            Ok(())
        }
    }
}
