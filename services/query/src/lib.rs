//! The query service: answers questions about figures from a replica of the log.
//!
//! ```text
//! follower   Subscribe of the ingest service -> whole records, in order        follower/
//! replica    what the log told so far: values, definitions, releases, times   replica/, shared.rs
//! past       what tallies were before what is kept of them, from the log     past/
//! lag        how far the replica is behind the log                            lag.rs
//! serving    whether questions should be sent here, as health says it         serving.rs
//! read_at    at which state of the log to read; waits for it                  read_at.rs, replica/locate.rs
//! ask        a request becomes a question; every mistake at once              ask.rs, names.rs, mistakes.rs, page.rs
//! rpc        one file for each method: convert, call, convert                 rpc/
//! feed       answers in many messages, and how they end                       rpc/feed.rs
//! snapshot   the same, from one replica to another                            snapshot/
//! checkpoint what the replica derived, kept on disk for the next start        checkpoint/
//! error      every refusal becomes a status in one place                      error.rs, reason.rs
//! ```
//!
//! Nothing is computed here: figures come from `almanac_indicator`. Nothing is stored here that the log does not have: without
//! a checkpoint a replica that starts reads the log from its first revision. A replica that has lost the log goes on
//! answering at the last revision it applied; one that cannot read a record stops there and says so through its health.

mod answer;
mod ask;
mod backoff;
mod checkpoint;
pub mod config;
mod error;
mod follower;
mod formulas;
mod lag;
mod limits;
mod mistakes;
mod names;
mod page;
mod past;
mod read_at;
pub mod reason;
mod replica;
mod rpc;
mod serving;
mod shared;
mod snapshot;

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use almanac_cube::Window;
pub use almanac_cube::WindowSize;
use almanac_service_kit::{
    Listener,
    blocking::Blocking,
    configure,
    health::HealthHandle,
    limits as kit,
    server::{self, ServerOptions},
};
use almanac_wire::pb::encoded::query_service_server::QueryServiceServer;
use almanac_wire::pb::log::snapshot_service_server::SnapshotServiceServer;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tracing::{Instrument, error, error_span};

pub use almanac_service_kit::server::{Drained, ServeError};

pub use crate::follower::SnapshotSource;

pub use crate::checkpoint::{CheckpointOptions, Checkpoints, Disk, OpenError, RealDisk};

use crate::checkpoint::Keeper;
use crate::follower::Follower;
use crate::past::{LogSource, Pasts};
use crate::replica::Replica;
use crate::rpc::Query;
use crate::serving::Serving;
use crate::shared::SharedReplica;
use crate::snapshot::Snapshots;

/// The name under which the health protocol knows this service.
pub const SERVICE: &str = "almanac.query.v1.QueryService";

/// The name under which it knows what this service gives to other replicas.
pub const SNAPSHOT_SERVICE: &str = "almanac.log.v1.SnapshotService";

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Connects to an endpoint.
pub type Connect = Arc<dyn Fn(Endpoint) -> Connecting + Send + Sync>;

/// A connection that is being made.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Channel, tonic::transport::Error>> + Send>>;

/// What the service needs from outside.
#[derive(Clone)]
pub struct Deps {
    /// The ingest service whose log is followed. Windows, keepalive and the time to connect are set here.
    pub ingest: Endpoint,
    /// Makes the connections to it, over TCP unless told otherwise.
    pub connect: Connect,
    /// Tells the time.
    pub clock: Clock,
    /// The time open calls have to end after a shutdown began.
    pub drain: Duration,
    /// How long a call without a deadline of its own waits for a revision.
    pub patience: Duration,
    /// How often a watch says how far it is when nothing changes.
    pub progress_every: Duration,
    /// Health says that questions should go elsewhere while what the replica shows may be older than this; without it, only
    /// before it has caught up for the first time.
    pub max_lag: Option<Duration>,
    /// Where the replica is kept for the next start; without it a start reads the whole log.
    pub checkpoints: Option<Checkpoints>,
    /// What of the past of tallies is kept in memory; what they were before is read from the log.
    pub tallies: WindowSize,
    /// Where work is done that takes long.
    pub blocking: Blocking,
    /// Which other replica is asked for a snapshot; without it the log is all there is.
    pub snapshots: Option<SnapshotSource>,
}

