//! The catalogue over the wire: mistakes are told with their place, meanings stay, and the past keeps its definitions.

use almanac_catalog::CatalogFiles;
use almanac_wire::bundle_to_proto;
use almanac_wire::pb::ingest::{ApplyCatalogRequest, ApplyCatalogResponse, GetCatalogRequest, GetCatalogResponse};
use almanac_wire::pb::shared::as_of::State;
use tonic::{Code, Status};

use crate::support::events::review_2017;
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{after, as_of, in_2017};
use crate::support::refusal::Refusal;

/// The embedded catalogue with texts of one file replaced.
fn changed(file: &str, replacements: &[(&str, &str)]) -> CatalogFiles {
    let mut files = almanac_ca_mau::catalog_files();
    let mut text = files.get(file).expect("the file is there").to_owned();
    for (old, new) in replacements {
        assert!(text.contains(old), "{file} has no {old:?}");
        text = text.replacen(old, new, 1);
    }
    files.insert(file, text);
    files
}

/// Densities per 1,000 instead of per 100.
fn per_thousand() -> CatalogFiles {
    let formula = "formula = \"telephone.subscriptions / population.inhabitants\"\nper = ";
    changed(
        "telephone.toml",
        &[(&format!("{formula}\"100\""), &format!("{formula}\"1000\""))],
    )
}

async fn apply(ingest: &Ingest, files: &CatalogFiles, validate_only: bool) -> Result<ApplyCatalogResponse, Status> {
    let request = ApplyCatalogRequest {
        catalog: Some(bundle_to_proto(files)),
        validate_only,
    };
    Ok(ingest.client.clone().apply_catalog(request).await?.into_inner())
}

async fn in_force(ingest: &Ingest) -> GetCatalogResponse {
    let answer = ingest.client.clone().get_catalog(GetCatalogRequest {}).await;
    answer.expect("there is a catalogue").into_inner()
}

#[tokio::test]
async fn every_mistake_of_a_catalogue_is_told_with_file_line_and_remedy() {
    let (ingest, _dir) = Ingest::start().await;
    let before = in_force(&ingest).await;
    let unit = ("unit = \"person\"", "unit = \"persons\"");
    let formula = (
        "telephone.subscriptions{service='fixed'}",
        "telephone.subscriptions{service='fixe'}",
    );
    let wrong = changed("telephone.toml", &[unit, formula]);
    let line_of = |text: &str| {
        let lines = wrong.get("telephone.toml").unwrap().lines();
        lines.zip(1..).find(|(line, _)| line.contains(text)).unwrap().1
    };
    let refused = apply(&ingest, &wrong, false).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "INVALID_CATALOG"),
        "{refused}"
    );
    let told = refused.violations();
    for (text, remedy) in [(unit.1, "did you mean \"person\""), (formula.1, "fixed")] {
        let place = format!("catalog.files[telephone.toml]:{}", line_of(text));
        let found = told.iter().find(|(field, ..)| *field == place);
        let (.., message) = found.unwrap_or_else(|| panic!("{place} is not told: {told:#?}"));
        assert!(message.contains(remedy), "{message}");
    }
    assert_eq!(in_force(&ingest).await, before);
}

#[tokio::test]
async fn a_catalogue_that_changes_what_figures_mean_is_refused() {
    let (ingest, _dir) = Ingest::start().await;
    let before = in_force(&ingest).await;
    let stock_to_flow = changed("telephone.toml", &[("kind = \"stock\"", "kind = \"flow\"")]);
    let refused = apply(&ingest, &stock_to_flow, false).await.unwrap_err();
    let code_and_reason = (refused.code(), refused.reason());
    assert_eq!(
        code_and_reason,
        (Code::FailedPrecondition, "INCOMPATIBLE_CATALOG".into()),
        "{refused}"
    );
    let (.., text) = &refused.violations()[0];
    assert!(
        text.contains("telephone.subscriptions") && text.contains("new metric id"),
        "{text}"
    );
    assert_eq!(in_force(&ingest).await, before);
}

#[tokio::test]
async fn figures_before_and_after_a_new_catalogue_have_their_own_definitions() {
    let pair = Pair::start().await;
    let mut before = 0;
    for request in review_2017() {
        before = pair.ingest.send(request).await.unwrap().revision;
    }
    let applied = apply(&pair.ingest, &per_thousand(), false).await.unwrap();
    assert_eq!(applied.revision, before + 1);

    let density = in_2017("telephone.density");
    let newest = pair.query.ask(after(applied.revision, density.clone())).await.unwrap();
    assert_eq!(newest.figures[0].value.as_deref(), Some("1190.92"));
    assert_eq!(newest.answered_at.unwrap().catalog_revision, applied.revision);
    let earlier = pair.query.ask(as_of(State::Revision(before), density)).await.unwrap();
    assert_eq!(earlier.figures[0].value.as_deref(), Some("119.09"));
    assert_eq!(earlier.answered_at.unwrap().catalog_revision, 1);
}

#[tokio::test]
async fn the_catalogue_in_force_is_the_one_that_was_applied_also_after_a_restart() {
    let (ingest, _dir) = Ingest::start().await;
    let files = per_thousand();
    let checked = apply(&ingest, &files, true).await.unwrap();
    assert_eq!(checked.content_hash, files.hash().to_string());
    assert_eq!(in_force(&ingest).await.revision, 1, "validate_only applies nothing");

    let applied = apply(&ingest, &files, false).await.unwrap();
    assert_eq!((applied.revision, &applied.content_hash), (2, &checked.content_hash));
    assert_eq!(
        apply(&ingest, &files, false).await.unwrap(),
        applied,
        "applied again it changes nothing"
    );
    // the flag of the restart names the embedded catalogue; the log's own stays
    let ingest = ingest.restart().await;
    let stored = in_force(&ingest).await;
    assert_eq!((stored.revision, stored.content_hash), (2, applied.content_hash));
    assert_eq!(stored.catalog, Some(bundle_to_proto(&files)));
    assert_eq!(ingest.log().await.head(), 2);
}

#[tokio::test]
async fn a_catalogue_without_files_is_refused() {
    let (ingest, _dir) = Ingest::start().await;
    let refused = apply(&ingest, &CatalogFiles::default(), false).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "REQUIRED"),
        "{refused}"
    );
    assert_eq!(refused.violations()[0].0, "catalog.files");
}
