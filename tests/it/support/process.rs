//! The ingest service as a process that can be killed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// A process of the ingest service that opens its log. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

/// A process of the ingest service that serves. Dropping it kills it.
pub(crate) struct Serving {
    child: Child,
}

impl Serving {
    /// SIGKILL, and the end of the process.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("the process is ours");
    }
}

impl Process {
    /// Starts on a folder; the process opens the log while this returns.
    pub(crate) fn spawn(dir: &Path, filter: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ingest-under-test"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--catalog",
                "builtin:ca-mau",
                "--log-format",
                "json",
            ])
            .arg("--data-dir")
            .arg(dir)
            .env("RUST_LOG", filter)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary is there");
        let log = child.stderr.take().expect("stderr is piped");
        Self {
            child,
            log: BufReader::new(log).lines(),
        }
    }

    /// Reads lines of its log: until it serves, which gives its address, or until it has written so many.
    pub(crate) async fn serving_within(&mut self, most_lines: usize) -> Option<SocketAddr> {
        for _ in 0..most_lines {
            let line = self.log.next_line().await.expect("stderr can be read");
            let line = line.expect("the process goes on");
            let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if let Some(address) = said["fields"]["server.address"].as_str() {
                return Some(address.parse().expect("an address"));
            }
        }
        None
    }

    /// Waits until it serves. What it logs from then on is read and dropped: nothing may hold it up.
    pub(crate) async fn serving(mut self) -> (SocketAddr, Serving) {
        let address = self.serving_within(usize::MAX).await.expect("it serves");
        let Self { child, mut log } = self;
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        (address, Serving { child })
    }

    /// SIGKILL, and the end of the process.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("the process is ours");
    }
}
