//! Trying again what a later attempt can mend, until the deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Request, Response, Status};

use crate::ClientError;
use crate::error::Failure;

/// The first pause where the service names none. It doubles up to [`PAUSE_MOST`].
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MOST: Duration = Duration::from_secs(2);

/// Calls until there is an answer, a refusal, or no time left for the pause before the next attempt. Only for calls that
/// may be repeated: reads, and writes that are recognised.
pub(crate) async fn call<M, A, F>(
    message: &M,
    time: Duration,
    mut attempt: impl FnMut(Request<M>) -> F,
) -> Result<A, ClientError>
where
    M: Clone,
    F: Future<Output = Result<Response<A>, Status>>,
{
    let deadline = Instant::now() + time;
    let mut pauses = Pauses::default();
    loop {
        let mut request = Request::new(message.clone());
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        let failure = match timeout_at(deadline, attempt(request)).await {
            Ok(Ok(answer)) => return Ok(answer.into_inner()),
            Ok(Err(status)) => Failure::of(status),
            Err(_) => return Err(ClientError::DeadlineExceeded { after: time }),
        };
        let next = Instant::now() + failure.retry_after.unwrap_or_else(|| pauses.next());
        if !failure.passing || next >= deadline {
            let timed_out = Instant::now() >= deadline && matches!(failure.error, ClientError::Transport(_));
            // the connection's own timer may be the first to say that the time is over
            return Err(if timed_out {
                ClientError::DeadlineExceeded { after: time }
            } else {
                failure.error
            });
        }
        sleep(next.saturating_duration_since(Instant::now())).await;
    }
}

/// The pauses between attempts.
pub(crate) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(PAUSE_FIRST)
    }
}

impl Pauses {
    /// The pause before the next attempt.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = spread(self.0);
        self.0 = (self.0 * 2).min(PAUSE_MOST);
        pause
    }
}

/// Half to all of a pause: clients that lost one service together do not come back together.
fn spread(pause: Duration) -> Duration {
    let [byte, ..] = *uuid::Uuid::new_v4().as_bytes();
    pause / 2 + pause * u32::from(byte) / (2 * u32::from(u8::MAX))
}
