//! `almanac up`: both services with a folder that lasts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use almanac_ingest::CatalogSource;
use almanac_service_kit::signal::{SignalError, shutdown_on_signal};
use almanac_service_kit::telemetry::{TelemetryArgs, TelemetryError};

use crate::pair::{Pair, PairError, PairOptions};

/// Runs ingest and query in one process, with a data folder that lasts, until Ctrl-C
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the log and of the checkpoints of the query service; made when it is not there
    #[arg(long, env = "ALMANAC_DATA_DIR", value_name = "DIR", default_value = "./almanac-data")]
    data_dir: PathBuf,
    /// Catalogue for a new log: a folder, or "builtin:ca-mau"
    #[arg(
        long,
        env = "ALMANAC_CATALOG",
        value_name = "DIR|builtin:ca-mau",
        default_value = "builtin:ca-mau"
    )]
    catalog: CatalogSource,
    /// Address and port of the ingest service; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    ingest_listen: SocketAddr,
    /// Address and port of the query service; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50052")]
    query_listen: SocketAddr,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Why the pair does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Signal(#[from] SignalError),
    #[error(transparent)]
    Pair(#[from] PairError),
}

pub(crate) async fn run(args: Args) -> Result<ExitCode, UpError> {
    args.telemetry.init()?;
    let shutdown = shutdown_on_signal()?;
    let pair = Pair::start(PairOptions {
        data_dir: args.data_dir,
        ingest: args.ingest_listen,
        query: args.query_listen,
        catalog: Some(args.catalog),
    })
    .await?;
    println!("ingest listens on {}", pair.ingest_address());
    println!("query listens on {}; Ctrl-C stops both", pair.query_address());
    pair.run(&shutdown).await?;
    Ok(ExitCode::SUCCESS)
}
