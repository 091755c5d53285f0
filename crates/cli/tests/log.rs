//! `almanac log`: a copy of a log is the same log, and what is damaged is named.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use almanac_ca_mau::events_2017;
use almanac_client::{Figures, IngestClient, QueryClient, RecordedAt};
use tempfile::TempDir;

use crate::support::Up;

/// What a command prints, and its exit code.
fn log(args: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
    let output = command.arg("log").args(args).env("RUST_LOG", "off").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A running pair that recorded the figures of 2017.
struct Recorded {
    up: Up,
    newest: RecordedAt,
    folder: TempDir,
}

impl Recorded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let up = Up::start(&folder.path().join("data"));
        let ingest = IngestClient::connect(&up.ingest).await.unwrap();
        let mut newest = None;
        for almanac_ca_mau::Recorded { reporter, event } in events_2017().unwrap() {
            newest = Some(ingest.record(&reporter, [event]).await.unwrap().at);
        }
        Self {
            up,
            newest: newest.unwrap(),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

async fn figures(up: &Up, at: RecordedAt) -> Figures {
    let query = QueryClient::connect(&up.query).await.unwrap();
    let question = query.indicators(["telephone.density", "permits.issued"]).area("96");
    question.period("2017").min_revision(at).fetch().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_service_restores_the_same_figures_and_log_id() {
    let recorded = Recorded::start().await;
    let before = figures(&recorded.up, recorded.newest).await;
    let (backup, restored) = (recorded.path("backup.almanac"), recorded.path("restored"));

    let (told, code) = log(&["export", &recorded.up.ingest, text(&backup)]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.ends_with("has revisions 1 to 27\n"), "{told}");
    recorded.up.stop();
    let (told, code) = log(&["import", text(&backup), text(&restored)]);
    assert_eq!(code, Some(0), "{told}");

    let up = Up::start(&restored);
    // revision, log id and all figures
    assert_eq!(figures(&up, recorded.newest).await, before);
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_log_is_verified_counted_printed_and_copied() {
    let recorded = Recorded::start().await;
    let (data, running, stopped) = (
        recorded.path("data"),
        recorded.path("running"),
        recorded.path("stopped"),
    );
    let (told, code) = log(&["verify", text(&data)]);
    assert_eq!(code, Some(1), "it is in use: {told}");
    assert!(told.contains("is in use by another process"), "{told}");
    log(&["export", &recorded.up.ingest, text(&running)]);
    recorded.up.stop();

    let (told, code) = log(&["verify", text(&data)]);
    assert_eq!(
        (told.contains("27 of 27 records are intact: 26 events"), code),
        (true, Some(0)),
        "{told}"
    );
    let (told, _) = log(&["stat", text(&data)]);
    assert!(
        told.contains("26 events in 26 batches, of 26 series; 1 versions of the catalogue"),
        "{told}"
    );
    let (told, _) = log(&["dump", text(&data), "--from", "2", "--to", "2", "--events"]);
    let line: serde_json::Value = serde_json::from_str(told.trim()).unwrap();
    assert_eq!(line["revision"], 2);
    assert_eq!(line["events"][0]["metric"], "post.items");
    assert_eq!(line["events"][0]["value"], "6977968");

    log(&["export", text(&data), text(&stopped)]);
    assert_eq!(
        fs::read(&running).unwrap(),
        fs::read(&stopped).unwrap(),
        "the same log, the same archive"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_whole_is_refused_and_leaves_nothing() {
    let recorded = Recorded::start().await;
    let (backup, restored) = (recorded.path("backup.almanac"), recorded.path("restored"));
    log(&["export", &recorded.up.ingest, text(&backup)]);
    recorded.up.stop();
    let (told, code) = log(&["export", text(&recorded.folder.path().join("data")), text(&backup)]);
    assert_eq!(code, Some(1), "it is there already: {told}");

    let bytes = fs::read(&backup).unwrap();
    fs::write(&backup, &bytes[..bytes.len() / 2]).unwrap();
    let (told, code) = log(&["import", text(&backup), text(&restored)]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("make the copy anew"), "{told}");
    assert!(!restored.exists());
}

#[test]
fn a_folder_without_a_log_stays_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let (told, code) = log(&["verify", text(folder.path())]);
    assert_eq!(code, Some(1));
    assert!(told.contains("holds no log"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_is_named_with_its_revision_and_place() {
    let recorded = Recorded::start().await;
    let data = recorded.path("data");
    let log_id = figures(&recorded.up, recorded.newest).await.answered_at.log_id;
    recorded.up.stop();
    let file = data.join("log/00000000000000000001/db");
    let mut bytes = fs::read(&file).unwrap();
    // every stored value has the log's id near its beginning
    let id = log_id.as_bytes();
    let last = bytes.windows(id.len()).rposition(|window| window == id).unwrap();
    bytes[last + 60] ^= 1;
    fs::write(&file, bytes).unwrap();

    let (told, code) = log(&["verify", text(&data)]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("log/00000000000000000001"), "{told}");
    assert!(told.contains("revision") && told.contains("from a backup"), "{told}");
}
