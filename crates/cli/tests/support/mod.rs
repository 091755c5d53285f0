//! `almanac up` as a process.

#![expect(unreachable_pub, reason = "shared by several tests")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running pair and the addresses that it told.
pub struct Up {
    process: Child,
    /// The address of ingest.
    pub ingest: String,
    /// The address of query.
    pub query: String,
}

impl Up {
    /// Starts both services on free ports.
    pub fn start(data_dir: &Path) -> Self {
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

    /// Stops them in order.
    pub fn stop(mut self) {
        let interrupted = Command::new("kill")
            .args(["-INT", &self.process.id().to_string()])
            .status();
        assert!(interrupted.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}
