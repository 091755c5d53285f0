//! The methods, one file each: convert, call, convert.

mod apply_catalog;
mod record_event_stream;
mod record_events;
mod recording;
mod releases;
mod retract_events;
mod subscribe;

use std::sync::Arc;

use almanac_event_log::wait_durable;
use almanac_model::Revision;
use almanac_service_kit::Client;
use almanac_service_kit::answer::respond;
use almanac_service_kit::blocking::Blocking;
use almanac_service_kit::telemetry::record_revision;
use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_server::IngestService;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use tracing::error;

use crate::Ledger;
use crate::error::IngestError;

pub(crate) use recording::count;
pub(crate) use subscribe::LogRpc;

/// The methods of `IngestService`.
pub(crate) struct IngestRpc {
    pub(crate) ledger: Arc<Ledger>,
    /// The streams of all producers: the service ends after them, since they hold the log.
    pub(crate) streams: TaskTracker,
}

#[tonic::async_trait]
impl IngestService for IngestRpc {
    type RecordEventStreamStream = record_event_stream::Answers;

    async fn record_event_stream(
        &self,
        request: Request<Streaming<pb::RecordEventStreamRequest>>,
    ) -> Result<Response<Self::RecordEventStreamStream>, Status> {
        let answers = record_event_stream::record_event_stream(&self.ledger, &self.streams, request);
        Ok(Response::new(answers))
    }

    async fn record_events(
        &self,
        request: Request<RecordEventsRequest>,
    ) -> Result<Response<pb::RecordEventsResponse>, Status> {
        Ok(respond(record_events::record_events(&self.ledger, request).await?))
    }

    async fn retract_events(
        &self,
        request: Request<pb::RetractEventsRequest>,
    ) -> Result<Response<pb::RetractEventsResponse>, Status> {
        Ok(respond(retract_events::retract_events(&self.ledger, request).await?))
    }

    async fn create_release(
        &self,
        request: Request<pb::CreateReleaseRequest>,
    ) -> Result<Response<pb::CreateReleaseResponse>, Status> {
        Ok(respond(releases::create_release(&self.ledger, request).await?))
    }

    async fn list_releases(
        &self,
        request: Request<pb::ListReleasesRequest>,
    ) -> Result<Response<pb::ListReleasesResponse>, Status> {
        Ok(respond(
            releases::list_releases(&self.ledger, request.into_inner()).await?,
        ))
    }

    async fn apply_catalog(
        &self,
        request: Request<pb::ApplyCatalogRequest>,
    ) -> Result<Response<pb::ApplyCatalogResponse>, Status> {
        Ok(respond(apply_catalog::apply_catalog(&self.ledger, request).await?))
    }

    async fn get_catalog(&self, _: Request<pb::GetCatalogRequest>) -> Result<Response<pb::GetCatalogResponse>, Status> {
        Ok(respond(apply_catalog::get_catalog(&self.ledger).await?))
    }
}

/// Who calls, as the log keeps it.
fn principal<T>(request: &Request<T>) -> String {
    Client::who_sent(request.extensions()).to_string()
}

/// Waits until a revision may be acknowledged.
async fn durable(ledger: &Ledger, revision: Revision) -> Result<(), IngestError> {
    let durable = wait_durable(ledger.log.as_ref(), revision).await;
    durable.map_err(IngestError::Failed)?;
    acknowledge(ledger, revision)
}

/// Whether a revision that is durable may be acknowledged: not after a failure of the index.
fn acknowledge(ledger: &Ledger, revision: Revision) -> Result<(), IngestError> {
    ledger.check_index().map_err(IngestError::Failed)?;
    record_revision(revision.0);
    Ok(())
}

/// Runs what blocks on the disk or computes for long where such work is done.
async fn blocking<T: Send + 'static>(
    place: Blocking,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, IngestError> {
    place.run(work).await.map_err(|panic| fault(&panic))
}

fn fault(panic: &dyn std::error::Error) -> IngestError {
    error!(error = %panic, "run blocking work");
    IngestError::Internal
}
