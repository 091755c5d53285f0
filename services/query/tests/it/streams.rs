//! Answers in one stream.

use almanac_query::Drained;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::Figure;
use tonic::Code;

use crate::support::{TestQuery, ask, inhabitants, is, log_id, log_of_2017, min_revision, texts, told};

/// Two measures of an area in many years: more figures than are computed at once.
fn many() -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        areas: almanac_ca_mau::catalog()
            .unwrap()
            .areas()
            .filter(|area| area.level.as_str() == "province")
            .map(|area| area.id.to_string())
            .collect(),
        periods: texts(&["1100..2899"]),
        ..ask(&["telephone.density", "population.inhabitants"])
    }
}

fn stream_of(query: pb::QueryIndicatorsRequest) -> pb::StreamIndicatorsRequest {
    pb::StreamIndicatorsRequest {
        query: Some(query),
        ..pb::StreamIndicatorsRequest::default()
    }
}

async fn messages(query: &mut TestQuery, request: pb::QueryIndicatorsRequest) -> Vec<pb::StreamIndicatorsResponse> {
    let mut stream = query
        .client
        .stream_indicators(stream_of(request))
        .await
        .unwrap()
        .into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        messages.push(message);
    }
    messages
}

fn figures(messages: impl IntoIterator<Item = pb::StreamIndicatorsResponse>) -> Vec<Figure> {
    messages.into_iter().flat_map(|message| message.figures).collect()
}

/// The same figures by pages so small that each is found from the whole question.
async fn by_pages(query: &mut TestQuery, request: &pb::QueryIndicatorsRequest) -> Vec<Figure> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::QueryIndicatorsRequest {
            page_token,
            page_size: 500,
            ..request.clone()
        };
        let answer = query.client.query_indicators(request).await.unwrap().into_inner();
        found.extend(answer.figures);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test]
async fn a_stream_has_all_figures_of_all_pages() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let under = pb::QueryIndicatorsRequest {
        areas: Vec::new(),
        areas_under: "96".to_owned(),
        level: "province".to_owned(),
        ..many()
    };
    let grouped = pb::QueryIndicatorsRequest {
        group_by: texts(&["technology"]),
        ..ask(&["internet.subscriptions"])
    };
    for request in [many(), under, grouped] {
        let expected = by_pages(&mut query, &request).await;
        for page_size in [0, 700, 10_000] {
            let request = pb::QueryIndicatorsRequest {
                page_size,
                ..request.clone()
            };
            let messages = messages(&mut query, request).await;
            for message in &messages {
                assert_eq!(message.answered_at.as_ref().unwrap().revision, 2);
            }
            let (last, before) = messages.split_last().unwrap();
            assert_eq!(last.next_page_token, "", "the last message says that it is the last");
            assert!(before.iter().all(|message| !message.next_page_token.is_empty()));
            assert!(figures(messages) == expected, "by {page_size}: the figures differ");
        }
    }
}

#[tokio::test]
async fn a_stream_is_read_at_one_revision_and_goes_on_from_a_token() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let expected = by_pages(&mut query, &many()).await;
    let request = pb::QueryIndicatorsRequest { page_size: 1, ..many() };
    let mut stream = query
        .client
        .stream_indicators(stream_of(request.clone()))
        .await
        .unwrap()
        .into_inner();
    let first = stream.message().await.unwrap().unwrap();
    let revision = log.append(&inhabitants("2017", "2445200"));
    let again = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        ..ask(&["population.inhabitants"])
    };
    query.client.query_indicators(again).await.unwrap();
    for _ in 0..20 {
        let message = stream.message().await.unwrap().unwrap();
        assert_eq!(message.answered_at.unwrap().revision, 2);
    }
    drop(stream);
    // a broken stream goes on where it was, at the revision where it was
    let rest = pb::QueryIndicatorsRequest {
        page_token: first.next_page_token,
        page_size: 10_000,
        ..request
    };
    let rest = messages(&mut query, rest).await;
    assert_eq!(rest[0].answered_at.as_ref().unwrap().revision, 2);
    assert!(figures(rest) == expected[1..], "the figures after the first");
}

#[tokio::test]
async fn a_stream_of_a_wrong_question_never_begins() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let wrong = pb::QueryIndicatorsRequest {
        periods: texts(&["2017-05"]),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.stream_indicators(stream_of(wrong)).await.unwrap_err();
    assert!(is(&refused, Code::InvalidArgument, "PERIOD_TOO_FINE"), "{refused:?}");
    let empty = pb::StreamIndicatorsRequest::default();
    let refused = query.client.stream_indicators(empty).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument REQUIRED
query.indicators: give at least one id of an indicator or metric, such as "telephone.density"; ListIndicators has them; or a formula (and 2 more problems)
- REQUIRED query.indicators: give at least one id of an indicator or metric, such as "telephone.density"; ListIndicators has them; or a formula
- REQUIRED query.areas: give ids of areas, such as "96", or areas_under and level; ListAreas has them
- REQUIRED query.periods: give at least one period, such as "2017" or "2015..2017"
"#);
}

#[tokio::test]
async fn a_stream_that_nobody_reads_ends_when_the_server_drains() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let mut client = query.client.clone();
    let request = pb::QueryIndicatorsRequest { page_size: 1, ..many() };
    let mut stream = client.stream_indicators(stream_of(request)).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let stopping = tokio::spawn(query.stop());
    let ended = loop {
        match stream.message().await {
            Ok(Some(message)) => assert!(!message.next_page_token.is_empty(), "it did not stop"),
            Ok(None) => panic!("a stream that was cut looks complete"),
            Err(status) => break status,
        }
    };
    assert!(is(&ended, Code::Unavailable, "SHUTTING_DOWN"), "{ended:?}");
    drop((stream, client));
    assert_eq!(stopping.await.unwrap(), Drained::Clean);
}

#[tokio::test]
async fn a_stream_of_a_replaced_log_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let read_at = pb::ReadAt {
        log_id: log_id(9).to_string(),
        ..pb::ReadAt::default()
    };
    let request = pb::QueryIndicatorsRequest {
        read_at: Some(read_at),
        ..many()
    };
    let refused = query.client.stream_indicators(stream_of(request)).await.unwrap_err();
    assert!(is(&refused, Code::FailedPrecondition, "OTHER_LOG"), "{refused:?}");
}
