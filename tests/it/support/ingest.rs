//! The ingest service in this process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::SledOptions;
use almanac_ingest::{CatalogSource, Deps, Ledger, LedgerOptions, RunError, ensure_catalog, open, serve};
use almanac_service_kit::server::Drained;
use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::shared::Event;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

use super::channel;
use super::clock::TestClock;
use super::events::request;
use super::log::Log;

/// A running ingest service.
pub(crate) struct Ingest {
    pub(crate) address: SocketAddr,
    pub(crate) client: IngestServiceClient<Channel>,
    dir: PathBuf,
    clock: TestClock,
    catalog: CatalogSource,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<Drained, RunError>>,
}

impl Ingest {
    /// A service with the Ca Mau catalogue on a new log, and the folder of the log.
    pub(crate) async fn start() -> (Self, TempDir) {
        let dir = folder();
        (Self::open(dir.path(), TestClock::default()).await, dir)
    }

    /// A service on what a folder holds.
    pub(crate) async fn open(dir: &Path, clock: TestClock) -> Self {
        Self::open_with(dir, clock, CatalogSource::BuiltinCaMau).await
    }

    /// The same, with a catalogue of one's own where the log is new.
    pub(crate) async fn open_with(dir: &Path, clock: TestClock, catalog: CatalogSource) -> Self {
        let (ledger, accepts_writes) = open_log(dir, &clock);
        Self::serve(dir, clock, ledger, accepts_writes, catalog).await
    }

    /// A service on a ledger that was opened elsewhere.
    pub(crate) async fn serve(
        dir: &Path,
        clock: TestClock,
        ledger: Arc<Ledger>,
        accepts_writes: watch::Receiver<bool>,
        catalog: CatalogSource,
    ) -> Self {
        ensure_catalog(&ledger, &catalog)
            .await
            .expect("the catalogue is accepted");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shutdown = CancellationToken::new();
        let deps = Deps {
            ledger,
            accepts_writes,
            drain: Duration::from_secs(10),
        };
        let serving = tokio::spawn(serve(listener, deps, shutdown.clone()));
        Self {
            address,
            client: IngestServiceClient::new(channel(address)),
            dir: dir.to_owned(),
            clock,
            catalog,
            shutdown,
            serving,
        }
    }

    /// Stops in order; the folder can be opened again.
    pub(crate) async fn stop(self) -> (PathBuf, TestClock) {
        self.shutdown.cancel();
        // a client's connection would hold up the drain
        drop(self.client);
        let ended = self.serving.await.expect("the service does not panic");
        ended.expect("the service ends in order");
        (self.dir, self.clock)
    }

    /// Stops and starts again on the same folder and on another port.
    pub(crate) async fn restart(self) -> Self {
        let catalog = self.catalog.clone();
        let (dir, clock) = self.stop().await;
        Self::open_with(&dir, clock, catalog).await
    }

    /// Records events of a reporter and says what was answered.
    pub(crate) async fn record(&self, reporter: &str, events: Vec<Event>) -> Result<pb::RecordEventsResponse, Status> {
        self.send(request(reporter, events)).await
    }

    /// Sends a request and says what was answered.
    pub(crate) async fn send(&self, request: RecordEventsRequest) -> Result<pb::RecordEventsResponse, Status> {
        let answer = self.client.clone().record_events(request).await?;
        Ok(answer.into_inner())
    }

    /// Freezes the newest revision.
    pub(crate) async fn release(&self, name: &str) -> pb::CreateReleaseResponse {
        let request = pb::CreateReleaseRequest {
            name: name.into(),
            ..pb::CreateReleaseRequest::default()
        };
        let answer = self.client.clone().create_release(request).await;
        answer.expect("the release is new").into_inner()
    }

    /// The log as replicas read it.
    pub(crate) async fn log(&self) -> Log {
        Log::read(channel(self.address)).await.expect("the log is readable")
    }
}

fn open_log(dir: &Path, clock: &TestClock) -> (Arc<Ledger>, watch::Receiver<bool>) {
    open(dir, sled_options(), clock.reader(), LedgerOptions::default()).expect("the log opens")
}

/// A folder that goes when the test ends.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// Small: a test does not need the space that a service sets aside.
pub(crate) fn sled_options() -> SledOptions {
    SledOptions {
        ballast_bytes: 0,
        reserve_bytes: 0,
        active_cache_bytes: 4 << 20,
        ..SledOptions::default()
    }
}
