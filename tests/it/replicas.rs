//! Replicas of one log: at one revision each answers the same bytes, whenever it was started.

use almanac_wire::pb::query::{ExplainFigureRequest, ListVintagesRequest, QueryIndicatorsResponse};
use bytes::Bytes;
use prost::Message;

use crate::support::channel;
use crate::support::events::{DIC, complaint, enterprises, review_2017};
use crate::support::pair::Pair;
use crate::support::query::{Query, after, in_2017};
use crate::support::raw;

const SERVICE: &str = "/almanac.query.v1.QueryService";

async fn bytes_of(replica: &Query, method: &str, request: &impl Message) -> Bytes {
    let path = format!("{SERVICE}/{method}");
    raw::call(channel(replica.address), &path, request)
        .await
        .expect("the question is right")
}

#[tokio::test]
async fn exactness_two_replicas_answer_the_same_bytes_whenever_they_were_started() {
    let pair = Pair::start().await;
    let mut revision = 0;
    for request in review_2017() {
        revision = pair.ingest.send(request).await.unwrap().revision;
        // the first replica follows: it applies each batch by itself
        pair.query
            .ask(after(revision, in_2017("post.enterprises")))
            .await
            .unwrap();
    }
    let tallied = vec![complaint("c-1", "2017-05-14", "3"), complaint("c-2", "2017-05-14", "4")];
    pair.ingest.record(DIC, tallied).await.unwrap();
    revision = pair
        .ingest
        .record(DIC, vec![enterprises(17)])
        .await
        .unwrap()
        .revision
        .max(revision);
    // the second is started late and reads all of it at once
    let late = Query::start(pair.gate.address).await;

    let mut question = after(revision, in_2017("telephone.density"));
    let more = [
        "telephone.subscriptions",
        "internet.density",
        "complaints.received",
        "post.enterprises",
        "eoffice.agencies",
    ];
    question.indicators.extend(more.map(str::to_owned));
    let explained = ExplainFigureRequest {
        query: Some(after(revision, in_2017("telephone.density"))),
        ..ExplainFigureRequest::default()
    };
    let vintages = ListVintagesRequest {
        query: Some(after(revision, in_2017("post.enterprises"))),
        ..ListVintagesRequest::default()
    };
    let first = bytes_of(&pair.query, "QueryIndicators", &question).await;
    assert_eq!(first, bytes_of(&late, "QueryIndicators", &question).await);
    for replica in [&pair.query, &late] {
        let answer = bytes_of(replica, "QueryIndicators", &question).await;
        let answer = QueryIndicatorsResponse::decode(answer).expect("an answer");
        assert_eq!(answer.answered_at.map(|at| at.revision), Some(revision));
        assert!(
            answer.figures.iter().filter(|figure| figure.value.is_some()).count() > 4,
            "{:?}",
            answer.figures
        );
    }
    let explanations = [
        bytes_of(&pair.query, "ExplainFigure", &explained).await,
        bytes_of(&late, "ExplainFigure", &explained).await,
    ];
    assert_eq!(explanations[0], explanations[1]);
    let vintages = [
        bytes_of(&pair.query, "ListVintages", &vintages).await,
        bytes_of(&late, "ListVintages", &vintages).await,
    ];
    assert_eq!(vintages[0], vintages[1]);
}
