//! Work that blocks on a disk or computes for long.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinError, spawn_blocking};
use tokio_util::task::TaskTracker;
use tracing::Span;

/// Where such work is done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Blocking {
    /// On threads that may block, so that no call waits behind another one's work.
    #[default]
    OnThreads,
    /// Where the caller is, so that a simulation in one thread is the same each time.
    InPlace,
}

impl Blocking {
    /// Does the work, in the span of the caller. The error is its panic.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
        match self {
            Self::OnThreads => {
                let span = Span::current();
                spawn_blocking(move || span.in_scope(work)).await
            }
            Self::InPlace => Ok(work()),
        }
    }

    /// Begins the work, in the span of the caller, who does not wait for it.
    pub fn begin(self, work: impl FnOnce() + Send + 'static) {
        match self {
            Self::OnThreads => {
                let span = Span::current();
                spawn_blocking(move || span.in_scope(work));
            }
            Self::InPlace => work(),
        }
    }

    /// Does the work so that whoever waits for these tasks waits for it too, also when its caller has gone.
    pub async fn run_among<T: Send + 'static>(
        self,
        tasks: &TaskTracker,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let token = tasks.token();
        let tracked = move || {
            let _token = token;
            work()
        };
        self.run(tracked).await
    }
}

/// Small pieces of such work, done one after the other: what comes while one is done is next on the same thread, so that under
/// load no thread has to be woken for it.
pub struct InTurn {
    place: Blocking,
    queue: Arc<Mutex<Queue>>,
}

type Piece = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Piece>,
    /// Whether a thread works until nothing waits.
    is_worked_on: bool,
}

impl fmt::Debug for InTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTurn")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl InTurn {
    /// Nothing to do yet.
    #[must_use]
    pub fn new(place: Blocking) -> Self {
        Self {
            place,
            queue: Arc::default(),
        }
    }

    /// Begins the work when all that came before it is done, in the span of the caller, who does not wait for it. A panic drops
    /// it and goes no further.
    pub fn begin(&self, work: impl FnOnce() + Send + 'static) {
        if self.place == Blocking::InPlace {
            return work();
        }
        let span = Span::current();
        if self.is_first(Box::new(move || span.in_scope(work))) {
            let queue = Arc::clone(&self.queue);
            spawn_blocking(move || work_on(&queue));
        }
    }

    /// Puts a piece into the queue; whether a thread has to begin.
    fn is_first(&self, piece: Piece) -> bool {
        let mut queue = lock(&self.queue);
        queue.waiting.push_back(piece);
        !std::mem::replace(&mut queue.is_worked_on, true)
    }
}

fn work_on(queue: &Mutex<Queue>) {
    while let Some(piece) = next(queue) {
        // whoever waits is told by what the panic drops
        let _panic = catch_unwind(AssertUnwindSafe(piece));
    }
}

fn next(queue: &Mutex<Queue>) -> Option<Piece> {
    let mut queue = lock(queue);
    let piece = queue.waiting.pop_front();
    queue.is_worked_on = piece.is_some();
    piece
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn pieces_are_done_in_the_order_in_which_they_came_and_a_panic_is_one_callers() {
        let (in_turn, done) = (InTurn::new(Blocking::OnThreads), Arc::new(Mutex::new(Vec::new())));
        let piece = |number: usize| {
            let done = Arc::clone(&done);
            let (tell, told) = oneshot::channel();
            in_turn.begin(move || {
                assert_ne!(number, 3, "as the test wants it");
                done.lock().unwrap().push(number);
                tell.send(number).expect("it is waited for");
            });
            told
        };
        let (first, second, third, fourth) = tokio::join!(piece(1), piece(2), piece(3), piece(4));
        assert_eq!((first, second, fourth), (Ok(1), Ok(2), Ok(4)));
        assert!(third.is_err());
        assert_eq!(*done.lock().unwrap(), [1, 2, 4]);
        assert_eq!(piece(5).await, Ok(5), "a thread that ended is followed by another");
    }
}
