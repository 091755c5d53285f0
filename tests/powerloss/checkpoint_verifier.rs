//! Starts a query service on checkpoints as a loss of power could have left them: the second half of the proof. See
//! `powerloss.py`.
//!
//! The log is not there: what is answered comes from a checkpoint. It succeeds only if the service starts from the
//! checkpoint that was kept last, or a later one, and has the figures of its revision.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use almanac_query::{CheckpointOptions, Checkpoints, Deps};
use almanac_tests::checkpoints::{check, deps, question, serve_replica};
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use clap::Parser;
use tonic::transport::Endpoint;

/// Checks that a query service starts from a checkpoint.
#[derive(Parser)]
struct Args {
    /// Folder of the checkpoints
    dir: PathBuf,
    /// The revision of the checkpoint that was kept last
    kept: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let Args { dir, kept } = Args::parse();
    let checkpoints = Checkpoints::open(&dir, CheckpointOptions::default())?;
    let mut durable = checkpoints.durable();
    // nobody listens there
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let deps = Deps {
        checkpoints: Some(checkpoints),
        patience: Duration::ZERO,
        ..deps(nowhere)?
    };
    let (address, _replica) = serve_replica(deps).await?;
    let loaded = durable.wait_for(Option::is_some).await?.map_or(0, |loaded| loaded.0);
    if loaded < kept {
        return Err(format!("the service starts from revision {loaded}, and there was a checkpoint of {kept}").into());
    }
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut query = QueryServiceClient::new(channel);
    for revision in [kept, loaded] {
        let answer = query.query_indicators(question(revision)).await?;
        check(&answer.into_inner().figures, revision)?;
    }
    Ok(())
}
