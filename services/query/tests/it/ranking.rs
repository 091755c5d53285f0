//! Figures in an order, the first of them, and their ranks.

mod refusals;

use std::path::Path;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_model::{Event, EventTime, Measure, Qualifier, Quality};
use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{ComparisonKind, Figure, RankAmong};

use crate::support::{Client, TestLog, TestQuery, batch_under, log_id, min_revision, texts};

fn health() -> CatalogFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/health");
    CatalogFiles::read_dir(&folder).unwrap()
}

/// Girls who were born in a district and a month: a number, or a secret one.
fn births(rows: &[(&str, &str, &str)]) -> Payload {
    let event = |(area, period, value): &(&str, &str, &str)| {
        let (value, confidential) = match value.strip_prefix("confidential ") {
            Some(value) => (value, true),
            None => (*value, false),
        };
        let reporter = if ["D2", "D3", "D4"].contains(area) {
            "south"
        } else {
            "north"
        };
        let event = Event {
            metric: "births".parse().unwrap(),
            area: area.parse().unwrap(),
            dimensions: [("sex".parse().unwrap(), "female".parse().unwrap())].into(),
            time: EventTime::Period(period.parse().unwrap()),
            measure: Measure::Value(value.parse().unwrap()),
            quality: Quality::Official,
            qualifier: Qualifier::Exact,
            event_id: None,
            note: None,
            correction: None,
            confidential,
        };
        (reporter.parse().unwrap(), event)
    };
    let catalog = Catalog::load(&health()).unwrap();
    Payload::Events(batch_under(&catalog, rows.iter().map(event)))
}

/// Five districts of one province: two that are equal, and D8 of which nothing is recorded in January.
async fn log_of_births() -> TestLog {
    let log = TestLog::start(log_id(1)).await;
    log.append(&Payload::Catalog(health()));
    log.append(&births(&[
        ("D1", "2017-01", "30"),
        ("D2", "2017-01", "90"),
        ("D4", "2017-01", "60"),
        ("D5", "2017-01", "60"),
        ("D1", "2016-12", "10"),
        ("D2", "2016-12", "80"),
        ("D4", "2016-12", "60"),
        ("D8", "2017-02", "7"),
    ]));
    log
}

fn districts() -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        indicators: texts(&["births"]),
        areas: texts(&["D1", "D2", "D4", "D5", "D8"]),
        periods: texts(&["2017-01"]),
        ..pb::QueryIndicatorsRequest::default()
    }
}

fn ordered(by: &str) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        order_by: by.to_owned(),
        ..districts()
    }
}

async fn answer(client: &mut Client, request: &pb::QueryIndicatorsRequest) -> Vec<Figure> {
    client
        .query_indicators(request.clone())
        .await
        .unwrap()
        .into_inner()
        .figures
}

/// The area of each figure, its value, and its rank if it has one.
fn told(figures: &[Figure]) -> String {
    let line = |figure: &Figure| {
        let rank = figure.rank.as_ref().map(|rank| {
            let tied = if rank.tied { "=" } else { "" };
            format!(" {tied}{}/{}", rank.position, rank.of)
        });
        let value = figure.value.as_deref().unwrap_or("-");
        format!("{} {value}{}", figure.area, rank.unwrap_or_default())
    };
    figures.iter().map(line).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn rule_29_figures_come_in_the_order_that_was_asked_for() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let previous = pb::ComparisonRequest {
        kind: ComparisonKind::PreviousPeriod.into(),
        ..pb::ComparisonRequest::default()
    };
    let mut by = async |keys: &str| {
        let request = pb::QueryIndicatorsRequest {
            comparisons: vec![previous.clone()],
            ..ordered(keys)
        };
        told(&answer(&mut query.client, &request).await)
    };
    assert_eq!(by("value desc").await, "D2 90, D4 60, D5 60, D1 30, D8 -");
    assert_eq!(by(" value , area  desc").await, "D1 30, D5 60, D4 60, D2 90, D8 -");
    assert_eq!(by("growth_percent desc").await, "D1 30, D2 90, D4 60, D5 60, D8 -");
    assert_eq!(by("comparisons[0].change").await, "D4 60, D2 90, D1 30, D5 60, D8 -");
    assert_eq!(by("area desc").await, "D8 -, D5 60, D4 60, D2 90, D1 30");
}

#[tokio::test]
async fn rule_29_pages_and_messages_put_together_are_the_whole_order() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        periods: texts(&["2017-02", "2017-01"]),
        top: 2,
        rank_among: RankAmong::Siblings.into(),
        ..ordered("value desc")
    };
    let whole = answer(&mut query.client, &request).await;
    assert_eq!(told(&whole), "D8 7 1/1, D2 90 1/4, D4 60 =2/4, D5 60 =2/4");
    let mut page = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..request.clone()
    };
    let mut pages = Vec::new();
    loop {
        let answer = query.client.query_indicators(page.clone()).await.unwrap().into_inner();
        pages.extend(answer.figures);
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
        // what is recorded meanwhile is of another revision
        log.append(&births(&[("D1", "2017-01", "900")]));
    }
    assert_eq!(pages, whole);
    let stream = pb::StreamIndicatorsRequest {
        query: Some(page),
        ..pb::StreamIndicatorsRequest::default()
    };
    let mut stream = query.client.stream_indicators(stream).await.unwrap().into_inner();
    // the token of the last page is still in it
    let message = stream.message().await.unwrap().unwrap();
    assert_eq!(
        (message.figures.as_slice(), message.next_page_token.as_str()),
        (&whole[3..], "")
    );
}

#[tokio::test]
async fn rule_29_the_figure_explained_has_its_rank() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        rank_among: RankAmong::Level.into(),
        ..ordered("value desc")
    };
    for figure in answer(&mut query.client, &request).await {
        let one = pb::ExplainFigureRequest {
            query: Some(request.clone()),
            area: figure.area.clone(),
            ..pb::ExplainFigureRequest::default()
        };
        let explained = query.client.explain_figure(one).await.unwrap().into_inner();
        assert_eq!(explained.figure, Some(figure));
    }
}

#[tokio::test]
async fn rule_29_a_watch_tells_a_figure_again_when_its_rank_changes() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        rank_among: RankAmong::Siblings.into(),
        ..districts()
    };
    let watch = pb::WatchIndicatorsRequest {
        query: Some(request),
        resume_after: 0,
    };
    let mut watch = query.client.watch_indicators(watch).await.unwrap().into_inner();
    let message = watch.message().await.unwrap().unwrap();
    assert_eq!(
        told(&message.figures),
        "D1 30 4/4, D2 90 1/4, D4 60 =2/4, D5 60 =2/4, D8 -"
    );
    log.append(&births(&[("D5", "2017-01", "61")]));
    let message = watch.message().await.unwrap().unwrap();
    // D4 is what it was, and no longer second
    assert_eq!(told(&message.figures), "D4 60 3/4, D5 61 2/4");
}

#[tokio::test]
async fn rule_20_a_suppressed_figure_is_last_and_counts_in_no_rank() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let revision = log.append(&births(&[("D2", "2017-01", "confidential 90")]));
    let request = pb::QueryIndicatorsRequest {
        rank_among: RankAmong::Siblings.into(),
        read_at: min_revision(revision),
        ..ordered("value desc")
    };
    let figures = answer(&mut query.client, &request).await;
    // D4 is withheld too, so that the total of both does not tell
    assert_eq!(told(&figures), "D5 60 1/2, D1 30 2/2, D2 -, D4 -, D8 -");
}
