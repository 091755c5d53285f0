//! Small files and folders, so that a crash leaves the old state or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use almanac_model::Revision;

use crate::{Failure, OpenError};

/// Makes an IO error a [`Failure`] that names what was tried and where.
pub(super) fn failed(operation: &'static str, place: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::new(operation, place, &error)
}

/// Creates a folder and its parents, and makes its name durable.
pub(super) fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(failed("create", path))?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => Ok(()),
    }
}

/// The bytes of the files in a folder and the folders in it.
pub(super) fn folder_bytes(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            folder_bytes(&entry.path())?
        } else {
            metadata.len()
        };
    }
    Ok(bytes)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), Failure> {
    sync_file(path)
}

/// Makes a file or the names in a folder durable.
pub(super) fn sync_file(path: &Path) -> Result<(), Failure> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed("sync", path))
}

/// Replaces a file's content: after a crash it has the old content or the new.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let fresh = path.with_extension("new");
    let write = || {
        let mut file = File::create(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(failed("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Takes the log for this process; the lock ends with the file handle, however the process ends.
pub(super) fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error).into()),
    }
}

/// The last acknowledged revision, written after every sync and not synced itself.
///
/// It may be behind the log, after a loss of power, and is then of no use; it is never ahead. A log that ends before it
/// has lost something that was acknowledged.
#[derive(Debug)]
pub(super) struct Witness {
    path: PathBuf,
    file: File,
}

impl Witness {
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join("durable");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        Ok(Self { path, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was acknowledged at least. A file that a loss of power left half written says nothing.
    pub(super) fn read(&self) -> Result<Revision, Failure> {
        let mut bytes = [0; 12];
        match self.file.read_exact_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Revision::EMPTY),
            Err(error) => return Err(failed("read", &self.path)(error)),
        }
        let (revision, checksum) = bytes.split_at(8);
        if crc32c::crc32c(revision).to_be_bytes() != checksum {
            return Ok(Revision::EMPTY);
        }
        Ok(Revision(
            revision.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        ))
    }

    pub(super) fn write(&self, revision: Revision) -> Result<(), Failure> {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&revision.0.to_be_bytes());
        let checksum = crc32c::crc32c(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_be_bytes());
        self.file.write_all_at(&bytes, 0).map_err(failed("write", &self.path))
    }
}
