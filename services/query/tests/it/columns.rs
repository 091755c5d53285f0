//! Answers in columns: the same figures as one by one.

use almanac_model::Figure;
use almanac_wire::pb::query::{self as pb, FigureForm};
use almanac_wire::pb::shared::{self, ComparisonKind, RankAmong};
use almanac_wire::{Calendars, figure_from_proto, figure_to_proto, figures_from_batch};
use tonic::Code;

use crate::support::{Client, TestQuery, ask, inhabitants, is, log_of_2017, texts, told};

fn asked(query: pb::QueryIndicatorsRequest, form: FigureForm) -> pb::StreamIndicatorsRequest {
    pb::StreamIndicatorsRequest {
        query: Some(query),
        form: form.into(),
    }
}

async fn messages(client: &mut Client, request: pb::StreamIndicatorsRequest) -> Vec<pb::StreamIndicatorsResponse> {
    let mut stream = client.stream_indicators(request).await.unwrap().into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        messages.push(message);
    }
    messages
}

/// The figures of messages in columns.
fn in_columns(messages: &[pb::StreamIndicatorsResponse]) -> Vec<Figure> {
    let of_message = |message: &pb::StreamIndicatorsResponse| {
        assert!(message.figures.is_empty(), "one form or the other");
        figures_from_batch(message.columns.clone().unwrap(), &Calendars::default()).unwrap()
    };
    messages.iter().flat_map(of_message).collect()
}

/// The figures of messages that have them one by one.
fn one_by_one(messages: Vec<pb::StreamIndicatorsResponse>) -> Vec<shared::Figure> {
    assert!(messages.iter().all(|message| message.columns.is_none()));
    messages.into_iter().flat_map(|message| message.figures).collect()
}

/// Both provinces, by year, against the year before, with ranks and as parts of both.
fn ranked() -> pb::QueryIndicatorsRequest {
    let before = pb::ComparisonRequest {
        kind: ComparisonKind::SamePeriodLastYear.into(),
        ..pb::ComparisonRequest::default()
    };
    pb::QueryIndicatorsRequest {
        areas: texts(&["95", "96"]),
        periods: texts(&["2014..2018"]),
        comparisons: vec![before],
        order_by: "value desc".to_owned(),
        rank_among: RankAmong::Level.into(),
        share_of: "area".to_owned(),
        ..ask(&["telephone.subscriptions", "population.inhabitants"])
    }
}

#[tokio::test]
async fn columns_have_the_figures_that_come_one_by_one() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let grouped = pb::QueryIndicatorsRequest {
        group_by: texts(&["technology"]),
        periods: texts(&["2012..2018"]),
        ..ask(&["internet.subscriptions", "internet.density"])
    };
    // one measure has more reporters than the other
    let by_reporter = pb::QueryIndicatorsRequest {
        areas: texts(&["95", "96"]),
        group_by: texts(&["reporter"]),
        periods: texts(&["2014..2018"]),
        ..ask(&["post.enterprises", "telephone.density", "population.inhabitants"])
    };
    let combined = pb::QueryIndicatorsRequest {
        areas: texts(&["96", "95"]),
        combine_areas: true,
        periods: texts(&["2014..2017"]),
        ..ask(&["telephone.density", "population.inhabitants"])
    };
    let densities = pb::QueryIndicatorsRequest {
        periods: texts(&["1100..2899"]),
        ..ask(&["telephone.density", "population.inhabitants"])
    };
    let formula = pb::QueryIndicatorsRequest {
        formulas: vec![pb::AdHocFormula {
            id: "third".to_owned(),
            formula: "telephone.subscriptions / 3000000000000000000000000".to_owned(),
            decimals: Some(9),
            ..pb::AdHocFormula::default()
        }],
        ..ask(&[])
    };
    // the total of all areas is that of the whole question
    let shares = pb::QueryIndicatorsRequest {
        order_by: String::new(),
        rank_among: RankAmong::Unspecified.into(),
        ..ranked()
    };
    for question in [ranked(), shares, grouped, by_reporter, combined, densities, formula] {
        let expected = one_by_one(messages(&mut query.client, asked(question.clone(), FigureForm::Figures)).await);
        assert!(expected.iter().any(|figure| figure.value.is_some()));
        for page_size in [0, 3, 10_000] {
            let question = pb::QueryIndicatorsRequest {
                page_size,
                ..question.clone()
            };
            if page_size == 3 && expected.len() > 100 {
                continue;
            }
            let messages = messages(&mut query.client, asked(question, FigureForm::Columns)).await;
            let most = if page_size == 3 { 3 } else { 10_000 };
            assert_eq!(messages.len(), expected.len().div_ceil(most));
            let (last, before) = messages.split_last().unwrap();
            assert_eq!(last.next_page_token, "", "the last message says that it is the last");
            for message in before {
                assert!(!message.next_page_token.is_empty());
                assert_eq!(
                    (&message.answered_at, &message.resolved_periods),
                    (&last.answered_at, &last.resolved_periods)
                );
            }
            let received: Vec<_> = in_columns(&messages).into_iter().map(figure_to_proto).collect();
            assert!(received == expected, "by {page_size}: the figures differ");
        }
    }
}

