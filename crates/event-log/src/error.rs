//! What goes wrong, classed by who can mend it.
//!
//! A caller can mend [`AppendError::TooLarge`]; waiting mends [`AppendError::QueueFull`] and [`AppendError::DiskFull`].
//! Everything else is a fault of the storage and never the client's.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use almanac_model::Revision;

use crate::Fault;

/// A fault of the storage after which the log accepts nothing more: the process must stop and recover at its next start.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot {operation} {}: {cause}", place.display())]
pub struct Failure {
    /// What was tried, as a verb: "sync".
    pub operation: &'static str,
    /// The file or folder.
    pub place: PathBuf,
    /// What the system or the engine said.
    pub cause: Arc<str>,
}

impl Failure {
    /// The failure of `operation` at `place`.
    #[must_use]
    pub fn new(operation: &'static str, place: impl Into<PathBuf>, cause: &impl fmt::Display) -> Self {
        Self {
            operation,
            place: place.into(),
            cause: cause.to_string().into(),
        }
    }
}

/// A stored record that is not what was written. It is never decoded.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "revision {revision}, part {part} in {} is damaged: {fault}; restore this folder from a backup, or rebuild it on a \
     healthy disk: nothing from this revision on can be trusted",
    place.display()
)]
pub struct Damage {
    /// The revision that was to be read.
    pub revision: Revision,
    /// Which of its parts, from 0.
    pub part: u32,
    /// The folder of the segment.
    pub place: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Why a record was not appended. Nothing of it is in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too much is waiting to become durable: try again a little later.
    #[error("{queued_bytes} bytes wait to become durable, the limit is {limit_bytes}")]
    QueueFull {
        /// What is waiting.
        queued_bytes: usize,
        /// How much may wait.
        limit_bytes: usize,
    },
    /// The record is larger than the log takes: split it.
    #[error("the record has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The record's size, in bytes.
        bytes: usize,
        /// The largest size, in bytes.
        limit: usize,
    },
    /// Writes are refused before the disk is full; they come back when there is space again.
    #[error("{free_bytes} bytes are free on the log's disk, fewer than the reserve of {reserve_bytes}")]
    DiskFull {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        reserve_bytes: u64,
    },
    /// The storage failed earlier.
    #[error("the log has failed: {0}")]
    Failed(#[source] Failure),
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

/// Why records were not read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The log does not go back this far. Revision 0 is the empty log and no record.
    #[error(
        "revision {from} is before the earliest at hand, {earliest}; segments before it were archived: name the folder of the \
         archive"
    )]
    BeforeEarliest {
        /// The revision that was asked for.
        from: Revision,
        /// The first that can be read.
        earliest: Revision,
    },
    /// A stored record is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The storage did not answer.
    #[error("the log cannot be read: {0}")]
    Storage(#[from] Failure),
}

/// Why a log was not opened. Nothing was changed that a later open needs.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has the log open.
    #[error("{} is in use by another process; stop it, or name another folder", dir.display())]
    InUse {
        /// The log's folder.
        dir: PathBuf,
    },
    /// A newer version wrote this log.
    #[error(
        "{} has format {found}, this version reads up to {supported}; use the version that wrote it, or a newer one",
        path.display()
    )]
    NewerFormat {
        /// The manifest.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The newest version that is known here.
        supported: u32,
    },
    /// There are records, and no manifest that says whose.
    #[error("{} is missing though there are records next to it; restore it from a backup", path.display())]
    ManifestMissing {
        /// Where the manifest should be.
        path: PathBuf,
    },
    /// The manifest is not what was written.
    #[error("{} is damaged: {what}; restore it from a backup", path.display())]
    ManifestDamaged {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The folder of a segment is gone.
    #[error("the segment {}, which starts at revision {first}, is missing; restore it from a backup", path.display())]
    SegmentMissing {
        /// Where the segment should be.
        path: PathBuf,
        /// Its first revision.
        first: Revision,
    },
    /// There are records that the manifest does not know.
    #[error(
        "{} holds records that the manifest does not list, the manifest is older than the data; restore the newest \
         manifest, or move this folder away",
        path.display()
    )]
    SegmentUnlisted {
        /// The folder.
        path: PathBuf,
    },
    /// The log ends before what was acknowledged.
    #[error(
        "{} ends at revision {found} though {acknowledged} was acknowledged; restore it from a backup, or delete {} to \
         accept the loss under the same log id", place.display(), witness.display()
    )]
    TailLost {
        /// The folder of the newest segment.
        place: PathBuf,
        /// The last revision there.
        found: Revision,
        /// A revision that was acknowledged.
        acknowledged: Revision,
        /// The file that says so.
        witness: PathBuf,
    },
    /// A stored record is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The storage did not answer.
    #[error("the log cannot be opened: {0}")]
    Storage(#[from] Failure),
}
