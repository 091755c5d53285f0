//! Gives tonic's own refusals the same shape as the services': a code a client can act on, a reason, a remedy.
//!
//! tonic answers `OUT_OF_RANGE` to a message that is too large, which some clients retry for ever, INTERNAL to bytes it
//! cannot decode, which wakes people for a client's mistake, and nothing but a code to an unknown method. These answers
//! are made below the services, so they are recognised here by their code and text; the tests of this crate send each
//! mistake over a socket and so notice when tonic changes a text. A status with details is a service's own and is left
//! as it is.
//!
//! A handler that panics is answered INTERNAL here, instead of a reset stream.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::error;

use crate::status::{StatusBuilder, reason};

#[derive(Clone, Debug)]
pub(crate) struct PlainMistakesLayer;

impl<S> Layer<S> for PlainMistakesLayer {
    type Service = PlainMistakes<S>;

    fn layer(&self, inner: S) -> PlainMistakes<S> {
        PlainMistakes { inner }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PlainMistakes<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for PlainMistakes<S>
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
        let path: Arc<str> = request.uri().path().into();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let Ok(answer) = unless_panics(answer).await else {
                // The panic's text is on stderr already, written by the panic hook.
                error!("recover from panic in handler");
                return Ok(StatusBuilder::internal().build().into_http());
            };
            answer.map(|answer| explain_answer(&path, answer))
        })
    }
}

/// The future's output, or an error when it panicked. State that a panic may leave half-changed is behind std's
/// mutexes, which are poisoned by it, or is the handler's own and gone with it.
async fn unless_panics<F: Future>(future: F) -> std::thread::Result<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

fn explain_answer(path: &Arc<str>, mut answer: Response<Body>) -> Response<Body> {
    explain_headers(path, answer.headers_mut());
    if answer.body().is_end_stream() {
        return answer;
    }
    let path = path.clone();
    answer.map(|body| {
        Body::new(body.map_frame(move |mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                explain_headers(&path, trailers);
            }
            frame
        }))
    })
}

fn explain_headers(path: &str, headers: &mut HeaderMap) {
    let code = headers.get(&Status::GRPC_STATUS);
    if code.is_none_or(|code| code == "0") || headers.contains_key(&Status::GRPC_STATUS_DETAILS) {
        return;
    }
    let Some(explained) = Status::from_header_map(headers).and_then(|status| explain(path, &status)) else {
        return;
    };
    headers.remove(&Status::GRPC_MESSAGE);
    // Both parts are percent-encoding or base64, which tonic always writes; else the plain status stays.
    let _ = explained.build().add_header(headers);
}

fn explain(path: &str, status: &Status) -> Option<StatusBuilder> {
    let text = status.message();
    match status.code() {
        Code::OutOfRange if text.starts_with("Error, decoded message length too large") => Some(too_large(
            number_after(text, "the limit is: "),
            number_after(text, "found "),
        )),
        Code::ResourceExhausted if text.starts_with("Error decompressing: size limit") => {
            Some(too_large(number_after(text, "size limit, of "), None))
        }
        Code::Internal if is_malformed(text) => {
            let text = format!("the request cannot be read as the message of {path}: {text}");
            Some(StatusBuilder::new(
                Code::InvalidArgument,
                reason::MALFORMED_REQUEST,
                text,
            ))
        }
        Code::Unimplemented if text.starts_with("Content is compressed with") => {
            let text = format!("{text}; use gzip, zstd or none");
            Some(StatusBuilder::new(
                Code::Unimplemented,
                reason::UNSUPPORTED_COMPRESSION,
                text,
            ))
        }
        Code::Unimplemented if text.is_empty() => {
            let text = format!("no method {path} on this server; list its services with `grpcurl ... list`");
            Some(StatusBuilder::new(Code::Unimplemented, reason::METHOD_NOT_FOUND, text).metadata("method", path))
        }
        _ => None,
    }
}

fn is_malformed(text: &str) -> bool {
    [
        "failed to decode Protobuf message",
        "Error decompressing",
        "Missing request message",
        "Unexpected EOF decoding stream",
        "protocol error: received message with",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

fn too_large(limit: Option<u64>, found: Option<u64>) -> StatusBuilder {
    let found_text = found.map_or_else(String::new, |found| format!("of {found} bytes "));
    let limit_text = limit.map_or_else(|| "the limit".to_owned(), |limit| format!("the limit of {limit} bytes"));
    let text = format!("the message {found_text}is above {limit_text}; split it into smaller ones");
    let mut builder = StatusBuilder::new(Code::InvalidArgument, reason::REQUEST_TOO_LARGE, text);
    if let Some(limit) = limit {
        builder = builder.metadata("limit_bytes", limit);
    }
    builder
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
