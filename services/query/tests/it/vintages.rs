//! All values that one figure has had.

use almanac_wire::Payload;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::query::FigureChange;
use almanac_wire::pb::shared::{Figure, as_of::State};
use almanac_wire::timestamp_to_proto;
use tonic::Code;

use crate::support::{
    TestLog, TestQuery, as_of, ask, batch, catalogue, inhabitants, is, log_of_2017, permits, release, texts, time_of,
    told,
};

/// The figures of 2017, and what was recorded later: some of it changes the density of telephones, some does not.
async fn revised() -> TestLog {
    let log = log_of_2017().await;
    for payload in [
        permits("2016", "4"),
        inhabitants("2017", "2445200"),
        // the same again, and what is read only when there is nothing newer
        inhabitants("2017", "2445200"),
        inhabitants("2016", "1220000"),
        release("annual-review-2017", 2),
        inhabitants("2017", "1222601"),
        catalogue(),
        inhabitants("2017", "1222600"),
    ] {
        log.append(&payload);
    }
    log
}

fn of(indicator: &str, period: &str) -> pb::ListVintagesRequest {
    of_question(pb::QueryIndicatorsRequest {
        periods: texts(&[period]),
        ..ask(&[indicator])
    })
}

fn of_question(query: pb::QueryIndicatorsRequest) -> pb::ListVintagesRequest {
    pb::ListVintagesRequest {
        query: Some(query),
        ..pb::ListVintagesRequest::default()
    }
}

fn of_at(indicator: &str, period: &str, state: State) -> pb::ListVintagesRequest {
    of_question(pb::QueryIndicatorsRequest {
        periods: texts(&[period]),
        read_at: as_of(state),
        ..ask(&[indicator])
    })
}

async fn list(query: &mut TestQuery, request: pb::ListVintagesRequest) -> pb::ListVintagesResponse {
    query.client.list_vintages(request).await.unwrap().into_inner()
}

