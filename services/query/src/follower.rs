//! Follows the log of the ingest service and keeps the replica up to date, for as long as the process runs.
//!
//! Whole records in revision order, each exactly once. When the connection ends, the replica goes on answering and the
//! follower connects again, from the revision after the last it applied. When the log turns out to be another one, the
//! replica is emptied and filled anew: figures of two logs are never mixed.

pub(crate) mod lost;
pub(crate) mod subscription;

use std::convert::Infallible;
use std::sync::Arc;

use almanac_model::Revision;
use almanac_wire::pb::log as pb;
use almanac_wire::timestamp_from_proto;
use jiff::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tracing::{debug, error, info, warn};

use lost::{Lost, Remedy};
use subscription::Subscription;

use crate::backoff::Backoff;
use crate::checkpoint::{Checkpoint, chain};
use crate::replica::{Content, Mark, Progress, RecordError, Replica};
use crate::serving::Serving;
use crate::shared::{SharedReplica, Work};
use crate::{Clock, Connect, Deps, limits, snapshot};

/// Follows the log.
pub(crate) struct Follower {
    ingest: Endpoint,
    connect: Connect,
    replica: Arc<SharedReplica>,
    clock: Clock,
    serving: Serving,
    backoff: Backoff,
    /// What was logged last. A state is logged when it begins, not with every attempt or message.
    logged: Logged,
    snapshots: Option<SnapshotSource>,
    /// Whether one is taken before the log is followed.
    wants_snapshot: bool,
}

/// Where a replica takes a snapshot from, and when.
#[derive(Clone, Debug)]
pub struct SnapshotSource {
    /// Another query service.
    pub replica: Endpoint,
    /// A replica that is more revisions behind its log takes one.
    pub behind: u64,
}

