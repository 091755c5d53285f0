//! Early states of tallies are derived from the log once, and from what was derived before.

use almanac_model::{Event, EventTime, Measure};
use almanac_query::{Deps, WindowSize};
use almanac_wire::Payload;
use almanac_wire::pb::shared::as_of::State;
use tonic::Code;

use crate::support::{TestLog, TestQuery, as_of, ask, batch, catalogue, is, log_id, texts, values};

const METRIC: &str = "complaints.received";

/// A log whose revisions from 2 to 20 are one complaint each.
async fn complaints() -> TestLog {
    let log = TestLog::start(log_id(1)).await;
    log.append(&catalogue());
    let recorded = almanac_ca_mau::events_2017().unwrap();
    for number in 2..=20 {
        let event = Event {
            metric: METRIC.parse().unwrap(),
            dimensions: [("complaint_subject".parse().unwrap(), "spam".parse().unwrap())].into(),
            time: EventTime::Period("2017-05-14".parse().unwrap()),
            measure: Measure::Value("1".parse().unwrap()),
            event_id: Some(format!("c-{number}")),
            ..recorded[0].event.clone()
        };
        log.append(&Payload::Events(batch([("ca-mau-dic".parse().unwrap(), event)])));
    }
    log
}

/// A replica that keeps of tallies what the newest revision did.
async fn keeping_one_revision(log: &TestLog) -> TestQuery {
    let deps = Deps {
        tallies: WindowSize {
            revisions: 1,
            changes: usize::MAX,
        },
        ..TestQuery::deps(log)
    };
    let query = TestQuery::start_deps(deps).await;
    query.until_serving().await;
    query
}

async fn received(query: &mut TestQuery, revision: u64) -> Option<String> {
    let mut request = ask(&[METRIC]);
    request.periods = texts(&["2017-05-14"]);
    request.read_at = as_of(State::Revision(revision));
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    assert_eq!(answer.answered_at.as_ref().unwrap().revision, revision);
    values(&answer)[0].map(str::to_owned)
}

#[tokio::test]
async fn an_early_state_is_derived_once_and_a_later_one_goes_on_from_it() {
    let log = complaints().await;
    let mut query = keeping_one_revision(&log).await;
    let calls = log.calls();
    for (revision, asked_from) in [
        // what is kept in memory
        (20, &[][..]),
        (19, &[]),
        // from the first record on, and then not again
        (10, &[1]),
        (10, &[1]),
        (15, &[1, 11]),
        (10, &[1, 11]),
        (5, &[1, 11, 1]),
    ] {
        let right = (revision - 1).to_string();
        assert_eq!(received(&mut query, revision).await, Some(right), "as of {revision}");
        assert_eq!(log.asked_from(calls), asked_from, "as of {revision}");
    }
}

#[tokio::test]
async fn an_early_state_of_a_log_that_was_archived_elsewhere_is_refused_with_the_reason() {
    let log = complaints().await;
    let mut query = keeping_one_revision(&log).await;
    log.archive_before(8);
    let mut request = ask(&[METRIC]);
    request.read_at = as_of(State::Revision(10));
    let refused = query.client.query_indicators(request).await.unwrap_err();
    assert!(is(&refused, Code::Unavailable, "PAST_NOT_AT_HAND"), "{refused:?}");
    assert!(refused.message().contains("archived by the test"), "{refused:?}");
    assert_eq!(received(&mut query, 20).await.as_deref(), Some("19"));
}
