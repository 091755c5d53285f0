//! What requests cost by themselves: a service that reads them and does nothing.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use almanac_service_kit::limits;
use almanac_wire::RecordEventsRequest;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use uuid::Uuid;

/// How many batches a client may have under way.
const CREDIT_BATCHES: u32 = 256;

/// Serves until it is to stop, with what tonic has by itself and a client may send to us.
pub(super) async fn serve(listener: TcpListener, stop: CancellationToken) -> Result<(), tonic::transport::Error> {
    // as ours: without it an answer waits for the acknowledgement of the one before
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let mut server = Server::builder()
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .max_frame_size(limits::FRAME_BYTES);
    server
        .add_service(Bare { log: Uuid::new_v4() })
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

/// `almanac.ingest.v1.RecordEventStreamRequest`: what is no batch is the hello.
#[derive(Clone, PartialEq, prost::Message)]
struct Sent {
    #[prost(message, optional, tag = "2")]
    batch: Option<Batch>,
}

/// `almanac.ingest.v1.StreamBatch`, its events as they came.
#[derive(Clone, PartialEq, prost::Message)]
struct Batch {
    #[prost(uint64, tag = "1")]
    sequence: u64,
    #[prost(bytes = "bytes", tag = "2")]
    events: Bytes,
}

/// `almanac.ingest.v1.RecordEventStreamResponse`, one of both.
#[derive(Clone, PartialEq, prost::Message)]
struct Told {
    #[prost(message, optional, tag = "1")]
    welcome: Option<Welcome>,
    #[prost(message, optional, tag = "2")]
    ack: Option<Ack>,
}

/// `almanac.ingest.v1.StreamWelcome`
#[derive(Clone, PartialEq, prost::Message)]
struct Welcome {
    #[prost(string, tag = "1")]
    log_id: String,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(uint64, tag = "4")]
    credit_bytes: u64,
    #[prost(uint32, tag = "5")]
    credit_batches: u32,
}

/// `almanac.ingest.v1.StreamAck`
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Ack {
    #[prost(uint64, tag = "1")]
    sequence: u64,
    #[prost(uint64, tag = "2")]
    revision: u64,
    #[prost(uint64, tag = "3")]
    credit_bytes: u64,
}

/// The ingest service as far as `RecordEvents` and `RecordEventStream` go: what comes is acknowledged as soon as it is read.
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

    fn acknowledge_each(&self, sent: Streaming<Sent>) -> impl Stream<Item = Result<Told, Status>> + use<> {
        let log = self.log;
        let mut credit_bytes = limits::STREAM_CREDIT_BYTES;
        sent.map_ok(move |sent| match sent.batch {
            Some(batch) => {
                credit_bytes += batch.events.len() as u64;
                Told {
                    ack: Some(Ack {
                        sequence: batch.sequence,
                        revision: 1,
                        credit_bytes,
                    }),
                    welcome: None,
                }
            }
            None => Told {
                welcome: Some(Welcome {
                    log_id: log.to_string(),
                    epoch: 1,
                    credit_bytes,
                    credit_batches: CREDIT_BATCHES,
                }),
                ack: None,
            },
        })
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
        if request.uri().path().ends_with("/RecordEventStream") {
            let method = tower::service_fn(move |request: Request<Streaming<Sent>>| {
                let answers = bare.acknowledge_each(request.into_inner());
                async move { Ok::<_, Status>(Response::new(answers)) }
            });
            let codec = ProstCodec::<Told, Sent>::default();
            return Box::pin(async move { Ok(Grpc::new(codec).streaming(method, request).await) });
        }
        let method = tower::service_fn(move |request: Request<RecordEventsRequest>| {
            let answer = bare.acknowledge(request.get_ref());
            async move { Ok::<_, Status>(Response::new(answer)) }
        });
        let codec = ProstCodec::<Acknowledged, RecordEventsRequest>::default();
        Box::pin(async move { Ok(Grpc::new(codec).unary(method, request).await) })
    }
}
