//! A cold and a warm start: what is answered from a checkpoint has the bytes of what is answered from the log.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{AsOf, as_of::State};
use prost::Message;

use super::answers::answers;
use super::{RELEASE, assert_same, go_on};
use crate::support::events::{DIC, complaint, review_2017};
use crate::support::ingest::folder;
use crate::support::pair::Pair;
use crate::support::query::{Query, after, in_2017};

fn at(revision: u64) -> pb::ReadAt {
    pb::ReadAt {
        as_of: Some(AsOf {
            state: Some(State::Revision(revision)),
        }),
        ..pb::ReadAt::default()
    }
}

fn newest(revision: u64) -> pb::ReadAt {
    pb::ReadAt {
        min_revision: revision,
        ..pb::ReadAt::default()
    }
}

/// What a watch begins with. How far a replica is behind is its own, and not part of the answer.
async fn watched(query: &Query, revision: u64) -> Vec<u8> {
    let question = after(revision, in_2017("complaints.received"));
    let request = pb::WatchIndicatorsRequest {
        query: Some(question),
        ..pb::WatchIndicatorsRequest::default()
    };
    let watching = query.client.clone().watch_indicators(request).await;
    let mut messages = watching.expect("the question is right").into_inner();
    let first = messages.message().await.expect("it goes on").expect("it has no end");
    assert!(first.lag.is_some());
    pb::WatchIndicatorsResponse { lag: None, ..first }.encode_to_vec()
}

#[tokio::test]
async fn exactness_a_cold_and_a_warm_start_answer_the_same_bytes_in_every_method() {
    let pair = Pair::start().await;
    let mut reported = 0;
    for request in review_2017() {
        let (of_dic, recorded) = (request.reporter == DIC, pair.ingest.send(request).await.unwrap());
        if of_dic {
            reported = recorded.revision;
        }
    }
    let tallied = vec![complaint("c-1", "2017-05-14", "3"), complaint("c-2", "2017-05-14", "4")];
    pair.ingest.record(DIC, tallied).await.unwrap();
    let halfway = pair.ingest.release(RELEASE).await.revision;

    // one that followed and was stopped, and goes on from its checkpoint while the log is away
    let dir = folder();
    let kept = Query::start_on(dir.path(), pair.gate.address).await;
    kept.ask(after(halfway, in_2017("post.enterprises"))).await.unwrap();
    kept.stop().await;
    let cold = answers(&pair.query, &at(halfway)).await;
    pair.gate.shut();
    let warm = Query::start_on(dir.path(), pair.gate.address).await;
    assert_same(&answers(&warm, &at(halfway)).await, &cold);
    pair.gate.lead_to(pair.ingest.address);

    // and then follows: more of a tally, corrections, something taken back, other definitions
    let more = vec![complaint("c-3", "2017-05-14", "5")];
    pair.ingest.record(DIC, more).await.unwrap();
    let last = go_on(&pair.ingest, reported).await;
    let late = Query::start(pair.gate.address).await;
    let cold = answers(&late, &newest(last)).await;
    assert_same(&answers(&warm, &newest(last)).await, &cold);
    assert_eq!(watched(&warm, last).await, watched(&late, last).await);

    // and once more from there: at both revisions
    warm.stop().await;
    let warm = Query::start_on(dir.path(), pair.gate.address).await;
    assert_same(&answers(&warm, &newest(last)).await, &cold);
    assert_same(&answers(&warm, &at(halfway)).await, &answers(&late, &at(halfway)).await);
    assert_eq!(watched(&warm, last).await, watched(&late, last).await);
}
