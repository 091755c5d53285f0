//! Reports.

use almanac_wire::pb::query as pb;

use crate::support::{TestQuery, log_of_2017, told};

fn report(period: &str) -> pb::GetReportRequest {
    pb::GetReportRequest {
        report: almanac_ca_mau::ANNUAL_REVIEW.to_owned(),
        area: almanac_ca_mau::PROVINCE.to_owned(),
        period: period.to_owned(),
        read_at: None,
    }
}

#[tokio::test]
async fn the_annual_review_is_filled_with_the_published_figures() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let answer = query.client.get_report(report("2017")).await.unwrap().into_inner();
    let lines: Vec<_> = answer.sections.iter().flat_map(|section| &section.lines).collect();
    let published = almanac_ca_mau::figures_2017().unwrap();
    for expected in published.iter().filter(|figure| figure.published) {
        let line = lines.iter().find(|line| line.id == expected.line).unwrap();
        let figure = line.figure.as_ref().unwrap();
        assert_eq!(figure.value, Some(expected.value.to_string()), "{}", expected.line);
        assert_eq!(line.unit.as_ref().unwrap().id, figure.unit);
    }
    assert_eq!(answer.answered_at.unwrap().revision, 2);
}

#[tokio::test]
async fn a_report_of_another_kind_of_period_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let refused = query.client.get_report(report("2017-05")).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument REPORT_GRANULARITY
    period: report annual-review is by year; 2017-05 is a month: ask for 2017
    - REPORT_GRANULARITY period: report annual-review is by year; 2017-05 is a month: ask for 2017
    "#);
    let wrong = pb::GetReportRequest {
        report: "anual-review".to_owned(),
        ..pb::GetReportRequest::default()
    };
    let refused = query.client.get_report(wrong).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    report: "anual-review" is not the id of a report of the catalogue; did you mean annual-review? (and 2 more problems)
    - UNKNOWN_REPORT report: "anual-review" is not the id of a report of the catalogue; did you mean annual-review?
    - REQUIRED area: give the id of an area
    - REQUIRED period: give a period, such as "2017" or "2017-05"
    "#);
}
