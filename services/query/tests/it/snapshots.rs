//! A replica that lacks what the log no longer has, or much of what it has, takes it from another replica.

use almanac_query::SnapshotSource;
use almanac_wire::pb::log::GetSnapshotRequest;
use almanac_wire::pb::log::snapshot_service_client::SnapshotServiceClient;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::as_of::State;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::ServingStatus;

use crate::support::{
    TestLog, TestQuery, as_of, ask, catalogue, events_2017, inhabitants, is, log_id, log_of_2017, values,
};

/// A replica that may ask another one.
async fn asking(log: &TestLog, other: &TestQuery, behind: u64) -> TestQuery {
    let replica = Endpoint::from_shared(format!("http://{}", other.address)).unwrap();
    let mut deps = TestQuery::deps(log);
    deps.snapshots = Some(SnapshotSource {
        behind,
        ..SnapshotSource::new(replica)
    });
    TestQuery::start_deps(deps).await
}

async fn density(query: &TestQuery) -> Vec<Option<String>> {
    let answer = query.client.clone().query_indicators(ask(&["telephone.density"])).await;
    let answer = answer.unwrap().into_inner();
    values(&answer)
        .into_iter()
        .map(|value| value.map(str::to_owned))
        .collect()
}

async fn until_applied(query: &TestQuery, revision: u64) {
    let question = pb::QueryIndicatorsRequest {
        read_at: as_of(State::Revision(revision)),
        ..ask(&["telephone.density"])
    };
    query.client.clone().query_indicators(question).await.unwrap();
}

#[tokio::test]
async fn a_new_replica_takes_a_snapshot_and_follows_from_there() {
    let log = log_of_2017().await;
    let first = TestQuery::follow(&log).await;
    first.until_serving().await;
    let calls = log.calls();
    let second = asking(&log, &first, u64::MAX).await;
    second.until_serving().await;
    assert_eq!(log.asked_from(calls), [3], "the snapshot has two revisions");
    assert_eq!(density(&second).await, density(&first).await);

    let newest = log.append(&inhabitants("2017", "2445200"));
    until_applied(&second, newest).await;
    assert_eq!(density(&second).await, [Some("59.55".to_owned())]);
}

#[tokio::test]
async fn what_the_log_has_no_longer_comes_from_another_replica() {
    let log = log_of_2017().await;
    let first = TestQuery::follow(&log).await;
    first.until_serving().await;
    log.archive_before(2);
    let alone = TestQuery::follow(&log).await;
    log.called(3).await;
    alone.until(ServingStatus::NotServing).await;
    let second = asking(&log, &first, u64::MAX).await;
    second.until_serving().await;
    assert_eq!(density(&second).await, density(&first).await);
}

#[tokio::test]
async fn a_replica_that_is_far_behind_takes_a_snapshot() {
    // two ways to the same log: one of them is not given to the replica that falls behind
    let (log, slow) = (TestLog::start(log_id(1)).await, TestLog::start(log_id(1)).await);
    let first = TestQuery::follow(&log).await;
    slow.hold_after(1);
    for payload in [
        catalogue(),
        almanac_wire::Payload::Events(events_2017()),
        inhabitants("2017", "2445200"),
    ] {
        slow.append(&payload);
    }
    let second = asking(&slow, &first, 1).await;
    until_applied(&second, 1).await;

    for payload in [
        catalogue(),
        almanac_wire::Payload::Events(events_2017()),
        inhabitants("2017", "2445200"),
    ] {
        log.append(&payload);
    }
    until_applied(&first, 3).await;
    slow.close();
    slow.open();
    second.until_serving().await;
    assert_eq!(slow.asked_from(0).last(), Some(&4));
    assert_eq!(density(&second).await, [Some("59.55".to_owned())]);
}

#[tokio::test]
async fn a_snapshot_of_another_log_does_not_stay() {
    let (log, other) = (log_of_2017().await, TestLog::start(log_id(2)).await);
    other.append(&catalogue());
    let first = TestQuery::follow(&other).await;
    first.until_serving().await;
    let second = asking(&log, &first, u64::MAX).await;
    second.until_serving().await;
    assert_eq!(density(&second).await, [Some("119.09".to_owned())]);
}

#[tokio::test]
async fn whoever_follows_another_log_is_refused_a_snapshot() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let channel = Endpoint::from_shared(format!("http://{}", query.address))
        .unwrap()
        .connect()
        .await;
    let mut client = SnapshotServiceClient::new(channel.unwrap());
    let request = |byte| GetSnapshotRequest {
        log_id: log_id(byte).to_string(),
    };
    let refused = client.get_snapshot(request(2)).await.unwrap_err();
    assert!(is(&refused, Code::FailedPrecondition, "OTHER_LOG"), "{refused:?}");
    let mut given = client.get_snapshot(request(1)).await.unwrap().into_inner();
    assert_eq!(given.message().await.unwrap().unwrap().revision, 2);
}
