use tonic::{Code, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::support::{SERVICE, TestServer};

const OTHER: &str = "test.v1.OtherService";

async fn check(client: &mut HealthClient<Channel>, service: &str) -> ServingStatus {
    client
        .check(HealthCheckRequest {
            service: service.to_owned(),
        })
        .await
        .unwrap()
        .into_inner()
        .status()
}

#[tokio::test]
async fn services_start_not_serving_and_the_whole_follows_all_of_them() {
    let server = TestServer::start().await;
    let mut client = HealthClient::new(server.channel().await);
    for service in [SERVICE, OTHER, ""] {
        assert_eq!(
            check(&mut client, service).await,
            ServingStatus::NotServing,
            "{service}"
        );
    }

    server.health.set(SERVICE, true).await;
    assert_eq!(check(&mut client, SERVICE).await, ServingStatus::Serving);
    assert_eq!(check(&mut client, OTHER).await, ServingStatus::NotServing);
    assert_eq!(check(&mut client, "").await, ServingStatus::NotServing);

    server.health.set(OTHER, true).await;
    assert_eq!(check(&mut client, "").await, ServingStatus::Serving);
    assert!(server.health.is_serving("").await && server.health.is_serving(SERVICE).await);

    server.health.set(SERVICE, false).await;
    assert_eq!(check(&mut client, SERVICE).await, ServingStatus::NotServing);
    assert_eq!(check(&mut client, "").await, ServingStatus::NotServing);

    let unknown = client
        .check(HealthCheckRequest {
            service: "nobody".to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_sees_the_flip_and_ends_with_the_server() {
    let server = TestServer::start().await;
    let mut client = HealthClient::new(server.channel().await);
    let request = HealthCheckRequest {
        service: SERVICE.to_owned(),
    };
    let mut watch = client.watch(request).await.unwrap().into_inner();
    assert_eq!(
        watch.message().await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    server.health.set(SERVICE, true).await;
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    server.shutdown.cancel();
    assert_eq!(
        watch.message().await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    assert!(watch.message().await.unwrap().is_none());
    // What was caught up too late does not call clients back.
    server.health.set(SERVICE, true).await;
    assert!(!server.health.is_serving(SERVICE).await);
}
