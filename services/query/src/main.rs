//! The query service as a process of its own.

use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

use almanac_query::{Deps, SnapshotSource, config::Args, serve};
use almanac_service_kit::{
    config::{bind, fail},
    signal::shutdown_on_signal,
};
use clap::Parser;
use jiff::Timestamp;

/// A third of the time of recording plain events went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    args.telemetry.init()?;
    let shutdown = shutdown_on_signal()?;
    let listener = bind(args.listen.listen).await?;
    let deps = Deps {
        drain: args.listen.drain(),
        max_lag: args.max_lag.map(Duration::from_secs),
        checkpoints: args.checkpoints.open()?,
        tallies: args.tallies(),
        snapshots: args.snapshot_from.map(SnapshotSource::new),
        ..Deps::new(args.ingest, Arc::new(now))
    };
    serve(listener, deps, shutdown).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this process reads the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}
