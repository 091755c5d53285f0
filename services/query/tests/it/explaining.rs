//! What a figure was made of, down to the events.

use std::fmt::Write as _;

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::FigureFlag;
use prost::Message as _;
use tonic::Code;

use crate::support::{EPOCH_SECOND, TestQuery, ask, inhabitants, is, log_of_2017, texts, told};

fn of(query: pb::QueryIndicatorsRequest) -> pb::ExplainFigureRequest {
    pb::ExplainFigureRequest {
        query: Some(query),
        ..pb::ExplainFigureRequest::default()
    }
}

async fn explain(query: &mut TestQuery, request: pb::ExplainFigureRequest) -> pb::ExplainFigureResponse {
    query.client.explain_figure(request).await.unwrap().into_inner()
}

fn told_in_lines(answer: &pb::ExplainFigureResponse) -> String {
    let mut text = format!("{}\n{}\n", answer.formula, answer.substituted);
    for term in &answer.terms {
        let value = term.value.as_ref().map_or("-", |value| value.value.as_str());
        writeln!(text, "{} = {value} {} in {}", term.expression, term.unit, term.period).unwrap();
        for one in &term.contributions {
            let value = one.value.as_ref().map_or("-", |value| value.value.as_str());
            writeln!(text, "- {:?} {} {value}", one.dimensions, one.reporter).unwrap();
            for value in &one.values {
                let number = value.value.as_deref().unwrap_or("-");
                writeln!(text, "  - {} {number}", value.period).unwrap();
                for write in &value.writes {
                    let seconds = write.record_time.as_ref().unwrap().seconds - EPOCH_SECOND;
                    let amount = write.amount.as_deref().unwrap_or("-");
                    writeln!(text, "    - {amount} by revision {} after {seconds} s", write.revision).unwrap();
                }
            }
        }
    }
    text
}

#[tokio::test]
async fn explain_names_every_recorded_value_behind_a_figure() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let answer = explain(&mut query, of(ask(&["telephone.density"]))).await;
    insta::assert_snapshot!(told_in_lines(&answer), @r#"
    telephone.subscriptions / population.inhabitants * 100
    1456018 / 1222600 * 100
    telephone.subscriptions = 1456018 subscription in 2017
    - {"service": "fixed"} ca-mau-telecom-operators 42166
      - 2017 42166
        - 42166 by revision 2 after 2 s
    - {"service": "mobile"} ca-mau-telecom-operators 1413852
      - 2017 1413852
        - 1413852 by revision 2 after 2 s
    population.inhabitants = 1222600 person in 2017
    - {} ca-mau-statistics 1222600
      - 2017 1222600
        - 1222600 by revision 2 after 2 s
    "#);
    assert_eq!(answer.figure.unwrap().value.as_deref(), Some("119.09"));
    assert_eq!(answer.terms[0].contribution_count, Some(2));
    assert_eq!(answer.event_count, Some(3));
    assert_eq!(answer.exact_value.unwrap().fraction, "728009/6113");
    let stretch = &answer.terms[0].stretches[0];
    assert_eq!(
        (stretch.boundaries_of.as_str(), stretch.area_count),
        ("2017-12-31", Some(1))
    );
}

#[tokio::test]
async fn explain_has_the_figure_of_the_answer_byte_for_byte_whatever_was_asked() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let previous = pb::ComparisonRequest {
        kind: almanac_wire::pb::shared::ComparisonKind::PreviousPeriod.into(),
        ..pb::ComparisonRequest::default()
    };
    let asked = pb::QueryIndicatorsRequest {
        periods: texts(&["2016..2017"]),
        group_by: texts(&["service", "reporter"]),
        strict: true,
        comparisons: vec![previous],
        ..ask(&["telephone.subscriptions", "telephone.density"])
    };
    let restated = pb::QueryIndicatorsRequest {
        on_boundaries_of: "2026-01-01".to_owned(),
        ..asked.clone()
    };
    let mut compared = 0;
    for asked in [asked, restated] {
        let answer = query.client.query_indicators(asked.clone()).await.unwrap().into_inner();
        for figure in answer.figures {
            let request = pb::ExplainFigureRequest {
                indicator: figure.indicator.clone(),
                area: figure.area.clone(),
                period: figure.period.clone(),
                dimensions: figure.dimensions.clone(),
                ..of(asked.clone())
            };
            let explained = explain(&mut query, request).await;
            assert_eq!(explained.figure.unwrap().encode_to_vec(), figure.encode_to_vec());
            assert_eq!(explained.answered_at, answer.answered_at);
            compared += 1;
        }
    }
    assert!(compared >= 16, "{compared}");
}

