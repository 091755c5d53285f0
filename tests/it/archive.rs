//! Old segments of the log are archived: followers notice nothing as long as the archive is at hand, and are told when it is
//! not.

use std::fs;
use std::path::Path;

use almanac_event_log::{ArchiveOptions, SledOptions};
use almanac_ingest::{CatalogSource, LedgerOptions, StartError, open};
use almanac_wire::RecordEventsRequest;
use tempfile::TempDir;
use tonic::Status;

use crate::support::clock::TestClock;
use crate::support::events::{DIC, enterprises, named, request};
use crate::support::ingest::{Ingest, folder, sled_options};
use crate::support::query::{Query, after, in_2017};
use crate::support::refusal::Refusal;

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

/// A request that is recognised when it is sent again.
fn numbered(number: u32) -> RecordEventsRequest {
    let id = format!("00000000-0000-4000-8000-{number:012x}");
    named(&id, request(DIC, vec![enterprises(number)]))
}

/// A service whose first revisions are in an archive only, with both folders.
async fn archived() -> Result<(Ingest, TempDir, TempDir, TestClock), Status> {
    let (dir, archive, clock) = (folder(), folder(), TestClock::default());
    let ingest = serve(dir.path(), archiving(archive.path()), &clock)
        .await
        .expect("the log opens");
    for number in 1..=4 {
        ingest.send(numbered(number)).await?;
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
async fn without_its_archive_and_its_index_nothing_is_guessed() -> Result<(), Status> {
    let (ingest, dir, _archive, clock) = archived().await?;
    ingest.stop().await;
    fs::remove_dir_all(dir.path().join("index")).expect("it is there");
    let elsewhere = folder();
    let Err(refusal) = serve(dir.path(), archiving(elsewhere.path()), &clock).await else {
        panic!("retries of what is archived would not be recognised")
    };
    assert!(refusal.to_string().contains("archive"), "{refusal}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_index_a_service_goes_on_without_its_archive_and_records_nothing_twice() -> Result<(), Status> {
    let (ingest, dir, _archive, clock) = archived().await?;
    let head = ingest.log().await.head();
    ingest.stop().await;
    let elsewhere = folder();
    let ingest = serve(dir.path(), archiving(elsewhere.path()), &clock)
        .await
        .expect("the index knows what is archived");
    // the answer to the first request is in the archive
    let refused = ingest.send(numbered(1)).await.expect_err("its answer is not at hand");
    assert_eq!(refused.reason(), "BEFORE_EARLIEST", "{refused}");
    let recorded = ingest.send(numbered(5)).await?;
    assert_eq!(recorded.revision, head + 1);
    Ok(())
}
