//! What the log says about an RPC, read back from the JSON format.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::sync::Notify;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::TestServer;

#[derive(Clone, Default)]
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    written: Arc<Notify>,
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        self.written.notify_waiters();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Capture {
    /// Of this thread, on which the tests' runtime runs all of its tasks.
    fn begin(level: LevelFilter) -> (Self, DefaultGuard) {
        let capture = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(level)
            .with_writer(capture.clone())
            .finish();
        (capture, tracing::subscriber::set_default(subscriber))
    }

    fn ends(&self) -> Vec<Value> {
        let text = String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["fields"]["message"] == "end rpc").collect()
    }

    async fn ends_of(&self, method: &str) -> Vec<Value> {
        loop {
            let written = self.written.notified();
            let ends: Vec<_> = self
                .ends()
                .into_iter()
                .filter(|line| line["span"]["rpc.method"] == method)
                .collect();
            if !ends.is_empty() {
                return ends;
            }
            written.await;
        }
    }
}

#[tokio::test]
async fn an_rpc_is_one_line_with_method_client_revision_status_and_time() {
    let (capture, _guard) = Capture::begin(LevelFilter::DEBUG);
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.unary("Echo", "x").await.unwrap();
    let ends = capture.ends_of("test.v1.EchoService/Echo").await;
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["level"], "DEBUG");
    let span = &ends[0]["span"];
    assert_eq!(span["rpc.status"], "OK");
    assert_eq!(span["revision"], 42);
    assert!(span["rpc.duration_ms"].is_u64(), "{span}");
    assert!(
        span["client.addr"].as_str().unwrap().starts_with("127.0.0.1:"),
        "{span}"
    );
}

#[tokio::test]
async fn the_level_is_that_of_the_one_who_must_know() {
    let (capture, _guard) = Capture::begin(LevelFilter::DEBUG);
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let too_large = "x".repeat(crate::support::MAX_MESSAGE_BYTES);
    client.unary("Fail", "x").await.unwrap_err();
    client.unary("Panic", "x").await.unwrap_err();
    client.unary("Echo", too_large).await.unwrap_err();
    client.unary("Unknown", "x").await.unwrap_err();
    let cases = [
        ("Fail", "WARN", "INTERNAL"),
        ("Panic", "WARN", "INTERNAL"),
        ("Echo", "DEBUG", "INVALID_ARGUMENT"),
        ("Unknown", "DEBUG", "UNIMPLEMENTED"),
    ];
    for (method, level, status) in cases {
        let ends = capture.ends_of(&format!("test.v1.EchoService/{method}")).await;
        assert_eq!(ends.len(), 1, "{method}");
        assert_eq!(
            (&ends[0]["level"], &ends[0]["span"]["rpc.status"]),
            (&level.into(), &status.into()),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_stream_has_the_status_of_its_end() {
    let (capture, _guard) = Capture::begin(LevelFilter::DEBUG);
    let server = TestServer::start().await;
    let mut client = server.client().await;

    let mut whole = client.stream("Repeat", vec!["x".to_owned()]).await.unwrap();
    assert_eq!(whole.message().await.unwrap().unwrap(), "x");
    assert!(whole.message().await.unwrap().is_none());
    let ends = capture.ends_of("test.v1.EchoService/Repeat").await;
    assert_eq!(ends[0]["span"]["rpc.status"], "OK");

    let mut left = client.stream("Stuck", vec![]).await.unwrap();
    assert_eq!(left.message().await.unwrap().unwrap(), "first");
    drop(left);
    let ends = capture.ends_of("test.v1.EchoService/Stuck").await;
    assert_eq!(ends[0]["span"]["rpc.status"], "CANCELLED");

    let mut stopped = client.stream("Watch", vec![]).await.unwrap();
    assert_eq!(stopped.message().await.unwrap().unwrap(), "first");
    server.shutdown.cancel();
    stopped.message().await.unwrap_err();
    let ends = capture.ends_of("test.v1.EchoService/Watch").await;
    assert_eq!((ends.len(), &ends[0]["span"]["rpc.status"]), (1, &"UNAVAILABLE".into()));
}

#[tokio::test]
async fn health_is_silent_above_trace_and_a_quiet_filter_keeps_the_fields() {
    let (capture, guard) = Capture::begin(LevelFilter::WARN);
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.unary("Echo", "x").await.unwrap();
    client.unary("Fail", "x").await.unwrap_err();
    let ends = capture.ends_of("test.v1.EchoService/Fail").await;
    assert_eq!(ends[0]["span"]["rpc.status"], "INTERNAL");
    assert_eq!(capture.ends().len(), 1);
    drop(guard);

    let (capture, guard) = Capture::begin(LevelFilter::DEBUG);
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
    client.unary("Echo", "x").await.unwrap();
    assert_eq!(capture.ends_of("test.v1.EchoService/Echo").await.len(), 1);
    assert_eq!(capture.ends().len(), 1);
    drop(guard);

    let (capture, _guard) = Capture::begin(LevelFilter::TRACE);
    health.check(HealthCheckRequest::default()).await.unwrap();
    let ends = capture.ends_of("grpc.health.v1.Health/Check").await;
    assert_eq!(
        (&ends[0]["level"], &ends[0]["span"]["rpc.status"]),
        (&"TRACE".into(), &"OK".into())
    );
}
