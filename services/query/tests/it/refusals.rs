//! What is refused, and what a person reads then.

use almanac_service_kit::limits::STATUS_BYTES;
use almanac_service_kit::status::header_bytes;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::Granularity;
use tonic::{Code, Status};

use crate::support::{TestQuery, ask, is, log_of_2017, texts, told};

async fn refusal(request: pb::QueryIndicatorsRequest) -> Status {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.client.query_indicators(request).await.unwrap_err()
}

#[tokio::test]
async fn one_mistake_is_told_with_its_remedy() {
    let refused = refusal(ask(&["telephone.densty"])).await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument UNKNOWN_INDICATOR
    indicators[0]: "telephone.densty" is not the id of an indicator or metric of the catalogue; did you mean telephone.density or telephone.fixed_density or telephone.mobile_density?
    - UNKNOWN_INDICATOR indicators[0]: "telephone.densty" is not the id of an indicator or metric of the catalogue; did you mean telephone.density or telephone.fixed_density or telephone.mobile_density?
    "#);
}

#[tokio::test]
async fn an_empty_request_says_what_is_needed() {
    let refused = refusal(pb::QueryIndicatorsRequest::default()).await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument REQUIRED
    indicators: give at least one id of an indicator or metric, such as "telephone.density"; ListIndicators has them; or a formula (and 2 more problems)
    - REQUIRED indicators: give at least one id of an indicator or metric, such as "telephone.density"; ListIndicators has them; or a formula
    - REQUIRED areas: give ids of areas, such as "96", or areas_under and level; ListAreas has them
    - REQUIRED periods: give at least one period, such as "2017" or "2015..2017"
    "#);
}

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let filter = |dimension: &str, codes: &[&str]| pb::DimensionFilter {
        dimension: dimension.to_owned(),
        codes: texts(codes),
    };
    let refused = refusal(pb::QueryIndicatorsRequest {
        indicators: texts(&["telephone.densty", "population.inhabitants", "population.inhabitants"]),
        areas: texts(&["96", "Cà Mau", "96"]),
        areas_under: "VN".to_owned(),
        level: "provinces".to_owned(),
        periods: texts(&["2017", "2017-13", "2015..2017", "2017..2015", "17"]),
        group_by: texts(&["tecnology", "reporter", "reporter"]),
        filters: vec![filter("service", &["mobil"]), filter("service", &[])],
        page_size: -1,
        page_token: "token".to_owned(),
        read_at: Some(pb::ReadAt {
            log_id: "log".to_owned(),
            ..pb::ReadAt::default()
        }),
        ..pb::QueryIndicatorsRequest::default()
    })
    .await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    read_at.log_id: "log" is no log id; give the log_id of an earlier answer, or none (and 18 more problems)
    - MALFORMED_LOG_ID read_at.log_id: "log" is no log id; give the log_id of an earlier answer, or none
    - PAGE_SIZE_NEGATIVE page_size: -1 is negative; leave it out for 1000 results, or give up to 10000
    - MALFORMED_PAGE_TOKEN page_token: is not a page token of this service; give the next_page_token of the page before, or none
    - UNKNOWN_INDICATOR indicators[0]: "telephone.densty" is not the id of an indicator or metric of the catalogue; did you mean telephone.density or telephone.fixed_density or telephone.mobile_density?
    - DUPLICATE indicators[2]: indicators[2] and indicators[1] both ask for "population.inhabitants"; ask for it once
    - CONFLICT areas_under: give either areas or areas_under with level
    - UNKNOWN_AREA areas[1]: "Cà Mau" is not the id of an area of the catalogue; did you mean 96 or 964?
    - DUPLICATE areas[2]: areas[2] and areas[0] both ask for "96"; ask for it once
    - UNKNOWN_AREA areas_under: "VN" is not the id of an area of the catalogue
    - UNKNOWN_LEVEL level: the catalogue has no area level "provinces"; its levels are province, district, commune
    - MALFORMED_PERIOD periods[1]: the calendar has no "2017-13"
    - MALFORMED_PERIOD periods[3]: "2017..2015" is not a range; both ends must be of one granularity, the earlier first, such as "2015..2017"
    - MALFORMED_PERIOD periods[4]: "17" is not a period; write a year "2017", half "2017-H1", quarter "2017-Q3", month "2017-05", ISO week "2017-W18" or day "2017-05-14"
    - DUPLICATE periods[2]: periods[2] and periods[0] both ask for "2017"; ask for it once
    - UNKNOWN_DIMENSION group_by[0]: "tecnology" is not the id of a dimension of the catalogue; did you mean technology?
    - DUPLICATE group_by[2]: group_by[2] and group_by[1] both ask for "reporter"; ask for it once
    - UNKNOWN_CODE filters[0].codes[0]: dimension service has no code "mobil"; did you mean mobile?
    - DUPLICATE filters[1].dimension: filters[1] and filters[0] both are about service; give its codes in one
    - REQUIRED filters[1].codes: give at least one code of service, or leave the filter out for all
    "#);
}

