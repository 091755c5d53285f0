//! What a replica does not keep of the past of tallies is read from the log: every answer is, byte for byte, that of a replica
//! which keeps everything.

use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::query::{
    ExplainFigureRequest, GetReportRequest, ListVintagesRequest, QueryIndicatorsRequest, ReadAt,
};
use almanac_wire::pb::shared::as_of::State;
use almanac_wire::pb::shared::{AsOf, CorrectionReason};
use bytes::Bytes;
use prost::Message;
use tonic::Code;

use crate::support::channel;
use crate::support::events::{DIC, complaint, enterprises, review_2017};
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{Query, after, as_of, in_2017};
use crate::support::raw;
use crate::support::refusal::Refusal;

/// So many revisions are kept.
const WINDOW: u64 = 2;
/// What is computed from tallies, and from reports alone.
const MEASURES: [&str; 3] = [
    "complaints.received",
    "complaints.per_100000_inhabitants",
    "post.enterprises",
];

/// Complaints of three days, one of which is taken back, and reports in between; the last revision.
async fn recorded(ingest: &Ingest) -> u64 {
    for request in review_2017() {
        ingest.send(request).await.expect("the review is right");
    }
    for number in 0..12 {
        let day = format!("2017-05-{}", 14 + number % 3);
        let mut events = vec![complaint(&format!("c-{number}"), &day, &number.to_string())];
        events.extend((number % 4 == 0).then(|| complaint(&format!("d-{number}"), &day, "2")));
        ingest.record(DIC, events).await.expect("the complaints are right");
    }
    let taken_back = pb::RetractEventsRequest {
        retractions: vec![pb::Retraction {
            metric: "complaints.received".to_owned(),
            event_id: "c-5".to_owned(),
            ..pb::Retraction::default()
        }],
        reporter: DIC.to_owned(),
        reason: CorrectionReason::ReportingError.into(),
        note: "recorded twice".to_owned(),
        ..pb::RetractEventsRequest::default()
    };
    let taken_back = ingest.client.clone().retract_events(taken_back).await;
    taken_back.expect("it was recorded");
    let last = ingest.record(DIC, vec![enterprises(17)]).await;
    last.expect("it may be reported again").revision
}

async fn bytes_of(query: &Query, method: &str, request: &(impl Message + std::fmt::Debug)) -> Bytes {
    let path = format!("/almanac.query.v1.QueryService/{method}");
    let answer = raw::call(channel(query.address), &path, request).await;
    answer.unwrap_or_else(|refused| panic!("{method} {request:?}: {refused}"))
}

/// Everything that is told of a measure as of a revision.
async fn answers(query: &Query, measure: &str, revision: u64) -> Vec<Bytes> {
    let question = as_of(State::Revision(revision), in_2017(measure));
    let by_day = QueryIndicatorsRequest {
        periods: vec!["2017-05-14..2017-05-16".to_owned()],
        ..as_of(State::Revision(revision), in_2017("complaints.received"))
    };
    let report = GetReportRequest {
        report: "annual-review".to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        read_at: question.read_at.clone(),
    };
    let explained = ExplainFigureRequest {
        query: Some(question.clone()),
        ..ExplainFigureRequest::default()
    };
    let page = ExplainFigureRequest {
        page_size: 2,
        ..explained.clone()
    };
    let vintages = ListVintagesRequest {
        query: Some(question.clone()),
        ..ListVintagesRequest::default()
    };
    vec![
        bytes_of(query, "QueryIndicators", &question).await,
        bytes_of(query, "QueryIndicators", &by_day).await,
        bytes_of(query, "GetReport", &report).await,
        bytes_of(query, "ExplainFigure", &explained).await,
        bytes_of(query, "ExplainFigure", &page).await,
        bytes_of(query, "ListVintages", &vintages).await,
    ]
}

#[tokio::test]
async fn exactness_a_replica_with_a_small_window_answers_at_every_revision_as_one_that_keeps_everything() {
    let pair = Pair::start().await;
    let last = recorded(&pair.ingest).await;
    let dir = tempfile::tempdir().expect("a folder");
    let mut small = Query::start_keeping(dir.path(), pair.gate.address, WINDOW).await;
    for query in [&pair.query, &small] {
        query.ask(after(last, in_2017(MEASURES[0]))).await.expect("it is there");
    }
    for restarted in [false, true] {
        if restarted {
            small.stop().await;
            small = Query::start_keeping(dir.path(), pair.gate.address, WINDOW).await;
        }
        for revision in (1..=last).rev() {
            for measure in MEASURES {
                let whole = answers(&pair.query, measure, revision).await;
                let found = answers(&small, measure, revision).await;
                assert_eq!(found, whole, "{measure} as of {revision}, restarted: {restarted}");
            }
        }
    }
}

#[tokio::test]
async fn while_the_log_is_away_what_only_it_has_is_refused_and_the_rest_is_answered() {
    let pair = Pair::start().await;
    let last = recorded(&pair.ingest).await;
    let dir = tempfile::tempdir().expect("a folder");
    let small = Query::start_keeping(dir.path(), pair.gate.address, WINDOW).await;
    let now = small.ask(after(last, in_2017(MEASURES[0]))).await.expect("it is there");
    pair.gate.shut();

    let at = |revision: u64, measure: &str| as_of(State::Revision(revision), in_2017(measure));
    let early = last - 2 * WINDOW - 2;
    let refused = small.ask(at(early, MEASURES[0])).await.expect_err("the log is away");
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::Unavailable, "PAST_NOT_AT_HAND"),
        "{refused}"
    );
    assert_eq!(refused.fact("asked"), Some(early.to_string()));
    let kept = small.ask(at(last, MEASURES[0])).await.expect("it is kept");
    assert_eq!(kept.figures, now.figures);
    // reports keep everything
    let reported = small.ask(at(early, MEASURES[2])).await.expect("no tally is read");
    assert_eq!(reported.figures[0].value.as_deref(), Some("16"));

    pair.gate.lead_to(pair.ingest.address);
    let pinned = ReadAt {
        as_of: Some(AsOf {
            state: Some(State::Revision(early)),
        }),
        ..ReadAt::default()
    };
    let question = QueryIndicatorsRequest {
        read_at: Some(pinned),
        ..in_2017(MEASURES[0])
    };
    let again = small.ask(question.clone()).await.expect("the log is back");
    let whole = pair.query.ask(after(last, in_2017(MEASURES[0]))).await;
    whole.expect("it follows again");
    let whole = pair.query.ask(question).await.expect("it keeps everything");
    assert_eq!(again.figures, whole.figures);
    assert_ne!(again.figures, now.figures);
}
