//! The services, as their processes start them.

use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::EventLog;
use almanac_ingest::{CatalogSource, Ledger, LedgerOptions, ensure_catalog};
use almanac_query::{CheckpointOptions, Checkpoints};
use almanac_service_kit::blocking::Blocking;
use almanac_tests::Fault;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::network::{INGEST_PORT, QUERY_PORT, SimListener, connecting, endpoint};
use crate::world::{INGEST, REPLICAS, World};

/// How long a question waits for a revision.
const PATIENCE: Duration = Duration::from_millis(500);

/// The ingest service on what its disk holds. It goes on until it crashes.
pub(crate) async fn ingest(world: Arc<World>, host: &'static str) -> Result<(), Fault> {
    let log = Arc::new(world.disk.open(world.log_id)?);
    world.trace.say(format_args!(
        "{host} opens its log at revision {}",
        log.status().borrow().durable
    ));
    let hasty = world.args.acknowledge_early;
    let syncing = world
        .disk
        .clone()
        .sync_on(Arc::clone(&log), world.chance.clone(), hasty);
    let serving = async {
        let mut options = LedgerOptions {
            blocking: Blocking::InPlace,
            ..LedgerOptions::default()
        };
        if world.args.forget_requests {
            options.request_retention = Duration::ZERO;
        }
        let clock = world.clocks[host].reader();
        let ledger = Arc::new(Ledger::recover(log, clock, options)?);
        ensure_catalog(&ledger, &CatalogSource::BuiltinCaMau).await?;
        let deps = almanac_ingest::Deps {
            ledger,
            accepts_writes: watch::channel(true).1,
            drain: Duration::ZERO,
        };
        let listener = SimListener::bind(INGEST_PORT).await?;
        almanac_ingest::serve(listener, deps, CancellationToken::new()).await?;
        Ok::<_, Fault>(())
    };
    tokio::try_join!(syncing, serving).map(|_| ())
}

/// A query service; the second one keeps checkpoints. None takes snapshots of the other, which are read on a thread.
pub(crate) async fn query(world: Arc<World>, host: &'static str) -> Result<(), Fault> {
    world.trace.say(format_args!("{host} starts"));
    let checkpoints = if host == REPLICAS[1] {
        let options = CheckpointOptions {
            revisions: 20,
            every: Duration::from_secs(2),
            ..CheckpointOptions::default()
        };
        Some(Checkpoints::open(&world.checkpoints, options)?)
    } else {
        None
    };
    let deps = almanac_query::Deps {
        connect: Arc::new(connecting),
        blocking: Blocking::InPlace,
        patience: PATIENCE,
        checkpoints,
        ..almanac_query::Deps::new(endpoint(INGEST, INGEST_PORT)?, world.clocks[host].reader())
    };
    let listener = SimListener::bind(QUERY_PORT).await?;
    almanac_query::serve(listener, deps, CancellationToken::new()).await?;
    Ok(())
}
