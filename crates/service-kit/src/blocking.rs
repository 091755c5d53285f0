//! Work that blocks on a disk or computes for long.

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
