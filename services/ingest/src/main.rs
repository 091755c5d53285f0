//! `almanac-ingest`: the ingest service as a process.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use almanac_ingest::{Deps, config::Args, ensure_catalog, open, serve};
use almanac_service_kit::config::{bind, fail};
use almanac_service_kit::signal::shutdown_on_signal;
use clap::Parser;

/// A third of the time of recording plain events went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let deps = Deps {
        ledger,
        accepts_writes,
        drain: args.listen.drain(),
    };
    serve(listener, deps, shutdown).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}
