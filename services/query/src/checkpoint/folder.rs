//! The folder of the checkpoints: a new one takes its name when it is whole and on the disk, and the one before stays until
//! then.
//!
//! ```text
//! lock                                     held by the process that uses the folder
//! checkpoint-00000000000000023571          up to revision 23571; the newest and the one before are kept
//! checkpoint.new                           one that is being written; a crash may leave it, the next start removes it
//! checkpoint-….refused, checkpoint-….stale one that could not be used, or is of another log; the last of them is kept
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use almanac_model::Revision;
use tracing::{info, warn};

use super::content::{Checkpoint, ReadError};
use super::file::FileError;
use super::{Disk, OpenError};
use crate::limits;

const PREFIX: &str = "checkpoint-";
const NEW: &str = "checkpoint.new";
const REFUSED: &str = "refused";
const STALE: &str = "stale";

/// A checkpoint could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}", place.display())]
pub(crate) struct WriteError {
    operation: &'static str,
    place: PathBuf,
    source: io::Error,
}

/// Makes an IO error one that names what was tried and where.
fn failed(operation: &'static str, place: &Path) -> impl FnOnce(io::Error) -> WriteError {
    move |source| WriteError {
        operation,
        place: place.to_owned(),
        source,
    }
}

/// A folder that this process has for itself.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    _lock: File,
}

impl Folder {
    /// Makes the folder when it is not there, and takes it.
    pub(super) fn open(dir: &Path, disk: Arc<dyn Disk>) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Unusable {
            dir: dir.to_owned(),
            source,
        };
        fs::create_dir_all(dir).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse { dir: dir.to_owned() },
            TryLockError::Error(source) => unusable(source),
        })?;
        match fs::remove_file(dir.join(NEW)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        Ok(Self {
            dir: dir.to_owned(),
            disk,
            _lock: lock,
        })
    }

    /// The newest checkpoint that can be used. Those that cannot are set aside and told; nothing of them is used.
    pub(super) fn newest(&self) -> Option<Checkpoint> {
        let names = self
            .checkpoints()
            .inspect_err(|error| warn!(%error, dir = %self.dir.display(), "list no checkpoints"))
            .ok()?;
        names.into_iter().find_map(|(revision, path)| match read(&path, revision) {
            Ok((checkpoint, bytes)) => {
                info!(file = %path.display(), %revision, bytes, "load checkpoint");
                Some(checkpoint)
            }
            Err(error) => {
                let error = chain(&error);
                warn!(file = %path.display(), %error, "refuse checkpoint; use the one before, or read the log from its start");
                if let Err(error) = self.set_aside(&path, REFUSED) {
                    warn!(error = %chain(&error), "leave refused checkpoint where it is");
                }
                None
            }
        })
    }

    /// Writes a checkpoint. When this returns it survives a loss of power; until then the one before is there.
    pub(super) fn store(&self, checkpoint: Checkpoint) -> Result<u64, WriteError> {
        let revision = checkpoint.derived.applied();
        let new = self.dir.join(NEW);
        let file = self.disk.create(&new).map_err(failed("create", &new))?;
        let out = BufWriter::with_capacity(limits::CHECKPOINT_BUFFER_BYTES, file);
        let (out, bytes) = checkpoint.write(out).map_err(failed("write", &new))?;
        let file = out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .map_err(failed("write", &new))?;
        self.disk.sync(&file).map_err(failed("sync", &new))?;
        let path = self.dir.join(format!("{PREFIX}{:020}", revision.0));
        fs::rename(&new, &path).map_err(failed("rename", &new))?;
        self.sync_names()?;
        for (_, superseded) in self.checkpoints()?.into_iter().skip(limits::CHECKPOINTS) {
            fs::remove_file(&superseded).map_err(failed("remove", &superseded))?;
        }
        Ok(bytes)
    }

    /// Takes the names of all checkpoints from them: they are of another log than the one that is followed now.
    pub(super) fn set_all_aside(&self) -> Result<(), WriteError> {
        // the newest last: it is the one that is kept
        for (_, path) in self.checkpoints()?.into_iter().rev() {
            self.set_aside(&path, STALE)?;
            info!(file = %path.display(), "set checkpoint of another log aside");
        }
        self.sync_names()
    }

    fn sync_names(&self) -> Result<(), WriteError> {
        let sync = || self.disk.sync(&File::open(&self.dir)?);
        sync().map_err(failed("sync", &self.dir))
    }

    /// The checkpoints with their revisions, the newest first.
    fn checkpoints(&self) -> Result<Vec<(Revision, PathBuf)>, WriteError> {
        let mut found = Vec::new();
        for path in self.files()? {
            let name = path.file_name().and_then(|name| name.to_str());
            let digits = name.and_then(|name| name.strip_prefix(PREFIX));
            if let Some(revision) = digits.and_then(|digits| digits.parse().ok()) {
                found.push((Revision(revision), path));
            }
        }
        found.sort();
        found.reverse();
        Ok(found)
    }

    fn files(&self) -> Result<Vec<PathBuf>, WriteError> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let entries = fs::read_dir(&self.dir)?;
            entries.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        list().map_err(failed("list", &self.dir))
    }

    /// Takes its name from a checkpoint, and removes those that were set aside before.
    fn set_aside(&self, path: &Path, why: &str) -> Result<(), WriteError> {
        let is_aside = |file: &PathBuf| {
            let extension = file.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| [REFUSED, STALE].contains(&extension))
        };
        for earlier in self.files()?.iter().filter(|file| is_aside(file)) {
            fs::remove_file(earlier).map_err(failed("remove", earlier))?;
        }
        fs::rename(path, path.with_extension(why)).map_err(failed("rename", path))
    }
}

fn read(path: &Path, revision: Revision) -> Result<(Checkpoint, u64), ReadError> {
    let file = File::open(path).map_err(FileError::Read)?;
    let (checkpoint, bytes) = Checkpoint::read(BufReader::with_capacity(limits::CHECKPOINT_BUFFER_BYTES, file))?;
    if checkpoint.derived.applied() == revision {
        Ok((checkpoint, bytes))
    } else {
        Err(ReadError::Unfit("its name says another revision than it does"))
    }
}

/// The error with its causes, in one line of the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let texts = causes.map(ToString::to_string);
    std::iter::once(error.to_string())
        .chain(texts)
        .collect::<Vec<_>>()
        .join(": ")
}
