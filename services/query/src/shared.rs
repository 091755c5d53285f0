//! The replica as readers and the follower share it.
//!
//! Work on it is done where the caller is when it is little and nobody is in the way; otherwise on a thread that may
//! block, so that no call waits behind another one's computation. No lock is held across an `await`.

use std::sync::{Arc, RwLock};
use std::thread;

use almanac_cube::{Cells, Past};
use almanac_indicator::{OneFigure, State};
use almanac_service_kit::blocking::Blocking;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use tracing::error;

use crate::error::QueryError;
use crate::past::{Pasts, Wanted};
use crate::read_at::ReadAt;
use crate::replica::{Moment, Progress, Replica, Unlocated};

/// The replica as readers and the follower share it.
#[derive(Debug)]
pub(crate) struct SharedReplica {
    replica: RwLock<Replica>,
    progress: watch::Sender<Progress>,
    /// Large computations at one time: more than there are cores would only slow one another.
    computations: Arc<Semaphore>,
    /// How many these are.
    at_one_time: usize,
    /// Where large work is done.
    blocking: Blocking,
    /// What tallies were before what the replica keeps of them.
    pasts: Arc<Pasts>,
}

/// What of the past a computation looks at.
#[derive(Clone, Debug)]
enum Looks {
    /// What everything was at its moment.
    AtItsMoment,
    /// The versions behind a figure, too.
    AtHistory(Arc<OneFigure>),
}

/// What came of a look at the replica.
enum Looked<T, F> {
    /// What was to be found.
    Found(T),
    /// It takes what only the log has; with the computation, which has to be done then.
    Lacking(F, Wanted),
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
        Self::new(Replica::default(), Blocking::default(), Arc::default())
    }
}

impl SharedReplica {
    /// A replica, with what reads earlier states of tallies.
    pub(crate) fn new(replica: Replica, blocking: Blocking, pasts: Arc<Pasts>) -> Self {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            replica: RwLock::new(replica),
            progress: watch::Sender::default(),
            computations: Arc::new(Semaphore::new(cores)),
            at_one_time: cores,
            blocking,
            pasts,
        }
    }

    /// How many large computations are done at one time.
    pub(crate) const fn at_one_time(&self) -> usize {
        self.at_one_time
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

    /// Computes something at a state that was found before. Where that takes what tallies were before what the replica keeps of
    /// them, it is derived from the log first.
    pub(crate) async fn compute<T: Send + 'static>(
        self: &Arc<Self>,
        moment: &Moment,
        work: Work,
        compute: impl FnOnce(&Replica, State<'_>) -> T + Clone + Send + 'static,
    ) -> Result<T, QueryError> {
        self.compute_looking(moment, work, Looks::AtItsMoment, compute).await
    }

    /// Computes something that goes through the versions behind a figure.
    pub(crate) async fn compute_history<T: Send + 'static>(
        self: &Arc<Self>,
        moment: &Moment,
        figure: &Arc<OneFigure>,
        compute: impl FnOnce(&Replica, State<'_>) -> T + Clone + Send + 'static,
    ) -> Result<T, QueryError> {
        let looks = Looks::AtHistory(Arc::clone(figure));
        self.compute_looking(moment, Work::Large, looks, compute).await
    }

    async fn compute_looking<T, F>(
        self: &Arc<Self>,
        moment: &Moment,
        work: Work,
        looks: Looks,
        compute: F,
    ) -> Result<T, QueryError>
    where
        T: Send + 'static,
        F: FnOnce(&Replica, State<'_>) -> T + Clone + Send + 'static,
    {
        let at = moment.clone();
        let look = move |replica: &Replica| at.is_of(replica).then(|| looks.look(replica, &at, compute));
        let (compute, wanted) = match self.read(work, look).await?.ok_or(QueryError::LogReplaced)? {
            Looked::Found(found) => return Ok(found),
            Looked::Lacking(compute, wanted) => (compute, wanted),
        };
        let tallies = self.pasts.tallies(wanted).await?;
        let at = moment.clone();
        let look = move |replica: &Replica| {
            let found = || {
                let cube = replica.cube().with_tallies_of(&tallies);
                at.compute(&replica.with_cube(cube), compute)
            };
            at.is_of(replica).then(found)
        };
        self.read(Work::Large, look).await?.ok_or(QueryError::LogReplaced)
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

impl Looks {
    /// Computes from what the replica has, if that is enough.
    fn look<T, F>(&self, replica: &Replica, moment: &Moment, compute: F) -> Looked<T, F>
    where
        F: FnOnce(&Replica, State<'_>) -> T + Clone,
    {
        let past = match self {
            Self::AtItsMoment => Past::AsOf(moment.revision),
            Self::AtHistory(_) => Past::Whole,
        };
        if replica.cube().keeps(past) {
            return Looked::Found(moment.compute(replica, compute));
        }
        // most questions are about other metrics
        let (cube, lacking) = replica.cube().only_with(past);
        let found = moment.compute(&replica.with_cube(cube), compute.clone());
        if !lacking.was_asked() {
            return Looked::Found(found);
        }
        let cells = match self {
            Self::AtItsMoment => Cells::default(),
            Self::AtHistory(figure) => replica.history(moment.revision).cells(figure),
        };
        Looked::Lacking(compute, Wanted::at(moment, replica, cells))
    }
}

impl Moment {
    /// Whether it can be read from a replica, which may have been rebuilt from another log in the meantime.
    fn is_of(&self, replica: &Replica) -> bool {
        replica.log() == Some(self.log) && replica.rebuilds() == self.rebuilds && replica.applied() >= self.revision
    }

    fn compute<T>(&self, replica: &Replica, compute: impl FnOnce(&Replica, State<'_>) -> T) -> T {
        let state = State {
            catalog: &self.catalog,
            cube: replica.cube(),
            as_of: self.revision,
        };
        compute(replica, state)
    }
}

#[cfg(test)]
mod tests;
