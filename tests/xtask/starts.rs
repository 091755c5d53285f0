//! Folders on which the service must not start: in use, read-only, of a newer version, without one of its segments. Each start
//! ends with what is wrong; when that is mended, everything that was acknowledged is there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::clients::Clients;
use crate::ledger::{Ledger, check};
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

/// Requests that are acknowledged before, over several segments.
const REQUESTS: usize = 400;
/// Mounts the folder once more, read-only, where only the service sees it.
const READ_ONLY: &str = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;

/// Starts the service on folders on which it must not start; it needs the right to mount
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave the folder without its segment: the proof has to fail
    #[arg(long)]
    without_mending: bool,
}

/// A log that was written, and what was acknowledged of it.
struct Written {
    programs: PathBuf,
    dir: PathBuf,
    ledger: Ledger,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let folder = tempfile::tempdir()?;
    let written = Written::new(folder.path().join("data")).await?;
    written.in_use().await?;
    written.read_only().await?;
    written.newer_version().await?;
    written.deleted_segment(args.without_mending).await?;
    println!(
        "{} acknowledged requests, all there after each of them",
        written.ledger.acknowledged_count()
    );
    Ok(())
}

impl Written {
    async fn new(dir: PathBuf) -> Result<Self, Fault> {
        let written = Self {
            programs: programs::built()?,
            dir,
            ledger: Ledger::default(),
        };
        let (service, address) = written.start().await?;
        let mut clients = Clients::start(4, address, &written.ledger)?;
        clients.acknowledged(REQUESTS).await;
        service.kill().await?;
        clients.end().await?;
        Ok(written)
    }

    async fn start(&self) -> Result<(Service, std::net::SocketAddr), Fault> {
        let mut service = Service::start(&self.programs, &self.dir, &Options::default())?;
        let address = service.address().await;
        Ok((service, address.ok_or("the service does not come to serve")?))
    }

    /// A service that must end by itself, with this text in its last words.
    async fn refused(&self, what: &str, options: &Options, text: &str) -> Outcome {
        let service = Service::start(&self.programs, &self.dir, options)?;
        let (status, last) = service.end().await?;
        if status.success() || !last.contains(text) {
            return Err(format!("{what}: it ends with {status}, saying {last}").into());
        }
        println!("{what}: {last}");
        Ok(())
    }

    async fn starts_again(&self) -> Outcome {
        let (service, address) = self.start().await?;
        check(address, 1, &self.ledger).await?;
        Ok(service.kill().await?)
    }

    async fn in_use(&self) -> Outcome {
        let (first, address) = self.start().await?;
        self.refused("in use", &Options::default(), "is in use by another process")
            .await?;
        // the one that has it noticed nothing
        check(address, 1, &self.ledger).await?;
        Ok(first.kill().await?)
    }

    async fn read_only(&self) -> Outcome {
        let mut before: Vec<OsString> = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", READ_ONLY]
            .map(OsString::from)
            .into();
        before.push(self.dir.clone().into());
        let options = Options {
            before,
            ..Options::default()
        };
        self.refused("read-only", &options, "Read-only file system").await?;
        self.starts_again().await
    }

    async fn newer_version(&self) -> Outcome {
        let manifest = self.dir.join("manifest");
        let now = fs::read_to_string(&manifest)?;
        let lines = "almanac event log\nformat 99\nwhat a later version wrote\n";
        let newer = format!("{lines}crc32c {:08x}\n", crc32c::crc32c(lines.as_bytes()));
        fs::write(&manifest, newer)?;
        self.refused("newer version", &Options::default(), "has format 99")
            .await?;
        fs::write(&manifest, now)?;
        self.starts_again().await
    }

    async fn deleted_segment(&self, without_mending: bool) -> Outcome {
        let segment = first_segment(&self.dir)?;
        let aside = self.dir.join("deleted");
        fs::rename(&segment, &aside)?;
        self.refused(
            "deleted segment",
            &Options::default(),
            "is missing; restore it from a backup",
        )
        .await?;
        if !without_mending {
            fs::rename(&aside, &segment)?;
        }
        self.starts_again().await
    }
}

fn first_segment(dir: &Path) -> Result<PathBuf, Fault> {
    let entries = fs::read_dir(dir.join("log"))?;
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    let first = paths.iter().min().filter(|_| paths.len() > 1);
    Ok(first.ok_or("there are several segments")?.clone())
}
