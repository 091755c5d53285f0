//! What tallies were before what the replica keeps of them: derived from the log anew, for the questions that need it.
//!
//! The log is read from its first revision, or from where a state that is still kept ends, up to the revision that is asked for.
//! One is read at a time. A call that ends before that leaves what was derived so far, from which the next one goes on: a caller
//! that tries again comes further each time. So an early state costs time, and never exactness.

mod state;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use almanac_catalog::Catalog;
use almanac_cube::{Cells, Cube};
use almanac_model::{LogId, Revision};
use almanac_service_kit::blocking::Blocking;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use tonic::transport::Endpoint;
use tracing::{Instrument, debug, info};

use self::state::{ApplyError, PastState};
use crate::error::QueryError;
use crate::follower::lost::Lost;
use crate::follower::subscription::{self, Subscription};
use crate::replica::{Moment, Replica};
use crate::{Connect, limits};

/// Reads earlier states of tallies.
#[derive(Debug)]
pub(crate) struct Pasts {
    /// Where the log is; none where there is no log to read.
    log: Option<LogSource>,
    blocking: Blocking,
    places: Semaphore,
    /// The one that was asked for last at the end.
    kept: Mutex<VecDeque<Arc<Kept>>>,
}

/// Where the log is.
pub(crate) struct LogSource {
    pub(crate) ingest: Endpoint,
    pub(crate) connect: Connect,
}

/// Which state of the tallies.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    key: Key,
    /// When its revision was recorded, by which it is known to be of the same log.
    time: Timestamp,
    /// Each version of the definitions.
    catalogs: Vec<(Revision, Arc<Catalog>)>,
}

/// What tells states apart.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Key {
    log: LogId,
    rebuilds: u64,
    revision: Revision,
    /// What has its whole past.
    cells: Cells,
}

/// A state, complete or on the way.
#[derive(Debug)]
struct Kept {
    key: Key,
    state: Mutex<PastState>,
    used: Mutex<Instant>,
}

/// Why a state is not derived.
#[derive(Debug, thiserror::Error)]
enum PastError {
    #[error("no log is followed")]
    NoLog,
    #[error(transparent)]
    Lost(#[from] Lost),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error("a computation ended in a panic")]
    Panic,
}

impl std::fmt::Debug for LogSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSource")
            .field("ingest", &self.ingest)
            .finish_non_exhaustive()
    }
}

impl Default for Pasts {
    fn default() -> Self {
        Self::new(None, Blocking::default())
    }
}

impl Wanted {
    pub(crate) fn at(moment: &Moment, replica: &Replica, cells: Cells) -> Self {
        Self {
            key: Key {
                log: moment.log,
                rebuilds: moment.rebuilds,
                revision: moment.revision,
                cells,
            },
            time: moment.revision_time,
            catalogs: replica.derived().catalogs.clone(),
        }
    }
}

impl Pasts {
    pub(crate) fn new(log: Option<LogSource>, blocking: Blocking) -> Self {
        Self {
            log,
            blocking,
            places: Semaphore::new(limits::PASTS_AT_ONCE),
            kept: Mutex::default(),
        }
    }

    /// All tallies as of a revision, and of some cells how they came to that.
    pub(crate) async fn tallies(self: &Arc<Self>, wanted: Wanted) -> Result<Cube, QueryError> {
        if let Some(cube) = self.complete(&wanted.key) {
            return Ok(cube);
        }
        // never closed; while this waits, somebody else may derive the same
        let _place = self.places.acquire().await;
        if let Some(cube) = self.complete(&wanted.key) {
            return Ok(cube);
        }
        let (begun, kept) = (Instant::now(), self.begin(&wanted.key));
        let from = lock(&kept.state).applied().next();
        let revision = wanted.key.revision;
        debug!(%revision, %from, "begin earlier state of tallies");
        if let Err(error) = self.read(&kept, wanted).await {
            return Err(self.refusal(&kept, error));
        }
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(%revision, %from, took_ms, "derive earlier state of tallies from the log");
        let cube = lock(&kept.state).cube();
        tokio::spawn(forget_when_unused(Arc::downgrade(self), kept).in_current_span());
        Ok(cube)
    }

