//! The disk: the system calls whose faults matter, and the space that is left.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FallocateFlags;
use tokio::sync::watch;

use super::options::SledOptions;
use crate::Failure;

/// The system calls whose outcome decides about durability and admission. Tests make them fail.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// The bytes that this process may still write below `dir`.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Waits until everything that was written to `file` would survive a loss of power.
    fn sync_data(&self, file: &File) -> io::Result<()>;
}

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(dir)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// The space on the log's disk, and whether it suffices.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DiskState {
    /// What is free, in bytes.
    pub free_bytes: u64,
    /// What must stay free, in bytes.
    pub reserve_bytes: u64,
    /// Whether appends are accepted.
    pub accepts_writes: bool,
    /// Whether the ballast is there; false after the disk was fuller than planned.
    pub ballast_held: bool,
    /// Files that sled put next to its data file. More than zero is an alarm: values are too large for its segments.
    /// They are synced nevertheless.
    pub blob_files: usize,
}

/// The most that sled writes to open a segment after a crash: the rest of one of its segments, and a snapshot.
const OPENING_BYTES: u64 = 16 * 1024 * 1024;

/// Less than this and the log could fill the disk between two looks at it.
const MIN_RESERVE_BYTES: u64 = 2 * OPENING_BYTES;

/// Watches the free space, and holds the ballast.
#[derive(Debug)]
pub(super) struct DiskGuard {
    dir: PathBuf,
    ballast: PathBuf,
    disk: Arc<dyn Disk>,
    reserve_bytes: u64,
    ballast_bytes: u64,
    state: watch::Sender<DiskState>,
}

impl DiskGuard {
    /// Looks at the disk for the first time. The ballast goes if there is too little space to open anything; that is what
    /// it is for, so nothing else takes it.
    pub(super) fn new(dir: &Path, options: &SledOptions) -> Result<Self, Failure> {
        let guard = Self {
            dir: dir.to_owned(),
            ballast: dir.join("ballast"),
            disk: Arc::clone(&options.disk),
            reserve_bytes: options.reserve_bytes.max(MIN_RESERVE_BYTES),
            ballast_bytes: if options.ballast_bytes == 0 {
                0
            } else {
                options.ballast_bytes.max(OPENING_BYTES)
            },
            state: watch::Sender::new(DiskState {
                accepts_writes: true,
                ..DiskState::default()
            }),
        };
        if guard.ballast.exists() && guard.free_bytes()? < OPENING_BYTES {
            guard.drop_ballast()?;
        }
        guard.check()?;
        Ok(guard)
    }

    pub(super) fn state(&self) -> DiskState {
        *self.state.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<DiskState> {
        self.state.subscribe()
    }

    pub(super) fn set_blob_files(&self, count: usize) {
        self.state
            .send_if_modified(|state| std::mem::replace(&mut state.blob_files, count) != count);
    }

    /// Looks at the free space and acts on it.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let mut free_bytes = self.free_bytes()?;
        let mut ballast_held = self.ballast.exists();
        if !ballast_held
            && self.ballast_bytes > 0
            && free_bytes >= self.reserve_bytes.saturating_add(self.ballast_bytes)
        {
            ballast_held = self.take_ballast();
            free_bytes = self.free_bytes()?;
        }
        self.publish(free_bytes, ballast_held);
        Ok(())
    }

    fn free_bytes(&self) -> Result<u64, Failure> {
        self.disk
            .free_bytes(&self.dir)
            .map_err(|error| Failure::new("measure free space in", &self.dir, &error))
    }

    fn publish(&self, free_bytes: u64, ballast_held: bool) {
        let before = self.state();
        // Space that the ballast is to have again is not yet space for records.
        let needed = if ballast_held {
            self.reserve_bytes
        } else {
            self.reserve_bytes.saturating_add(self.ballast_bytes)
        };
        let accepts_writes = free_bytes >= needed;
        let reserve_bytes = self.reserve_bytes;
        let after = DiskState {
            free_bytes,
            reserve_bytes,
            accepts_writes,
            ballast_held,
            ..before
        };
        self.state.send_if_modified(|state| {
            *state = after;
            // while there is room, how much is left changes with each group, and nobody has to know
            let left = if accepts_writes { free_bytes } else { before.free_bytes };
            DiskState {
                free_bytes: left,
                ..before
            } != after
        });
        if before.accepts_writes && !accepts_writes {
            tracing::error!(
                free_bytes,
                reserve_bytes,
                ballast_held,
                "refuse writes: the disk is almost full"
            );
        } else if !before.accepts_writes && accepts_writes {
            tracing::info!(free_bytes, reserve_bytes, "accept writes: the disk has space again");
        }
    }

    fn drop_ballast(&self) -> Result<(), Failure> {
        tracing::warn!(ballast_bytes = self.ballast_bytes, "drop ballast");
        std::fs::remove_file(&self.ballast).map_err(|error| Failure::new("remove", &self.ballast, &error))
    }

    /// Occupies the ballast's space. Whether that works is visible in the state; the log works without.
    fn take_ballast(&self) -> bool {
        let taken = File::create(&self.ballast).and_then(|file| occupy(&file, self.ballast_bytes));
        if let Err(error) = &taken {
            tracing::warn!(error = %error, ballast = %self.ballast.display(), "take no ballast");
            // A partial one would be taken for the whole.
            let _ = std::fs::remove_file(&self.ballast);
        }
        taken.is_ok()
    }
}

/// Makes the file occupy `bytes` on the disk: allocated, or written where the file system cannot allocate.
fn occupy(file: &File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(rustix::io::Errno::OPNOTSUPP) => io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut &*file).map(drop),
        outcome => outcome.map_err(io::Error::from),
    }
}
