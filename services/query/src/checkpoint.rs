//! Checkpoints: what the replica derived from the log, kept on disk so that a restart need not read the log again.
//!
//! ```text
//! keeper     when one is written, and what becomes of it when the log is replaced   checkpoint/keeper.rs
//! folder     two generations; a new one takes its name when it is on the disk       checkpoint/folder.rs
//! content    which parts of the replica stand in which block                        checkpoint/content.rs
//! file       blocks, each with a checksum that covers everything before it          checkpoint/file.rs
//! ```
//!
//! A checkpoint is a cache: the log is the only truth, and a checkpoint that is damaged, cut off or of another version is
//! refused as a whole and costs nothing but time. What is loaded is the same as what the log would have come to, value by
//! value, so that a cold and a warm start give the same bytes.
//!
//! **What writing costs.** The replica is cloned under a lock that readers share, which takes well below a millisecond, as
//! nearly everything is shared with the clone ([`Derived`](crate::replica::Derived)). Then questions are answered and records
//! are applied as before, while a thread that may block encodes the clone, compresses it and writes it, in blocks of some ten
//! thousand bytes or more. The first record that touches a sheet which is not yet written copies that sheet; so the memory this
//! takes is that of the sheets that change meanwhile: little in a log that grows by reports, and at the very most the
//! replica once more, in a log whose batches touch every sheet while one checkpoint is written.

mod content;
mod file;
mod folder;
mod keeper;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use almanac_model::Revision;
use tokio::sync::watch;

pub(crate) use content::{Checkpoint, ReadError};
use folder::Folder;
pub(crate) use folder::chain;
pub(crate) use keeper::Keeper;

use crate::limits;

/// When checkpoints are written, and through which disk.
#[derive(Clone, Debug)]
pub struct CheckpointOptions {
    /// One is due when so many revisions are new,
    pub revisions: u64,
    /// or so many bytes of records,
    pub bytes: u64,
    /// or when anything is new after this time.
    pub every: Duration,
    /// After each, nothing is written for so many times as long as it took.
    pub rest: u32,
    /// The disk.
    pub disk: Arc<dyn Disk>,
}

impl Default for CheckpointOptions {
    fn default() -> Self {
        Self {
            revisions: limits::CHECKPOINT_REVISIONS,
            bytes: limits::CHECKPOINT_BYTES,
            every: limits::CHECKPOINT_EVERY,
            rest: limits::CHECKPOINT_REST,
            disk: Arc::new(RealDisk),
        }
    }
}

/// The system calls on which it rests that a checkpoint is whole. Proofs do without them, to see that this is found.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Begins a file that nobody reads before it was synced and renamed.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Waits until a file, or the names in a folder, would survive a loss of power.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        File::create(path)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }
}

/// Why checkpoints cannot be kept in a folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be made, or written to.
    #[error("cannot keep checkpoints in {}; give a folder that this process may write to", dir.display())]
    Unusable {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use by another query service; give each a folder of its own", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
}

/// The checkpoints of one replica. Clones share the folder.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: Arc<Folder>,
    options: CheckpointOptions,
    durable: watch::Sender<Option<Revision>>,
}

impl Checkpoints {
    /// Takes a folder for this process; it is made when it is not there.
    pub fn open(dir: &Path, options: CheckpointOptions) -> Result<Self, OpenError> {
        let folder = Folder::open(dir, Arc::clone(&options.disk))?;
        Ok(Self {
            folder: Arc::new(folder),
            options,
            durable: watch::Sender::default(),
        })
    }

    /// Up to which revision there is a checkpoint that survives a loss of power, 0 when there is none; nothing before the service
    /// has looked for one.
    #[must_use]
    pub fn durable(&self) -> watch::Receiver<Option<Revision>> {
        self.durable.subscribe()
    }
}

#[cfg(test)]
mod tests;
