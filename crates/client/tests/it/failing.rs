//! An ingest service that answers what it was told to answer, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_server::{IngestService, IngestServiceServer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What is answered next. When nothing is left, events are recorded.
#[derive(Clone, Default)]
pub(crate) struct Failing {
    answers: Arc<Mutex<VecDeque<Status>>>,
    asked: Arc<Mutex<Vec<RecordEventsRequest>>>,
}

/// A refusal as the services make them.
pub(crate) fn refusal(code: Code, reason: &str, retry_after: Option<Duration>) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, "almanac", HashMap::new());
    if retry_after.is_some() {
        details.set_retry_info(retry_after);
    }
    Status::with_error_details(code, "as the test wants it", details)
}

impl Failing {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Status>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
        }
    }

    /// The request id of every attempt.
    pub(crate) fn request_ids(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request.request_id.clone()).collect()
    }

    /// Serves on an address until the token is cancelled; idle connections are closed then.
    pub(crate) async fn serve(&self, address: SocketAddr, stop: CancellationToken) -> SocketAddr {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Server::builder()
            .add_service(IngestServiceServer::new(self.clone()))
            .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.cancelled_owned());
        tokio::spawn(serving);
        address
    }
}

#[tonic::async_trait]
impl IngestService for Failing {
    type RecordEventStreamStream = tokio_stream::Empty<Result<pb::RecordEventStreamResponse, Status>>;

    async fn record_event_stream(
        &self,
        _: Request<tonic::Streaming<pb::RecordEventStreamRequest>>,
    ) -> Result<Response<Self::RecordEventStreamStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn record_events(
        &self,
        request: Request<RecordEventsRequest>,
    ) -> Result<Response<pb::RecordEventsResponse>, Status> {
        self.asked.lock().unwrap().push(request.into_inner());
        if let Some(status) = self.answers.lock().unwrap().pop_front() {
            return Err(status);
        }
        Ok(Response::new(pb::RecordEventsResponse {
            revision: 7,
            log_id: "6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11".to_owned(),
            recorded_count: Some(1),
            ..pb::RecordEventsResponse::default()
        }))
    }

    async fn retract_events(
        &self,
        _: Request<pb::RetractEventsRequest>,
    ) -> Result<Response<pb::RetractEventsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn create_release(
        &self,
        _: Request<pb::CreateReleaseRequest>,
    ) -> Result<Response<pb::CreateReleaseResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_releases(
        &self,
        _: Request<pb::ListReleasesRequest>,
    ) -> Result<Response<pb::ListReleasesResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn apply_catalog(
        &self,
        _: Request<pb::ApplyCatalogRequest>,
    ) -> Result<Response<pb::ApplyCatalogResponse>, Status> {
        // longer than any deadline of these tests
        std::future::pending().await
    }

    async fn get_catalog(&self, _: Request<pb::GetCatalogRequest>) -> Result<Response<pb::GetCatalogResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}
