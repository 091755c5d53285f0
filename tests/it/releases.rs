//! Releases and the past: a published figure can be had again for ever, byte for byte.

use almanac_wire::pb::ingest::{CreateReleaseRequest, ListReleasesRequest};
use almanac_wire::pb::query::QueryIndicatorsRequest;
use almanac_wire::pb::shared::{MissingReason, as_of::State};
use bytes::Bytes;
use tonic::Code;

use crate::support::channel;
use crate::support::events::{DIC, enterprises, review_2017, yearly};
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{Query, after, as_of, in_2017};
use crate::support::raw;
use crate::support::refusal::Refusal;

const NAME: &str = "annual-review-2017";

async fn bytes_of(query: &Query, question: &QueryIndicatorsRequest) -> Bytes {
    let path = "/almanac.query.v1.QueryService/QueryIndicators";
    raw::call(channel(query.address), path, question)
        .await
        .expect("the question is right")
}

#[tokio::test]
async fn a_release_gives_the_same_bytes_after_corrections_catalogues_and_restarts() {
    let pair = Pair::start().await;
    for request in review_2017() {
        pair.ingest.send(request).await.unwrap();
    }
    let release = pair.ingest.release(NAME).await;
    let mut question = in_2017("telephone.density");
    question.indicators.push("post.enterprises".into());
    let frozen = after(release.revision, as_of(State::Release(NAME.into()), question.clone()));
    let published = bytes_of(&pair.query, &frozen).await;

    pair.ingest.record(DIC, vec![enterprises(17)]).await.unwrap();
    let inhabitants = yearly("population.inhabitants", 2017, "1199999");
    let revision = pair
        .ingest
        .record("ca-mau-statistics", vec![inhabitants])
        .await
        .unwrap()
        .revision;
    let newest = pair.query.ask(after(revision, question)).await.unwrap().figures;
    assert_eq!(newest[1].value.as_deref(), Some("17"));
    assert_ne!(newest[0].value.as_deref(), Some("119.09"));

    assert_eq!(bytes_of(&pair.query, &frozen).await, published);
    let pair = pair.restart_query().await;
    assert_eq!(bytes_of(&pair.query, &frozen).await, published);
    let pair = pair.restart_ingest().await.restart_query().await;
    assert_eq!(bytes_of(&pair.query, &frozen).await, published);
}

#[tokio::test]
async fn every_revision_and_instant_of_the_past_can_be_asked_for() {
    let pair = Pair::start().await;
    let mut states = Vec::new();
    for value in 1..=5 {
        let revision = pair
            .ingest
            .record(DIC, vec![enterprises(value)])
            .await
            .unwrap()
            .revision;
        let answer = pair
            .query
            .ask(after(revision, in_2017("post.enterprises")))
            .await
            .unwrap();
        let answered_at = answer.answered_at.unwrap();
        assert_eq!(answered_at.revision, revision);
        states.push((value.to_string(), revision, answered_at.revision_time.unwrap()));
    }
    for (value, revision, time) in states {
        for state in [State::Revision(revision), State::Time(time)] {
            let answer = pair
                .query
                .ask(as_of(state.clone(), in_2017("post.enterprises")))
                .await
                .unwrap();
            assert_eq!(answer.figures[0].value.as_ref(), Some(&value), "{state:?}");
            assert_eq!(answer.answered_at.unwrap().revision, revision, "{state:?}");
        }
    }
    // the first revision is the catalogue: nothing was reported
    let first = pair
        .query
        .figure(as_of(State::Revision(1), in_2017("post.enterprises")))
        .await;
    assert_eq!((first.value.clone(), first.missing()), (None, MissingReason::NoRecord));
}

#[tokio::test]
async fn an_unknown_release_is_not_found_and_the_nearest_name_is_told() {
    let pair = Pair::start().await;
    let release = pair.ingest.release(NAME).await;
    let unknown = State::Release("annual-review-2016".into());
    let question = after(release.revision, as_of(unknown, in_2017("telephone.density")));
    let refused = pair.query.ask(question).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::NotFound, "RELEASE_NOT_FOUND"),
        "{refused}"
    );
    assert!(refused.message().contains(NAME), "{}", refused.message());
}

#[tokio::test]
async fn a_name_freezes_one_revision_for_ever() {
    let (ingest, _dir) = Ingest::start().await;
    let first = ingest.release(NAME).await;
    let frozen = first.release.as_ref().unwrap().revision;
    ingest.record(DIC, vec![enterprises(16)]).await.unwrap();
    let ingest = ingest.restart().await;
    assert_eq!(
        ingest.release(NAME).await,
        first,
        "the same release again is the same answer"
    );

    let mut client = ingest.client.clone();
    let of_revision = |revision| CreateReleaseRequest {
        name: NAME.into(),
        revision: Some(revision),
        ..CreateReleaseRequest::default()
    };
    let refused = client.create_release(of_revision(frozen + 1)).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::AlreadyExists, "RELEASE_EXISTS"),
        "{refused}"
    );
    assert_eq!(refused.fact("revision"), Some(frozen.to_string()));
    let mut future = of_revision(1000);
    future.name = "plan".into();
    let refused = client.create_release(future).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "FUTURE_REVISION"),
        "{refused}"
    );
}

#[tokio::test]
async fn releases_are_listed_the_newest_first_page_by_page() {
    let (ingest, _dir) = Ingest::start().await;
    for name in ["r-1", "r-2", "r-3", "r-4", "r-5"] {
        ingest.release(name).await;
    }
    let mut client = ingest.client.clone();
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = client
            .list_releases(ListReleasesRequest {
                page_size: 2,
                page_token,
            })
            .await;
        let page = page.unwrap().into_inner();
        assert!(page.releases.len() <= 2);
        names.extend(page.releases.into_iter().map(|release| release.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        // a release that comes in between is on no later page, and moves no other
        ingest.release(&format!("between-{}", names.len())).await;
    }
    assert_eq!(names, ["r-5", "r-4", "r-3", "r-2", "r-1"]);
}
