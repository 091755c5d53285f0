use std::{net::SocketAddr, time::Duration};

use almanac_service_kit::{limits, server::ServerOptions};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::net::TcpStream;
use tonic::{Code, Request, Status};

use crate::support::{SERVICE, TestServer, options, reason};

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_deadline_exceeded() {
    let server = TestServer::start_with(ServerOptions {
        unary_timeout: Duration::from_millis(20),
        ..options()
    })
    .await;
    let mut client = server.client().await;
    let late = client.unary("Hold", "x").await.unwrap_err();
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    assert!(late.message().contains("20 ms"), "{}", late.message());
}

/// A call by HTTP/2 alone: tonic's client reads `grpc-timeout` too and would give up at the same moment.
async fn raw_call(addr: SocketAddr, timeout: &str) -> HeaderMap {
    let (mut sender, connection) = h2::client::handshake(TcpStream::connect(addr).await.unwrap())
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{addr}/{SERVICE}/Hold"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .body(())
        .unwrap();
    let (answer, mut body) = sender.send_request(request, false).unwrap();
    // An empty message: no compression, no bytes.
    body.send_data(Bytes::from_static(&[0; 5]), true).unwrap();
    answer.await.unwrap().headers().clone()
}

#[tokio::test]
async fn a_shorter_timeout_of_the_client_is_answered_before_tonics_own_cancelled() {
    let server = TestServer::start().await;
    let headers = raw_call(server.addr, "10m").await;
    let late = Status::from_header_map(&headers).unwrap();
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
    );
    assert!(late.message().contains("10 ms"), "{}", late.message());
}

#[tokio::test]
async fn the_handler_is_told_its_time_which_is_never_above_the_servers() {
    let server = TestServer::start().await;
    let mut client = server.client().await;

    let mut request = Request::new(String::new());
    request
        .metadata_mut()
        .as_mut()
        .insert("grpc-timeout", HeaderValue::from_static("9S"));
    let remaining: u128 = client.send("Remaining", request).await.unwrap().parse().unwrap();
    assert!(remaining <= 9_000, "{remaining}");

    let mut request = Request::new(String::new());
    request
        .metadata_mut()
        .as_mut()
        .insert("grpc-timeout", HeaderValue::from_static("9H"));
    let remaining: u128 = client.send("Remaining", request).await.unwrap().parse().unwrap();
    assert!(remaining <= limits::UNARY_TIMEOUT.as_millis(), "{remaining}");
}

#[tokio::test]
async fn a_stream_outlives_the_time_for_its_beginning() {
    let server = TestServer::start_with(ServerOptions {
        unary_timeout: Duration::from_millis(50),
        ..options()
    })
    .await;
    let mut client = server.client().await;
    let mut stream = client.stream("Watch", vec![]).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap(), "first");
    // Refused for lateness, so the time is over for the stream as well.
    client.unary("Hold", "x").await.unwrap_err();
    server.shutdown.cancel();
    assert_eq!(reason(&stream.message().await.unwrap_err()), "SHUTTING_DOWN");
}
