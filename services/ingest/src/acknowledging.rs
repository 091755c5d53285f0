//! Who waits until something is durable: all that one sync made durable are told by one task, so that each is woken once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use almanac_event_log::{EventLog, Failure, LogStatus};
use almanac_model::Revision;

/// Those who wait, in no order.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Vec<Waiter>>);

struct Waiter {
    revision: Revision,
    tell: Tell,
}

type Tell = Box<dyn FnOnce(Result<(), Failure>) + Send>;

impl Waiting {
    /// Tells when a revision is durable, or that it never will be. It is told at once where that is known.
    pub(crate) fn when_durable(
        &self,
        log: &dyn EventLog,
        revision: Revision,
        tell: impl FnOnce(Result<(), Failure>) + Send + 'static,
    ) {
        let status = log.status();
        let mut waiters = self.lock();
        // under the lock, so that nobody begins to wait for what was told already
        let is_closed = status.has_changed().is_err();
        let reached = reached(&status.borrow(), is_closed, revision);
        match reached {
            Some(reached) => {
                drop(waiters);
                tell(reached);
            }
            None => waiters.push(Waiter {
                revision,
                tell: Box::new(tell),
            }),
        }
    }

    /// Tells, until the log is closed or fails; gives its failure.
    pub(crate) async fn tell(&self, log: Arc<dyn EventLog>) -> Option<Failure> {
        let mut changes = log.status();
        let mut is_closed = false;
        loop {
            let status = changes.borrow_and_update().clone();
            let reached = |waiter: &Waiter| reached(&status, is_closed, waiter.revision);
            let told: Vec<Waiter> = self.lock().extract_if(.., |waiter| reached(waiter).is_some()).collect();
            for waiter in told {
                if let Some(reached) = reached(&waiter) {
                    (waiter.tell)(reached);
                }
            }
            if is_closed || status.failure.is_some() {
                return status.failure;
            }
            is_closed = changes.changed().await.is_err();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the wait for a revision is over, and how it ended.
fn reached(status: &LogStatus, is_closed: bool, revision: Revision) -> Option<Result<(), Failure>> {
    if status.durable >= revision {
        return Some(Ok(()));
    }
    match &status.failure {
        Some(failure) => Some(Err(failure.clone())),
        None => is_closed.then(|| {
            Err(Failure::new(
                "wait in",
                "the log",
                &"it was closed before this revision",
            ))
        }),
    }
}

#[cfg(test)]
mod tests {
    use almanac_event_log::{MemoryLog, NewRecord, RecordKind};
    use almanac_model::LogId;
    use tokio::sync::mpsc::{UnboundedReceiver, error::TryRecvError, unbounded_channel};

    use super::*;

    fn append(log: &MemoryLog) -> Revision {
        let record = NewRecord {
            kind: RecordKind::Events,
            recorded_at_ms: 0,
            principal: "office".to_owned(),
            producer: None,
            request: None,
            receipt: "".into(),
            payload: "a batch".into(),
        };
        log.append(record).expect("the log takes it")
    }

    fn wait(waiting: &Waiting, log: &MemoryLog, revision: Revision) -> UnboundedReceiver<bool> {
        let (tell, told) = unbounded_channel();
        waiting.when_durable(log, revision, move |durable| {
            tell.send(durable.is_ok()).expect("it is waited for");
        });
        told
    }

    #[tokio::test]
    async fn each_is_told_once_what_it_waits_for_is_durable_or_never_will_be() {
        let (log, waiting) = (
            Arc::new(MemoryLog::new(LogId::from_random([7; 16]))),
            Arc::new(Waiting::default()),
        );
        let telling = tokio::spawn({
            let (log, waiting) = (Arc::clone(&log), Arc::clone(&waiting));
            async move { waiting.tell(log).await }
        });
        let first = append(&log);
        log.hold();
        let [second, third] = [append(&log), append(&log)];
        assert_eq!(wait(&waiting, &log, first).try_recv(), Ok(true));
        let (mut of_third, mut of_second) = (wait(&waiting, &log, third), wait(&waiting, &log, second));
        tokio::task::yield_now().await;
        assert_eq!(of_second.try_recv(), Err(TryRecvError::Empty));
        log.release();
        assert_eq!(
            (of_second.recv().await, of_third.recv().await),
            (Some(true), Some(true))
        );
        log.hold();
        let fourth = append(&log);
        let mut of_fourth = wait(&waiting, &log, fourth);
        log.fail(Failure::new("sync", "the log", &"as the test wants it"));
        assert_eq!(of_fourth.recv().await, Some(false));
        let failure = telling.await.expect("it ends with the log").expect("the log failed");
        assert!(failure.to_string().contains("as the test wants it"), "{failure}");
        assert_eq!(wait(&waiting, &log, fourth).try_recv(), Ok(false));
        assert_eq!(wait(&waiting, &log, third).try_recv(), Ok(true));
    }
}
