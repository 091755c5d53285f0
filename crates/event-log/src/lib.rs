//! The event log: opaque records, stored durably, in one total order.
//!
//! **The promise.** An acknowledged batch survives kill -9, power loss and a full disk; it is recorded exactly once
//! however often the client retries with the same request id; batches become visible whole, in revision order; what
//! replicas have seen never goes backwards.
//!
//! This crate keeps the part of it that concerns storage: [`EventLog::append`] orders a record, [`wait_durable`] says
//! when it may be acknowledged, [`EventLog::read`] gives durable records only. Each record carries the request it came
//! from and what was answered, so that whoever reads the log from its start can recognise a retry and repeat the answer.
//!
//! ```
//! use almanac_event_log::{EventLog, MemoryLog, NewRecord, RecordKind, wait_durable};
//! use almanac_model::{LogId, Revision};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let log = MemoryLog::new(LogId::from_random([7; 16]));
//! let revision = log.append(NewRecord {
//!     kind: RecordKind::Events,
//!     recorded_at_ms: 1_500_000_000_000,
//!     principal: "district-office".into(),
//!     producer: None,
//!     request: None,
//!     receipt: "recorded 3 events".into(),
//!     payload: "the batch".into(),
//! })?;
//! wait_durable(&log, revision).await?;
//! assert_eq!(log.read(Revision(1), 1024 * 1024)?[0].payload, "the batch");
//! # Ok(())
//! # }
//! ```
//!
//! # On disk
//!
//! ```text
//! lock                           held by the process that has the log open
//! manifest                       text: format version, log id, the segments and where they end; replaced atomically
//! durable                        the last acknowledged revision, to notice an end that was lost
//! ballast                        space that is given up when the disk is full, so that the log can still be opened
//! log/00000000000000000001/      a segment: a sled database, named by its first revision
//! log/00000000000000023571/      the newest segment; the others are sealed and only read
//! log/….aside-1                  a segment that a crash left half made, without records; kept for whoever looks into it
//!
//! ARCHIVE/LOG-ID/00000000000000000001-00000000000000023570.almanac     an old segment, packed (archive.rs); see [`ArchiveOptions`]
//! ```
//!
//! A segment has one tree, sled's default one. A value is a bundle of whole records, named by the revision of the first one, or
//! a part of a larger record, named by its revision and the index of the part. It is framed with version, log id and checksum,
//! and at most [`MAX_VALUE_BYTES`] long. The bytes are laid out in `bundle.rs`, `frame.rs` and `body.rs`; a golden file of every
//! format version is among the tests.
//!
//! # Durability
//!
//! One thread writes. It takes what was appended meanwhile, inserts it, flushes sled, and syncs the data file through a
//! handle of its own, because sled's flush leaves the data in the drive's cache. Then the revisions are durable, and only
//! then does [`LogStatus::durable`] say so. A record of several parts is whole or not there: parts that a crash left
//! without their last one are discarded at the next open, and their revision is given out anew, as nobody was told of it.
//!
//! Any error of the disk or of sled ends writing for good ([`LogStatus::failure`]): after a failed sync nobody knows what
//! is on the disk. The process stops, and its next start recovers from what is really there.
//!
//! Writes are refused while the disk has less than a reserve free, and come back with the space ([`DiskState`]).
//!
//! # Deliberately unsupported
//!
//! - Deleting or changing a record; compaction.
//! - Writing from two processes, or reading from a process that does not write.
//! - sled's transactions, batches, subscribers, merge operators and generated ids: one writer in total order needs none.
//! - Recognising retries: it needs the content of records. This crate stores what is needed for it.
//! - Repairing damage. It is found, named and never decoded; a backup or a replica repairs it.

mod archive;
mod assemble;
mod body;
mod bundle;
mod error;
mod fault;
mod frame;
mod limits;
mod memory;
mod record;
#[cfg(test)]
mod samples;
mod sled;

pub use archive::{ArchiveError, ArchiveReader, ArchiveWriter};
pub use error::{AppendError, Damage, Failure, OpenError, ReadError};
pub use fault::Fault;
pub use limits::{Limits, MAX_PRINCIPAL_BYTES, MAX_RECORD_BYTES, MAX_VALUE_BYTES};
pub use memory::MemoryLog;
pub use record::{NewRecord, ProducerPosition, Record, RecordKind, RequestKey};
pub use sled::{ArchiveOptions, Disk, DiskState, RealDisk, SegmentInfo, SledLog, SledOptions};

use almanac_model::{LogId, Revision};
use tokio::sync::watch;

/// How far the log is, and whether it still works.
#[derive(Clone, Debug, Default)]
pub struct LogStatus {
    /// Everything up to this revision survives a loss of power.
    pub durable: Revision,
    /// Why the log accepts nothing more; none while it works.
    pub failure: Option<Failure>,
}

/// A log of records in total order.
pub trait EventLog: Send + Sync + 'static {
    /// Names this log; another id means that revisions have another meaning.
    fn id(&self) -> LogId;

    /// The first revision that can be read.
    fn earliest(&self) -> Revision;

    /// The log's status, and word of each change. The channel closes when the log does.
    fn status(&self) -> watch::Receiver<LogStatus>;

    /// Gives the record the next revision and hands it to the writer. It is **not** durable yet: acknowledge it after
    /// [`wait_durable`].
    ///
    /// Records are ordered as their revisions are, whichever thread appends them. The call compresses the payload on the
    /// thread of its caller (about a millisecond for half a megabyte) and waits for nothing.
    fn append(&self, record: NewRecord) -> Result<Revision, AppendError>;

    /// Durable records in order, starting exactly at `from`: at least one if there is one, and further ones as long as
    /// their payloads together have at most `max_bytes` bytes. Empty if `from` is after the durable end.
    ///
    /// It blocks on the disk; call it on a thread that may.
    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError>;

    /// Durable records as [`Self::read`] gives them, without waiting for the disk: as far as they are in memory, and none when
    /// `from` is not. By default none is.
    #[expect(unused_variables, reason = "the names are for those who implement it")]
    fn read_recent(&self, from: Revision, max_bytes: usize) -> Vec<Record> {
        Vec::new()
    }

    /// Makes durable what was appended, then stops. What is durable can still be read. Blocks; a second call does
    /// nothing.
    fn close(&self);
}

/// Waits until `revision` is durable: from then on it may be acknowledged.
///
/// The error means that it is not known to be durable and never will be; it may or may not be in the log after the next
/// start.
pub async fn wait_durable(log: &dyn EventLog, revision: Revision) -> Result<(), Failure> {
    let mut status = log.status();
    let reached = status
        .wait_for(|status| status.durable >= revision || status.failure.is_some())
        .await;
    match reached.as_deref() {
        Ok(LogStatus { durable, .. }) if *durable >= revision => Ok(()),
        Ok(LogStatus {
            failure: Some(failure), ..
        }) => Err(failure.clone()),
        Ok(LogStatus { failure: None, .. }) | Err(_) => Err(Failure::new(
            "wait in",
            "the log",
            &"it was closed before this revision",
        )),
    }
}
