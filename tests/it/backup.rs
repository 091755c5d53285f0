//! A log that is restored from an older copy: what came after the copy is lost, and query must not go on telling it.

use std::fs;
use std::path::Path;

use almanac_wire::pb::shared::as_of::State;
use tempfile::TempDir;
use tonic::Status;

use crate::support::events::{DIC, enterprises};
use crate::support::gate::Gate;
use crate::support::ingest::{Ingest, folder};
use crate::support::query::{Query, after, as_of, in_2017};

const ENTERPRISES: &str = "post.enterprises";

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// A query service that has applied 17 enterprises, and the log of a copy that was made when there were 16.
struct Restored {
    query: Query,
    gate: Gate,
    log: Ingest,
    kept: u64,
    lost: u64,
    _folders: [TempDir; 2],
}

async fn restored() -> Result<Restored, Status> {
    let (ingest, dir) = Ingest::start().await;
    let gate = Gate::to(ingest.address).await;
    let query = Query::start(gate.address).await;
    let kept = ingest.record(DIC, vec![enterprises(16)]).await?.revision;
    let (_, clock) = ingest.stop().await;
    let copy = folder();
    copy_folder(dir.path(), copy.path());

    let ingest = Ingest::open(dir.path(), clock).await;
    gate.lead_to(ingest.address);
    let lost = ingest.record(DIC, vec![enterprises(17)]).await?.revision;
    assert_eq!(
        query.value(after(lost, in_2017(ENTERPRISES))).await.as_deref(),
        Some("17")
    );
    gate.shut();
    let (_, clock) = ingest.stop().await;
    Ok(Restored {
        query,
        gate,
        log: Ingest::open(copy.path(), clock).await,
        kept,
        lost,
        _folders: [dir, copy],
    })
}

#[tokio::test]
async fn query_forgets_what_a_restored_log_no_longer_has() -> Result<(), Status> {
    let restored = restored().await?;
    restored.gate.lead_to(restored.log.address);
    loop {
        let answer = restored.query.ask_again(&in_2017(ENTERPRISES)).await;
        let revision = answer
            .answered_at
            .expect("every answer says at which revision")
            .revision;
        match answer.figures[0].value.as_deref() {
            Some("17") if revision == restored.lost => {}
            Some("16") if revision == restored.kept => return Ok(()),
            other => panic!("neither the log before nor the restored one: {other:?} at {revision}"),
        }
    }
}

#[tokio::test]
async fn query_forgets_what_a_restored_log_has_replaced() -> Result<(), Status> {
    let restored = restored().await?;
    // the revision that was lost is given to another value before the follower is back
    let replaced = restored.log.record(DIC, vec![enterprises(18)]).await?.revision;
    assert_eq!(replaced, restored.lost);
    restored.gate.lead_to(restored.log.address);
    let next = restored.log.record(DIC, vec![enterprises(18)]).await?.revision;
    let question = as_of(State::Revision(replaced), after(next, in_2017(ENTERPRISES)));
    let answer = restored.query.ask_again(&question).await;
    assert_eq!(
        answer.figures[0].value.as_deref(),
        Some("18"),
        "17 was never recorded in this log"
    );
    Ok(())
}