#[tokio::test]
async fn a_range_that_cannot_be_cut_is_refused() {
    let refused = refusal(pb::QueryIndicatorsRequest {
        periods: texts(&["2017-W18"]),
        granularity: Granularity::Month.into(),
        ..ask(&["telephone.density"])
    })
    .await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument PERIOD_NOT_DIVISIBLE
    periods[0]: 2017-W18 cannot be divided into whole months; leave granularity out, or ask for whole months
    - PERIOD_NOT_DIVISIBLE periods[0]: 2017-W18 cannot be divided into whole months; leave granularity out, or ask for whole months
    "#);
    let refused = refusal(pb::QueryIndicatorsRequest {
        granularity: 99,
        ..ask(&["telephone.density"])
    })
    .await;
    assert!(
        is(&refused, Code::InvalidArgument, "UNKNOWN_GRANULARITY"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_question_that_needs_a_guess_is_refused() {
    let refused = refusal(pb::QueryIndicatorsRequest {
        periods: texts(&["2017"]),
        granularity: Granularity::Month.into(),
        group_by: texts(&["technology"]),
        ..ask(&["telephone.density"])
    })
    .await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    group_by[0]: no metric of telephone.density has the dimension technology; its dimensions are service (and 2 more problems)
    - DIMENSION_NOT_USED group_by[0]: no metric of telephone.density has the dimension technology; its dimensions are service
    - PERIOD_TOO_FINE periods[0]: telephone.subscriptions (in telephone.density) is reported by year; a month is finer: ask by year or longer
    - PERIOD_TOO_FINE periods[0]: population.inhabitants (in telephone.density) is reported by year; a month is finer: ask by year or longer
    "#);
}

#[tokio::test]
async fn a_period_that_does_not_fit_is_named_by_its_place_in_the_request() {
    let refused = refusal(pb::QueryIndicatorsRequest {
        periods: texts(&["2015..2016", "2017", "2017-05", "2016-01..2016-02", "2018-W18"]),
        ..ask(&["telephone.subscriptions"])
    })
    .await;
    insta::assert_snapshot!(told(&refused), @"
    InvalidArgument PERIOD_TOO_FINE
    periods[2]: telephone.subscriptions is reported by year; a month is finer: ask by year or longer (and 2 more problems)
    - PERIOD_TOO_FINE periods[2]: telephone.subscriptions is reported by year; a month is finer: ask by year or longer
    - PERIOD_TOO_FINE periods[3]: telephone.subscriptions is reported by year; a month is finer: ask by year or longer
    - PERIOD_TOO_FINE periods[4]: telephone.subscriptions is reported by year; a week is finer: ask by year or longer
    ");
}

#[tokio::test]
async fn limits_are_told_by_field() {
    let refused = refusal(pb::QueryIndicatorsRequest {
        indicators: vec!["telephone.density".to_owned(); 101],
        periods: texts(&["1990..2019"]),
        granularity: Granularity::Day.into(),
        ..ask(&[])
    })
    .await;
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument TOO_MANY
    indicators: 101 are asked for; at most 100 are answered at a time (and 1 more problem)
    - TOO_MANY indicators: 101 are asked for; at most 100 are answered at a time
    - TOO_MANY periods: 10957 are asked for; at most 10000 are answered at a time
    "#);
}

#[tokio::test]
async fn a_short_request_for_more_figures_than_there_is_memory_is_refused() {
    let catalog = almanac_ca_mau::catalog().unwrap();
    let refused = refusal(pb::QueryIndicatorsRequest {
        areas: catalog.areas().map(|area| area.id.to_string()).collect(),
        periods: texts(&["1998..2024"]),
        granularity: Granularity::Day.into(),
        ..ask(&["complaints.received"])
    })
    .await;
    assert!(
        is(&refused, Code::InvalidArgument, "TOO_MANY_FIGURES"),
        "{}",
        told(&refused)
    );
}

#[tokio::test]
async fn many_wrong_names_are_counted_and_the_status_stays_small() {
    let areas: Vec<String> = (0..10_000).map(|index| format!("nowhere-{index}")).collect();
    let refused = refusal(pb::QueryIndicatorsRequest {
        areas,
        ..ask(&["telephone.density"])
    })
    .await;
    assert!(is(&refused, Code::InvalidArgument, "UNKNOWN_AREA"), "{refused:?}");
    assert!(
        refused.message().contains("9999 more problems"),
        "{}",
        refused.message()
    );
    let alone = Status::with_details(refused.code(), refused.message(), refused.details().to_vec().into());
    assert!(header_bytes(&alone) <= STATUS_BYTES, "{}", header_bytes(&alone));
}
