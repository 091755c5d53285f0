//! A service without a proto file, and a client for it.

use std::{
    convert::Infallible,
    future::{Future, ready},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use almanac_service_kit::{
    config::bind,
    deadline::Deadline,
    health::HealthHandle,
    server::{Drained, ServeError, ServerOptions, serve, stream_stop},
    status::StatusBuilder,
    telemetry::record_revision,
};
use http::uri::PathAndQuery;
use tokio::{sync::watch, task::JoinHandle};
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Request, Response, Status, Streaming,
    body::Body,
    codec::CompressionEncoding,
    server::{Grpc, NamedService},
    service::Routes,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Small, so that tests of the limit are quick.
pub(crate) const MAX_MESSAGE_BYTES: usize = 64 << 10;
pub(crate) const SERVICE: &str = "test.v1.EchoService";

type Strings = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// What a test sees of the handlers and tells them.
#[derive(Clone, Debug)]
pub(crate) struct Echo {
    /// Calls of `Hold` that are in their handler.
    pub(crate) holding: watch::Sender<usize>,
    /// Lets all `Hold` calls go.
    pub(crate) release: CancellationToken,
}

impl NamedService for Echo {
    const NAME: &'static str = SERVICE;
}

impl Echo {
    async fn unary(self, method: String, request: Request<String>) -> Result<Response<String>, Status> {
        match method.as_str() {
            "Echo" => {
                record_revision(42);
                Ok(Response::new(request.into_inner()))
            }
            "Remaining" => {
                let deadline = Deadline::of(&request).ok_or_else(|| Status::internal("no deadline"))?;
                Ok(Response::new(deadline.remaining().as_millis().to_string()))
            }
            "Hold" => {
                self.holding.send_modify(|count| *count += 1);
                self.release.cancelled().await;
                Ok(Response::new(request.into_inner()))
            }
            "Fail" => Err(StatusBuilder::internal().into()),
            "OutOfRange" => Err(Status::out_of_range("page 7 of 3")),
            _ => panic!("as the test wants it"),
        }
    }

    fn stream(method: &str, request: Request<Streaming<String>>) -> Response<Strings> {
        let stop = stream_stop(&request);
        let endless = WatchStream::new(watch::channel(()).1).map(|()| Ok("first".to_owned()));
        let endless = endless.chain(tokio_stream::pending());
        let strings: Strings = match method {
            "Repeat" => Box::pin(request.into_inner()),
            "Stuck" => Box::pin(endless),
            _ => Box::pin(Stoppable {
                inner: Box::pin(endless),
                stop: Some(Box::pin(stop.cancelled_owned())),
            }),
        };
        Response::new(strings)
    }
}

/// A stream that says that the server stops, as a watch should.
struct Stoppable<S, F> {
    inner: Pin<Box<S>>,
    stop: Option<Pin<Box<F>>>,
}

impl<S: Stream<Item = Result<String, Status>>, F: Future<Output = ()>> Stream for Stoppable<S, F> {
    type Item = Result<String, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stop) = &mut self.stop else {
            return Poll::Ready(None);
        };
        if stop.as_mut().poll(context).is_ready() {
            self.stop = None;
            return Poll::Ready(Some(Err(StatusBuilder::shutting_down().into())));
        }
        self.inner.as_mut().poll_next(context)
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, String>::default())
                .accept_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(MAX_MESSAGE_BYTES);
            Ok(match method.as_str() {
                "Repeat" | "Stuck" | "Watch" => {
                    grpc.streaming(
                        service_fn(move |request| ready(Ok(Self::stream(&method, request)))),
                        request,
                    )
                    .await
                }
                "Echo" | "Remaining" | "Hold" | "Fail" | "OutOfRange" | "Panic" => {
                    grpc.unary(
                        service_fn(move |request| echo.clone().unary(method.clone(), request)),
                        request,
                    )
                    .await
                }
                _ => {
                    // As generated servers answer an unknown method.
                    let mut response = http::Response::new(Body::empty());
                    response
                        .headers_mut()
                        .insert(Status::GRPC_STATUS, (Code::Unimplemented as i32).into());
                    response
                }
            })
        })
    }
}

pub(crate) struct TestServer {
    pub(crate) addr: SocketAddr,
    pub(crate) echo: Echo,
    pub(crate) health: HealthHandle,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: JoinHandle<Result<Drained, ServeError>>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(options()).await
    }

    pub(crate) async fn start_with(options: ServerOptions) -> Self {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let echo = Echo {
            holding: watch::channel(0).0,
            release: CancellationToken::new(),
        };
        let health = HealthHandle::new(&[SERVICE, "test.v1.OtherService"]).await;
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn({
            let (routes, health, shutdown) = (Routes::new(echo.clone()), health.clone(), shutdown.clone());
            async move { serve(listener, routes, health, &options, shutdown).await }
        });
        Self {
            addr,
            echo,
            health,
            shutdown,
            serving,
        }
    }

    pub(crate) async fn channel(&self) -> Channel {
        self.endpoint().connect().await.unwrap()
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(format!("http://{}", self.addr)).unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        Client(tonic::client::Grpc::new(self.channel().await))
    }

    /// Waits until so many `Hold` calls are in their handler.
    pub(crate) async fn holding(&self, count: usize) {
        self.echo
            .holding
            .subscribe()
            .wait_for(|&holding| holding == count)
            .await
            .unwrap();
    }
}

pub(crate) fn options() -> ServerOptions {
    ServerOptions::new(&[])
}

#[derive(Clone)]
pub(crate) struct Client(pub(crate) tonic::client::Grpc<Channel>);

impl Client {
    pub(crate) async fn unary(&mut self, method: &str, text: impl Into<String>) -> Result<String, Status> {
        self.send(method, Request::new(text.into())).await
    }

    pub(crate) async fn send(&mut self, method: &str, request: Request<String>) -> Result<String, Status> {
        self.0
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<String, String>::default();
        self.0
            .unary(request, path(method), codec)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn stream(&mut self, method: &str, texts: Vec<String>) -> Result<Streaming<String>, Status> {
        self.0
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let request = Request::new(tokio_stream::iter(texts));
        let codec = ProstCodec::<String, String>::default();
        self.0
            .streaming(request, path(method), codec)
            .await
            .map(Response::into_inner)
    }
}

fn path(method: &str) -> PathAndQuery {
    // A name with a slash is a path of its own.
    let path = if method.contains('/') {
        method.to_owned()
    } else {
        format!("/{SERVICE}/{method}")
    };
    path.parse().unwrap()
}

pub(crate) fn reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}
