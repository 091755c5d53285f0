//! Corrections: whoever corrects says which value was wrong, and is told when somebody was faster.

use almanac_wire::pb::shared::CorrectionReason;
use tokio::task::JoinSet;
use tonic::Code;

use crate::support::events::{DIC, complaint, correcting, enterprises, request};
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::refusal::Refusal;

#[tokio::test]
async fn rule_33_a_correction_of_the_newest_value_is_recorded_and_shown() {
    let pair = Pair::start().await;
    let wrong = pair.ingest.record(DIC, vec![enterprises(61)]).await.unwrap();
    let event = correcting(enterprises(16), Some(wrong.revision));
    let corrected = pair.ingest.record(DIC, vec![event]).await.unwrap();
    assert_eq!(corrected.revision, wrong.revision + 1);
    let value = pair
        .query
        .value(after(corrected.revision, in_2017("post.enterprises")))
        .await;
    assert_eq!(value.as_deref(), Some("16"));
}

#[tokio::test]
async fn rule_33_a_stale_correction_is_aborted_with_the_current_revision() {
    let (ingest, _dir) = Ingest::start().await;
    let seen = ingest.record(DIC, vec![enterprises(61)]).await.unwrap().revision;
    let newer = ingest
        .record(DIC, vec![correcting(enterprises(15), Some(seen))])
        .await
        .unwrap()
        .revision;
    let head = ingest.log().await.head();
    // what tells a stale correction is in the log: a restart knows it too
    let ingest = ingest.restart().await;
    let refused = ingest
        .record(DIC, vec![correcting(enterprises(16), Some(seen))])
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::Aborted, "STALE_REVISION"),
        "{refused}"
    );
    assert_eq!(refused.fact("current_revision"), Some(newer.to_string()));
    assert_eq!(refused.violations()[0].0, "events[0].correction.expected_revision");
    assert_eq!(ingest.log().await.head(), head);
    ingest
        .record(DIC, vec![correcting(enterprises(16), Some(newer))])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rule_33_of_eight_corrections_of_one_value_one_is_recorded() {
    let (ingest, _dir) = Ingest::start().await;
    let mut seen = ingest.record(DIC, vec![enterprises(0)]).await.unwrap().revision;
    for _ in 0..5 {
        let mut calls = JoinSet::new();
        for value in 1..=8 {
            let mut client = ingest.client.clone();
            let message = request(DIC, vec![correcting(enterprises(value), Some(seen))]);
            calls.spawn(async move { client.record_events(message).await });
        }
        let answers = calls.join_all().await;
        let (recorded, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((recorded.len(), refused.len()), (1, 7));
        assert!(
            refused
                .iter()
                .all(|one| one.as_ref().unwrap_err().code() == Code::Aborted),
            "{refused:?}"
        );
        seen = recorded[0].as_ref().unwrap().get_ref().revision;
    }
}

#[tokio::test]
async fn rule_33_a_correction_of_what_was_never_recorded_is_aborted() {
    let (ingest, _dir) = Ingest::start().await;
    let refused = ingest
        .record(DIC, vec![correcting(enterprises(16), Some(1))])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Aborted, "{refused}");
    assert_eq!(refused.fact("current_revision"), None);
}

#[tokio::test]
async fn rule_33_a_correction_has_a_reason_and_only_reports_are_corrected() {
    let (ingest, _dir) = Ingest::start().await;
    let mut without_reason = correcting(enterprises(16), None);
    without_reason.correction.as_mut().unwrap().reason = CorrectionReason::Unspecified.into();
    let of_a_tally = correcting(complaint("c-1", "2017-05-14", "1"), None);
    let refused = ingest.record(DIC, vec![without_reason, of_a_tally]).await.unwrap_err();
    let told: Vec<_> = refused
        .violations()
        .into_iter()
        .map(|(field, reason, _)| (field, reason))
        .collect();
    let expected = [
        ("events[0].correction.reason".to_owned(), "REQUIRED".to_owned()),
        ("events[1].correction".to_owned(), "CORRECTION_OF_TALLY".to_owned()),
    ];
    assert_eq!(told, expected);
    // without the revision that was seen, the newest value is replaced on purpose
    ingest
        .record(DIC, vec![correcting(enterprises(16), None)])
        .await
        .unwrap();
}
