//! Keeps checkpoints while the system calls are recorded: the first half of the proof that a loss of power leaves a query
//! service with a checkpoint. See `powerloss.py`.
//!
//! The query service runs in this process, exactly as its binary runs it, and follows a log over a socket. `ACK n` on stdout
//! says that a checkpoint of revision n survives.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use almanac_model::Revision;
use almanac_query::{CheckpointOptions, Checkpoints, Deps};
use almanac_tests::checkpoints::{ProofDisk, deps, serve_log, serve_replica};
use almanac_tests::powerloss;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use clap::Parser;
use tokio::sync::watch;
use tonic::transport::Endpoint;

/// Checkpoints are about as many as pairs of requests: the log waits for the one before the last.
const REVISIONS_AHEAD: u64 = 4;

/// Follows a log, keeps checkpoints in a folder and says which are durable.
#[derive(Parser)]
struct Args {
    /// Folder of the checkpoints
    dir: PathBuf,
    /// How many requests the log takes
    #[arg(long, default_value_t = 300)]
    requests: u32,
    /// Leave the syncs out, to see that the loss is found
    #[arg(long)]
    without_sync: bool,
}

async fn tell(mut durable: watch::Receiver<Option<Revision>>) -> io::Result<()> {
    while durable.changed().await.is_ok() {
        let kept = *durable.borrow_and_update();
        if let Some(revision) = kept.filter(|revision| *revision > Revision::EMPTY) {
            // one write for each line, so that it stands in the recorded run where it was said
            io::stdout().write_all(format!("ACK {revision}\n").as_bytes())?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let args = Args::parse();
    let options = CheckpointOptions {
        revisions: 2,
        rest: 0,
        disk: Arc::new(ProofDisk {
            without_sync: args.without_sync,
            ..ProofDisk::default()
        }),
        ..CheckpointOptions::default()
    };
    let checkpoints = Checkpoints::open(&args.dir, options)?;
    let mut durable = checkpoints.durable();
    let telling = tokio::spawn(tell(checkpoints.durable()));
    let (log, _log) = serve_log().await?;
    let deps = Deps {
        checkpoints: Some(checkpoints),
        ..deps(log)?
    };
    let (_, replica) = serve_replica(deps).await?;
    let endpoint = Endpoint::from_shared(format!("http://{log}"))?;
    let mut ingest = IngestServiceClient::new(endpoint.connect().await?);
    let mut head = 0;
    for number in 1..=args.requests {
        head = ingest
            .record_events(powerloss::request(number))
            .await?
            .into_inner()
            .revision;
        let kept = |kept: &Option<Revision>| kept.is_some_and(|kept| kept.0 + REVISIONS_AHEAD >= head);
        durable.wait_for(kept).await?;
    }
    durable
        .wait_for(|kept| kept.is_some_and(|kept| kept.0 + 2 > head))
        .await?;
    drop((replica, durable));
    telling.abort();
    Ok(())
}
