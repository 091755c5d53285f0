//! Questions: what is wrong with one is told at once, and what is answered keeps three things apart: a number, a reason
//! why there is none, and nothing recorded.

use std::collections::BTreeMap;

use almanac_wire::pb::query::{DimensionFilter, QueryIndicatorsRequest};
use almanac_wire::pb::shared::{Granularity, MissingReason, event};
use tonic::Code;

use crate::support::events::{DIC, enterprises, yearly};
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::refusal::Refusal;

#[tokio::test]
async fn every_mistake_of_a_question_is_told_at_once_with_the_nearest_names() {
    let pair = Pair::start().await;
    let question = QueryIndicatorsRequest {
        indicators: vec!["telephone.densty".into(), "telephone.subscriptions".into()],
        areas: vec!["96".into(), "9600".into()],
        periods: vec!["2017".into(), "2017-13".into()],
        group_by: vec!["servise".into()],
        filters: vec![DimensionFilter {
            dimension: "service".into(),
            codes: vec!["fixed".into(), "fixd".into()],
        }],
        page_size: -1,
        ..QueryIndicatorsRequest::default()
    };
    let refused = pair.query.ask(question).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "SEVERAL_VIOLATIONS"),
        "{refused}"
    );
    let violations = refused.violations();
    let told: BTreeMap<&str, &str> = violations
        .iter()
        .map(|(field, _, text)| (field.as_str(), text.as_str()))
        .collect();
    for (field, remedy) in [
        ("indicators[0]", "telephone.density"),
        ("areas[1]", "96"),
        ("periods[1]", "2017-13"),
        ("group_by[0]", "service"),
        ("filters[0].codes[1]", "fixed"),
        ("page_size", "0"),
    ] {
        let text = told
            .get(field)
            .unwrap_or_else(|| panic!("{field} is not told: {told:#?}"));
        assert!(text.contains(remedy), "{field}: {text}");
    }
}

#[tokio::test]
async fn a_question_finer_than_the_figures_are_reported_names_the_finest_there_is() {
    let pair = Pair::start().await;
    let mut by_month = in_2017("telephone.density");
    by_month.granularity = Granularity::Month.into();
    let mut one_month = in_2017("telephone.density");
    one_month.periods = vec!["2017-05".into()];
    for question in [by_month, one_month] {
        let refused = pair.query.ask(question).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.reason().as_str()),
            (Code::InvalidArgument, "PERIOD_TOO_FINE"),
            "{refused}"
        );
        assert!(refused.message().contains("by year"), "{}", refused.message());
    }
}

#[tokio::test]
async fn zero_missing_and_nothing_recorded_are_three_things() {
    let pair = Pair::start().await;
    let mut not_collected = yearly("inspections.done", 2016, "");
    not_collected.measure = Some(event::Measure::Missing(MissingReason::NotCollected.into()));
    let events = vec![yearly("inspections.done", 2015, "0"), not_collected];
    let revision = pair.ingest.record(DIC, events).await.unwrap().revision;
    let mut question = in_2017("inspections.done");
    question.periods = vec!["2015..2017".into()];
    let answer = pair.query.ask(after(revision, question)).await.unwrap();
    let told: Vec<_> = answer
        .figures
        .iter()
        .map(|figure| (figure.value.as_deref(), figure.missing()))
        .collect();
    let expected = [
        (Some("0"), MissingReason::Unspecified),
        (None, MissingReason::NotCollected),
        (None, MissingReason::NoRecord),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_division_by_zero_is_missing_with_its_reason() {
    let pair = Pair::start().await;
    let events = vec![
        yearly("inspections.inspected", 2017, "0"),
        yearly("inspections.sanctioned", 2017, "0"),
    ];
    let revision = pair.ingest.record(DIC, events).await.unwrap().revision;
    let rate = pair
        .query
        .figure(after(revision, in_2017("inspections.sanction_rate")))
        .await;
    assert_eq!(
        (rate.value.as_deref(), rate.missing()),
        (None, MissingReason::DenominatorZero)
    );
}

#[tokio::test]
async fn all_pages_of_an_answer_are_read_at_one_revision() {
    let pair = Pair::start().await;
    let mut revision = pair.ingest.record(DIC, vec![enterprises(16)]).await.unwrap().revision;
    let mut question = in_2017("post.enterprises");
    question.periods = vec!["2013..2018".into()];
    let whole = pair.query.ask(after(revision, question.clone())).await.unwrap();
    assert_eq!((whole.figures.len(), whole.next_page_token.as_str()), (6, ""));

    question.page_size = 2;
    let mut pages = Vec::new();
    loop {
        let page = pair.query.ask(question.clone()).await.unwrap();
        assert_eq!(page.answered_at, whole.answered_at);
        pages.extend(page.figures);
        question.page_token = page.next_page_token;
        if question.page_token.is_empty() {
            break;
        }
        revision = pair.ingest.record(DIC, vec![enterprises(17)]).await.unwrap().revision;
        pair.query
            .ask(after(revision, in_2017("post.enterprises")))
            .await
            .unwrap();
    }
    assert_eq!(pages, whole.figures);

    question = in_2017("telephone.density");
    question.page_token = "not-a-token".into();
    assert_eq!(
        pair.query.ask(question).await.unwrap_err().violations()[0].0,
        "page_token"
    );
}