fn lines(answer: &pb::ListVintagesResponse) -> String {
    let line = |vintage: &pb::Vintage| {
        let changes: Vec<&str> = vintage.changes().map(|change| change.as_str_name()).collect();
        let value = vintage.figure.as_ref().unwrap().value.as_deref();
        let line = format!("{} {} {}", vintage.revision, value.unwrap_or("-"), changes.join(" "));
        line.trim_end().to_owned()
    };
    answer.vintages.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_figure_has_a_vintage_for_each_revision_that_changed_it() {
    let log = revised().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let answer = list(&mut query, of("telephone.density", "2017")).await;
    insta::assert_snapshot!(lines(&answer), @r#"
    2 119.09
    4 59.55 FIGURE_CHANGE_VALUE FIGURE_CHANGE_OPERANDS
    8 119.09 FIGURE_CHANGE_VALUE FIGURE_CHANGE_OPERANDS
    10 119.09 FIGURE_CHANGE_OPERANDS
    "#);
    assert_eq!(answer.vintages[0].revision_time, Some(timestamp_to_proto(time_of(2))));
    assert_eq!(answer.answered_at.unwrap().revision, 10);
    let size = answer.first_to_latest.unwrap();
    assert_eq!((size.from_revision, size.to_revision), (2, 10));
    assert_eq!(
        (size.absolute_change.as_str(), size.percent_change.as_deref()),
        ("0.00", Some("0.00"))
    );
}

#[tokio::test]
async fn the_size_of_a_revision_is_computed_before_rounding() {
    let log = revised().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let request = of_at("telephone.density", "2017", State::Revision(5));
    let size = list(&mut query, request).await.first_to_latest.unwrap();
    // 59.5460 - 119.0919: the rounded values are 59.54 apart
    assert_eq!((size.from_revision, size.to_revision), (2, 4));
    assert_eq!(size.absolute_change, "-59.55");
    assert_eq!(size.percent_change.as_deref(), Some("-50.00"));
    assert_eq!(
        size.percent_missing(),
        almanac_wire::pb::shared::PercentMissing::Unspecified
    );
}

#[tokio::test]
async fn growth_from_zero_has_no_percentage() {
    let log = log_of_2017().await;
    log.append(&permits("2016", "0"));
    log.append(&permits("2016", "4"));
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let kind = pb::DimensionFilter {
        dimension: "permit_kind".to_owned(),
        codes: texts(&["non_commercial_document"]),
    };
    let request = of_question(pb::QueryIndicatorsRequest {
        periods: texts(&["2016"]),
        filters: vec![kind],
        ..ask(&["permits.issued"])
    });
    let size = list(&mut query, request).await.first_to_latest.unwrap();
    assert_eq!(
        (size.absolute_change.as_str(), size.percent_change.as_deref()),
        ("4", None)
    );
    assert_eq!(
        size.percent_missing(),
        almanac_wire::pb::shared::PercentMissing::BaseZero
    );
}

/// The vintages are exactly what asking at every revision finds.
#[tokio::test]
async fn vintages_are_what_asking_at_every_revision_finds() {
    let log = revised().await;
    let newest = log.append(&Payload::Events(batch([])));
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let catalog = almanac_ca_mau::catalog().unwrap();
    let measures = catalog.indicators().map(|indicator| indicator.id.to_string());
    let measures = measures.chain(catalog.metrics().map(|metric| metric.id.to_string()));
    let mut compared = 0;
    for (measure, period) in measures.flat_map(|id| ["2016", "2017", "2018"].map(|period| (id.clone(), period))) {
        let Ok(answer) = query.client.list_vintages(of(&measure, period)).await else {
            let asked = pb::QueryIndicatorsRequest {
                periods: texts(&[period]),
                ..ask(&[&measure])
            };
            query
                .client
                .query_indicators(asked)
                .await
                .expect_err("both refuse, or none");
            continue;
        };
        let mut found: Vec<(u64, Figure)> = Vec::new();
        for revision in 2..=newest {
            let asked = pb::QueryIndicatorsRequest {
                periods: texts(&[period]),
                read_at: as_of(State::Revision(revision)),
                ..ask(&[&measure])
            };
            let figure = query
                .client
                .query_indicators(asked)
                .await
                .unwrap()
                .into_inner()
                .figures
                .remove(0);
            let unknown = found.is_empty() && figure.value.is_none() && figure.quality == 0;
            if !unknown && found.last().is_none_or(|(_, before)| *before != figure) {
                found.push((revision, figure));
            }
        }
        let vintages = answer.into_inner().vintages.into_iter();
        let listed: Vec<(u64, Figure)> = vintages.map(|one| (one.revision, one.figure.unwrap())).collect();
        assert_eq!(listed, found, "{measure} in {period}");
        compared += found.len();
    }
    assert!(compared > 40, "{compared}");
}

#[tokio::test]
async fn vintages_come_page_by_page_up_to_one_revision() {
    let log = revised().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let first = pb::ListVintagesRequest {
        page_size: 1,
        ..of("population.inhabitants", "2017")
    };
    let (mut values, mut page_token) = (Vec::new(), String::new());
    loop {
        let answer = list(
            &mut query,
            pb::ListVintagesRequest {
                page_token,
                ..first.clone()
            },
        )
        .await;
        assert_eq!(answer.answered_at.as_ref().unwrap().revision, 10);
        let size = answer.first_to_latest.as_ref().unwrap();
        assert_eq!(
            (size.absolute_change.as_str(), size.percent_change.as_deref()),
            ("0", Some("0.00"))
        );
        for vintage in &answer.vintages {
            values.push(vintage.figure.as_ref().unwrap().value.clone().unwrap());
            let is_first = values.len() == 1;
            assert_eq!(vintage.changes().any(|change| change == FigureChange::Value), !is_first);
        }
        log.append(&inhabitants("2017", "7"));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(values, ["1222600", "2445200", "1222601", "1222600"]);
}

#[tokio::test]
async fn what_was_never_recorded_has_no_vintage_and_what_is_unknown_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let answer = list(&mut query, of("permits.issued", "2015")).await;
    assert_eq!((answer.vintages.len(), answer.first_to_latest), (0, None));
    let wrong = query
        .client
        .list_vintages(of("telephone.densty", "2017"))
        .await
        .unwrap_err();
    assert!(is(&wrong, Code::InvalidArgument, "UNKNOWN_INDICATOR"), "{wrong:?}");
    let fine = query
        .client
        .list_vintages(of("telephone.density", "2017-05"))
        .await
        .unwrap_err();
    assert!(is(&fine, Code::InvalidArgument, "PERIOD_TOO_FINE"), "{fine:?}");
}

#[tokio::test]
async fn a_history_that_is_too_long_is_refused_with_a_remedy() {
    let log = log_of_2017().await;
    let correction = inhabitants("2017", "2445200").encode();
    for _ in 0..10_000 {
        log.append_bytes(correction.clone());
    }
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let refused = query
        .client
        .list_vintages(of("telephone.density", "2017"))
        .await
        .unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    ResourceExhausted TOO_MANY_REVISIONS
    the values behind the figure were written by more than 10000 revisions; ask with filters, for a smaller area or a shorter period, or up to an earlier state with read_at.as_of
    "#);
    let earlier = of_at("telephone.density", "2017", State::Revision(9_000));
    assert_eq!(list(&mut query, earlier).await.vintages.len(), 2);
}
