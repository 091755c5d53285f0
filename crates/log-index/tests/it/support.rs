//! Indexes in folders that go when the test ends.

use std::fs;
use std::path::{Path, PathBuf};

use almanac_log_index::{Basis, IndexError, IndexOptions, LogIndex};
use almanac_model::{LogId, Revision};
use tempfile::TempDir;

/// A folder for an index, and where in it the index is.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let dir = folder.path().join("index");
    (folder, dir)
}

pub(crate) fn open(dir: &Path) -> Result<LogIndex, IndexError> {
    let options = IndexOptions {
        cache_bytes: 1 << 20,
        ..IndexOptions::default()
    };
    LogIndex::open(dir, &options)
}

/// All records up to a revision.
pub(crate) fn basis(revision: u64) -> Basis {
    Basis {
        log: LogId::from_bytes([7; 16]),
        revision: Revision(revision),
        record_digest: [u8::try_from(revision % 251).unwrap_or_default(); 32],
        terms: 30,
    }
}

/// The value of a row; `None` if it is not there.
pub(crate) fn value(index: &LogIndex, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
    Ok(index.get(key)?.map(|value| value.to_vec()))
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// The files of a folder and of the folders in it.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
