//! Refusing early instead of queueing.
//!
//! tonic's `load_shed` answers without a `RetryInfo`, and its per-connection limit can hang both sides when it does not
//! shed. Here a call over the limit is answered at once, and nothing ever waits for a place.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use crate::{
    limits,
    rpc_span::is_quiet,
    status::{StatusBuilder, reason},
};

/// Refuses calls above two limits: handlers at work, and answers still being sent.
///
/// Health and reflection are always admitted: a probe that fails under load would have a busy server killed.
#[derive(Clone, Debug)]
pub struct AdmissionLayer {
    in_flight: Limit,
    open: Limit,
}

#[derive(Clone, Debug)]
struct Limit {
    most: usize,
    places: Arc<Semaphore>,
}

impl Limit {
    fn new(most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self {
            most,
            places: Arc::new(Semaphore::new(most)),
        }
    }

    fn refusal(&self, reason: &'static str, what: &str) -> Status {
        let text = format!("the server is at its limit of {} {what}; try again later", self.most);
        StatusBuilder::new(Code::ResourceExhausted, reason, text)
            .metadata("limit", self.most)
            .retry_after(limits::RETRY_AFTER_OVERLOAD)
            .build()
    }
}

impl AdmissionLayer {
    /// At most `in_flight` calls whose handler has not answered yet, and `open` answers whose body has not ended.
    #[must_use]
    pub fn new(in_flight: usize, open: usize) -> Self {
        Self {
            in_flight: Limit::new(in_flight),
            open: Limit::new(open),
        }
    }

    /// Whether a handler is at work on a call.
    pub(crate) fn is_at_work(&self) -> bool {
        self.in_flight.places.available_permits() < self.in_flight.most
    }

    pub(crate) fn admit(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), Status> {
        let working = self.in_flight.places.clone().try_acquire_owned().map_err(|_| {
            self.in_flight
                .refusal(reason::TOO_MANY_REQUESTS_IN_FLIGHT, "requests in flight")
        })?;
        let open = self
            .open
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| self.open.refusal(reason::TOO_MANY_ANSWERS_OPEN, "answers being sent"))?;
        Ok((working, open))
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Admission<S> {
        Admission {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`AdmissionLayer`].
#[derive(Clone, Debug)]
pub struct Admission<S> {
    inner: S,
    layer: AdmissionLayer,
}

impl<S> Service<Request<Body>> for Admission<S>
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
        if is_quiet(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        let (working, open) = match self.layer.admit() {
            Ok(places) => places,
            Err(refusal) => return Box::pin(std::future::ready(Ok(refusal.into_http()))),
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            drop(working);
            answer.map(|answer| answer.map(|body| Body::new(HoldingBody { body, _open: open })))
        })
    }
}

/// A body that keeps its place until it is sent or dropped.
struct HoldingBody {
    body: Body,
    _open: OwnedSemaphorePermit,
}

impl http_body::Body for HoldingBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
