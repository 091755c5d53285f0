//! A restart goes on from a checkpoint, and never with figures of another log.

use std::path::Path;
use std::time::Duration;

use almanac_model::Revision;
use almanac_query::{CheckpointOptions, Checkpoints, Deps};
use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::as_of::State;
use tonic::Code;
use tonic_health::ServingStatus;

use crate::support::{
    TestLog, TestQuery, as_of, ask, catalogue, events_2017, inhabitants, is, log_id, log_of_2017, release, values,
};

/// Checkpoints in a folder, one of each revision at which the service is found.
fn of_each_revision(dir: &Path) -> Checkpoints {
    let options = CheckpointOptions {
        revisions: 1,
        ..CheckpointOptions::default()
    };
    Checkpoints::open(dir, options).unwrap()
}

/// A service that keeps what it derived there.
async fn keeping(log: &TestLog, checkpoints: &Checkpoints) -> TestQuery {
    let deps = Deps {
        checkpoints: Some(checkpoints.clone()),
        ..TestQuery::deps(log)
    };
    TestQuery::start_deps(deps).await
}

async fn until_durable(checkpoints: &Checkpoints, revision: u64) {
    let mut durable = checkpoints.durable();
    durable
        .wait_for(|durable| *durable >= Some(Revision(revision)))
        .await
        .unwrap();
}

async fn density(query: &mut TestQuery, read_at: Option<pb::ReadAt>) -> pb::QueryIndicatorsResponse {
    let request = pb::QueryIndicatorsRequest {
        read_at,
        ..ask(&["telephone.density"])
    };
    query.client.query_indicators(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_restart_follows_the_log_from_the_revision_after_the_checkpoint() {
    let (log, dir) = (log_of_2017().await, tempfile::tempdir().unwrap());
    log.append(&release("review", 2));
    let checkpoints = of_each_revision(dir.path());
    let query = keeping(&log, &checkpoints).await;
    until_durable(&checkpoints, 3).await;
    query.stop().await;
    drop(checkpoints);

    let calls = log.calls();
    // while the log is away, the past is answered from the checkpoint, and what is newest is not known
    log.close();
    let checkpoints = of_each_revision(dir.path());
    let deps = Deps {
        checkpoints: Some(checkpoints.clone()),
        patience: Duration::ZERO,
        ..TestQuery::deps(&log)
    };
    let mut query = TestQuery::start_deps(deps).await;
    until_durable(&checkpoints, 3).await;
    let answer = density(&mut query, as_of(State::Release("review".into()))).await;
    assert_eq!(values(&answer), [Some("119.09")]);
    let newest = query.client.query_indicators(ask(&["telephone.density"])).await;
    let refused = newest.unwrap_err();
    assert!(is(&refused, Code::Unavailable, "NOT_CAUGHT_UP"), "{refused:?}");
    query.until(ServingStatus::NotServing).await;

    log.append(&inhabitants("2017", "2445200"));
    log.open();
    query.until_serving().await;
    let answer = density(&mut query, None).await;
    assert_eq!(values(&answer), [Some("59.55")]);
    let asked_from = log.asked_from(calls);
    assert!(asked_from.iter().all(|revision| *revision >= 4), "{asked_from:?}");
}

#[tokio::test]
async fn an_orderly_shutdown_keeps_everything() {
    let (log, dir) = (log_of_2017().await, tempfile::tempdir().unwrap());
    let rarely = || Checkpoints::open(dir.path(), CheckpointOptions::default()).unwrap();
    let checkpoints = rarely();
    let query = keeping(&log, &checkpoints).await;
    query.until_serving().await;
    assert_eq!(*checkpoints.durable().borrow(), Some(Revision(0)), "none was due");
    query.stop().await;
    assert_eq!(*checkpoints.durable().borrow(), Some(Revision(2)));
    drop(checkpoints);
    let calls = log.calls();
    let query = keeping(&log, &rarely()).await;
    query.until_serving().await;
    assert_eq!(log.asked_from(calls)[0], 3);
}

/// The log with the inhabitants corrected, in a checkpoint.
async fn kept_with_correction(dir: &Path) -> TestLog {
    let log = log_of_2017().await;
    log.append(&inhabitants("2017", "2445200"));
    let checkpoints = of_each_revision(dir);
    let query = keeping(&log, &checkpoints).await;
    until_durable(&checkpoints, 3).await;
    query.stop().await;
    log
}

#[tokio::test]
async fn a_checkpoint_of_another_log_is_set_aside_and_never_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let log = kept_with_correction(dir.path()).await;
    log.replace(log_id(2), &[catalogue(), Payload::Events(events_2017())]);
    is_rebuilt(&log, dir.path(), 2).await;
}

#[tokio::test]
async fn a_checkpoint_of_a_log_that_was_restored_and_grew_differently_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let log = kept_with_correction(dir.path()).await;
    // the same id, and as long as before; only the last record tells
    let other = [
        catalogue(),
        Payload::Events(events_2017()),
        inhabitants("2016", "2445200"),
    ];
    log.replace(log_id(1), &other);
    is_rebuilt(&log, dir.path(), 3).await;
}

#[tokio::test]
async fn a_checkpoint_that_is_ahead_of_a_restored_log_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let log = kept_with_correction(dir.path()).await;
    log.replace(log_id(1), &[catalogue(), Payload::Events(events_2017())]);
    is_rebuilt(&log, dir.path(), 2).await;
}

/// How many checkpoints were set aside.
fn stale(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|end| end == "stale"))
        .count()
}

/// The log, which does not have the correction, is read from its start; and then it is in the checkpoint.
async fn is_rebuilt(log: &TestLog, dir: &Path, head: u64) {
    let checkpoints = of_each_revision(dir);
    let calls = log.calls();
    let mut query = keeping(log, &checkpoints).await;
    let answer = density(&mut query, None).await;
    assert_eq!(values(&answer), [Some("119.09")], "a figure of the old log");
    // that of the old log goes before there is one of the new one
    let mut durable = checkpoints.durable();
    let kept_anew = |durable: &Option<Revision>| *durable == Some(Revision(head)) && stale(dir) == 1;
    durable.wait_for(kept_anew).await.unwrap();
    assert_eq!(
        log.asked_from(calls)[..2],
        [4, 1],
        "what it has is refused, then all is asked for"
    );
    query.stop().await;
    drop(checkpoints);
    let calls = log.calls();
    query = keeping(log, &of_each_revision(dir)).await;
    query.until_serving().await;
    assert_eq!(log.asked_from(calls)[0], head + 1);
    assert_eq!(values(&density(&mut query, None).await), [Some("119.09")]);
}

#[tokio::test]
async fn a_damaged_checkpoint_costs_a_start_that_reads_the_log_and_nothing_else() {
    let (log, dir) = (log_of_2017().await, tempfile::tempdir().unwrap());
    let checkpoints = of_each_revision(dir.path());
    let query = keeping(&log, &checkpoints).await;
    until_durable(&checkpoints, 2).await;
    query.stop().await;
    drop(checkpoints);
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    let calls = log.calls();
    let mut query = keeping(&log, &of_each_revision(dir.path())).await;
    assert_eq!(values(&density(&mut query, None).await), [Some("119.09")]);
    assert_eq!(log.asked_from(calls)[0], 1);
}
