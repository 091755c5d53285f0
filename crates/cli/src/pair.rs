//! Ingest and query in one process, talking over gRPC as they do in two.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use almanac_event_log::SledOptions;
use almanac_ingest::{CatalogSource, LedgerOptions, RunError, StartError, ensure_catalog, open};
use almanac_query::{CheckpointOptions, Checkpoints, Drained, ServeError};
use almanac_service_kit::config::{BindError, bind};
use almanac_service_kit::limits;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use tracing::{Instrument, info_span};

/// How a pair is set up.
#[derive(Clone, Debug)]
pub(crate) struct PairOptions {
    /// The folder of the log. The checkpoints of the query service are in a folder in it.
    pub(crate) data_dir: PathBuf,
    /// Where ingest listens; port 0 is a free one.
    pub(crate) ingest: SocketAddr,
    /// Where query listens.
    pub(crate) query: SocketAddr,
    /// The catalogue of a log that has none yet. Without it the log waits for `ApplyCatalog`.
    pub(crate) catalog: Option<CatalogSource>,
}

/// Both services, running.
pub(crate) struct Pair {
    ingest: Service<RunError>,
    query: Service<ServeError>,
}

struct Service<E> {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<Drained, E>>,
}

/// Why the pair does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PairError {
    /// An address is taken.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A listener does not know its address.
    #[error("cannot ask the system for the port it chose")]
    Port(#[source] std::io::Error),
    /// The address of ingest cannot be called.
    #[error("cannot call the ingest service at {uri}")]
    Address {
        uri: String,
        source: tonic::transport::Error,
    },
    /// The log cannot be opened.
    #[error("cannot start the ingest service")]
    Start(#[from] StartError),
    /// Checkpoints cannot be kept.
    #[error("cannot start the query service")]
    Checkpoints(#[from] almanac_query::OpenError),
    /// Ingest ended with a fault.
    #[error("the ingest service ended")]
    Ingest(#[source] RunError),
    /// Query ended with a fault.
    #[error("the query service ended")]
    Query(#[source] ServeError),
    /// A fault in the code.
    #[error("a task of the pair ended")]
    Task(#[from] JoinError),
}

impl Pair {
    /// Starts both: the addresses first, so that nothing is opened when they are taken.
    pub(crate) async fn start(options: PairOptions) -> Result<Self, PairError> {
        let PairOptions {
            data_dir,
            ingest,
            query,
            catalog,
        } = options;
        let (ingest, query) = (bind(ingest).await?, bind(query).await?);
        let checkpoints = data_dir.join("query");
        let ingest = start_ingest(ingest, data_dir, catalog).await?;
        let query = start_query(query, ingest.address, &checkpoints)?;
        Ok(Self { ingest, query })
    }

    /// Where ingest listens.
    pub(crate) const fn ingest_address(&self) -> SocketAddr {
        self.ingest.address
    }

    /// Where query listens.
    pub(crate) const fn query_address(&self) -> SocketAddr {
        self.query.address
    }

    /// Runs until `shutdown`, or until one of the services fails; then stops both.
    pub(crate) async fn run(mut self, shutdown: &CancellationToken) -> Result<(), PairError> {
        tokio::select! {
            () = shutdown.cancelled() => self.stop().await,
            ended = &mut self.ingest.task => {
                self.query.stop.cancel();
                let query = self.query.task.await;
                ended?.map_err(PairError::Ingest)?;
                query?.map_err(PairError::Query).map(drop)
            }
            ended = &mut self.query.task => {
                self.ingest.stop.cancel();
                let ingest = self.ingest.task.await;
                ended?.map_err(PairError::Query)?;
                ingest?.map_err(PairError::Ingest).map(drop)
            }
        }
    }

    /// Stops both, query first: it follows ingest, and would otherwise look for it in vain.
    pub(crate) async fn stop(self) -> Result<(), PairError> {
        let Self { ingest, query } = self;
        query.stop.cancel();
        let query = query.task.await;
        ingest.stop.cancel();
        ingest.task.await?.map_err(PairError::Ingest)?;
        query?.map_err(PairError::Query)?;
        Ok(())
    }
}

async fn start_ingest(
    listener: TcpListener,
    data_dir: PathBuf,
    catalog: Option<CatalogSource>,
) -> Result<Service<RunError>, PairError> {
    let address = listener.local_addr().map_err(PairError::Port)?;
    let span = info_span!("ingest");
    let opening = {
        let span = span.clone();
        move || {
            span.in_scope(|| {
                open(
                    &data_dir,
                    SledOptions::default(),
                    Arc::new(now),
                    LedgerOptions::default(),
                )
            })
        }
    };
    let (ledger, accepts_writes) = tokio::task::spawn_blocking(opening).await??;
    if let Some(catalog) = catalog {
        ensure_catalog(&ledger, &catalog).instrument(span.clone()).await?;
    }
    let deps = almanac_ingest::Deps {
        ledger,
        accepts_writes,
        drain: limits::DRAIN,
    };
    let stop = CancellationToken::new();
    let serving = almanac_ingest::serve(listener, deps, stop.clone());
    Ok(Service {
        address,
        stop,
        task: tokio::spawn(serving.instrument(span)),
    })
}

fn start_query(
    listener: TcpListener,
    ingest: SocketAddr,
    checkpoints: &Path,
) -> Result<Service<ServeError>, PairError> {
    let address = listener.local_addr().map_err(PairError::Port)?;
    let uri = uri(ingest);
    let wrong = |source| PairError::Address {
        uri: uri.clone(),
        source,
    };
    let endpoint = Endpoint::from_shared(uri.clone()).map_err(wrong)?;
    let deps = almanac_query::Deps {
        checkpoints: Some(Checkpoints::open(checkpoints, CheckpointOptions::default())?),
        ..almanac_query::Deps::new(endpoint, Arc::new(now))
    };
    let stop = CancellationToken::new();
    let serving = almanac_query::serve(listener, deps, stop.clone());
    Ok(Service {
        address,
        stop,
        task: tokio::spawn(serving.instrument(info_span!("query"))),
    })
}

/// How a service that listens on an address is called from this machine.
pub(crate) fn uri(listens: SocketAddr) -> String {
    let host: IpAddr = match listens.ip() {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    };
    format!("http://{}", SocketAddr::new(host, listens.port()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this process reads the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_called_on_loopback() {
        for (listens, called) in [
            ("127.0.0.1:5", "http://127.0.0.1:5"),
            ("0.0.0.0:5", "http://127.0.0.1:5"),
            ("[::]:5", "http://[::1]:5"),
            ("192.0.2.7:5", "http://192.0.2.7:5"),
        ] {
            assert_eq!(uri(listens.parse().unwrap()), called);
        }
    }
}
