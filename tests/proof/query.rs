//! The query service as its binary runs it, with checkpoints as often as can be, and with a protection that can be switched
//! off: a proof that cannot fail proves nothing. See `tests/xtask`.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use almanac_query::{CheckpointOptions, Checkpoints, Deps, serve};
use almanac_service_kit::config::fail;
use almanac_service_kit::telemetry::TelemetryArgs;
use almanac_tests::checkpoints::{ProofDisk, deps};
use clap::Parser;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Follows a log, keeps checkpoints in a folder and says on which address it answers, until it is killed.
#[derive(Parser)]
struct Args {
    /// Folder of the checkpoints
    dir: PathBuf,
    /// Address of the ingest service
    #[arg(long)]
    ingest: SocketAddr,
    /// Let a checkpoint take the place of the earlier ones before it is whole, to see that the loss is found
    #[arg(long)]
    in_place: bool,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

async fn run(args: Args) -> Result<(), Box<dyn Error + Send + Sync>> {
    args.telemetry.init()?;
    let options = CheckpointOptions {
        revisions: 1,
        rest: 0,
        disk: Arc::new(ProofDisk {
            in_place: args.in_place,
            ..ProofDisk::default()
        }),
        ..CheckpointOptions::default()
    };
    let deps = Deps {
        checkpoints: Some(Checkpoints::open(&args.dir, options)?),
        ..deps(args.ingest)?
    };
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{}", listener.local_addr()?);
    serve(listener, deps, CancellationToken::new()).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}