impl SnapshotSource {
    /// The default, from this query service.
    #[must_use]
    pub fn new(replica: Endpoint) -> Self {
        Self {
            replica,
            behind: limits::SNAPSHOT_BEHIND,
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Logged {
    Nothing,
    Following,
    Lost(Remedy),
}

impl Follower {
    pub(crate) fn new(deps: &Deps, replica: Arc<SharedReplica>, serving: Serving) -> Self {
        let clock = Arc::clone(&deps.clock);
        // any number that two replicas hardly share
        let seed = clock().subsec_nanosecond().unsigned_abs();
        Self {
            ingest: subscription::configured(&deps.ingest),
            connect: Arc::clone(&deps.connect),
            replica,
            clock,
            serving,
            backoff: Backoff::new(seed.into()),
            logged: Logged::Nothing,
            snapshots: deps.snapshots.clone(),
            wants_snapshot: false,
        }
    }

    /// Follows until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow_on() => {}
        }
    }

    /// Ends only when the log cannot be followed any further.
    async fn follow_on(&mut self) {
        self.wants_snapshot = self.replica.progress().borrow().applied == Revision::EMPTY;
        loop {
            let asks = std::mem::take(&mut self.wants_snapshot);
            if asks {
                self.take_snapshot().await;
            }
            let Err(lost) = self.follow(!asks).await;
            let remedy = lost.remedy();
            self.log_loss(&lost);
            self.wants_snapshot = lost.calls_for_a_snapshot();
            let change = move |replica: &mut Replica| match remedy {
                Remedy::Reconnect | Remedy::ReconnectAndReport => replica.disconnect(),
                Remedy::Rebuild => *replica = replica.emptied(),
                Remedy::Halt => {
                    replica.disconnect();
                    replica.halt();
                }
            };
            let broken = self.replica.change(Work::Small, change).await.is_err();
            if broken {
                self.serving.report_broken().await;
            }
            self.serving.report().await;
            if broken || remedy == Remedy::Halt {
                return;
            }
            sleep(self.backoff.next()).await;
        }
    }

    /// Goes on where another replica is, if there is one that can be asked. Without a snapshot the log is all there is.
    async fn take_snapshot(&mut self) {
        let Some(SnapshotSource { replica: source, .. }) = &self.snapshots else {
            return;
        };
        let own = self.replica.progress().borrow().log;
        let address = source.uri();
        let channel = (self.connect)(subscription::configured(source));
        let Checkpoint { log, derived } = match snapshot::take(channel, own).await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                warn!(replica.address = %address, error = %chain(&error), "take no snapshot; read the log");
                return;
            }
        };
        let revision = derived.applied();
        let take_over = move |replica: &mut Replica| replica.take_over(log, derived);
        // a broken replica is met again by whatever comes next
        if let Ok(taken) = self.replica.change(Work::Large, take_over).await {
            info!(replica.address = %address, %revision, taken, "take snapshot");
        }
    }

    /// Whether another replica is to be asked rather than the log: a replica that just asked goes on with the log.
    fn check_distance(&self, may_ask: bool) -> Result<(), Lost> {
        let Progress { applied, head, .. } = *self.replica.progress().borrow();
        let revisions = head.0.saturating_sub(applied.0);
        match &self.snapshots {
            Some(source) if may_ask && revisions > source.behind => Err(Lost::FarBehind { revisions }),
            _ => Ok(()),
        }
    }

    /// Applies what one subscription brings, until it is lost.
    async fn follow(&mut self, may_ask: bool) -> Result<Infallible, Lost> {
        let Progress {
            log,
            applied,
            last_record,
            ..
        } = *self.replica.progress().borrow();
        let channel = (self.connect)(self.ingest.clone()).await?;
        let mut subscription = Subscription::open(channel, log, applied.next(), last_record).await?;
        loop {
            let message = subscription.next().await?;
            self.take(message).await?;
            self.check_distance(may_ask)?;
            self.serving.report().await;
            self.backoff.reset();
            if std::mem::replace(&mut self.logged, Logged::Following) != Logged::Following {
                let Progress { applied, head, .. } = *self.replica.progress().borrow();
                info!(ingest.address = %self.ingest.uri(), %applied, %head, "follow log");
            }
        }
    }

    async fn take(&mut self, message: pb::SubscribeResponse) -> Result<(), Lost> {
        let pb::SubscribeResponse {
            log_id,
            head_revision,
            record,
        } = message;
        let log = log_id.parse().map_err(|_| Lost::NoLogId { text: log_id })?;
        let (head, now) = (Revision(head_revision), (self.clock)());
        self.replica
            .change(Work::Small, move |replica| replica.hear(log, head, now))
            .await??;
        match record {
            Some(record) => self.apply(record).await,
            None => Ok(()),
        }
    }

    async fn apply(&mut self, record: pb::LogRecord) -> Result<(), Lost> {
        // who recorded it is the log's business; no answer names persons
        let pb::LogRecord {
            revision,
            record_time,
            principal: _,
            origin: _,
            payload,
        } = record;
        let expected = self.replica.progress().borrow().applied.next();
        if Revision(revision) != expected {
            return Err(Lost::OutOfOrder {
                expected,
                found: Revision(revision),
            });
        }
        let unreadable = |source: RecordError| Lost::Unreadable {
            revision: expected,
            source,
        };
        let time: Option<Timestamp> = record_time.as_ref().and_then(timestamp_from_proto);
        let time = time.ok_or(RecordError::Time).map_err(unreadable)?;
        let mark = Mark::of(time, &payload);
        let large = payload.len() > limits::RECORD_INLINE_BYTES;
        let work = if large { Work::Large } else { Work::Small };
        // decoded before the replica is locked
        let replica = Arc::clone(&self.replica);
        let content = replica
            .run(work, move || Content::decode(&payload))
            .await?
            .map_err(unreadable)?;
        self.replica
            .change(work, move |replica| replica.apply(mark, content))
            .await?
            .map_err(unreadable)
    }

    fn log_loss(&mut self, lost: &Lost) {
        let state = Logged::Lost(lost.remedy());
        if std::mem::replace(&mut self.logged, state) == state {
            debug!(error = %lost.chain(), "lose log again");
            return;
        }
        let (address, error) = (self.ingest.uri(), lost.chain());
        match lost.remedy() {
            Remedy::Reconnect => warn!(ingest.address = %address, %error, "lose log; connect again"),
            Remedy::Rebuild => {
                warn!(ingest.address = %address, %error, "drop figures of replaced log; rebuild from its first revision");
            }
            Remedy::ReconnectAndReport => {
                error!(ingest.address = %address, %error, "refuse what the log sent; connect again");
            }
            Remedy::Halt => error!(
                ingest.address = %address,
                %error,
                "stop following the log; upgrade this service, or restart it to read the log anew"
            ),
        }
    }
}
