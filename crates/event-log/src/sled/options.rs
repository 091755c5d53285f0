//! How a log on disk is set up.

use std::sync::Arc;
use std::time::Duration;

use almanac_model::LogId;

use super::archive::ArchiveOptions;
use super::disk::{Disk, RealDisk};
use crate::limits::Limits;

const MEBIBYTE: u64 = 1024 * 1024;

/// How a [`SledLog`](crate::SledLog) is set up. Everything may change between two opens of a log.
#[derive(Clone, Debug)]
pub struct SledOptions {
    /// The id of a log that does not exist yet. Default: a random one.
    pub new_id: Option<LogId>,
    /// What is accepted.
    pub limits: Limits,
    /// A segment that has this many bytes is sealed and a new one begun. Default 512 MiB. sled uses up to twice as much
    /// disk, and reads a segment's log since its last snapshot when it is opened.
    pub segment_bytes: u64,
    /// sled's cache for the segment that is written. Default 64 MiB.
    pub active_cache_bytes: u64,
    /// sled's cache for each sealed segment that is read. Default 8 MiB.
    pub sealed_cache_bytes: u64,
    /// A sealed segment that gave this many bytes to readers is closed and opened anew. Default 64 MiB. sled evicts pages
    /// only after thousands of reads, so that with large values its cache would become as large as the segment.
    pub sealed_read_bytes: u64,
    /// How many sealed segments are kept open for readers. Default 2.
    pub sealed_open: usize,
    /// A sealed segment that was not read this long is closed. Default one minute.
    pub sealed_idle: Duration,
    /// Where old segments are packed to; none leaves them where they are. Without the folder to which segments were packed
    /// before, the log begins after them. Default none.
    pub archive: Option<ArchiveOptions>,
    /// Writes are refused while the disk has fewer bytes free. Default 256 MiB, at least 32 MiB. Above twice
    /// `limits.queue_bytes`, what was accepted can always be written; below, it may be lost unacknowledged.
    pub reserve_bytes: u64,
    /// Space that is occupied in advance and given up when the log must be opened on a full disk, because sled cannot be
    /// opened without any. Default 32 MiB, at least 16 MiB; 0 for none.
    pub ballast_bytes: u64,
    /// How often free space is looked at while nothing is written. Default one second.
    pub disk_check_every: Duration,
    /// How often sled's own thread flushes and reclaims space, in milliseconds; used within 200 to 500, and never off,
    /// because nothing else reclaims space. Durability does not depend on it. Default 300.
    pub flush_every_ms: u64,
    /// The system calls that tests make fail.
    pub disk: Arc<dyn Disk>,
}

impl Default for SledOptions {
    fn default() -> Self {
        Self {
            new_id: None,
            limits: Limits::default(),
            segment_bytes: 512 * MEBIBYTE,
            active_cache_bytes: 64 * MEBIBYTE,
            sealed_cache_bytes: 8 * MEBIBYTE,
            sealed_read_bytes: 64 * MEBIBYTE,
            sealed_open: 2,
            sealed_idle: Duration::from_mins(1),
            archive: None,
            reserve_bytes: 256 * MEBIBYTE,
            ballast_bytes: 32 * MEBIBYTE,
            disk_check_every: Duration::from_secs(1),
            flush_every_ms: 300,
            disk: Arc::new(RealDisk),
        }
    }
}

impl SledOptions {
    /// The id for a log that is created now.
    pub(super) fn id(&self) -> LogId {
        self.new_id
            .unwrap_or_else(|| LogId::from_bytes(*uuid::Uuid::new_v4().as_bytes()))
    }
}
