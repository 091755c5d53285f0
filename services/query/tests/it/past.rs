//! The past stays as it was.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::as_of::State;
use almanac_wire::timestamp_to_proto;
use tonic::Code;
use tonic_types::StatusExt;

use crate::support::{
    TestLog, TestQuery, as_of, ask, inhabitants, is, log_of_2017, min_revision, release, time_of, told,
};

/// The figures of 2017, a release of them, and a correction of the inhabitants.
async fn corrected() -> TestLog {
    let log = log_of_2017().await;
    log.append(&release("annual-review-2017", 2));
    log.append(&inhabitants("2017", "2445200"));
    log
}

async fn density(query: &mut TestQuery, read_at: Option<pb::ReadAt>) -> (Option<String>, u64) {
    let request = pb::QueryIndicatorsRequest {
        read_at,
        ..ask(&["telephone.density"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    (answer.figures[0].value.clone(), answer.answered_at.unwrap().revision)
}

#[tokio::test]
async fn a_correction_leaves_the_past_as_it_was() {
    let log = corrected().await;
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let time = |revision| State::Time(timestamp_to_proto(time_of(revision)));
    let before = (Some("119.09".to_owned()), 2);
    let after = (Some("59.55".to_owned()), 4);
    assert_eq!(density(&mut query, None).await, after);
    assert_eq!(density(&mut query, min_revision(4)).await, after);
    assert_eq!(density(&mut query, as_of(State::Revision(2))).await, before);
    assert_eq!(density(&mut query, as_of(State::Revision(1))).await, (None, 1));
    assert_eq!(
        density(&mut query, as_of(State::Release("annual-review-2017".to_owned()))).await,
        before
    );
    assert_eq!(density(&mut query, as_of(time(2))).await, before);
    assert_eq!(density(&mut query, as_of(time(3))).await, (before.0, 3));
    assert_eq!(
        density(&mut query, as_of(time(4_000))).await,
        after,
        "an instant to come is the newest state"
    );
}

#[tokio::test]
async fn a_state_before_the_catalogue_is_refused() {
    let log = corrected().await;
    let mut query = TestQuery::follow(&log).await;
    for state in [State::Revision(0), State::Time(timestamp_to_proto(time_of(0)))] {
        let request = pb::QueryIndicatorsRequest {
            read_at: as_of(state),
            ..ask(&["telephone.density"])
        };
        let refused = query.client.query_indicators(request).await.unwrap_err();
        assert!(is(&refused, Code::FailedPrecondition, "NO_CATALOG"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_state_to_come_is_waited_for() {
    let log = corrected().await;
    let mut query = TestQuery::impatient(&log).await;
    let request = pb::QueryIndicatorsRequest {
        read_at: as_of(State::Revision(9)),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    assert!(is(&refused, Code::Unavailable, "REVISION_NOT_REACHED"), "{refused:?}");
}

#[tokio::test]
async fn an_unknown_release_is_told_with_the_nearest_ones() {
    let log = corrected().await;
    let mut query = TestQuery::follow(&log).await;
    let state = State::Release("annual-review-2016".to_owned());
    let request = pb::QueryIndicatorsRequest {
        read_at: as_of(state),
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    NotFound RELEASE_NOT_FOUND
    read_at.as_of.release: there is no release annual-review-2016; did you mean annual-review-2017? (one just created is found with min_revision = the revision that CreateRelease answered)
    "#);
    let resource = refused.get_details_resource_info().unwrap();
    assert_eq!(resource.resource_name, "annual-review-2016");
}
