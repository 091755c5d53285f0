//! Reports, and what a figure was made of.

use std::fmt::Write as _;

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

#[tokio::test]
async fn a_figure_is_explained_by_every_recorded_value_behind_it() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::ExplainFigureRequest {
        indicator: "telephone.density".to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        ..pb::ExplainFigureRequest::default()
    };
    let answer = query.client.explain_figure(request).await.unwrap().into_inner();
    let mut text = format!("{}\n{}\n", answer.formula, answer.substituted);
    for term in &answer.terms {
        let value = term.value.as_deref().unwrap_or("-");
        writeln!(text, "{} = {value} {} in {}", term.expression, term.unit, term.period).unwrap();
        for one in &term.contributions {
            let (value, time) = (one.value.as_deref().unwrap_or("-"), one.record_time.as_ref().unwrap());
            let seconds = time.seconds - crate::support::EPOCH_SECOND;
            writeln!(
                text,
                "- {:?} {} {value} revision {} after {seconds} s",
                one.dimensions, one.reporter, one.revision
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text, @r#"
    telephone.subscriptions / population.inhabitants * 100
    1456018 / 1222600 * 100
    telephone.subscriptions = 1456018 subscription in 2017
    - {"service": "fixed"} ca-mau-telecom-operators 42166 revision 2 after 2 s
    - {"service": "mobile"} ca-mau-telecom-operators 1413852 revision 2 after 2 s
    population.inhabitants = 1222600 person in 2017
    - {} ca-mau-statistics 1222600 revision 2 after 2 s
    "#);
    assert_eq!(answer.figure.unwrap().value.as_deref(), Some("119.09"));
    assert_eq!(answer.terms[0].contribution_count, Some(2));
}

#[tokio::test]
async fn an_explanation_names_its_own_fields_in_refusals() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::ExplainFigureRequest {
        indicator: "telephone.density".to_owned(),
        area: "96".to_owned(),
        period: "2017-05".to_owned(),
        ..pb::ExplainFigureRequest::default()
    };
    let refused = query.client.explain_figure(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument PERIOD_TOO_FINE
    period: telephone.subscriptions (in telephone.density) is reported by year; a month is finer: ask by year or longer (and 1 more problem)
    - PERIOD_TOO_FINE period: telephone.subscriptions (in telephone.density) is reported by year; a month is finer: ask by year or longer
    - PERIOD_TOO_FINE period: population.inhabitants (in telephone.density) is reported by year; a month is finer: ask by year or longer
    "#);
}
