//! Figures as parts of a total.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{Figure, PercentMissing};

use crate::support::{Client, TestQuery, ask, log_of_2017, texts, told};

/// All figures of a question, one on each page.
async fn one_by_one(client: &mut Client, request: &pb::QueryIndicatorsRequest) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut page = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..request.clone()
    };
    loop {
        let answer = client.query_indicators(page.clone()).await.unwrap().into_inner();
        figures.extend(answer.figures);
        if answer.next_page_token.is_empty() {
            return figures;
        }
        page.page_token = answer.next_page_token;
    }
}

fn percents(figures: &[Figure]) -> Vec<Option<&str>> {
    let shares = figures.iter().map(|figure| figure.share.as_ref().unwrap());
    shares.map(|share| share.percent.as_deref()).collect()
}

#[tokio::test]
async fn rule_29_figures_are_told_as_parts_of_the_total_of_their_selection() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let by_service = pb::QueryIndicatorsRequest {
        group_by: texts(&["service"]),
        share_of: "service".to_owned(),
        ..ask(&["telephone.subscriptions"])
    };
    let figures = one_by_one(&mut query.client, &by_service).await;
    // 42,166 / 1,456,018 = 2.896 %
    assert_eq!(percents(&figures), [Some("2.90"), Some("97.10")]);
    let share = figures[0].share.as_ref().unwrap();
    assert_eq!(
        (share.of.as_str(), share.total.as_deref()),
        ("service", Some("1456018"))
    );
}

#[tokio::test]
async fn rule_29_every_page_and_message_divides_by_the_total_of_all_areas() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        areas: texts(&["96", "95"]),
        share_of: "area".to_owned(),
        ..ask(&["telephone.subscriptions"])
    };
    let figures = one_by_one(&mut query.client, &request).await;
    assert_eq!(percents(&figures), [Some("100.00"), None]);
    let missing = figures[1].share.as_ref().unwrap();
    assert_eq!(missing.total.as_deref(), Some("1456018"));
    assert_eq!(missing.percent_missing(), PercentMissing::ValueMissing);
    for figure in &figures {
        let one = pb::ExplainFigureRequest {
            query: Some(request.clone()),
            area: figure.area.clone(),
            ..pb::ExplainFigureRequest::default()
        };
        let explained = query.client.explain_figure(one).await.unwrap().into_inner();
        assert_eq!(explained.figure.as_ref(), Some(figure));
    }
    let stream = pb::StreamIndicatorsRequest {
        query: Some(request),
        ..pb::StreamIndicatorsRequest::default()
    };
    let mut stream = query.client.stream_indicators(stream).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().figures, figures);
}

#[tokio::test]
async fn rule_29_what_is_no_part_of_a_total_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        share_of: "servise".to_owned(),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request.clone()).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument UNKNOWN_DIMENSION
share_of: "servise" is not the id of a dimension of the catalogue; did you mean service?
- UNKNOWN_DIMENSION share_of: "servise" is not the id of a dimension of the catalogue; did you mean service?
"#);
    let request = pb::QueryIndicatorsRequest {
        share_of: "service".to_owned(),
        ..request
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument SEVERAL_VIOLATIONS
share_of: telephone.density is telephone.subscriptions / population.inhabitants * 100, which is no sum of metrics: its parts do not add up to a total; ask for its metrics (and 1 more problem)
- NOT_ADDITIVE share_of: telephone.density is telephone.subscriptions / population.inhabitants * 100, which is no sum of metrics: its parts do not add up to a total; ask for its metrics
- NOT_GROUPED share_of: the parts of the total are the figures by service; add "service" to group_by
"#);
}
