//! Whether questions should be sent here, as the health protocol says it.
//!
//! Not before the replica has caught up with the log for the first time, not after a record that it cannot read, and, with a
//! limit to the lag, not while what it shows may be older than that. Without a limit a replica that has lost the log goes on
//! serving: when the ingest service is away, all replicas lose it at once, and old figures that say how old they are serve
//! better than none.

use std::sync::Arc;
use std::time::Duration;

use almanac_service_kit::health::HealthHandle;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::lag::seconds;
use crate::replica::Progress;
use crate::{Clock, SERVICE, SNAPSHOT_SERVICE, limits};

/// Keeps what health says. Clones speak for the same service.
#[derive(Clone)]
pub(crate) struct Serving {
    health: HealthHandle,
    clock: Clock,
    max_lag: Option<Duration>,
    progress: watch::Receiver<Progress>,
    told: Arc<Mutex<Told>>,
}

/// What was told last.
#[derive(Debug, Default)]
struct Told {
    serving: bool,
    too_old: bool,
    /// The replica cannot be used any more.
    broken: bool,
}

impl Serving {
    pub(crate) fn new(
        health: HealthHandle,
        clock: Clock,
        max_lag: Option<Duration>,
        progress: watch::Receiver<Progress>,
    ) -> Self {
        Self {
            health,
            clock,
            max_lag,
            progress,
            told: Arc::default(),
        }
    }

    /// Says what holds now.
    pub(crate) async fn report(&self) {
        self.update(false).await;
    }

    /// Says that nothing is answered from this replica any more.
    pub(crate) async fn report_broken(&self) {
        self.update(true).await;
    }

    async fn update(&self, broken: bool) {
        let mut told = self.told.lock().await;
        told.broken |= broken;
        let Progress { can_serve, lag, .. } = *self.progress.borrow();
        let behind = lag.behind((self.clock)()).unwrap_or_default();
        let too_old = can_serve && self.max_lag.is_some_and(|most| behind > most);
        if std::mem::replace(&mut told.too_old, too_old) != too_old && !told.broken {
            let (lag_seconds, lag_revisions) = (seconds(behind), lag.revisions());
            if too_old {
                warn!(%lag_seconds, lag_revisions, "stop serving: too far behind the log");
            } else if can_serve {
                info!(%lag_seconds, lag_revisions, "serve again: near the log");
            }
        }
        let serving = can_serve && !told.broken && !too_old;
        if std::mem::replace(&mut told.serving, serving) != serving {
            for service in [SERVICE, SNAPSHOT_SERVICE] {
                self.health.set(service, serving).await;
            }
        }
    }

    /// With a limit, looks at the lag also when nothing is heard. Ends when the replica is gone.
    pub(crate) async fn watch(self) {
        if self.max_lag.is_none() {
            return;
        }
        let mut progress = self.progress.clone();
        loop {
            self.report().await;
            let changed = timeout(limits::LAG_CHECK_EVERY, progress.changed()).await;
            if matches!(changed, Ok(Err(_))) {
                return;
            }
        }
    }
}
