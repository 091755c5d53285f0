//! Retries: whatever is sent twice is recorded once, and says so.

use tokio::task::JoinSet;
use tonic::Code;

use crate::support::events::{DIC, OPERATORS, complaint, enterprises, internet, named, request};
use crate::support::ingest::Ingest;
use crate::support::refusal::Refusal;
use almanac_tests::random::Random;

const ID: &str = "6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11";

#[tokio::test]
async fn rule_32_a_retried_request_is_recorded_once_and_gets_the_same_answer() {
    let (ingest, _dir) = Ingest::start().await;
    let message = named(ID, request(DIC, vec![enterprises(16)]));
    let first = ingest.send(message.clone()).await.unwrap();
    assert!(!first.duplicate);
    let mut expected = first.clone();
    expected.duplicate = true;
    assert_eq!(ingest.send(message.clone()).await.unwrap(), expected);

    // others come in between, and the service is started anew
    ingest.record(DIC, vec![enterprises(17)]).await.unwrap();
    let ingest = ingest.restart().await;
    assert_eq!(ingest.send(message).await.unwrap(), expected);
    assert_eq!(ingest.log().await.events(), 2);
}

#[tokio::test]
async fn rule_32_the_retry_of_a_request_that_left_events_out_lists_them_again() {
    let (ingest, _dir) = Ingest::start().await;
    let mut message = named(ID, request(DIC, vec![enterprises(16), enterprises(17)]));
    message.skip_invalid = true;
    let first = ingest.send(message.clone()).await.unwrap();
    assert_eq!((first.recorded_count, first.rejected_count), (Some(1), Some(1)));
    let ingest = ingest.restart().await;
    let again = ingest.send(message).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.rejected, first.rejected);
    assert_eq!(again.rejected_count, first.rejected_count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rule_32_one_request_from_eight_connections_at_once_is_recorded_once() {
    let (ingest, _dir) = Ingest::start().await;
    let mut random = Random(8);
    for round in 0..10 {
        let message = named(&random.request_id(), request(DIC, vec![enterprises(round)]));
        let mut calls = JoinSet::new();
        for _ in 0..8 {
            let connection = crate::support::channel(ingest.address);
            let mut client = almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient::new(connection);
            let message = message.clone();
            calls.spawn(async move { client.record_events(message).await.unwrap().into_inner() });
        }
        let mut answers = calls.join_all().await;
        assert_eq!(
            answers.iter().filter(|answer| !answer.duplicate).count(),
            1,
            "{answers:#?}"
        );
        for answer in &mut answers {
            answer.duplicate = false;
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    }
    let log = ingest.log().await;
    assert_eq!((log.events(), log.head()), (10, 11));
}

#[tokio::test]
async fn rule_32_a_request_id_with_another_content_is_refused_and_names_the_revision() {
    let (ingest, _dir) = Ingest::start().await;
    let recorded = ingest
        .send(named(ID, request(DIC, vec![enterprises(16)])))
        .await
        .unwrap();
    let ingest = ingest.restart().await;
    let other = named(ID, request(DIC, vec![enterprises(17)]));
    let refused = ingest.send(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists, "{refused}");
    assert_eq!(refused.reason(), "REQUEST_ID_REUSED");
    assert_eq!(refused.fact("revision"), Some(recorded.revision.to_string()));
    assert_eq!(ingest.log().await.events(), 1);
}

#[tokio::test]
async fn a_tallied_event_is_counted_once_however_often_it_is_sent() {
    let (ingest, _dir) = Ingest::start().await;
    let first = vec![complaint("c-1", "2017-05-14", "1"), complaint("c-2", "2017-05-14", "1")];
    ingest.record(DIC, first).await.unwrap();
    // the second request has one event that is known and one that is new
    let overlapping = vec![complaint("c-2", "2017-05-14", "1"), complaint("c-3", "2017-05-15", "2")];
    let answer = ingest.record(DIC, overlapping.clone()).await.unwrap();
    assert_eq!((answer.recorded_count, answer.duplicate_event_count), (Some(1), 1));

    let ingest = ingest.restart().await;
    let head = ingest.log().await.head();
    let answer = ingest.record(DIC, overlapping).await.unwrap();
    assert_eq!((answer.recorded_count, answer.duplicate_event_count), (Some(0), 2));
    assert_eq!(answer.revision, head, "nothing was recorded: the newest revision");
    assert_eq!(ingest.log().await.events(), 3);
}

#[tokio::test]
async fn an_event_id_with_another_content_is_refused() {
    let (ingest, _dir) = Ingest::start().await;
    ingest
        .record(DIC, vec![complaint("c-1", "2017-05-14", "1")])
        .await
        .unwrap();
    for other in [complaint("c-1", "2017-05-15", "1"), complaint("c-1", "2017-05-14", "2")] {
        let refused = ingest
            .record(DIC, vec![complaint("c-9", "2017-05-14", "1"), other])
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), refused.reason().as_str()),
            (Code::AlreadyExists, "EVENT_ID_REUSED"),
            "{refused}"
        );
        assert_eq!(refused.violations()[0].0, "events[1].event_id");
    }
    assert_eq!(ingest.log().await.events(), 1);
}

#[tokio::test]
async fn a_report_sent_twice_without_a_request_id_is_two_versions_of_one_value() {
    let (ingest, _dir) = Ingest::start().await;
    let first = ingest
        .record(OPERATORS, vec![internet("adsl", 2017, "15324")])
        .await
        .unwrap();
    let second = ingest
        .record(OPERATORS, vec![internet("adsl", 2017, "15324")])
        .await
        .unwrap();
    assert_eq!(second.revision, first.revision + 1);
    assert_eq!(ingest.log().await.events(), 2);
}
