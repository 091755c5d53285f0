use almanac_service_kit::{limits, server::ServerOptions};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::support::{TestServer, options};

#[tokio::test]
async fn one_connection_too_many_is_closed_and_a_free_place_is_taken() {
    let server = TestServer::start_with(ServerOptions {
        max_connections: 1,
        ..options()
    })
    .await;
    let mut first = server.client().await;
    assert_eq!(first.unary("Echo", "x").await.unwrap(), "x");

    let mut second = TcpStream::connect(server.addr).await.unwrap();
    // The end of the stream or a reset, as the kernel has it: closed without a byte.
    assert!(matches!(second.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    assert_eq!(first.unary("Echo", "y").await.unwrap(), "y");

    drop(first);
    // The place is free once the server has seen the end of the first connection.
    loop {
        let Ok(channel) = server.endpoint().connect().await else {
            continue;
        };
        let mut client = crate::support::Client(tonic::client::Grpc::new(channel));
        if client.unary("Echo", "z").await.is_ok_and(|answer| answer == "z") {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_loses_its_place() {
    let server = TestServer::start_with(ServerOptions {
        max_connections: 1,
        ..options()
    })
    .await;
    let begun = tokio::time::Instant::now();
    let mut silent = TcpStream::connect(server.addr).await.unwrap();
    // The server speaks first, and then closes; a reset is as good as an end.
    let mut settings = Vec::new();
    let _ = silent.read_to_end(&mut settings).await;
    assert!(begun.elapsed() >= limits::PREFACE_TIMEOUT);
}
