//! The service under proof as a process.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc;

/// A process that opens its log, and then serves it. Dropping it kills it.
pub(crate) struct Service {
    child: Child,
    /// What it logs. It is read as it comes: a pipe that is full would hold the process up.
    log: mpsc::UnboundedReceiver<String>,
    address: Lines<BufReader<tokio::process::ChildStdout>>,
    /// What it logged last.
    last: String,
}

/// How it is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Which program; the ingest service when it is not said.
    pub(crate) program: &'static str,
    /// What is started in its place, and starts it with these words as the last ones.
    pub(crate) before: Vec<OsString>,
    /// Arguments after the folder.
    pub(crate) arguments: Vec<String>,
    /// Environment, such as a library to load first.
    pub(crate) environment: Vec<(String, String)>,
    /// What it logs.
    pub(crate) filter: &'static str,
}

impl Service {
    pub(crate) fn start(programs: &Path, dir: &Path, options: &Options) -> std::io::Result<Self> {
        let program = match options.program {
            "" => "service-under-proof",
            other => other,
        };
        let own = OsString::from(programs.join(program));
        let mut words = options.before.iter().cloned().chain([own]);
        let program = words.next().unwrap_or_default();
        let mut child = Command::new(program)
            .args(words)
            .arg(dir)
            .args(&options.arguments)
            .args(["--log-format", "json"])
            .envs(options.environment.iter().cloned())
            .env(
                "RUST_LOG",
                if options.filter.is_empty() {
                    "info"
                } else {
                    options.filter
                },
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let piped = || std::io::Error::other("its output is piped");
        let log = read(child.stderr.take().ok_or_else(piped)?);
        let address = BufReader::new(child.stdout.take().ok_or_else(piped)?).lines();
        Ok(Self {
            child,
            log,
            address,
            last: String::new(),
        })
    }

    /// Waits until it serves; `None` when it ends before.
    pub(crate) async fn address(&mut self) -> Option<SocketAddr> {
        loop {
            tokio::select! {
                line = self.address.next_line() => return line.ok()??.parse().ok(),
                Some(said) = self.log.recv() => self.last = said,
            }
        }
    }

    /// The same, without reading what it logs; whoever waits so reads it afterwards.
    pub(crate) async fn address_unread(&mut self) -> Option<SocketAddr> {
        self.address.next_line().await.ok()??.parse().ok()
    }

    /// The next line of its log; `None` when it ended.
    pub(crate) async fn log_line(&mut self) -> Option<String> {
        self.log.recv().await
    }

    /// Reads its log until it has written so many lines, or one with this text; false when it ended before.
    pub(crate) async fn has_logged(&mut self, most_lines: usize, text: &str) -> bool {
        for _ in 0..most_lines {
            match self.log.recv().await {
                Some(line) if line.contains(text) => return true,
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    /// SIGKILL, and the end of the process.
    pub(crate) async fn kill(mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Waits until it ends by itself, and tells what it wrote last.
    pub(crate) async fn end(mut self) -> std::io::Result<(ExitStatus, String)> {
        while let Some(line) = self.log.recv().await {
            self.last = line;
        }
        Ok((self.child.wait().await?, self.last))
    }
}

/// The lines of what a process logs.
fn read(log: ChildStderr) -> mpsc::UnboundedReceiver<String> {
    let (lines, said) = mpsc::unbounded_channel();
    let mut log = BufReader::new(log).lines();
    tokio::spawn(async move {
        while let Ok(Some(line)) = log.next_line().await {
            // read on when nobody listens any more
            let _unheard = lines.send(line);
        }
    });
    said
}
