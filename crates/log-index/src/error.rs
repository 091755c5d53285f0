//! What goes wrong with an index. None of it loses anything: the log has it all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why an index was not opened, read or written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IndexError {
    /// Another version of this crate wrote it.
    #[error("{} has format {found}, this version reads {}", place.display(), crate::FORMAT)]
    OtherFormat {
        /// The index.
        place: PathBuf,
        /// The version found.
        found: u8,
    },
    /// It is not what was written: it has to be discarded.
    #[error("{} is damaged: {cause}", place.display())]
    Damaged {
        /// The index.
        place: PathBuf,
        /// What is wrong with it.
        cause: Arc<str>,
    },
    /// The disk has no room for more. What was written before is intact; the same can be tried again.
    #[error("{free_bytes} bytes are free on the disk of {}, {needed_bytes} are needed", place.display())]
    DiskFull {
        /// The index.
        place: PathBuf,
        /// What is free.
        free_bytes: u64,
        /// What is needed.
        needed_bytes: u64,
    },
    /// The disk did not do what it was told.
    #[error("cannot {operation} {}: {cause}", place.display())]
    Storage {
        /// What was tried, as a verb: "write".
        operation: &'static str,
        /// The index.
        place: PathBuf,
        /// What the system said.
        cause: Arc<str>,
    },
}

impl IndexError {
    pub(crate) fn damaged(place: &Path, cause: impl Into<Arc<str>>) -> Self {
        Self::Damaged {
            place: place.to_owned(),
            cause: cause.into(),
        }
    }

    pub(crate) fn storage(operation: &'static str, place: &Path, cause: &std::io::Error) -> Self {
        Self::Storage {
            operation,
            place: place.to_owned(),
            cause: cause.to_string().into(),
        }
    }

    /// Sorts what the tree said: a file that is missing or too short is damage, not a fault of the disk.
    pub(crate) fn of_tree(operation: &'static str, place: &Path, error: &lsm_tree::Error) -> Self {
        use std::io::ErrorKind::{InvalidData, NotFound, StorageFull, UnexpectedEof};
        match error {
            lsm_tree::Error::Io(error) if error.kind() == StorageFull => Self::DiskFull {
                place: place.to_owned(),
                free_bytes: 0,
                needed_bytes: 1,
            },
            lsm_tree::Error::Io(error) if !matches!(error.kind(), InvalidData | NotFound | UnexpectedEof) => {
                Self::storage(operation, place, error)
            }
            other => Self::damaged(place, other.to_string()),
        }
    }
}
