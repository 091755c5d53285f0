//! What a restart keeps: the log of the ingest service for ever, the answers of the query service byte for byte.

use almanac_wire::pb::query::QueryIndicatorsRequest;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::support::channel;
use crate::support::events::{DIC, enterprises, review_2017};
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::raw;

const QUERY_INDICATORS: &str = "/almanac.query.v1.QueryService/QueryIndicators";

#[tokio::test]
async fn after_a_restart_of_ingest_the_log_goes_on_and_query_catches_up() {
    let pair = Pair::start().await;
    let before = pair.ingest.record(DIC, vec![enterprises(15)]).await.unwrap();
    assert_eq!(
        pair.query
            .value(after(before.revision, in_2017("post.enterprises")))
            .await
            .as_deref(),
        Some("15")
    );

    let pair = pair.restart_ingest().await;
    let later = pair.ingest.record(DIC, vec![enterprises(16)]).await.unwrap();
    assert_eq!(later.log_id, before.log_id);
    assert_eq!(later.revision, before.revision + 1);
    assert_eq!(
        pair.query
            .value(after(later.revision, in_2017("post.enterprises")))
            .await
            .as_deref(),
        Some("16")
    );

    let log = pair.ingest.log().await;
    assert_eq!(
        (log.log_id.as_str(), log.head(), log.events()),
        (before.log_id.as_str(), later.revision, 2)
    );
}

#[tokio::test]
async fn a_restart_without_a_write_adds_nothing_to_the_log() {
    let pair = Pair::start().await;
    let head = pair.ingest.log().await.head();
    let pair = pair.restart_ingest().await;
    let pair = pair.restart_ingest().await;
    assert_eq!(pair.ingest.log().await.head(), head);
}

#[tokio::test]
async fn a_rebuilt_query_service_gives_the_same_bytes() {
    let mut pair = Pair::start().await;
    let mut revision = 0;
    for request in review_2017() {
        revision = pair.ingest.send(request).await.unwrap().revision;
    }
    let question = after(
        revision,
        QueryIndicatorsRequest {
            indicators: [
                "telephone.density",
                "internet.subscriptions",
                "inspections.fines",
                "telephone.mobile_users",
            ]
            .map(String::from)
            .to_vec(),
            periods: vec!["2016..2018".into()],
            ..in_2017("")
        },
    );
    let broken_down = QueryIndicatorsRequest {
        indicators: vec!["post.items".into()],
        group_by: vec!["direction".into(), "scope".into(), "reporter".into()],
        ..question.clone()
    };
    let ask = async |pair: &Pair| {
        pair.query.wait_until(ServingStatus::Serving).await;
        let connection = channel(pair.query.address);
        let first = raw::call(connection.clone(), QUERY_INDICATORS, &question)
            .await
            .unwrap();
        (
            first,
            raw::call(connection, QUERY_INDICATORS, &broken_down).await.unwrap(),
        )
    };
    let first = ask(&pair).await;
    assert!(first.0.len() > 500, "{} bytes", first.0.len());
    for _ in 0..3 {
        assert_eq!(ask(&pair).await, first);
        pair = pair.restart_query().await;
        assert_eq!(ask(&pair).await, first);
        pair = pair.restart_ingest().await;
    }
}

#[tokio::test]
async fn two_query_services_at_one_revision_give_the_same_bytes() {
    let pair = Pair::start().await;
    let second = crate::support::query::Query::start(pair.ingest.address).await;
    let mut revision = 0;
    for request in review_2017() {
        revision = pair.ingest.send(request).await.unwrap().revision;
    }
    let question = after(revision, in_2017("telephone.density"));
    let first = raw::call(channel(pair.query.address), QUERY_INDICATORS, &question)
        .await
        .unwrap();
    assert_eq!(
        raw::call(channel(second.address), QUERY_INDICATORS, &question)
            .await
            .unwrap(),
        first
    );
}
