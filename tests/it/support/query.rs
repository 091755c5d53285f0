//! The query service in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use almanac_query::{CheckpointOptions, Checkpoints, Deps, Drained, SERVICE, ServeError, WindowSize, serve};
use almanac_wire::pb::query as pb;
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use almanac_wire::pb::shared::{AsOf, Figure, as_of};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use super::refusal::Refusal;
use super::{PATIENCE, channel};

/// A running query service.
pub(crate) struct Query {
    pub(crate) address: SocketAddr,
    pub(crate) client: QueryServiceClient<Channel>,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<Drained, ServeError>>,
}

impl Query {
    /// A service that follows the log of an ingest service. It begins with nothing.
    pub(crate) async fn start(ingest: SocketAddr) -> Self {
        Self::start_with(ingest, PATIENCE).await
    }

    /// A service that waits for a revision only so long.
    pub(crate) async fn start_with(ingest: SocketAddr, patience: Duration) -> Self {
        let deps = Deps {
            patience,
            ..deps(ingest)
        };
        Self::start_deps(deps).await
    }

    /// A service that keeps what it derived in a folder when it is stopped, and begins with what is there.
    pub(crate) async fn start_on(dir: &Path, ingest: SocketAddr) -> Self {
        let checkpoints = Checkpoints::open(dir, CheckpointOptions::default()).expect("the folder is free");
        let deps = Deps {
            checkpoints: Some(checkpoints),
            ..deps(ingest)
        };
        Self::start_deps(deps).await
    }

    /// The same with what the newest so many revisions did to tallies in memory, and the rest in the log.
    pub(crate) async fn start_keeping(dir: &Path, ingest: SocketAddr, revisions: u64) -> Self {
        let checkpoints = Checkpoints::open(dir, CheckpointOptions::default()).expect("the folder is free");
        let deps = Deps {
            checkpoints: Some(checkpoints),
            tallies: WindowSize {
                revisions,
                changes: usize::MAX,
            },
            ..deps(ingest)
        };
        Self::start_deps(deps).await
    }

    async fn start_deps(deps: Deps) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, deps, shutdown.clone()));
        Self {
            address,
            client: QueryServiceClient::new(channel(address)),
            shutdown,
            serving,
        }
    }

    /// Stops in order.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        drop(self.client);
        let ended = self.serving.await.expect("the service does not panic");
        ended.expect("the service ends in order");
    }

    pub(crate) async fn ask(
        &self,
        question: pb::QueryIndicatorsRequest,
    ) -> Result<pb::QueryIndicatorsResponse, Status> {
        let answer = self.client.clone().query_indicators(question).await?;
        Ok(answer.into_inner())
    }

    /// Asks again when the log was replaced while the answer was computed, as the refusal says.
    pub(crate) async fn ask_again(&self, question: &pb::QueryIndicatorsRequest) -> pb::QueryIndicatorsResponse {
        loop {
            match self.ask(question.clone()).await {
                Err(refused) if refused.reason() == "LOG_REPLACED" => {}
                answered => return answered.expect("the question is right"),
            }
        }
    }

    /// The one figure of a question.
    pub(crate) async fn figure(&self, question: pb::QueryIndicatorsRequest) -> Figure {
        let mut figures = self.ask(question).await.expect("the question is right").figures;
        assert_eq!(figures.len(), 1, "{figures:?}");
        figures.remove(0)
    }

    /// The value of the one figure of a question.
    pub(crate) async fn value(&self, question: pb::QueryIndicatorsRequest) -> Option<String> {
        self.figure(question).await.value
    }

    /// Waits until the service says that it can answer, or that it cannot.
    pub(crate) async fn wait_until(&self, wanted: ServingStatus) {
        let request = HealthCheckRequest {
            service: SERVICE.into(),
        };
        let mut watch = HealthClient::new(channel(self.address))
            .watch(request)
            .await
            .expect("health answers")
            .into_inner();
        loop {
            let told = watch.message().await.expect("health is told");
            if told.expect("a watch has no end").status() == wanted {
                return;
            }
        }
    }
}

fn deps(ingest: SocketAddr) -> Deps {
    let ingest = Endpoint::from_shared(format!("http://{ingest}")).expect("an address is a URI");
    Deps {
        patience: PATIENCE,
        // the replica only says how long ago it heard from the log
        ..Deps::new(ingest, Arc::new(|| Timestamp::UNIX_EPOCH))
    }
}

/// A question about a figure of the province in 2017.
pub(crate) fn in_2017(indicator: &str) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        indicators: vec![indicator.into()],
        areas: vec!["96".into()],
        periods: vec!["2017".into()],
        ..pb::QueryIndicatorsRequest::default()
    }
}

/// The question at a state that holds this revision.
pub(crate) fn after(revision: u64, mut question: pb::QueryIndicatorsRequest) -> pb::QueryIndicatorsRequest {
    question.read_at.get_or_insert_default().min_revision = revision;
    question
}

/// The question as of a state in the past.
pub(crate) fn as_of(state: as_of::State, mut question: pb::QueryIndicatorsRequest) -> pb::QueryIndicatorsRequest {
    question.read_at.get_or_insert_default().as_of = Some(AsOf { state: Some(state) });
    question
}
