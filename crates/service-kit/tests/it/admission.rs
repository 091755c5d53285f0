use std::time::Duration;

use almanac_service_kit::server::ServerOptions;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;

use crate::support::{TestServer, options, reason};

#[tokio::test]
async fn one_request_too_many_is_refused_with_a_time_to_retry() {
    let server = TestServer::start_with(ServerOptions {
        max_in_flight: 2,
        ..options()
    })
    .await;
    let client = server.client().await;
    let held: Vec<_> = (0..2)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.unary("Hold", "x").await })
        })
        .collect();
    server.holding(2).await;

    let refused = client.clone().unary("Echo", "y").await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    let details = refused.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("TOO_MANY_REQUESTS_IN_FLIGHT", "almanac")
    );
    assert_eq!(info.metadata["limit"], "2");
    assert!(details.retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);

    // A busy server is not a dead one.
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();

    server.echo.release.cancel();
    for call in held {
        assert_eq!(call.await.unwrap().unwrap(), "x");
    }
    assert_eq!(client.clone().unary("Echo", "y").await.unwrap(), "y");
}

#[tokio::test]
async fn open_streams_do_not_use_up_the_places_of_requests_but_have_a_limit_too() {
    let server = TestServer::start_with(ServerOptions {
        max_in_flight: 1,
        max_answers_open: 2,
        ..options()
    })
    .await;
    let mut client = server.client().await;
    let mut first = client.stream("Stuck", vec![]).await.unwrap();
    assert_eq!(first.message().await.unwrap().unwrap(), "first");
    assert_eq!(client.unary("Echo", "y").await.unwrap(), "y");

    let mut second = client.stream("Stuck", vec![]).await.unwrap();
    assert_eq!(second.message().await.unwrap().unwrap(), "first");
    let refused = client.unary("Echo", "y").await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_ANSWERS_OPEN")
    );
    assert!(refused.get_details_retry_info().is_some());
}
