//! The index beside the log: whatever becomes of it, every retry is recognised, and nothing else is.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tonic::Status;

use crate::support::events::{DIC, complaint, enterprises, named, request};
use crate::support::ingest::{Ingest, folder};

const ID: &str = "6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11";
const LATER: &str = "0b8f7a11-4c1e-4d0a-9a53-1f6b6f3c2a52";

/// What happens to the folder of an index.
type Damage = fn(&Path);

fn index(dir: &Path) -> PathBuf {
    dir.join("index")
}

/// The files of the index.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn copy_folder(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("in the folder"));
        fs::create_dir_all(target.parent().expect("in a folder")).expect("a folder");
        fs::copy(file, target).expect("the file can be copied");
    }
}

/// A log with a request and two tallied events, and the service on it.
async fn recorded() -> Result<(Ingest, TempDir), Status> {
    let (ingest, dir) = Ingest::start().await;
    ingest.send(named(ID, request(DIC, vec![enterprises(16)]))).await?;
    let complaints = vec![complaint("c-1", "2017-05-14", "1"), complaint("c-2", "2017-05-14", "1")];
    ingest.record(DIC, complaints).await?;
    Ok((ingest, dir))
}

/// The request and one of the events again, and an event that is new.
async fn check(ingest: &Ingest, new: &str) -> Result<(), Status> {
    let again = ingest.send(named(ID, request(DIC, vec![enterprises(16)]))).await?;
    assert!(again.duplicate, "{again:?}");
    let complaints = vec![complaint("c-2", "2017-05-14", "1"), complaint(new, "2017-05-15", "1")];
    let answer = ingest.record(DIC, complaints).await?;
    assert_eq!((answer.recorded_count, answer.duplicate_event_count), (Some(1), 1));
    Ok(())
}

#[tokio::test]
async fn retries_are_recognised_when_the_index_is_gone_or_damaged() -> Result<(), Status> {
    let (mut ingest, dir) = recorded().await?;
    let damages: [(&str, Damage); 5] = [
        ("kept", |_| {}),
        ("gone", |index| fs::remove_dir_all(index).expect("it is there")),
        ("empty", |index| {
            fs::remove_dir_all(index).expect("it is there");
            fs::create_dir(index).expect("a folder");
        }),
        ("cut-off", |index| {
            for file in files(index) {
                fs::write(file, b"").expect("the file can be written");
            }
        }),
        ("flipped", |index| {
            for file in files(index) {
                let mut bytes = fs::read(&file).expect("the file can be read");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(file, bytes).expect("the file can be written");
            }
        }),
    ];
    for (name, damage) in damages {
        let (_, clock) = ingest.stop().await;
        damage(&index(dir.path()));
        ingest = Ingest::open(dir.path(), clock).await;
        check(&ingest, name).await?;
    }
    // the catalogue, the request, two events, and one for each damage
    assert_eq!(ingest.log().await.events(), 1 + 2 + 5);
    Ok(())
}

#[tokio::test]
async fn what_a_restored_log_no_longer_has_is_recorded_again_though_the_index_of_before_knows_it() -> Result<(), Status>
{
    let (ingest, dir) = recorded().await?;
    let (_, clock) = ingest.stop().await;
    let copy = folder();
    copy_folder(dir.path(), copy.path());

    let ingest = Ingest::open(dir.path(), clock).await;
    let lost = named(LATER, request(DIC, vec![complaint("c-3", "2017-05-16", "1")]));
    ingest.send(lost.clone()).await?;
    let (_, clock) = ingest.stop().await;

    // the log is restored from the copy, and the index is not part of it
    fs::remove_dir_all(index(copy.path())).expect("it is there");
    copy_folder(&index(dir.path()), &index(copy.path()));
    let ingest = Ingest::open(copy.path(), clock).await;
    let answer = ingest.send(lost).await?;
    assert_eq!((answer.duplicate, answer.recorded_count), (false, Some(1)));
    check(&ingest, "c-4").await
}
