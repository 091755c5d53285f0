//! How far a replica is behind is told with everything it says, and its health keeps to a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use almanac_query::Deps;
use almanac_wire::pb::query as pb;
use jiff::Timestamp;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_health::ServingStatus;

use crate::support::{
    Client, EPOCH_SECOND, TestLog, TestQuery, ask, inhabitants, is, log_id, log_of_2017, min_revision, texts, values,
};

/// A clock that stands until the test moves it.
#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(EPOCH_SECOND * 1_000)))
    }

    fn advance(&self, duration: Duration) {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap();
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn deps(&self, log: &TestLog) -> Deps {
        let clock = Arc::clone(&self.0);
        Deps {
            clock: Arc::new(move || Timestamp::from_millisecond(clock.load(Ordering::SeqCst)).unwrap()),
            ..TestQuery::deps(log)
        }
    }
}

fn watch(query: pb::QueryIndicatorsRequest) -> pb::WatchIndicatorsRequest {
    pb::WatchIndicatorsRequest {
        query: Some(query),
        resume_after: 0,
    }
}

type Told = Result<MetadataMap, Status>;

fn stream(query: pb::QueryIndicatorsRequest) -> pb::StreamIndicatorsRequest {
    pb::StreamIndicatorsRequest {
        query: Some(query),
        ..pb::StreamIndicatorsRequest::default()
    }
}

/// Calls each method of the service and gives the metadata of its answer, or its refusal.
async fn each_method(client: &Client, read_at: Option<pb::ReadAt>) -> Vec<(&'static str, Told)> {
    let mut told: Vec<(&'static str, Told)> = Vec::new();
    macro_rules! call {
        ($method:ident, $request:expr) => {
            let answer = client.clone().$method($request).await;
            told.push((
                stringify!($method),
                answer.map(|answer| answer.metadata().clone()),
            ));
        };
    }
    let query = pb::QueryIndicatorsRequest {
        read_at: read_at.clone(),
        ..ask(&["telephone.density"])
    };
    let asked = || Some(query.clone());
    let explained = pb::ExplainFigureRequest {
        query: asked(),
        ..Default::default()
    };
    let vintages = pb::ListVintagesRequest {
        query: asked(),
        ..Default::default()
    };
    let report = pb::GetReportRequest {
        report: almanac_ca_mau::ANNUAL_REVIEW.to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        read_at: read_at.clone(),
    };
    let completeness = pb::GetCompletenessRequest {
        metrics: texts(&["permits.issued"]),
        periods: texts(&["2017"]),
        read_at: read_at.clone(),
        ..Default::default()
    };
    let checked = pb::CheckRulesRequest {
        rules: texts(&["population.inhabitants_jump"]),
        areas: texts(&["96"]),
        periods: texts(&["2017"]),
        read_at: read_at.clone(),
        ..Default::default()
    };
    call!(query_indicators, query.clone());
    call!(stream_indicators, stream(query.clone()));
    call!(watch_indicators, watch(query.clone()));
    call!(get_report, report);
    call!(explain_figure, explained);
    call!(list_vintages, vintages);
    call!(get_completeness, completeness);
    call!(check_rules, checked);
    macro_rules! list {
        ($method:ident, $request:ident) => {
            let request = pb::$request {
                read_at: read_at.clone(),
                ..Default::default()
            };
            call!($method, request);
        };
    }
    list!(list_indicators, ListIndicatorsRequest);
    list!(list_metrics, ListMetricsRequest);
    list!(list_areas, ListAreasRequest);
    list!(list_dimensions, ListDimensionsRequest);
    list!(list_calendars, ListCalendarsRequest);
    told
}

fn text<'m>(metadata: &'m MetadataMap, name: &str) -> Option<&'m str> {
    metadata.get(name).map(|value| value.to_str().unwrap())
}

/// Holds records back, and waits until the replica has heard of them.
async fn fall_behind(log: &TestLog, query: &TestQuery) {
    log.hold_after(2);
    log.append(&inhabitants("2017", "2445200"));
    let head = log.append(&inhabitants("2017", "1222600")).to_string();
    loop {
        let answer = query.client.clone().query_indicators(ask(&["telephone.density"])).await;
        if text(answer.unwrap().metadata(), "almanac-head-revision") == Some(&head) {
            return;
        }
    }
}