#[tokio::test]
async fn a_stream_goes_on_in_another_form_at_the_revision_where_it_was() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let whole = one_by_one(messages(&mut query.client, asked(ranked(), FigureForm::Unspecified)).await);
    let question = pb::QueryIndicatorsRequest {
        page_size: 7,
        ..ranked()
    };
    let first = messages(&mut query.client, asked(question.clone(), FigureForm::Columns)).await;
    let token = first[0].next_page_token.clone();
    log.append(&inhabitants("2017", "2445200"));
    for form in [FigureForm::Figures, FigureForm::Columns] {
        let rest = pb::QueryIndicatorsRequest {
            page_token: token.clone(),
            ..question.clone()
        };
        let rest = messages(&mut query.client, asked(rest, form)).await;
        assert_eq!(rest[0].answered_at.as_ref().unwrap().revision, 2);
        let rest: Vec<_> = match form {
            FigureForm::Columns => in_columns(&rest),
            _ => one_by_one(rest)
                .into_iter()
                .map(|figure| figure_from_proto(figure, &Calendars::default()).unwrap())
                .collect(),
        };
        let rest: Vec<_> = rest.into_iter().map(figure_to_proto).collect();
        assert!(rest == whole[7..], "the figures after the first message");
    }
}

#[tokio::test]
async fn a_form_that_is_not_known_is_refused_with_every_other_mistake() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let unknown = |query: pb::QueryIndicatorsRequest| pb::StreamIndicatorsRequest {
        query: Some(query),
        form: 3,
    };
    let refused = query
        .client
        .stream_indicators(unknown(ask(&["telephone.density"])))
        .await
        .unwrap_err();
    assert!(is(&refused, Code::InvalidArgument, "UNKNOWN_FORM"), "{refused:?}");
    let wrong = pb::QueryIndicatorsRequest {
        page_size: -1,
        ..ask(&["telephone.densty"])
    };
    let refused = query.client.stream_indicators(unknown(wrong)).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument SEVERAL_VIOLATIONS
form: there is no form 3; give FIGURE_FORM_FIGURES (1), FIGURE_FORM_COLUMNS (2), or leave it out for a message for each figure (and 2 more problems)
- UNKNOWN_FORM form: there is no form 3; give FIGURE_FORM_FIGURES (1), FIGURE_FORM_COLUMNS (2), or leave it out for a message for each figure
- PAGE_SIZE_NEGATIVE query.page_size: -1 is negative; leave it out for 1000 results, or give up to 10000
- UNKNOWN_INDICATOR query.indicators[0]: "telephone.densty" is not the id of an indicator or metric of the catalogue; did you mean telephone.density or telephone.fixed_density or telephone.mobile_density?
"#);
}