    /// A state that is there.
    fn complete(&self, key: &Key) -> Option<Cube> {
        let mut kept = lock(&self.kept);
        let place = kept.iter().position(|one| one.key == *key)?;
        // one that is worked on is not complete
        let state = kept[place].state.try_lock().ok();
        let cube = state.filter(|state| state.applied() == key.revision)?.cube();
        let one = kept.remove(place)?;
        *lock(&one.used) = Instant::now();
        kept.push_back(one);
        Some(cube)
    }

    /// The state that was begun, or one that begins with what the latest that is earlier came to.
    fn begin(&self, key: &Key) -> Arc<Kept> {
        let mut kept = lock(&self.kept);
        let goes_on = |one: &&Arc<Kept>| {
            let Key {
                log,
                rebuilds,
                revision: _,
                cells,
            } = &one.key;
            (log, rebuilds, cells) == (&key.log, &key.rebuilds, &key.cells)
                && lock(&one.state).applied() <= key.revision
        };
        let begun = kept.iter().filter(goes_on).max_by_key(|one| lock(&one.state).applied());
        if let Some(same) = begun.filter(|one| one.key == *key) {
            return Arc::clone(same);
        }
        let state = begun.map_or_else(
            || PastState::new(key.cells.clone()),
            |one| lock(&one.state).continued(key.cells.clone()),
        );
        let new = Arc::new(Kept {
            key: key.clone(),
            state: Mutex::new(state),
            used: Mutex::new(Instant::now()),
        });
        // another one of this log's past, or of another log
        kept.retain(|one| one.key != *key && (one.key.log, one.key.rebuilds) == (key.log, key.rebuilds));
        while kept.len() >= limits::PASTS {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&new));
        new
    }

    /// Reads the log until the state is complete. What is read is applied while the next is read.
    async fn read(&self, kept: &Arc<Kept>, wanted: Wanted) -> Result<(), PastError> {
        let LogSource { ingest, connect } = self.log.as_ref().ok_or(PastError::NoLog)?;
        let (mut applied, last_record) = lock(&kept.state).end();
        let end = wanted.key.revision;
        let channel = (connect)(subscription::configured(ingest)).await.map_err(Lost::from)?;
        let mut log = Subscription::open(channel, Some(wanted.key.log), applied.next(), last_record).await?;
        let wanted = Arc::new(wanted);
        let mut records = log.records_until(end).await?;
        while applied < end {
            let (kept, wanted) = (Arc::clone(kept), Arc::clone(&wanted));
            let some = std::mem::take(&mut records);
            let is_last = some.last().is_none_or(|record| record.revision >= end.0);
            let apply = self.blocking.run(move || {
                let mut state = lock(&kept.state);
                state.apply_all(some, &wanted.catalogs, (end, wanted.time))
            });
            let next = async {
                if is_last {
                    return Ok(Vec::new());
                }
                log.records_until(end).await
            };
            let (done, next) = tokio::join!(apply, next);
            applied = done.map_err(|_| PastError::Panic)??;
            records = next?;
        }
        Ok(())
    }

    /// What a caller is told. A state that did not come to what the replica has is of no use.
    fn refusal(&self, kept: &Arc<Kept>, error: PastError) -> QueryError {
        if matches!(error, PastError::Apply(_) | PastError::Panic) {
            lock(&self.kept).retain(|one| !Arc::ptr_eq(one, kept));
        }
        let why = match error {
            PastError::Apply(ApplyError::OtherLog) => return QueryError::LogReplaced,
            PastError::Lost(lost) => lost.chain(),
            other => other.to_string(),
        };
        info!(revision = %kept.key.revision, error = %why, "derive no earlier state of tallies");
        QueryError::PastNotAtHand {
            asked: kept.key.revision,
            why,
        }
    }
}

/// Lets go of a state when nobody has asked for it for long.
async fn forget_when_unused(pasts: Weak<Pasts>, kept: Arc<Kept>) {
    loop {
        let until = *lock(&kept.used) + limits::PAST_KEPT;
        sleep_until(until).await;
        let Some(pasts) = pasts.upgrade() else { return };
        let mut all = lock(&pasts.kept);
        if *lock(&kept.used) + limits::PAST_KEPT <= Instant::now() {
            all.retain(|one| !Arc::ptr_eq(one, &kept));
            return;
        }
        if !all.iter().any(|one| Arc::ptr_eq(one, &kept)) {
            return;
        }
    }
}

/// A state after a panic is what was applied to it before; what comes next is checked by its revision.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