#[tokio::test]
async fn each_answer_and_each_refusal_says_how_far_the_replica_is_behind() {
    let (log, clock) = (log_of_2017().await, HandClock::new());
    let deps = Deps {
        patience: Duration::ZERO,
        ..clock.deps(&log)
    };
    let query = TestQuery::start_deps(deps).await;
    query.until_serving().await;
    fall_behind(&log, &query).await;
    clock.advance(Duration::from_millis(7_250));

    let expected = [
        ("almanac-log-id", log_id(1).to_string()),
        ("almanac-revision", "2".to_owned()),
        ("almanac-head-revision", "4".to_owned()),
        ("almanac-lag-revisions", "2".to_owned()),
        ("almanac-lag-seconds", "7.250".to_owned()),
    ];
    let answers = each_method(&query.client, None).await;
    let refusals = each_method(&query.client, min_revision(4)).await;
    assert_eq!(answers.len(), 13, "every method");
    for (method, answer) in answers {
        let metadata = answer.unwrap_or_else(|refused| panic!("{method}: {refused:?}"));
        for (name, value) in &expected {
            assert_eq!(text(&metadata, name), Some(value.as_str()), "{method}: {name}");
        }
    }
    for (method, answer) in refusals {
        let refused = answer.unwrap_err();
        assert!(
            is(&refused, Code::Unavailable, "REVISION_NOT_REACHED"),
            "{method}: {refused:?}"
        );
        for (name, value) in &expected {
            assert_eq!(text(refused.metadata(), name), Some(value.as_str()), "{method}: {name}");
        }
    }
    // nothing is lost: when the records come, the lag is over
    log.let_go();
    loop {
        let answer = query.client.clone().query_indicators(ask(&["telephone.density"])).await;
        let answer = answer.unwrap();
        if text(answer.metadata(), "almanac-lag-revisions") == Some("0") {
            assert_eq!(text(answer.metadata(), "almanac-lag-seconds"), Some("0.000"));
            return;
        }
    }
}

#[tokio::test]
async fn a_replica_that_never_caught_up_does_not_know_its_lag_in_seconds() {
    let log = log_of_2017().await;
    log.hold_after(1);
    let deps = Deps {
        patience: Duration::ZERO,
        ..TestQuery::deps(&log)
    };
    let query = TestQuery::start_deps(deps).await;
    loop {
        let asked = query.client.clone().query_indicators(ask(&["telephone.density"])).await;
        let refused = asked.unwrap_err();
        let told = ["almanac-revision", "almanac-lag-revisions", "almanac-lag-seconds"];
        let told = told.map(|name| text(refused.metadata(), name));
        assert_eq!(told[2], None);
        if told[0] == Some("1") {
            assert_eq!(told[1], Some("1"));
            return;
        }
    }
}

#[tokio::test]
async fn a_watch_that_waits_says_that_its_replica_falls_behind() {
    let (log, clock) = (log_of_2017().await, HandClock::new());
    let deps = Deps {
        progress_every: Duration::from_millis(5),
        ..clock.deps(&log)
    };
    let query = TestQuery::start_deps(deps).await;
    let request = pb::WatchIndicatorsRequest {
        query: Some(ask(&["telephone.density"])),
        resume_after: 0,
    };
    let mut messages = query
        .client
        .clone()
        .watch_indicators(request)
        .await
        .unwrap()
        .into_inner();
    let first = messages.message().await.unwrap().unwrap().lag.unwrap();
    assert_eq!((first.applied_revision, first.head_revision), (2, 2));
    fall_behind(&log, &query).await;
    clock.advance(Duration::from_mins(1));
    loop {
        let message = messages.message().await.unwrap().unwrap();
        let lag = message.lag.unwrap();
        assert_eq!((message.answered_at.unwrap().revision, lag.applied_revision), (2, 2));
        if lag.behind.is_some_and(|behind| behind.seconds == 60) {
            assert_eq!(lag.head_revision, 4);
            return;
        }
    }
}

#[tokio::test]
async fn a_replica_too_far_behind_is_not_serving_until_it_is_near_again() {
    let (log, clock) = (log_of_2017().await, HandClock::new());
    let deps = Deps {
        max_lag: Some(Duration::from_secs(30)),
        ..clock.deps(&log)
    };
    let query = TestQuery::start_deps(deps).await;
    query.until_serving().await;
    log.close();
    clock.advance(Duration::from_secs(31));
    query.until(ServingStatus::NotServing).await;
    // whoever asks all the same is answered, and sees how old it is
    let asked = query.client.clone().query_indicators(ask(&["telephone.density"])).await;
    let answer = asked.unwrap();
    assert_eq!(text(answer.metadata(), "almanac-lag-seconds"), Some("31.000"));
    assert_eq!(values(&answer.into_inner()), [Some("119.09")]);
    log.open();
    query.until_serving().await;
}

#[tokio::test]
async fn without_a_limit_a_replica_that_has_lost_the_log_goes_on_serving() {
    let (log, clock) = (log_of_2017().await, HandClock::new());
    let query = TestQuery::start_deps(clock.deps(&log)).await;
    query.until_serving().await;
    let calls = log.calls();
    log.close();
    clock.advance(Duration::from_hours(24));
    log.called(calls + 2).await;
    query.until_serving().await;
}
