//! Pages of one answer are read at one revision.

use almanac_wire::pb::query as pb;
use tonic::Code;

use crate::support::{TestQuery, ask, inhabitants, is, log_of_2017, min_revision, told, values};

const INDICATORS: [&str; 3] = ["telephone.density", "population.inhabitants", "internet.density"];

#[tokio::test]
async fn pages_are_read_at_one_revision_while_records_arrive() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let first = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..ask(&INDICATORS)
    };
    let mut answer = query.client.query_indicators(first.clone()).await.unwrap().into_inner();
    let mut found = vec![values(&answer)[0].map(str::to_owned)];
    while !answer.next_page_token.is_empty() {
        let revision = log.append(&inhabitants("2017", "2445200"));
        // the token and the size of a page may change, and how long the question waits
        let next = pb::QueryIndicatorsRequest {
            page_token: answer.next_page_token,
            page_size: 2,
            read_at: min_revision(revision),
            ..first.clone()
        };
        answer = query.client.query_indicators(next).await.unwrap().into_inner();
        assert_eq!(answer.answered_at.as_ref().unwrap().revision, 2);
        found.extend(values(&answer).into_iter().map(|value| value.map(str::to_owned)));
    }
    let expected = ["119.09", "1222600", "0.21"].map(|value| Some(value.to_owned()));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_token_continues_only_its_own_question() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let first = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..ask(&INDICATORS)
    };
    let answer = query.client.query_indicators(first).await.unwrap().into_inner();
    let other = pb::QueryIndicatorsRequest {
        page_token: answer.next_page_token,
        ..ask(&INDICATORS[..2])
    };
    let refused = query.client.query_indicators(other).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument MALFORMED_PAGE_TOKEN
    page_token: belongs to another request; repeat the request of the page before with nothing else changed
    - MALFORMED_PAGE_TOKEN page_token: belongs to another request; repeat the request of the page before with nothing else changed
    "#);
    let malformed = pb::ListMetricsRequest {
        page_token: "7".to_owned(),
        ..pb::ListMetricsRequest::default()
    };
    let refused = query.client.list_metrics(malformed).await.unwrap_err();
    assert!(
        is(&refused, Code::InvalidArgument, "MALFORMED_PAGE_TOKEN"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_page_ends_before_it_is_larger_than_clients_take() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        indicators: crate::support::texts(&["telephone.density"]),
        periods: vec!["1100..2899".to_owned(); 1],
        page_size: 10_000,
        areas: almanac_ca_mau::catalog()
            .unwrap()
            .areas()
            .filter(|area| area.level.as_str() == "province")
            .map(|area| area.id.to_string())
            .collect(),
        ..pb::QueryIndicatorsRequest::default()
    };
    let (mut count, mut token) = (0, String::new());
    loop {
        let request = pb::QueryIndicatorsRequest {
            page_token: token,
            ..request.clone()
        };
        // the client takes 4 MiB, as any does that was not told otherwise
        let answer = query.client.query_indicators(request).await.unwrap().into_inner();
        count += answer.figures.len();
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(count, 2 * 1800);
}
