//! When a checkpoint is written, and what becomes of it when the log is replaced.

use std::sync::Arc;

use almanac_model::Revision;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info};

use super::content::Checkpoint;
use super::folder::{WriteError, chain};
use super::{CheckpointOptions, Checkpoints};
use crate::limits;
use crate::replica::{Progress, Replica};
use crate::shared::{Broken, SharedReplica, Work};

/// Keeps checkpoints of a replica.
pub(crate) struct Keeper {
    checkpoints: Checkpoints,
    replica: Arc<SharedReplica>,
    progress: watch::Receiver<Progress>,
    /// What the newest checkpoint holds.
    kept: Kept,
    /// Before this nothing is written, except at the end.
    rest_until: Instant,
    /// A fault is logged when it begins, not with every attempt.
    failing: bool,
}

/// What the newest checkpoint holds.
#[derive(Clone, Copy, Debug)]
struct Kept {
    revision: Revision,
    /// How many bytes of records the replica had applied.
    bytes: u64,
    /// How often it had been emptied.
    rebuilds: u64,
    at: Instant,
}

impl Keeper {
    pub(crate) fn new(checkpoints: Checkpoints, replica: Arc<SharedReplica>) -> Self {
        let now = Instant::now();
        Self {
            progress: replica.progress(),
            checkpoints,
            replica,
            kept: Kept {
                revision: Revision::EMPTY,
                bytes: 0,
                rebuilds: 0,
                at: now,
            },
            rest_until: now,
            failing: false,
        }
    }

    /// Brings the replica to the newest checkpoint that can be used. Nothing else changes it yet.
    pub(crate) async fn restore(&mut self) -> Result<(), Broken> {
        let folder = Arc::clone(&self.checkpoints.folder);
        let Some(Checkpoint { log, derived }) = self.replica.run(Work::Large, move || folder.newest()).await? else {
            self.checkpoints.durable.send_replace(Some(Revision::EMPTY));
            return Ok(());
        };
        let revision = derived.applied();
        let resume = move |replica: &mut Replica| replica.resume(log, derived);
        self.replica.change(Work::Large, resume).await?;
        self.kept.revision = revision;
        self.checkpoints.durable.send_replace(Some(revision));
        Ok(())
    }

    /// Writes checkpoints when they are due, until nothing is applied any more; then the last one.
    pub(crate) async fn run(mut self, end: CancellationToken) {
        loop {
            let due = tokio::select! {
                () = end.cancelled() => break,
                due = self.due() => due,
            };
            // the replica is gone
            if !due {
                break;
            }
            self.keep().await;
        }
        self.keep().await;
    }

    /// Waits until there is something to do; false when there will be nothing more.
    async fn due(&mut self) -> bool {
        loop {
            let progress = *self.progress.borrow_and_update();
            let now = Instant::now();
            let changed = match self.when(&progress, now) {
                Some(when) if when <= now => return true,
                Some(when) => timeout_at(when, self.progress.changed()).await.unwrap_or(Ok(())),
                None => self.progress.changed().await,
            };
            if changed.is_err() {
                return false;
            }
        }
    }

    /// When something is to be done if nothing more happens.
    fn when(&self, progress: &Progress, now: Instant) -> Option<Instant> {
        let Kept {
            revision,
            bytes,
            rebuilds,
            at,
        } = self.kept;
        if progress.rebuilds != rebuilds {
            return Some(if self.failing { self.rest_until } else { now });
        }
        if progress.log.is_none() || progress.applied <= revision {
            return None;
        }
        let CheckpointOptions {
            revisions: most_revisions,
            bytes: most_bytes,
            every,
            ..
        } = self.checkpoints.options;
        let many =
            progress.applied.0 - revision.0 >= most_revisions || progress.bytes.saturating_sub(bytes) >= most_bytes;
        let due = if many { self.rest_until } else { at + every };
        Some(due.max(self.rest_until))
    }

    /// Does what is to be done now.
    async fn keep(&mut self) {
        let begun = Instant::now();
        match self.try_keep().await {
            Ok(()) => {
                self.failing = false;
                self.rest_until = Instant::now() + begun.elapsed() * self.checkpoints.options.rest;
            }
            Err(fault) => {
                if !std::mem::replace(&mut self.failing, true) {
                    error!(error = %chain(&fault), "write no checkpoint; a restart will read more of the log");
                }
                self.rest_until = Instant::now() + limits::CHECKPOINT_RETRY;
            }
        }
    }

    async fn try_keep(&mut self) -> Result<(), KeepError> {
        let look = |replica: &Replica| {
            let checkpoint = |log| Checkpoint {
                log,
                derived: replica.derived().clone(),
            };
            (replica.progress(), replica.log().map(checkpoint))
        };
        let (progress, checkpoint) = self.replica.read(Work::Small, look).await?;
        if progress.rebuilds != self.kept.rebuilds {
            self.forget(progress.rebuilds).await?;
        }
        let Some(checkpoint) = checkpoint.filter(|_| progress.applied > self.kept.revision) else {
            return Ok(());
        };
        debug!(revision = %progress.applied, "begin checkpoint");
        let (begun, folder) = (Instant::now(), Arc::clone(&self.checkpoints.folder));
        let bytes = self
            .replica
            .run(Work::Large, move || folder.store(checkpoint))
            .await??;
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(revision = %progress.applied, bytes, took_ms, "write checkpoint");
        self.kept = Kept {
            revision: progress.applied,
            bytes: progress.bytes,
            rebuilds: progress.rebuilds,
            at: Instant::now(),
        };
        self.checkpoints.durable.send_replace(Some(progress.applied));
        Ok(())
    }

    /// The log was replaced: what is kept is of another one. It goes before anything of the new one is written.
    async fn forget(&mut self, rebuilds: u64) -> Result<(), KeepError> {
        let folder = Arc::clone(&self.checkpoints.folder);
        self.replica.run(Work::Large, move || folder.set_all_aside()).await??;
        self.kept = Kept {
            revision: Revision::EMPTY,
            bytes: 0,
            rebuilds,
            at: Instant::now(),
        };
        self.checkpoints.durable.send_replace(Some(Revision::EMPTY));
        Ok(())
    }
}

/// Why there is no newer checkpoint.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    /// The disk.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The replica is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
}
