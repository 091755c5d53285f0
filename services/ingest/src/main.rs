//! `almanac-ingest`: the ingest service as a process.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::{ArchiveOptions, SledOptions};
use almanac_ingest::{CatalogSource, Deps, IndexLimits, LedgerOptions, ensure_catalog, open, serve};
use almanac_service_kit::config::{ListenArgs, bind, fail};
use almanac_service_kit::signal::shutdown_on_signal;
use almanac_service_kit::telemetry::TelemetryArgs;
use clap::Parser;

/// Stores metric events for ever, and answers when they are on disk.
#[derive(Parser)]
#[command(version, mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051").env("ALMANAC_INGEST_LISTEN")))]
struct Args {
    #[command(flatten)]
    listen: ListenArgs,
    /// Folder of the log; made when it is not there
    #[arg(long, env = "ALMANAC_DATA_DIR", value_name = "DIR")]
    data_dir: PathBuf,
    /// Catalogue for a new log: a folder, or "builtin:ca-mau"
    #[arg(long, env = "ALMANAC_CATALOG", value_name = "DIR|builtin:ca-mau")]
    catalog: CatalogSource,
    /// Days for which a repeated request id is recognised
    #[arg(long, env = "ALMANAC_REQUEST_ID_DAYS", value_name = "DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    request_id_days: u32,
    /// Folder to which old segments of the log are packed, perhaps on a larger disk; they stay where they are without it
    #[arg(long, env = "ALMANAC_ARCHIVE_DIR", value_name = "DIR")]
    archive_dir: Option<PathBuf>,
    /// Sealed segments of about 512 MiB that are not packed yet
    #[arg(
        long,
        env = "ALMANAC_KEEP_SEGMENTS",
        value_name = "COUNT",
        default_value_t = 4,
        requires = "archive_dir"
    )]
    keep_segments: usize,
    /// MiB of the index of recorded requests and events that are kept in memory
    #[arg(long, env = "ALMANAC_INDEX_CACHE_MIB", value_name = "MIB", default_value_t = 256,
          value_parser = clap::value_parser!(u64).range(1..=65_536))]
    index_cache_mib: u64,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

impl Args {
    fn ledger_options(&self) -> LedgerOptions {
        LedgerOptions {
            request_retention: Duration::from_hours(24 * u64::from(self.request_id_days)),
            index: IndexLimits {
                cache_bytes: self.index_cache_mib << 20,
                ..IndexLimits::default()
            },
            ..LedgerOptions::default()
        }
    }

    fn log_options(&self) -> SledOptions {
        let archive = self.archive_dir.clone().map(|dir| ArchiveOptions {
            dir,
            keep_sealed: self.keep_segments,
        });
        SledOptions {
            archive,
            ..SledOptions::default()
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    args.telemetry.init()?;
    let shutdown = shutdown_on_signal()?;
    let listener = bind(args.listen.listen).await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where this process reads the clock"
    )]
    let clock = Arc::new(jiff::Timestamp::now);
    let (ledger, accepts_writes) = open(&args.data_dir, args.log_options(), clock, args.ledger_options())?;
    ensure_catalog(&ledger, &args.catalog).await?;
    serve(
        listener,
        Deps {
            ledger,
            accepts_writes,
            drain: args.listen.drain(),
        },
        shutdown,
    )
    .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}
