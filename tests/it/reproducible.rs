//! What was published can be had again for ever: the bytes of every answer as of a release stay the same, whatever is
//! corrected, taken back, defined anew or started again.

mod answers;
mod warm;

use almanac_catalog::CatalogFiles;
use almanac_wire::pb::ingest::{ApplyCatalogRequest, RetractEventsRequest, Retraction};
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{AsOf, CorrectionReason, as_of::State};
use almanac_wire::{bundle_to_proto, timestamp_to_proto};
use bytes::Bytes;
use jiff::Timestamp;
use tonic::Code;

use self::answers::{answers, released, requests};
use crate::support::channel;
use crate::support::events::{DIC, correcting, enterprises, review_2017, yearly};
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{after, as_of, in_2017};
use crate::support::raw;
use crate::support::refusal::Refusal;

const RELEASE: &str = "annual-review-2017";
const SERVICE: &str = "/almanac.query.v1.QueryService";

/// Another label, another formula, another area and another course of a boundary.
fn another_catalogue() -> CatalogFiles {
    let mut files = almanac_ca_mau::catalog_files();
    let mut change = |file: &str, old: &str, new: &str| {
        let text = files.get(file).expect("the file is there");
        assert!(text.contains(old), "{file} has no {old:?}");
        files.insert(file, text.replacen(old, new, 1));
    };
    let formula = "formula = \"telephone.subscriptions / population.inhabitants\"\nper = ";
    change(
        "telephone.toml",
        &format!("{formula}\"100\""),
        &format!("{formula}\"1000\""),
    );
    change(
        "telephone.toml",
        "en = \"Telephone density\"",
        "en = \"Telephone subscriptions per inhabitant\"",
    );
    change(
        "areas.csv",
        "Xã Đất Mũi,commune,96,2025-07-01,",
        "Xã Đất Mũi mới,commune,96,2025-07-01,",
    );
    change("transitions.csv", "95,96,2025-07-01,whole\r\n", "");
    files
}

async fn apply(ingest: &Ingest, files: &CatalogFiles) -> u64 {
    let request = ApplyCatalogRequest {
        catalog: Some(bundle_to_proto(files)),
        validate_only: false,
    };
    let applied = ingest.client.clone().apply_catalog(request).await;
    applied.expect("the catalogue is compatible").into_inner().revision
}

/// Corrections, something taken back, and other definitions; the last revision.
async fn go_on(ingest: &Ingest, reported: u64) -> u64 {
    let corrected = correcting(enterprises(17), Some(reported));
    let corrected = ingest.record(DIC, vec![corrected]).await;
    let expected_revision = corrected.expect("the newest value is corrected").revision;
    for (year, value) in [(2017, "1199999"), (2016, "1190000")] {
        let inhabitants = yearly("population.inhabitants", year, value);
        let recorded = ingest.record("ca-mau-statistics", vec![inhabitants]).await;
        recorded.expect("it may be reported again, and late");
    }
    let taken_back = Retraction {
        metric: "post.enterprises".to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        expected_revision,
        ..Retraction::default()
    };
    let request = RetractEventsRequest {
        retractions: vec![taken_back],
        reporter: DIC.to_owned(),
        reason: CorrectionReason::ReportingError.into(),
        ..RetractEventsRequest::default()
    };
    let retracted = ingest.client.clone().retract_events(request).await;
    retracted.expect("it is the newest value");
    apply(ingest, &another_catalogue()).await
}

fn assert_same(found: &[(&'static str, Bytes)], published: &[(&'static str, Bytes)]) {
    assert_eq!(found.len(), published.len());
    for ((method, found), (_, published)) in found.iter().zip(published) {
        assert_eq!(found, published, "{method}");
    }
}

#[tokio::test]
async fn rule_31_a_release_has_the_same_bytes_for_ever_in_every_method() {
    let pair = Pair::start().await;
    let mut reported = 0;
    for request in review_2017() {
        let (of_dic, recorded) = (request.reporter == DIC, pair.ingest.send(request).await.unwrap());
        if of_dic {
            reported = recorded.revision;
        }
    }
    let release = pair.ingest.release(RELEASE).await;
    let at = released(release.revision);
    let published = answers(&pair.query, &at).await;

    let last = go_on(&pair.ingest, reported).await;
    let now = pb::ReadAt {
        min_revision: last,
        ..pb::ReadAt::default()
    };
    let newest = answers(&pair.query, &now).await;
    let frozen: Vec<_> = newest
        .iter()
        .zip(&published)
        .filter(|(new, old)| new.1 == old.1)
        .collect();
    assert!(
        frozen.is_empty(),
        "what has not changed cannot show that it was kept: {frozen:?}"
    );

    assert_same(&answers(&pair.query, &at).await, &published);
    let pair = pair.restart_ingest().await;
    assert_same(&answers(&pair.query, &at).await, &published);
    // a replica that begins with nothing
    let pair = pair.restart_query().await;
    assert_same(&answers(&pair.query, &at).await, &published);
    assert_eq!(answers(&pair.query, &now).await, newest);
}

#[tokio::test]
async fn rule_31_an_answer_names_revision_catalogue_and_boundaries() {
    let pair = Pair::start().await;
    let before = pair.ingest.record(DIC, vec![enterprises(16)]).await.unwrap();
    let first = pair
        .query
        .ask(after(before.revision, in_2017("post.enterprises")))
        .await
        .unwrap();
    let first = first.answered_at.unwrap();
    assert_eq!((first.revision, first.catalog_revision), (before.revision, 1));
    assert_eq!(
        first.catalog_version,
        almanac_ca_mau::catalog().unwrap().hash().to_string()
    );
    assert_eq!(first.on_boundaries_of, "");

    let applied = apply(&pair.ingest, &another_catalogue()).await;
    let on_boundaries = pb::QueryIndicatorsRequest {
        on_boundaries_of: "2026-01-01".into(),
        ..in_2017("post.enterprises")
    };
    let newest = pair
        .query
        .ask(after(applied, on_boundaries))
        .await
        .unwrap()
        .answered_at
        .unwrap();
    assert_eq!((newest.revision, newest.catalog_revision), (applied, applied));
    assert_eq!(newest.catalog_version, another_catalogue().hash().to_string());
    assert_eq!(newest.on_boundaries_of, "2026-01-01");

    let then = as_of(State::Revision(before.revision), in_2017("post.enterprises"));
    assert_eq!(pair.query.ask(then).await.unwrap().answered_at, Some(first));
}

#[tokio::test]
async fn rule_31_what_is_of_another_log_or_before_the_first_revision_is_refused() {
    let pair = Pair::start().await;
    let other = pb::ReadAt {
        as_of: Some(AsOf {
            state: Some(State::Revision(1)),
        }),
        log_id: "6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11".to_owned(),
        ..pb::ReadAt::default()
    };
    let long_ago = pb::ReadAt {
        as_of: Some(AsOf {
            state: Some(State::Time(timestamp_to_proto(Timestamp::UNIX_EPOCH))),
        }),
        ..pb::ReadAt::default()
    };
    for (read_at, reason) in [(other, "OTHER_LOG"), (long_ago, "NO_CATALOG")] {
        for (method, request) in requests(&read_at) {
            let path = format!("{SERVICE}/{method}");
            let refused = raw::call_with(channel(pair.query.address), &path, request).await;
            let refused = refused.expect_err("it cannot be answered");
            assert_eq!(
                (refused.code(), refused.reason().as_str()),
                (Code::FailedPrecondition, reason),
                "{method}: {refused}"
            );
        }
    }
}
