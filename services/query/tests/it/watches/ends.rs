//! Watches that end, and watches that never begin.

use almanac_query::Drained;
use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::as_of::State;
use tonic::Code;

use super::{INDICATORS, Watcher, watch_of};
use crate::support::{TestLog, TestQuery, as_of, ask, catalogue, events_2017, is, log_id, log_of_2017, texts, told};

#[tokio::test]
async fn a_watch_ends_when_the_server_drains() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    watcher.next().await;
    let stopping = tokio::spawn(query.stop());
    let ended = watcher.end().await;
    assert!(is(&ended, Code::Unavailable, "SHUTTING_DOWN"), "{ended:?}");
    drop(watcher);
    assert_eq!(stopping.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn a_watch_ends_when_the_log_is_replaced() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    watcher.next().await;
    replace(&log);
    let ended = watcher.end().await;
    assert!(is(&ended, Code::Unavailable, "LOG_REPLACED"), "{ended:?}");
    query.until_serving().await;
    let read_at = pb::ReadAt {
        log_id: log_id(1).to_string(),
        ..pb::ReadAt::default()
    };
    let request = pb::QueryIndicatorsRequest {
        read_at: Some(read_at),
        ..ask(&INDICATORS)
    };
    let refused = query.client.watch_indicators(watch_of(request, 2)).await.unwrap_err();
    assert!(is(&refused, Code::FailedPrecondition, "OTHER_LOG"), "{refused:?}");
}

fn replace(log: &TestLog) {
    log.replace(log_id(2), &[catalogue(), Payload::Events(events_2017())]);
}

#[tokio::test]
async fn a_watch_of_the_past_or_of_too_much_never_begins() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let past = pb::QueryIndicatorsRequest {
        read_at: as_of(State::Revision(2)),
        page_token: "7".to_owned(),
        ..ask(&["telephone.densty"])
    };
    let refused = query.client.watch_indicators(watch_of(past, 0)).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    query.read_at.as_of: a watch follows the newest state; leave it out, or ask StreamIndicators (and 2 more problems)
    - CONFLICT query.read_at.as_of: a watch follows the newest state; leave it out, or ask StreamIndicators
    - CONFLICT query.page_token: a watch has no pages; leave it out, and go on with resume_after
    - UNKNOWN_INDICATOR query.indicators[0]: "telephone.densty" is not the id of an indicator or metric of the catalogue; did you mean telephone.density or telephone.fixed_density or telephone.mobile_density?
    "#);
    let much = pb::QueryIndicatorsRequest {
        periods: texts(&["1000..2999"]),
        ..ask(&[
            "telephone.density",
            "telephone.subscriptions",
            "population.inhabitants",
            "internet.density",
            "internet.subscriptions",
            "permits.issued",
        ])
    };
    let refused = query.client.watch_indicators(watch_of(much, 0)).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument TOO_MANY_FIGURES
    query.periods: the question asks for more than 10000 figures, which is the most that a watch follows: ask for fewer indicators, areas, periods or codes, or in several watches
    - TOO_MANY_FIGURES query.periods: the question asks for more than 10000 figures, which is the most that a watch follows: ask for fewer indicators, areas, periods or codes, or in several watches
    "#);
}

#[tokio::test]
async fn a_revision_to_come_is_waited_for() {
    let log = log_of_2017().await;
    let mut query = TestQuery::impatient(&log).await;
    let refused = query
        .client
        .watch_indicators(watch_of(ask(&INDICATORS), 9))
        .await
        .unwrap_err();
    assert!(is(&refused, Code::Unavailable, "REVISION_NOT_REACHED"), "{refused:?}");
}
