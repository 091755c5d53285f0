//! What requests cost by themselves: a service that reads them and does nothing.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use almanac_wire::RecordEventsRequest;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use uuid::Uuid;

/// Serves until it is to stop, with what tonic has by itself.
pub(super) async fn serve(listener: TcpListener, stop: CancellationToken) -> Result<(), tonic::transport::Error> {
    // as ours: without it an answer waits for the acknowledgement of the one before
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder().add_service(Bare { log: Uuid::new_v4() });
    server
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await
}

/// `almanac.ingest.v1.RecordEventsResponse`, as far as it says that all was recorded.
#[derive(Clone, PartialEq, prost::Message)]
struct Acknowledged {
    #[prost(uint64, tag = "1")]
    revision: u64,
    #[prost(string, tag = "2")]
    log_id: String,
    #[prost(int32, optional, tag = "3")]
    recorded_count: Option<i32>,
}

/// The ingest service as far as `RecordEvents` goes: each request is acknowledged as soon as it is read.
#[derive(Clone)]
struct Bare {
    log: Uuid,
}

impl NamedService for Bare {
    const NAME: &'static str = "almanac.ingest.v1.IngestService";
}

impl Bare {
    fn acknowledge(&self, request: &RecordEventsRequest) -> Acknowledged {
        Acknowledged {
            revision: 1,
            log_id: self.log.to_string(),
            recorded_count: i32::try_from(request.events.len()).ok(),
        }
    }
}

impl tower::Service<http::Request<Body>> for Bare {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let bare = self.clone();
        let method = tower::service_fn(move |request: Request<RecordEventsRequest>| {
            let answer = bare.acknowledge(request.get_ref());
            async move { Ok::<_, Status>(Response::new(answer)) }
        });
        let codec = ProstCodec::<Acknowledged, RecordEventsRequest>::default();
        Box::pin(async move { Ok(Grpc::new(codec).unary(method, request).await) })
    }
}
