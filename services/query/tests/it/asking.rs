//! What is asked is answered.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{Granularity, MissingReason, Quality};

use crate::support::{EPOCH_SECOND, TestQuery, ask, log_id, log_of_2017, min_revision, permits, texts, values};

#[tokio::test]
async fn the_published_density_comes_out_of_the_recorded_figures() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let response = query
        .client
        .query_indicators(ask(&["telephone.density"]))
        .await
        .unwrap();
    let metadata = response.metadata().clone();
    let answer = response.into_inner();

    assert_eq!(values(&answer), [Some("119.09")]);
    let figure = &answer.figures[0];
    assert_eq!(
        (figure.indicator.as_str(), figure.area.as_str(), figure.period.as_str()),
        ("telephone.density", "96", "2017")
    );
    assert_eq!(figure.quality(), Quality::Estimated, "the weakest of its inputs");
    assert_eq!(figure.numerator.as_ref().unwrap().value.as_deref(), Some("1456018"));

    let at = answer.answered_at.unwrap();
    assert_eq!((at.revision, at.catalog_revision), (2, 1));
    assert_eq!(at.log_id, log_id(1).to_string());
    assert_eq!(at.revision_time.unwrap().seconds, EPOCH_SECOND + 2);
    for (name, value) in [
        ("almanac-log-id", log_id(1).to_string().as_str()),
        ("almanac-revision", "2"),
        ("almanac-head-revision", "2"),
        ("almanac-lag-revisions", "0"),
        ("almanac-lag-seconds", "0.000"),
        ("almanac-heard-ms-ago", "0"),
    ] {
        assert_eq!(metadata.get(name).unwrap().to_str().unwrap(), value, "{name}");
    }
}

#[tokio::test]
async fn zero_is_a_number_and_absence_has_a_reason() {
    let log = log_of_2017().await;
    let revision = log.append(&permits("2016", "0"));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        periods: texts(&["2016"]),
        group_by: texts(&["permit_kind"]),
        ..ask(&["permits.issued"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    let kind = |name: &str| {
        answer
            .figures
            .iter()
            .find(|figure| figure.dimensions["permit_kind"] == name)
            .unwrap()
    };
    assert_eq!(kind("non_commercial_document").value.as_deref(), Some("0"));
    assert_eq!(
        (kind("printing").value.as_deref(), kind("printing").missing()),
        (None, MissingReason::NoRecord)
    );
}

#[tokio::test]
async fn figures_come_in_the_order_of_the_question_and_by_code() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        periods: texts(&["2017", "2016"]),
        group_by: texts(&["technology"]),
        ..ask(&["internet.subscriptions"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    let lines: Vec<String> = answer
        .figures
        .iter()
        .map(|figure| {
            format!(
                "{} {} {}",
                figure.period,
                figure.dimensions["technology"],
                figure.value.as_deref().unwrap_or("-")
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    2017 adsl 15324
    2017 ftth 61876
    2017 mobile_3g_4g 183186
    2016 adsl -
    2016 ftth -
    2016 mobile_3g_4g -
    "#);
}

#[tokio::test]
async fn filters_choose_codes_and_reporters_can_be_told_apart() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let fixed = pb::DimensionFilter {
        dimension: "service".to_owned(),
        codes: texts(&["fixed"]),
    };
    let request = pb::QueryIndicatorsRequest {
        filters: vec![fixed],
        group_by: texts(&["reporter"]),
        ..ask(&["telephone.subscriptions"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    let of = |reporter: &str| {
        answer
            .figures
            .iter()
            .find(|figure| figure.dimensions["reporter"] == reporter)
            .unwrap()
    };
    assert_eq!(of("ca-mau-telecom-operators").value.as_deref(), Some("42166"));
}

#[tokio::test]
async fn areas_under_another_are_found_at_the_end_of_each_period() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        areas: Vec::new(),
        areas_under: "96".to_owned(),
        level: "province".to_owned(),
        periods: texts(&["2016..2017"]),
        granularity: Granularity::Year.into(),
        ..ask(&["telephone.density"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    assert_eq!(values(&answer), [None, Some("119.09")]);
}

#[tokio::test]
async fn a_service_that_is_told_to_stop_drains() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    query.until_serving().await;
    assert_eq!(query.stop().await, almanac_query::Drained::Clean);
}
