//! `almanac log`: what is in a log, whether it is intact, and copies of it.

mod dump;
mod export;
mod import;
mod open;
mod stat;
mod verify;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use almanac_client::{ClientError, ConnectError};
use almanac_event_log::{AppendError, ArchiveError, Failure, OpenError, ReadError};
use almanac_model::Revision;
use almanac_wire::PayloadError;

/// Looks into the log of a stopped service, and copies logs
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Verify(verify::Args),
    Stat(stat::Args),
    Dump(dump::Args),
    Export(export::Args),
    Import(import::Args),
}

/// Why a command about a log has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("{} holds no log; name the data folder of an ingest service", dir.display())]
    NoLog { dir: PathBuf },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("revision {revision} cannot be read")]
    Payload { revision: Revision, source: PayloadError },
    #[error("{} is there already; name a new {kind}", path.display())]
    Exists { kind: &'static str, path: PathBuf },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("revisions before {earliest} are archived elsewhere; name their folder with --archive-dir")]
    Archived { earliest: Revision },
    #[error("{} begins at revision {first}: it is a part of a log, and a log is restored from revision 1 on", path.display())]
    Part { path: PathBuf, first: Revision },
    #[error("revision {revision} cannot be appended")]
    Append { revision: Revision, source: AppendError },
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("cannot connect to the ingest service")]
    Connect(#[from] ConnectError),
    #[error("cannot read the log of the ingest service")]
    Copy(#[from] ClientError),
    #[error("revision {revision} is of kind {kind}, which only a newer version knows")]
    Kind { revision: Revision, kind: u8 },
}

pub(crate) async fn run(command: Command) -> Result<ExitCode, LogError> {
    match command {
        Command::Verify(args) => verify::run(&args),
        Command::Stat(args) => stat::run(&args),
        Command::Dump(args) => dump::run(&args),
        Command::Export(args) => export::run(&args).await,
        Command::Import(args) => import::run(&args).await,
    }
}
