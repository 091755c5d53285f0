//! The time a call has until its answer begins.
//!
//! tonic's own `timeout` covers the same stretch, from the request's headers to the answer's, but answers CANCELLED, which
//! says that the client gave up. This layer sits inside it, takes the same moment and answers `DEADLINE_EXCEEDED`; it also
//! tells the handler how long it has, so that work that cannot end in time is not begun.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use tokio::time::{Instant, timeout_at};
use tonic::{Code, body::Body};
use tower::{Layer, Service};

use crate::status::{StatusBuilder, reason};

/// When the answer to a call must have begun. The layer puts it into the request's extensions.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline of a call; `None` when it did not come through [`serve`](crate::server::serve).
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>) -> Option<Self> {
        request.extensions().get().copied()
    }

    /// For `tokio::time::timeout_at`.
    #[must_use]
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The time left, zero when it is over.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Gives every call a [`Deadline`]: the client's `grpc-timeout`, and at most the server's.
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    most: Duration,
}

impl DeadlineLayer {
    /// No call has longer than `most`.
    #[must_use]
    pub fn new(most: Duration) -> Self {
        Self { most }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> WithDeadline<S> {
        WithDeadline { inner, most: self.most }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct WithDeadline<S> {
    inner: S,
    most: Duration,
}

impl<S> Service<Request<Body>> for WithDeadline<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let asked = client_timeout(request.headers());
        let time = asked.map_or(self.most, |asked| asked.min(self.most));
        // Taken here and not in the future: tonic takes its own a moment later, and the earlier one answers.
        let deadline = Instant::now() + time;
        request.extensions_mut().insert(Deadline(deadline));
        let answer = self.inner.call(request);
        Box::pin(async move {
            match timeout_at(deadline, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(too_late(time).build().into_http()),
            }
        })
    }
}

fn too_late(time: Duration) -> StatusBuilder {
    let milliseconds = time.as_millis();
    let text = format!(
        "no answer within {milliseconds} ms; ask for less at once or, if the client set this deadline, for longer"
    );
    StatusBuilder::new(Code::DeadlineExceeded, reason::DEADLINE_EXCEEDED, text).metadata("timeout_ms", milliseconds)
}

/// The `grpc-timeout` header: at most eight digits and a unit. One that breaks the rule is ignored, as tonic does.
fn client_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 60 * 60),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", HeaderValue::from_str(text).unwrap());
        client_timeout(&headers)
    }

    #[test]
    fn reads_every_unit_of_the_protocol() {
        let cases = [
            ("2H", 7_200_000_000),
            ("3M", 180_000_000),
            ("4S", 4_000_000),
            ("5m", 5_000),
            ("6u", 6),
            ("99999999u", 99_999_999),
        ];
        for (text, micros) in cases {
            assert_eq!(parse(text), Some(Duration::from_micros(micros)), "{text}");
        }
        assert_eq!(parse("7n"), Some(Duration::from_nanos(7)));
    }

    #[test]
    fn ignores_what_is_not_a_timeout() {
        for text in ["", "S", "1", "1 S", "+1S", "-1S", "1.5S", "123456789S", "1s", "1X"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
