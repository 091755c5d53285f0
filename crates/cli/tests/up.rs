//! `almanac up`: what is recorded in one run is there in the next.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use almanac_ca_mau::{Recorded, events_2017};
use almanac_client::{IngestClient, QueryClient};

/// A running pair and the addresses that it told.
struct Up {
    process: Child,
    ingest: String,
    query: String,
}

impl Up {
    fn start(data_dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_almanac"))
            .args(["up", "--ingest-listen", "127.0.0.1:0", "--query-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data_dir)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |service: &str| {
            let line = lines.next().unwrap().unwrap();
            let told = line.strip_prefix(&format!("{service} listens on ")).unwrap().to_owned();
            format!("http://{}", told.split(';').next().unwrap())
        };
        Self {
            ingest: address("ingest"),
            query: address("query"),
            process,
        }
    }

    fn stop(mut self) {
        let interrupted = Command::new("kill")
            .args(["-INT", &self.process.id().to_string()])
            .status();
        assert!(interrupted.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");

    let up = Up::start(&data_dir);
    let ingest = IngestClient::connect(&up.ingest).await.unwrap();
    let Recorded { reporter, event } = events_2017().unwrap().remove(0);
    let metric = event.metric.clone();
    // the built-in catalogue is in force without anybody applying one
    let recorded = ingest.record(&reporter, [event]).await.unwrap();
    up.stop();

    let up = Up::start(&data_dir);
    let query = QueryClient::connect(&up.query).await.unwrap();
    let question = query.indicators([&metric]).area("96").period("2017");
    let answer = question.min_revision(recorded).fetch().await.unwrap();
    assert_eq!(answer.answered_at.revision, recorded.at.revision);
    assert_eq!(answer.figures[0].value.as_deref(), Ok("6977968"));
    up.stop();
}
