//! What is tried again, how often, and under which request id.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use almanac_ca_mau::{Recorded, events_2017};
use almanac_client::model::{Event, ReporterId, Revision};
use almanac_client::{CatalogFiles, ClientError, Code, IngestClient};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::failing::{Failing, refusal};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const SOON: Option<Duration> = Some(Duration::from_millis(20));

fn event() -> (ReporterId, Event) {
    let Recorded { reporter, event } = events_2017().unwrap().remove(0);
    (reporter, event)
}

async fn client_of(service: &Failing) -> IngestClient {
    let address = service.serve(ANY_PORT, CancellationToken::new()).await;
    IngestClient::connect(&format!("http://{address}")).await.unwrap()
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_the_same_request_id() {
    let service = Failing::answering([
        refusal(Code::Unavailable, "LOG_FAILED", SOON),
        refusal(Code::ResourceExhausted, "LOG_BUSY", SOON),
        refusal(Code::Unavailable, "SHUTTING_DOWN", None),
    ]);
    let client = client_of(&service).await;
    let (reporter, event) = event();
    let recorded = client.record(&reporter, [event.clone()]).await.unwrap();
    assert_eq!(recorded.at.revision, Revision(7));
    let first = service.request_ids();
    assert_eq!(first.len(), 4);
    assert!(first.iter().all(|id| *id == first[0] && id.len() == 36), "{first:?}");

    client.record(&reporter, [event]).await.unwrap();
    assert_ne!(service.request_ids()[4], first[0], "another write is another request");
}

#[tokio::test]
async fn what_will_not_pass_is_told_at_once() {
    for (status, attempts) in [
        (refusal(Code::InvalidArgument, "UNKNOWN_METRIC", None), 1),
        // waiting does not help where no time is named
        (refusal(Code::ResourceExhausted, "SOME_QUOTA", None), 1),
        (refusal(Code::Internal, "INTERNAL", None), 1),
    ] {
        let service = Failing::answering([status]);
        let client = client_of(&service).await;
        let (reporter, event) = event();
        let error = client.record(&reporter, [event]).await.unwrap_err();
        assert!(matches!(error, ClientError::Refused { .. }), "{error:?}");
        assert_eq!(service.request_ids().len(), attempts);
    }
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_begun() {
    let full = || refusal(Code::ResourceExhausted, "DISK_FULL", Some(Duration::from_secs(30)));
    let service = Failing::answering([full()]);
    let client = client_of(&service).await.with_deadline(Duration::from_secs(5));
    let (reporter, event) = event();
    let error = client.record(&reporter, [event]).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Unavailable { reason, retry_after: Some(_), .. } if reason == "DISK_FULL"),
        "{error:?}"
    );
    assert_eq!(service.request_ids().len(), 1);
}

#[tokio::test]
async fn no_answer_in_time_is_told_as_such() {
    let client = client_of(&Failing::default()).await;
    let client = client.with_deadline(Duration::from_millis(200));
    let files: CatalogFiles = [("a.toml", "")].into_iter().collect();
    let error = client.apply_catalog(&files).await.unwrap_err();
    assert!(matches!(error, ClientError::DeadlineExceeded { .. }), "{error:?}");
}

#[tokio::test]
async fn a_service_that_comes_back_gets_the_write() {
    let service = Failing::default();
    let stop = CancellationToken::new();
    let address = service.serve(ANY_PORT, stop.clone()).await;
    let client = IngestClient::connect(&format!("http://{address}")).await.unwrap();
    stop.cancel();
    // until nobody listens
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }

    let back = {
        let service = service.clone();
        async move {
            // the client tries in vain at least once
            let nobody = TcpListener::bind(address).await.unwrap();
            drop(nobody.accept().await.unwrap());
            drop(nobody);
            service.serve(address, CancellationToken::new()).await
        }
    };
    let (reporter, event) = event();
    let (recorded, _) = tokio::join!(client.record(&reporter, [event]), back);
    assert_eq!(recorded.unwrap().at.revision, Revision(7));
}

#[tokio::test]
async fn a_connection_that_breaks_during_a_call_is_made_again() {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = Failing::default();
    let break_then_serve = {
        let service = service.clone();
        async move {
            let (connection, _) = listener.accept().await.unwrap();
            connection.readable().await.unwrap();
            // with a request unread and unanswered in it
            drop((connection, listener));
            service.serve(address, CancellationToken::new()).await
        }
    };
    let call = async {
        let client = IngestClient::connect(&format!("http://{address}")).await.unwrap();
        let (reporter, event) = event();
        client.record(&reporter, [event]).await
    };
    let (recorded, _) = tokio::join!(call, break_then_serve);
    assert_eq!(recorded.unwrap().at.revision, Revision(7));
}
