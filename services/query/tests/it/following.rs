//! The replica and its log.

use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use tonic::Code;
use tonic_health::ServingStatus;
use tonic_types::StatusExt;

use crate::support::{
    TestLog, TestQuery, ask, catalogue, events_2017, info, inhabitants, is, log_id, log_of_2017, min_revision, told,
    values,
};

#[tokio::test]
async fn a_question_waits_for_the_revision_that_a_write_answered() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    query.until_serving().await;
    log.hold_after(2);
    let revision = log.append(&inhabitants("2017", "2445200"));
    let mut client = query.client.clone();
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        ..ask(&["telephone.density"])
    };
    let asked = tokio::spawn(async move { client.query_indicators(request).await });
    // the newest is still answered, so the other question is not what holds it up
    let now = query
        .client
        .clone()
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(values(&now), [Some("119.09")]);
    log.let_go();
    let answer = asked.await.unwrap().unwrap().into_inner();
    assert_eq!(values(&answer), [Some("59.55")]);
    assert_eq!(answer.answered_at.unwrap().revision, revision);
}

#[tokio::test]
async fn a_revision_that_does_not_come_is_unavailable_and_says_when_to_try_again() {
    let log = log_of_2017().await;
    let mut query = TestQuery::impatient(&log).await;
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(7),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    Unavailable REVISION_NOT_REACHED
    revision 7 did not arrive in time: this replica has applied 2, and the log's newest, as last heard, is 2; try again
    "#);
    assert_eq!(
        (
            info(&refused).metadata["asked"].as_str(),
            info(&refused).metadata["applied"].as_str()
        ),
        ("7", "2")
    );
    assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
}

#[tokio::test]
async fn a_replica_that_has_not_caught_up_does_not_call_its_newest_the_newest() {
    let log = log_of_2017().await;
    log.hold_after(1);
    let mut query = TestQuery::start(&log, std::time::Duration::ZERO).await;
    let refused = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap_err();
    assert!(is(&refused, Code::Unavailable, "NOT_CAUGHT_UP"), "{refused:?}");
    query.until(ServingStatus::NotServing).await;
    log.let_go();
    query.until_serving().await;
    let answer = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(values(&answer), [Some("119.09")]);
}

#[tokio::test]
async fn a_log_without_a_catalogue_defines_nothing() {
    let log = TestLog::start(log_id(1)).await;
    let mut query = TestQuery::follow(&log).await;
    let refused = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    FailedPrecondition NO_CATALOG
    no catalogue is in force at revision 0, so nothing is defined; apply one with ApplyCatalog of the ingest service, or read a later revision
    "#);
    query.until(ServingStatus::NotServing).await;
}

#[tokio::test]
async fn answers_go_on_when_the_log_goes_away_and_follow_when_it_is_back() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let calls = log.calls();
    log.close();
    log.called(calls + 2).await;
    let answer = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(values(&answer), [Some("119.09")]);
    query.until_serving().await;
    let revision = log.append(&inhabitants("2017", "2445200"));
    log.open();
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        ..ask(&["telephone.density"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    assert_eq!(values(&answer), [Some("59.55")]);
}

#[tokio::test]
async fn a_replaced_log_is_read_anew_and_never_mixed() {
    let log = log_of_2017().await;
    log.append(&inhabitants("2017", "2445200"));
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let calls = log.calls();
    log.replace(log_id(2), &[catalogue(), Payload::Events(events_2017())]);
    // the first is refused, the second begins with an empty replica
    log.called(calls + 2).await;
    let read_at = pb::ReadAt {
        log_id: log_id(2).to_string(),
        min_revision: 2,
        as_of: None,
    };
    let request = pb::QueryIndicatorsRequest {
        read_at: Some(read_at),
        ..ask(&["telephone.density"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    assert_eq!(values(&answer), [Some("119.09")], "the correction was of the other log");
    assert_eq!(answer.answered_at.unwrap().log_id, log_id(2).to_string());
}

#[tokio::test]
async fn a_question_about_another_log_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let read_at = pb::ReadAt {
        log_id: log_id(9).to_string(),
        min_revision: 1,
        as_of: None,
    };
    let request = pb::QueryIndicatorsRequest {
        read_at: Some(read_at),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    FailedPrecondition OTHER_LOG
    read_at.log_id: the revisions are of log 09090909-0909-4909-8909-090909090909, this service answers from log 01010101-0101-4101-8101-010101010101; ask the service of that log, or without its revisions
    "#);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_halts_the_replica_at_the_one_before() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    log.append_bytes(vec![0xff]);
    let later = log.append(&inhabitants("2017", "2445200"));
    query.until(ServingStatus::NotServing).await;
    let answer = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(values(&answer), [Some("119.09")]);
    assert_eq!(answer.answered_at.unwrap().revision, 2);
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(later),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    Unavailable REVISION_NOT_REACHED
    revision 4 did not arrive in time: this replica has applied 2, and the log's newest, as last heard, is 4; it met a record that it cannot read and has stopped: ask another replica
    "#);
}
