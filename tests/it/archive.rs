//! Old segments of the log are archived: followers notice nothing as long as the archive is at hand, and are told when it is
//! not.

use std::path::Path;

use almanac_event_log::{ArchiveOptions, SledOptions};
use almanac_ingest::{CatalogSource, LedgerOptions, StartError, open};
use tempfile::TempDir;
use tonic::Status;

use crate::support::clock::TestClock;
use crate::support::events::{DIC, enterprises};
use crate::support::ingest::{Ingest, folder, sled_options};
use crate::support::query::{Query, after, in_2017};

/// Every few records are a segment, and all sealed ones are archived at once.
fn archiving(dir: &Path) -> SledOptions {
    let archive = ArchiveOptions {
        dir: dir.to_owned(),
        keep_sealed: 0,
    };
    SledOptions {
        segment_bytes: 1,
        archive: Some(archive),
        ..sled_options()
    }
}

async fn serve(dir: &Path, log: SledOptions, clock: &TestClock) -> Result<Ingest, StartError> {
    let (ledger, accepts_writes) = open(dir, log, clock.reader(), LedgerOptions::default())?;
    let catalog = CatalogSource::BuiltinCaMau;
    Ok(Ingest::serve(dir, clock.clone(), ledger, accepts_writes, catalog).await)
}

/// A service whose first revisions are in an archive only, with both folders.
async fn archived() -> Result<(Ingest, TempDir, TempDir, TestClock), Status> {
    let (dir, archive, clock) = (folder(), folder(), TestClock::default());
    let ingest = serve(dir.path(), archiving(archive.path()), &clock)
        .await
        .expect("the log opens");
    for number in 1..=4 {
        ingest.record(DIC, vec![enterprises(number)]).await?;
    }
    let first = dir.path().join("log/00000000000000000001");
    while first.exists() {
        tokio::task::yield_now().await;
    }
    Ok((ingest, dir, archive, clock))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_a_log_through_its_archive() -> Result<(), Status> {
    let (ingest, _dir, _archive, _clock) = archived().await?;
    let newest = ingest.record(DIC, vec![enterprises(5)]).await?.revision;
    assert_eq!(ingest.log().await.head(), newest);
    let query = Query::start(ingest.address).await;
    let told = query.value(after(newest, in_2017("post.enterprises"))).await;
    assert_eq!(told.as_deref(), Some("5"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_restarts_from_its_archive_and_recognises_what_it_recorded() -> Result<(), Status> {
    let (ingest, dir, archive, clock) = archived().await?;
    let before = ingest.log().await.records;
    ingest.stop().await;
    let ingest = serve(dir.path(), archiving(archive.path()), &clock)
        .await
        .expect("the log opens");
    assert_eq!(ingest.log().await.records.len(), before.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_archive_nothing_is_guessed() -> Result<(), Status> {
    let (ingest, dir, _archive, clock) = archived().await?;
    ingest.stop().await;
    let elsewhere = folder();
    let Err(refusal) = serve(dir.path(), archiving(elsewhere.path()), &clock).await else {
        panic!("retries of what is archived would not be recognised")
    };
    assert!(refusal.to_string().contains("archive"), "{refusal}");
    Ok(())
}
