//! The services of a benchmark as processes of their own, and what is seen of them from outside.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use almanac_ingest::{RunError, StartError, ensure_catalog, open};
use almanac_query::{ServeError, SnapshotSource};
use almanac_service_kit::config::{BindError, bind};
use almanac_service_kit::telemetry::TelemetryError;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{BenchError, bare};

/// The name of the hidden command.
pub(crate) const COMMAND: &str = "bench-service";
/// A service that takes longer to end is broken.
const PATIENCE: Duration = Duration::from_mins(5);

/// One service as its own binary runs it, for `almanac bench`; it ends when its standard input does
#[derive(clap::Subcommand)]
pub(crate) enum Service {
    Ingest(Box<almanac_ingest::config::Args>),
    Query(Box<almanac_query::config::Args>),
    /// Acknowledges requests and records nothing
    Bare(almanac_service_kit::config::ListenArgs),
}

/// Why a service of a benchmark does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("cannot ask the system for the port it chose")]
    Port(#[source] io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Checkpoints(#[from] almanac_query::OpenError),
    #[error(transparent)]
    Ingest(#[from] RunError),
    #[error(transparent)]
    Query(#[from] ServeError),
    #[error("cannot serve")]
    Bare(#[from] tonic::transport::Error),
}

pub(crate) async fn run(service: Service) -> Result<ExitCode, ServiceError> {
    let stop = stop_with_input();
    match service {
        Service::Ingest(args) => ingest(*args, stop).await?,
        Service::Query(args) => query(*args, stop).await?,
        Service::Bare(args) => {
            let listener = bind(args.listen).await?;
            tell(&listener)?;
            bare::serve(listener, stop).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn ingest(args: almanac_ingest::config::Args, stop: CancellationToken) -> Result<(), ServiceError> {
    args.telemetry.init()?;
    let listener = bind(args.listen.listen).await?;
    tell(&listener)?;
    let (ledger, accepts_writes) = open(
        &args.data_dir,
        args.log_options(),
        Arc::new(super::now),
        args.ledger_options(),
    )?;
    ensure_catalog(&ledger, &args.catalog).await?;
    let deps = almanac_ingest::Deps {
        ledger,
        accepts_writes,
        drain: args.listen.drain(),
    };
    almanac_ingest::serve(listener, deps, stop).await?;
    Ok(())
}

async fn query(args: almanac_query::config::Args, stop: CancellationToken) -> Result<(), ServiceError> {
    args.telemetry.init()?;
    let listener = bind(args.listen.listen).await?;
    tell(&listener)?;
    let deps = almanac_query::Deps {
        drain: args.listen.drain(),
        max_lag: args.max_lag.map(Duration::from_secs),
        checkpoints: args.checkpoints.open()?,
        tallies: args.tallies(),
        snapshots: args.snapshot_from.map(SnapshotSource::new),
        ..almanac_query::Deps::new(args.ingest, Arc::new(super::now))
    };
    almanac_query::serve(listener, deps, stop).await?;
    Ok(())
}

/// Says on standard output where the service is.
fn tell(listener: &TcpListener) -> Result<(), ServiceError> {
    println!("{}", listener.local_addr().map_err(ServiceError::Port)?);
    Ok(())
}

/// Cancelled when standard input ends: when the benchmark wants it, or is no more.
fn stop_with_input() -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        // whatever ends it, it has ended
        let _ended = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
        cancel.cancel();
    });
    stop
}

/// A running service. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    address: SocketAddr,
}

impl Process {
    /// Starts a service that does nothing.
    pub(super) async fn bare() -> Result<Self, BenchError> {
        Self::start(service("bare")).await
    }

    /// Starts an ingest service on a folder, with a catalogue for a new log.
    pub(super) async fn ingest(data: &Path, catalog: &Path) -> Result<Self, BenchError> {
        let mut command = service("ingest");
        command.arg("--data-dir").arg(data).arg("--catalog").arg(catalog);
        Self::start(command).await
    }

    /// Starts a query service that follows it, with checkpoints in a folder.
    pub(super) async fn query(ingest: &Self, data: &Path) -> Result<Self, BenchError> {
        let mut command = service("query");
        command.arg("--ingest").arg(ingest.uri()).arg("--data-dir").arg(data);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Result<Self, BenchError> {
        let failed = |source| BenchError::Process { source };
        let mut child = command.spawn().map_err(failed)?;
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().ok_or(BenchError::ServiceEnded)?).lines();
        let line = lines.next_line().await.map_err(failed)?;
        let address = line
            .and_then(|line| line.parse().ok())
            .ok_or(BenchError::ServiceEnded)?;
        Ok(Self { child, input, address })
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes of memory that the process holds.
    pub(super) fn memory_bytes(&self) -> Result<u64, BenchError> {
        let id = self.child.id().ok_or(BenchError::ServiceEnded)?;
        let status = fs::read_to_string(format!("/proc/{id}/status")).map_err(BenchError::files("/proc"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        Ok(kibibytes.ok_or(BenchError::ServiceEnded)? << 10)
    }

    /// Stops it in order, and waits for that.
    pub(super) async fn stop(&mut self) -> Result<(), BenchError> {
        drop(self.input.take());
        let ended = timeout(PATIENCE, self.child.wait()).await;
        let status = ended
            .map_err(|_| BenchError::ServiceEnded)?
            .map_err(|source| BenchError::Process { source })?;
        if status.success() {
            Ok(())
        } else {
            Err(BenchError::ServiceEnded)
        }
    }
}

/// This program as a service on a free port, with the defaults of the service and warnings only.
fn service(name: &str) -> Command {
    // a link to the program stays when the program is built anew meanwhile
    let mut command = Command::new("/proc/self/exe");
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for variable in inherited.filter(|name| name.to_string_lossy().starts_with("ALMANAC_")) {
        command.env_remove(variable);
    }
    command
        .args([COMMAND, name, "--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "warn")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Bytes that the files of a folder take on the disk.
pub(super) fn disk_bytes(folder: &Path) -> Result<u64, BenchError> {
    let failed = BenchError::files(folder);
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let metadata = entry.metadata().map_err(&failed)?;
        bytes += if metadata.is_dir() {
            disk_bytes(&entry.path())?
        } else {
            metadata.blocks() * 512
        };
    }
    Ok(bytes)
}
