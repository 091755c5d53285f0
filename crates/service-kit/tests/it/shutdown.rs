use std::time::Duration;

use almanac_service_kit::server::{Drained, ServerOptions};
use tokio::net::TcpStream;
use tonic::Code;

use crate::support::{TestServer, options, reason};

/// Long enough that no test sees its end.
const LONG: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_drain_lets_calls_finish_stops_streams_and_closes_idle_connections() {
    let server = TestServer::start_with(ServerOptions {
        drain: LONG,
        ..options()
    })
    .await;
    let _idle = server.channel().await;
    let _silent = TcpStream::connect(server.addr).await.unwrap();
    let mut client = server.client().await;
    let mut watch = client.stream("Watch", vec![]).await.unwrap();
    assert_eq!(watch.message().await.unwrap().unwrap(), "first");
    let mut holder = client.clone();
    let held = tokio::spawn(async move { holder.unary("Hold", "x").await });
    server.holding(1).await;

    server.shutdown.cancel();
    let stopped = watch.message().await.unwrap_err();
    assert_eq!(
        (stopped.code(), reason(&stopped).as_str()),
        (Code::Unavailable, "SHUTTING_DOWN")
    );
    assert!(!server.serving.is_finished());
    server.echo.release.cancel();
    assert_eq!(held.await.unwrap().unwrap(), "x");
    assert_eq!(server.serving.await.unwrap().unwrap(), Drained::Clean);
    TcpStream::connect(server.addr).await.unwrap_err();
}

#[tokio::test]
async fn the_hard_deadline_cuts_streams_and_calls_that_do_not_end() {
    let server = TestServer::start_with(ServerOptions {
        drain: Duration::from_millis(20),
        ..options()
    })
    .await;
    let mut client = server.client().await;
    let mut stuck = client.stream("Stuck", vec![]).await.unwrap();
    assert_eq!(stuck.message().await.unwrap().unwrap(), "first");
    let mut other = server.client().await;
    let held = tokio::spawn(async move { other.unary("Hold", "x").await });
    server.holding(1).await;

    server.shutdown.cancel();
    assert_eq!(server.serving.await.unwrap().unwrap(), Drained::Cut { connections: 2 });
    stuck.message().await.unwrap_err();
    held.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn dropping_the_server_cuts_its_connections() {
    let server = TestServer::start_with(ServerOptions {
        drain: LONG,
        ..options()
    })
    .await;
    let mut client = server.client().await;
    let mut stuck = client.stream("Stuck", vec![]).await.unwrap();
    assert_eq!(stuck.message().await.unwrap().unwrap(), "first");
    server.serving.abort();
    stuck.message().await.unwrap_err();
}
