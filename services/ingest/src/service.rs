//! The service on a listener.

use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::Failure;
use almanac_service_kit::health::HealthHandle;
use almanac_service_kit::server::{self, Drained, ServeError, ServerOptions};
use almanac_service_kit::{Listener, configure, limits};
use almanac_wire::INGEST_DESCRIPTORS;
use almanac_wire::pb::ingest::ingest_service_server::IngestServiceServer;
use almanac_wire::pb::log::log_service_server::LogServiceServer;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tracing::{Instrument, error};

use crate::Ledger;
use crate::rpc::{IngestRpc, LogRpc};

/// The name under which the ingest service reports its health.
pub const INGEST_SERVICE: &str = "almanac.ingest.v1.IngestService";
/// The name under which the log service reports its health.
pub const LOG_SERVICE: &str = "almanac.log.v1.LogService";

/// What the service works with.
pub struct Deps {
    /// The log and its state.
    pub ledger: Arc<Ledger>,
    /// Whether the log's disk has room; it is told as the health of the ingest service.
    pub accepts_writes: watch::Receiver<bool>,
    /// How long open calls may take to finish when the service stops.
    pub drain: Duration,
}

/// Why the service ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The log failed: nobody knows what is on the disk. The next start recovers from what is really there.
    #[error("the log failed, and nothing was acknowledged since; start again to recover: {0}")]
    Log(Failure),
    /// The index of the log failed: whether something is new was not to be guessed.
    #[error("the index of the log failed, and nothing was acknowledged since; start again to derive it anew: {0}")]
    Index(Failure),
}

/// Serves until `shutdown`, or until the log fails.
pub async fn serve(listener: impl Listener, deps: Deps, shutdown: CancellationToken) -> Result<Drained, RunError> {
    let Deps {
        ledger,
        accepts_writes,
        drain,
    } = deps;
    let (closing, blocking) = (Arc::clone(&ledger), ledger.blocking);
    let health = HealthHandle::new(&[INGEST_SERVICE, LOG_SERVICE]).await;
    health.set(LOG_SERVICE, true).await;
    // what goes on after its call has begun to be answered
    let streams = TaskTracker::new();
    let ingest = IngestServiceServer::new(IngestRpc {
        ledger: Arc::clone(&ledger),
        streams: streams.clone(),
    });
    let replication = LogServiceServer::new(LogRpc {
        ledger,
        feeds: streams.clone(),
    });
    let routes = Routes::new(configure!(ingest, limits::PLAIN_REQUEST_BYTES))
        .add_service(configure!(replication, limits::PLAIN_REQUEST_BYTES));
    let options = ServerOptions {
        drain,
        ..ServerOptions::new(&[INGEST_DESCRIPTORS])
    };
    let stop = shutdown.child_token();
    let reported = tokio::spawn(report_health(health.clone(), accepts_writes, stop.clone()).in_current_span());
    let (tell_failure, log_failure) = oneshot::channel();
    let told = tokio::spawn(acknowledge(Arc::clone(&closing), tell_failure).in_current_span());
    let serving = server::serve(listener, routes, health, &options, stop.clone());
    tokio::pin!(serving);
    let outcome = tokio::select! {
        served = &mut serving => served.map_err(RunError::from),
        failed = failed(&closing, log_failure) => {
            stop.cancel();
            serving.await?;
            Err(failed)
        }
    };
    stop.cancel();
    streams.close();
    streams.wait().await;
    let closed = blocking.run(move || closing.close());
    for ended in [reported.await, closed.await, told.await] {
        ended.unwrap_or_else(|panic| error!(error = %panic, "end task"));
    }
    outcome
}

/// Tells callers that what they recorded is durable, until the log is closed or fails. Only this task has word of each sync: others
/// would be woken by it for nothing.
async fn acknowledge(ledger: Arc<Ledger>, failed: oneshot::Sender<Failure>) {
    if let Some(failure) = ledger.waiting.tell(Arc::clone(&ledger.log)).await {
        let _ended = failed.send(failure);
    }
}

/// Ingest serves while the disk has room; reads go on without.
async fn report_health(health: HealthHandle, mut accepts_writes: watch::Receiver<bool>, stop: CancellationToken) {
    loop {
        let serving = *accepts_writes.borrow_and_update();
        health.set(INGEST_SERVICE, serving).await;
        let changed = tokio::select! {
            () = stop.cancelled() => return,
            changed = accepts_writes.changed() => changed,
        };
        if changed.is_err() {
            return stop.cancelled().await;
        }
    }
}

/// Waits until the log or its index fails, for ever if they do not.
async fn failed(ledger: &Ledger, log_failure: oneshot::Receiver<Failure>) -> RunError {
    let index_failure = async {
        let mut told = ledger.index_failure()?;
        let told = told.wait_for(Option::is_some).await.ok()?;
        told.clone()
    };
    tokio::select! {
        Ok(failure) = log_failure => RunError::Log(failure),
        Some(failure) = index_failure => RunError::Index(failure),
        else => std::future::pending().await,
    }
}