#[tokio::test]
async fn explain_lists_events_page_by_page_at_one_revision() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let whole = explain(&mut query, of(ask(&["telephone.density"]))).await;
    let (mut lines, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ExplainFigureRequest {
            page_size: 1,
            page_token,
            ..of(ask(&["telephone.density"]))
        };
        let page = explain(&mut query, request).await;
        assert_eq!(page.answered_at, whole.answered_at);
        assert_eq!((&page.figure, page.event_count), (&whole.figure, whole.event_count));
        let listed: Vec<_> = page.terms.iter().flat_map(|term| term.contributions.clone()).collect();
        assert_eq!(listed.len(), 1);
        lines.extend(listed);
        log.append(&inhabitants("2017", "7"));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let all: Vec<_> = whole.terms.iter().flat_map(|term| term.contributions.clone()).collect();
    assert_eq!(lines, all);
}

#[tokio::test]
async fn explain_gives_the_cause_of_a_missing_value_and_of_each_flag() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let asked = pb::QueryIndicatorsRequest {
        periods: texts(&["2016"]),
        ..ask(&["telephone.density"])
    };
    let answer = explain(&mut query, of(asked)).await;
    let [cause] = answer.causes.as_slice() else {
        panic!("{:?}", answer.causes);
    };
    assert_eq!(cause.flag(), FigureFlag::Unspecified);
    assert_eq!(cause.sentence, "nothing was recorded of a term that the formula needs");
    let terms: Vec<&str> = cause.culprits.iter().map(|culprit| culprit.term.as_str()).collect();
    assert!(terms.contains(&"telephone.subscriptions"), "{terms:?}");
    assert_eq!(cause.culprit_count, Some(i64::try_from(cause.culprits.len()).unwrap()));
}

#[tokio::test]
async fn explain_tells_which_part_of_the_key_is_wrong_or_not_given() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let several = pb::ExplainFigureRequest {
        area: "97".to_owned(),
        ..of(pb::QueryIndicatorsRequest {
            periods: texts(&["2016..2017"]),
            group_by: texts(&["service"]),
            ..ask(&["telephone.subscriptions"])
        })
    };
    let refused = query.client.explain_figure(several).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    area: the question asks for no figure of this area; it asks for 96 (and 2 more problems)
    - NO_SUCH_FIGURE area: the question asks for no figure of this area; it asks for 96
    - SEVERAL_FIGURES period: the question asks for 2 of them, 2016, 2017; give the period of the figure
    - SEVERAL_FIGURES dimensions: the question asks for 2 of them, service fixed, service mobile; give the codes of the figure
    "#);
    let fine = of(pb::QueryIndicatorsRequest {
        periods: texts(&["2017-05"]),
        ..ask(&["telephone.subscriptions"])
    });
    let refused = query.client.explain_figure(fine).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument PERIOD_TOO_FINE
    query.periods[0]: telephone.subscriptions is reported by year; a month is finer: ask by year or longer
    - PERIOD_TOO_FINE query.periods[0]: telephone.subscriptions is reported by year; a month is finer: ask by year or longer
    "#);
    let nothing = pb::ExplainFigureRequest::default();
    let refused = query.client.explain_figure(nothing).await.unwrap_err();
    assert!(is(&refused, Code::InvalidArgument, "REQUIRED"), "{refused:?}");
}
