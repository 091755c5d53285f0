//! The one thread that writes: group after group, each synced before it is said to be durable.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use almanac_model::Revision;
use tokio::sync::watch;

use super::disk::DiskGuard;
use super::engine::panic_text;
use super::files::Witness;
use super::layout::Layout;
use super::queue::{Queue, Work};
use super::segment::{Segment, SegmentOptions};
use crate::frame::Entry;
use crate::{Failure, LogStatus};

/// Everything that the writer shares with the callers of the log.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) layout: Layout,
    pub(super) guard: DiskGuard,
}

/// The state of the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) dir: std::path::PathBuf,
    pub(super) options: SegmentOptions,
    pub(super) segment_bytes: u64,
    pub(super) patience: Duration,
    pub(super) witness: Witness,
    /// Tells the archiver that a segment was sealed.
    pub(super) sealed: Option<Sender<()>>,
    /// Dropped with the writer, so that nobody waits for a revision that never comes.
    pub(super) status: watch::Sender<LogStatus>,
    pub(super) active: Arc<Segment>,
    pub(super) active_bytes: u64,
    pub(super) last: Revision,
    pub(super) last_recorded_at_ms: i64,
}

impl Writer {
    /// Writes until the queue is closed or the storage fails.
    pub(super) fn run(mut self) {
        // sled panics on some faults of the disk; a thread that is gone must be as visible as an error.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.work())).unwrap_or_else(|panic| {
            Err(Failure::new(
                "write to",
                self.active.path.as_path(),
                &panic_text(&*panic),
            ))
        });
        if let Err(failure) = outcome {
            self.fail(failure);
        }
    }

    fn work(&mut self) -> Result<(), Failure> {
        loop {
            match self.shared.queue.take(self.patience) {
                Work::Group(group) => self.write(&group)?,
                Work::Idle => {
                    self.shared.guard.check()?;
                    self.shared.layout.close_idle();
                }
                Work::Done => return Ok(()),
            }
        }
    }

    fn write(&mut self, group: &[Entry]) -> Result<(), Failure> {
        self.shared.guard.check()?;
        if self.active_bytes >= self.segment_bytes && self.last >= self.active.first {
            self.roll()?;
        }
        for entry in group {
            assert_eq!(entry.revision, self.last.next(), "records are written in order");
            self.last = entry.revision;
            self.last_recorded_at_ms = entry.recorded_at_ms;
        }
        self.active_bytes += self.active.insert(group)?;
        let blob_files = self.active.commit()?;
        self.shared.alarm_of_blobs(blob_files, &self.active);
        // Before anybody is told, so that it is never behind what replicas have seen.
        self.witness.write(self.last)?;
        self.status.send_modify(|status| status.durable = self.last);
        Ok(())
    }

    /// Everything in the active segment is durable: each group ends with a sync.
    fn roll(&mut self) -> Result<(), Failure> {
        let next = Segment::create(&self.dir, self.last.next(), &self.options)?;
        self.shared.layout.roll(self.last, self.last_recorded_at_ms, next)?;
        self.active = self.shared.layout.active();
        self.active_bytes = 0;
        if let Some(sealed) = &self.sealed {
            // an archiver that is gone has said why
            let _gone = sealed.send(());
        }
        tracing::info!(segment = %self.active.path.display(), "begin segment");
        Ok(())
    }

    fn fail(&self, failure: Failure) {
        tracing::error!(error = %failure, "stop accepting records: the storage failed");
        // Dropping a sled database syncs it once more, and panics or waits for ever when that fails. The process is about
        // to stop, so the segment stays open until then.
        mem::forget(Arc::clone(&self.active));
        self.shared.queue.fail(failure.clone());
        self.status.send_modify(|status| status.failure = Some(failure));
    }
}

impl Shared {
    /// Files in `blobs/` mean that a limit of this crate does not hold.
    pub(super) fn alarm_of_blobs(&self, blob_files: usize, segment: &Segment) {
        if blob_files > 0 && self.guard.state().blob_files == 0 {
            tracing::error!(segment = %segment.path.display(), blob_files, "find blobs: values are too large for sled");
        }
        self.guard.set_blob_files(blob_files);
    }
}
