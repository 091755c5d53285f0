//! One of the two is away: the other goes on, and what comes back is right.

use std::time::Duration;

use almanac_wire::pb::query::QueryIndicatorsResponse;
use almanac_wire::pb::shared::MissingReason;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::support::events::{DIC, OPERATORS, enterprises, internet};
use crate::support::gate::Gate;
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{Query, after, in_2017};
use crate::support::refusal::Refusal;

const ENTERPRISES: &str = "post.enterprises";
const INTERNET: &str = "internet.subscriptions";

#[tokio::test]
async fn ingest_records_while_query_is_down_and_query_catches_up() {
    let (ingest, _dir) = Ingest::start().await;
    let query = Query::start(ingest.address).await;
    query.wait_until(ServingStatus::Serving).await;
    query.stop().await;
    let mut revision = 0;
    for value in 1..=50 {
        revision = ingest.record(DIC, vec![enterprises(value)]).await.unwrap().revision;
    }
    let query = Query::start(ingest.address).await;
    let answer = query.ask(after(revision, in_2017(ENTERPRISES))).await.unwrap();
    assert_eq!(answer.figures[0].value.as_deref(), Some("50"));
    assert_eq!(answer.answered_at.unwrap().revision, revision);
}

#[tokio::test]
async fn query_answers_while_ingest_is_down_and_says_at_which_revision() {
    let (ingest, dir) = Ingest::start().await;
    let gate = Gate::to(ingest.address).await;
    let query = Query::start(gate.address).await;
    let recorded = ingest.record(DIC, vec![enterprises(16)]).await.unwrap();
    query.ask(after(recorded.revision, in_2017(ENTERPRISES))).await.unwrap();
    gate.shut();
    let (_, clock) = ingest.stop().await;

    let answer = query
        .client
        .clone()
        .query_indicators(in_2017(ENTERPRISES))
        .await
        .unwrap();
    let told = answer
        .metadata()
        .get("almanac-revision")
        .and_then(|text| text.to_str().ok());
    assert_eq!(told, Some(recorded.revision.to_string().as_str()));
    let answer = answer.into_inner();
    assert_eq!(answer.figures[0].value.as_deref(), Some("16"));
    assert_eq!(answer.answered_at.unwrap().revision, recorded.revision);

    // it comes back on another address, and the same query service goes on
    let ingest = Ingest::open(dir.path(), clock).await;
    gate.lead_to(ingest.address);
    let later = ingest.record(DIC, vec![enterprises(17)]).await.unwrap();
    assert_eq!(
        query
            .value(after(later.revision, in_2017(ENTERPRISES)))
            .await
            .as_deref(),
        Some("17")
    );
}

#[tokio::test]
async fn a_revision_that_does_not_come_is_unavailable_with_the_time_to_retry() {
    let (ingest, _dir) = Ingest::start().await;
    let query = Query::start_with(ingest.address, Duration::ZERO).await;
    query.wait_until(ServingStatus::Serving).await;
    let head = ingest.log().await.head();
    let refused = query.ask(after(head + 1, in_2017(ENTERPRISES))).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::Unavailable, "REVISION_NOT_REACHED"),
        "{refused}"
    );
    assert!(refused.says_when_to_retry());
    assert_eq!(refused.fact("applied"), Some(head.to_string()));
    assert_eq!(refused.fact("asked"), Some((head + 1).to_string()));
}

#[tokio::test]
async fn a_query_service_that_never_heard_of_the_log_answers_nothing() {
    let (ingest, _dir) = Ingest::start().await;
    let gate = Gate::to(ingest.address).await;
    gate.shut();
    let query = Query::start_with(gate.address, Duration::ZERO).await;
    let refused = query.ask(in_2017(ENTERPRISES)).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::Unavailable, "NOT_CAUGHT_UP"),
        "{refused}"
    );
    assert!(refused.says_when_to_retry());
    gate.lead_to(ingest.address);
    query.wait_until(ServingStatus::Serving).await;
    assert_eq!(
        query.figure(in_2017(ENTERPRISES)).await.missing(),
        MissingReason::NoRecord
    );
}

#[tokio::test]
async fn a_connection_cut_again_and_again_loses_and_repeats_nothing() {
    let pair = Pair::start().await;
    let mut revision = 0;
    for value in 1..=40 {
        revision = pair
            .ingest
            .record(DIC, vec![enterprises(value)])
            .await
            .unwrap()
            .revision;
        if value % 4 == 0 {
            pair.gate.lead_to(pair.ingest.address);
        }
    }
    let answer = pair.query.ask(after(revision, in_2017(ENTERPRISES))).await.unwrap();
    assert_eq!(answer.figures[0].value.as_deref(), Some("40"));
}

/// Whose figures an answer has: enterprises only from the first log, Internet subscriptions only from the second.
fn whose(answer: &QueryIndicatorsResponse, second: &str) -> &'static str {
    let values: Vec<Option<&str>> = answer.figures.iter().map(|figure| figure.value.as_deref()).collect();
    let log_id = answer
        .answered_at
        .clone()
        .expect("every answer says at which state")
        .log_id;
    match (values.as_slice(), log_id == second) {
        ([Some("16"), None], false) => "first",
        ([None, Some("15324")], true) => "second",
        _ => panic!("figures of two logs are mixed: {values:?} of {log_id}"),
    }
}

#[tokio::test]
async fn a_replaced_log_is_never_mixed_with_the_one_before() {
    let (first, _first_dir) = Ingest::start().await;
    let gate = Gate::to(first.address).await;
    let query = Query::start(gate.address).await;
    let recorded = first.record(DIC, vec![enterprises(16)]).await.unwrap();
    let mut question = in_2017(ENTERPRISES);
    question.indicators.push(INTERNET.into());
    let answer = query.ask(after(recorded.revision, question.clone())).await.unwrap();

    let (second, _second_dir) = Ingest::start().await;
    let replaced = second
        .record(OPERATORS, vec![internet("adsl", 2017, "15324")])
        .await
        .unwrap();
    assert_eq!(
        replaced.revision, recorded.revision,
        "the number means something else now"
    );
    assert_ne!(replaced.log_id, recorded.log_id);
    assert_eq!(whose(&answer, &replaced.log_id), "first");
    first.stop().await;
    gate.lead_to(second.address);
    loop {
        // while it is rebuilt the service answers from the first log, then waits, then answers from the second
        let answer = query.ask_again(&question).await;
        if whose(&answer, &replaced.log_id) == "second" {
            break;
        }
    }
    let mut of_the_first = after(recorded.revision, question);
    of_the_first.read_at.as_mut().unwrap().log_id = recorded.log_id;
    let refused = query.ask(of_the_first).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::FailedPrecondition, "OTHER_LOG"),
        "{refused}"
    );
    assert_eq!(refused.fact("log_id"), Some(replaced.log_id));
}
