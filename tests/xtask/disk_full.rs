//! A disk that becomes full: a file system of its own in memory. Writes are refused with a reason and health says so, reads
//! go on; when there is space again, the service comes back, and nothing that was acknowledged is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use almanac_ingest::INGEST_SERVICE;
use almanac_tests::powerloss;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::clients::{Clients, channel};
use crate::ledger::{Ledger, check, held};
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

const DISK_MEBIBYTES: u64 = 160;
const RESERVE_MEBIBYTES: u64 = 32;
const MEBIBYTE: u64 = 1 << 20;

/// Fills the disk of the log and empties it again; it needs the right to mount a file system in memory
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often it is filled
    #[arg(long, default_value_t = 3)]
    times: u32,
    /// Refuse nothing while the disk fills: the proof has to fail
    #[arg(long)]
    without_reserve: bool,
    /// The mounted file system; given by this program to itself
    #[arg(long, hide = true)]
    mounted: Option<PathBuf>,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    match &args.mounted {
        None => in_a_file_system_of_its_own(args),
        Some(disk) => fill_again_and_again(args, disk).await,
    }
}

/// Runs this program once more where it may mount.
fn in_a_file_system_of_its_own(args: &Args) -> Outcome {
    programs::built()?;
    let folder = tempfile::tempdir()?;
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    inside.arg(format!(
        r#"mount -t tmpfs -o size={DISK_MEBIBYTES}m tmpfs "$1" && shift && exec "$@""#
    ));
    inside.arg("sh").arg(folder.path()).arg(std::env::current_exe()?);
    inside.args(["prove", "disk-full", "--times", &args.times.to_string(), "--mounted"]);
    inside.arg(folder.path());
    if args.without_reserve {
        inside.arg("--without-reserve");
    }
    if inside.status()?.success() {
        Ok(())
    } else {
        Err("see above".into())
    }
}

async fn fill_again_and_again(args: &Args, disk: &Path) -> Outcome {
    let programs = std::env::current_exe()?
        .parent()
        .ok_or("a program lies in a folder")?
        .to_owned();
    let (dir, filler) = (disk.join("data"), disk.join("filler"));
    let options = options(args);
    let ledger = Ledger::default();
    let mut service = Service::start(&programs, &dir, &options)?;
    let address = service.address().await.ok_or("it does not come to serve")?;
    for time in 1..=args.times {
        let clients = Clients::start(4, address, &ledger)?;
        fill(&filler, disk)?;
        // a client stops at the first refusal
        clients.end().await?;
        let refused = refusal(channel(address)?).await?;
        health(channel(address)?, ServingStatus::NotServing).await?;
        let head = held(address, 1).await?.head;
        fs::remove_file(&filler)?;
        health(channel(address)?, ServingStatus::Serving).await?;
        check(address, 1, &ledger).await?;
        println!("full {time}: refused with {refused:?}; {head} revisions read meanwhile; serving again with space");
    }
    service.kill().await?;
    let mut service = Service::start(&programs, &dir, &options)?;
    let address = service.address().await.ok_or("it does not start again")?;
    check(address, 1, &ledger).await?;
    println!("{} acknowledged requests, nothing lost", ledger.acknowledged_count());
    Ok(service.kill().await?)
}

fn options(args: &Args) -> Options {
    let (reserve, ballast) = (RESERVE_MEBIBYTES * MEBIBYTE, 16 * MEBIBYTE);
    let sizes = [("--reserve-bytes", reserve), ("--ballast-bytes", ballast)];
    let mut arguments: Vec<String> = sizes.map(|(name, bytes)| format!("{name}={bytes}")).into();
    if args.without_reserve {
        arguments.push("--ignore-free-space".to_owned());
    }
    Options {
        arguments,
        ..Options::default()
    }
}

/// Leaves less than the reserve, and after that nothing.
fn fill(filler: &Path, disk: &Path) -> Result<(), Fault> {
    let room = rustix::fs::statvfs(disk)?;
    let free = room.f_bavail * room.f_frsize;
    let left = (RESERVE_MEBIBYTES - 8) * MEBIBYTE;
    let bytes = usize::try_from(free.saturating_sub(left))?;
    fs::write(filler, vec![1; bytes])?;
    Ok(())
}

/// How a write is refused: with the code and the reason that say that the disk is full.
async fn refusal(channel: Channel) -> Result<Code, Fault> {
    let mut ingest = IngestServiceClient::new(channel);
    let number = u32::MAX;
    match ingest.record_events(powerloss::request(number)).await {
        Ok(_) => Err("it still accepts writes on a full disk".into()),
        Err(refused) if is_disk_full(&refused) => Ok(refused.code()),
        Err(other) => Err(format!("it is refused with {other:?}").into()),
    }
}

fn is_disk_full(refused: &Status) -> bool {
    use tonic_types::StatusExt;
    let reason = refused.get_details_error_info().map(|info| info.reason);
    refused.code() == Code::ResourceExhausted && reason.as_deref() == Some(almanac_ingest::reason::DISK_FULL)
}

/// Waits until the service says so of itself.
async fn health(channel: Channel, wanted: ServingStatus) -> Outcome {
    let request = HealthCheckRequest {
        service: INGEST_SERVICE.into(),
    };
    let mut told = HealthClient::new(channel).watch(request).await?.into_inner();
    let reached = async {
        while let Some(now) = told.message().await? {
            if now.status() == wanted {
                return Ok(());
            }
        }
        Err(Fault::from("health says no more"))
    };
    let patience = Duration::from_secs(15);
    tokio::time::timeout(patience, reached)
        .await
        .map_err(|_| format!("health does not become {wanted:?}"))?
}
