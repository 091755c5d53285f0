//! A span and one log line for every RPC.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument, Level, Span, error, field::Empty};

use crate::{Client, limits};

/// Opens a span per RPC with `rpc.method`, `client.addr`, `revision` (see
/// [`record_revision`](crate::telemetry::record_revision)), `rpc.status` and `rpc.duration_ms`, and logs its end: WARN
/// for what a server should not answer (INTERNAL, `DATA_LOSS`, UNKNOWN), DEBUG for the rest, TRACE for health and
/// reflection. An answer that nobody took to its end is CANCELLED.
#[derive(Clone, Debug)]
pub struct RpcSpanLayer;

impl<S> Layer<S> for RpcSpanLayer {
    type Service = RpcSpan<S>;

    fn layer(&self, inner: S) -> RpcSpan<S> {
        RpcSpan { inner }
    }
}

/// The service of [`RpcSpanLayer`].
#[derive(Clone, Debug)]
pub struct RpcSpan<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for RpcSpan<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut rpc = Rpc::begin(&request);
        let answer = rpc
            .span
            .in_scope(|| self.inner.call(request))
            .instrument(rpc.span.clone());
        Box::pin(async move {
            let answer = answer.await?;
            // An answer without a body carries its status in the headers.
            if let Some(code) = code_of(answer.headers()) {
                rpc.end(code);
            }
            if answer.body().is_end_stream() {
                // Neither status nor body: the client makes UNKNOWN of it.
                rpc.end(Code::Unknown);
                return Ok(answer);
            }
            Ok(answer.map(|body| Body::new(WatchedBody { body, rpc })))
        })
    }
}

/// Health and reflection: asked for every few seconds by machines, of interest to nobody.
pub(crate) fn is_quiet(path: &str) -> bool {
    path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
}

/// An RPC from its headers to its end, which is told exactly once.
struct Rpc {
    span: Span,
    quiet: bool,
    begun: Instant,
    ended: bool,
}

impl Rpc {
    fn begin(request: &Request<Body>) -> Self {
        let path = request.uri().path();
        let method = path.trim_start_matches('/');
        let method = method.get(..limits::LOGGED_METHOD_CHARS).unwrap_or(method);
        let client = Client::who_sent(request.extensions());
        let client = client.address().map(tracing::field::display);
        let quiet = is_quiet(path);
        macro_rules! rpc_span {
            ($level:ident) => {
                tracing::span!(
                    tracing::Level::$level,
                    "rpc",
                    rpc.method = method,
                    client.addr = client,
                    revision = Empty,
                    rpc.status = Empty,
                    rpc.duration_ms = Empty
                )
            };
        }
        // A span is there only for filters that let its level through. The level says nothing about the RPC: it makes
        // the fields stand by every line a filter does let through.
        let span = if quiet { rpc_span!(TRACE) } else { rpc_span!(ERROR) };
        Self {
            span,
            quiet,
            begun: Instant::now(),
            ended: false,
        }
    }

    fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let _entered = self.span.enter();
        macro_rules! end_rpc {
            ($level:ident) => {
                // a span keeps its fields as text, which is made only for a line that is written
                if tracing::enabled!(Level::$level) {
                    self.record_end(code);
                    tracing::event!(Level::$level, "end rpc");
                }
            };
        }
        match code {
            _ if self.quiet => end_rpc!(TRACE),
            Code::Internal | Code::DataLoss | Code::Unknown => end_rpc!(WARN),
            _ => end_rpc!(DEBUG),
        }
    }

    fn record_end(&self, code: Code) {
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.span
            .record("rpc.status", code_name(code))
            .record("rpc.duration_ms", milliseconds);
    }
}

impl Drop for Rpc {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if std::thread::panicking() {
            self.span.in_scope(|| error!("end stream on panic in handler"));
            self.end(Code::Internal);
        } else {
            self.end(Code::Cancelled);
        }
    }
}

/// A body that tells its RPC how it ended.
struct WatchedBody {
    body: Body,
    rpc: Rpc,
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        // A streamed answer is computed here; its log lines belong to the RPC too.
        let poll = this.rpc.span.in_scope(|| Pin::new(&mut this.body).poll_frame(context));
        match &poll {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.rpc.end(code_of(trailers).unwrap_or(Code::Unknown));
                }
            }
            Poll::Ready(Some(Err(status))) => this.rpc.end(status.code()),
            Poll::Ready(None) => this.rpc.end(Code::Unknown),
            Poll::Pending => {}
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn code_of(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(&Status::GRPC_STATUS)
        .map(|code| Code::from_bytes(code.as_bytes()))
}

/// The code as the protocol's documents and grpcurl write it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
