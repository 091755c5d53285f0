//! The replica as readers and the follower share it.
//!
//! Work on it is done where the caller is when it is little and nobody is in the way; otherwise on a thread that may
//! block, so that no call waits behind another one's computation. No lock is held across an `await`.

use std::sync::{Arc, RwLock};
use std::thread;

use almanac_indicator::State;
use almanac_service_kit::blocking::Blocking;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use tracing::error;

use crate::error::QueryError;
use crate::read_at::ReadAt;
use crate::replica::{Moment, Progress, Replica, Unlocated};

/// The replica as readers and the follower share it.
#[derive(Debug)]
pub(crate) struct SharedReplica {
    replica: RwLock<Replica>,
    progress: watch::Sender<Progress>,
    /// Large computations at one time: more than there are cores would only slow one another.
    computations: Arc<Semaphore>,
    /// Where large work is done.
    blocking: Blocking,
}

/// How long something takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Work {
    /// Well below a millisecond.
    Small,
    /// Milliseconds.
    Large,
}

/// A panic left the replica in an unknown state, or ended a computation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the replica cannot be used after a panic")]
pub(crate) struct Broken;

impl From<Broken> for QueryError {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl Default for SharedReplica {
    fn default() -> Self {
        Self::new(Blocking::default())
    }
}

impl SharedReplica {
    /// An empty one.
    pub(crate) fn new(blocking: Blocking) -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            replica: RwLock::default(),
            progress: watch::Sender::default(),
            computations: Arc::new(Semaphore::new(cores)),
            blocking,
        }
    }

    /// How far the replica is, now and after every change.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Looks at the replica.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: Work,
        look: impl FnOnce(&Replica) -> T + Send + 'static,
    ) -> Result<T, Broken> {
        if work == Work::Small
            && let Ok(replica) = self.replica.try_read()
        {
            return Ok(look(&replica));
        }
        // never closed
        let place = Arc::clone(&self.computations).acquire_owned().await;
        let shared = Arc::clone(self);
        self.run(Work::Large, move || {
            // kept by the computation, which goes on when its caller has gone
            let _place = place;
            shared.replica.read().map(|replica| look(&replica)).map_err(|_| Broken)
        })
        .await?
    }

    /// Changes the replica and publishes how far it is.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        work: Work,
        change: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Broken> {
        let changed = |replica: &mut Replica| (change(replica), replica.progress());
        let (result, progress) = if work == Work::Small
            && let Ok(mut replica) = self.replica.try_write()
        {
            changed(&mut replica)
        } else {
            let shared = Arc::clone(self);
            self.run(Work::Large, move || {
                shared
                    .replica
                    .write()
                    .map(|mut replica| changed(&mut replica))
                    .map_err(|_| Broken)
            })
            .await??
        };
        self.progress.send_replace(progress);
        Ok(result)
    }

    /// Finds a state of the log; waits for it until that time when it is not there yet.
    pub(crate) async fn locate(self: &Arc<Self>, wanted: &ReadAt, until: Instant) -> Result<Moment, QueryError> {
        let mut progress = self.progress.subscribe();
        loop {
            progress.mark_unchanged();
            let asked = wanted.clone();
            match self.read(Work::Small, move |replica| replica.locate(&asked)).await? {
                Ok(moment) => return Ok(moment),
                Err(Unlocated::Never(error)) => return Err(error),
                Err(Unlocated::NotYet(error)) => {
                    let changed = timeout_at(until, progress.changed()).await;
                    if !matches!(changed, Ok(Ok(()))) {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Computes something at a state that was found before.
    pub(crate) async fn compute<T: Send + 'static>(
        self: &Arc<Self>,
        moment: &Moment,
        work: Work,
        compute: impl FnOnce(&Replica, State<'_>) -> T + Send + 'static,
    ) -> Result<T, QueryError> {
        let (log, rebuilds) = (moment.log, moment.rebuilds);
        let (as_of, catalog) = (moment.revision, Arc::clone(&moment.catalog));
        let look = move |replica: &Replica| {
            // the replica may have been rebuilt from another log in the meantime
            let same = replica.log() == Some(log) && replica.rebuilds() == rebuilds && replica.applied() >= as_of;
            same.then(|| {
                compute(
                    replica,
                    State {
                        catalog: &catalog,
                        cube: replica.cube(),
                        as_of,
                    },
                )
            })
        };
        self.read(work, look).await?.ok_or(QueryError::LogReplaced)
    }

    /// Does the work here, or where large work is done.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: Work,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Broken> {
        match work {
            Work::Small => Ok(job()),
            Work::Large => self.blocking.run(job).await.map_err(|panic| {
                error!(error = %panic, "finish computation");
                Broken
            }),
        }
    }
}

#[cfg(test)]
mod tests;