impl Deps {
    /// The defaults, with this ingest service and clock.
    #[must_use]
    pub fn new(ingest: Endpoint, clock: Clock) -> Self {
        Self {
            ingest,
            connect: Arc::new(|endpoint| Box::pin(async move { endpoint.connect().await })),
            clock,
            drain: kit::DRAIN,
            patience: limits::PATIENCE,
            progress_every: limits::PROGRESS_EVERY,
            max_lag: None,
            checkpoints: None,
            tallies: limits::TALLIES,
            blocking: Blocking::default(),
            snapshots: None,
        }
    }
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ingest,
            connect: _,
            clock: _,
            drain,
            patience,
            progress_every,
            max_lag,
            checkpoints,
            tallies,
            blocking,
            snapshots,
        } = self;
        f.debug_struct("Deps")
            .field("ingest", ingest)
            .field("drain", drain)
            .field("patience", patience)
            .field("progress_every", progress_every)
            .field("max_lag", max_lag)
            .field("checkpoints", checkpoints)
            .field("tallies", tallies)
            .field("blocking", blocking)
            .field("snapshots", snapshots)
            .finish_non_exhaustive()
    }
}

/// Serves questions on the listener, and follows the log, until `shutdown` is cancelled and open calls have ended.
///
/// Health of [`SERVICE`] is `NOT_SERVING` until the replica has caught up with the log and there is a catalogue, and while it
/// is further behind than [`Deps::max_lag`].
pub async fn serve(listener: impl Listener, deps: Deps, shutdown: CancellationToken) -> Result<Drained, ServeError> {
    let health = HealthHandle::new(&[SERVICE, SNAPSHOT_SERVICE]).await;
    let source = LogSource {
        ingest: deps.ingest.clone(),
        connect: Arc::clone(&deps.connect),
    };
    let pasts = Arc::new(Pasts::new(Some(source), deps.blocking));
    let empty = Replica::keeping(Window::new(deps.tallies));
    let replica = Arc::new(SharedReplica::new(empty, deps.blocking, pasts));
    // The follower ends when the shutdown begins: that the log is lost is no news to a service that stops.
    let stop = shutdown.child_token();
    // Dropping this future ends the follower too.
    let _stop_when_dropped = stop.clone().drop_guard();
    let clock = Arc::clone(&deps.clock);
    let serving = Serving::new(health.clone(), clock, deps.max_lag, replica.progress());
    let follower = Follower::new(&deps, Arc::clone(&replica), serving.clone());
    let _watching = AbortOnDropHandle::new(tokio::spawn(serving.clone().watch().in_current_span()));
    let keeper = deps
        .checkpoints
        .map(|checkpoints| Keeper::new(checkpoints, Arc::clone(&replica)));
    let following = supervise(follower, keeper, serving, stop.clone()).instrument(error_span!("follower"));
    let following = tokio::spawn(following);

    let snapshots = SnapshotServiceServer::new(Snapshots::new(Arc::clone(&replica)));
    let query = Query {
        replica,
        clock: deps.clock,
        patience: deps.patience,
        progress_every: deps.progress_every,
    };
    let routes = Routes::new(configure!(QueryServiceServer::new(query), kit::PLAIN_REQUEST_BYTES))
        .add_service(configure!(snapshots, kit::PLAIN_REQUEST_BYTES));
    let options = ServerOptions {
        drain: deps.drain,
        ..ServerOptions::new(&[almanac_wire::QUERY_DESCRIPTORS])
    };
    let served = server::serve(listener, routes, health, &options, shutdown).await;
    stop.cancel();
    if let Err(panic) = following.await {
        error!(error = %panic, "end follower");
    }
    served
}

/// Runs the follower on what the newest checkpoint holds, and says so when a panic ended it: answers go on, but they grow
/// old. The last checkpoint is written when nothing is applied any more.
async fn supervise(follower: Follower, mut keeper: Option<Keeper>, serving: Serving, stop: CancellationToken) {
    if let Some(keeper) = &mut keeper {
        let restored = stop.run_until_cancelled(keeper.restore()).await;
        // told to stop, or after a panic that was logged where it was caught
        if !matches!(restored, Some(Ok(()))) {
            return;
        }
    }
    let ended = CancellationToken::new();
    let keeping = keeper.map(|keeper| tokio::spawn(keeper.run(ended.clone()).in_current_span()));
    let following = tokio::spawn(follower.run(stop).in_current_span());
    if let Err(panic) = following.await {
        error!(error = %panic, "stop following the log after a panic");
        serving.report_broken().await;
    }
    ended.cancel();
    if let Some(keeping) = keeping
        && let Err(panic) = keeping.await
    {
        error!(error = %panic, "write no checkpoint after a panic");
    }
}
