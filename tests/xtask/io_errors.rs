//! A disk that fails: the n-th sync, write or rename says EIO, and so does every later one. After it nothing may be
//! acknowledged, the process has to end by itself, and the next start has to find everything that was acknowledged.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::Clients;
use crate::ledger::{Ledger, check};
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

const CALLS: [&str; 6] = ["fdatasync", "fsync", "sync_file_range", "pwrite", "write", "rename"];
/// After so many acknowledgements the call has not come, and will not.
const ENOUGH_ACKNOWLEDGEMENTS: usize = 400;

/// Makes each kind of disk call fail, from the first, the second ... on: nothing is acknowledged after it, nothing is lost
#[derive(clap::Args)]
pub(crate) struct Args {
    /// For each kind of call, how many runs: the call fails from the 1st, 2nd, 4th, 8th ... on
    #[arg(long, default_value_t = 8)]
    runs: u32,
    /// How many clients write at once
    #[arg(long, default_value_t = 4)]
    clients: usize,
    /// Go on after a sync that failed: the proof has to fail
    #[arg(long)]
    ignore_failed_syncs: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    BeforeServing,
    WhileWriting,
    /// The call does not come so often.
    NotReached,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let programs = programs::built()?;
    let folder = tempfile::tempdir()?;
    let shim = compiled(folder.path())?;
    for call in CALLS {
        let mut ends = Vec::new();
        let mut acknowledged = 0;
        for from in (0..args.runs).map(|run| 1_u32 << run) {
            let failing = Failing {
                args,
                programs: &programs,
                shim: &shim,
                call,
                from,
            };
            let (ended, ledger) = failing
                .run()
                .await
                .map_err(|fault| format!("{call} from {from} on: {fault}"))?;
            ends.push(ended);
            acknowledged += ledger.acknowledged_count();
        }
        let count = |wanted| ends.iter().filter(|ended| **ended == wanted).count();
        println!(
            "{call}: {} runs, {} ended before serving, {} while writing, {} never came to it; {acknowledged} acknowledged \
             requests, all there after the next start",
            ends.len(),
            count(Ended::BeforeServing),
            count(Ended::WhileWriting),
            count(Ended::NotReached),
        );
    }
    Ok(())
}

/// The library that is loaded first.
fn compiled(folder: &Path) -> Result<PathBuf, Fault> {
    let library = folder.join("libioerror.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/ioerror.c");
    let mut compiler = Command::new("cc");
    let outcome = compiler
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()?;
    if outcome.success() {
        Ok(library)
    } else {
        Err("the C compiler cannot build the failing disk".into())
    }
}

/// One run: one kind of call, failing from one number on.
struct Failing<'a> {
    args: &'a Args,
    programs: &'a Path,
    shim: &'a Path,
    call: &'static str,
    from: u32,
}

impl Failing<'_> {
    async fn run(&self) -> Result<(Ended, Ledger), Fault> {
        let (dir, marks) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let mark = marks.path().join("failed");
        let ledger = Ledger::default();
        let mut service = Service::start(self.programs, dir.path(), &self.options(dir.path(), &mark))?;
        let ended = match service.address().await {
            None => {
                ends_by_itself(service).await?;
                Ended::BeforeServing
            }
            Some(address) => {
                let mut clients = Clients::start(self.args.clients, address, &ledger)?;
                let reached = self.write_until_it_fails(&mut clients, &mark).await?;
                if reached {
                    ends_by_itself(service).await?;
                } else {
                    service.kill().await?;
                }
                clients.end().await?;
                if reached {
                    Ended::WhileWriting
                } else {
                    Ended::NotReached
                }
            }
        };
        let mut healthy = Service::start(self.programs, dir.path(), &Options::default())?;
        let address = healthy
            .address()
            .await
            .ok_or("it does not start again on a healthy disk")?;
        check(address, 1, &ledger).await?;
        healthy.kill().await?;
        Ok((ended, ledger))
    }

    fn options(&self, dir: &Path, mark: &Path) -> Options {
        let deaf = self
            .args
            .ignore_failed_syncs
            .then(|| "--ignore-failed-syncs".to_owned());
        let environment = [
            ("LD_PRELOAD", self.shim.display().to_string()),
            ("FAIL_CALL", self.call.to_owned()),
            ("FAIL_FROM", self.from.to_string()),
            ("FAIL_UNDER", dir.display().to_string()),
            ("FAIL_MARK", mark.display().to_string()),
        ];
        Options {
            arguments: deaf.into_iter().collect(),
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            ..Options::default()
        }
    }

    /// Whether the call failed before there were enough acknowledgements. After it each client may still hear of the one
    /// that was on its way, and of no other.
    async fn write_until_it_fails(&self, clients: &mut Clients, mark: &Path) -> Result<bool, Fault> {
        let (mut before, mut after) = (0, 0);
        while clients.told.recv().await.is_some() {
            if mark.exists() {
                after += 1;
            } else {
                before += 1;
            }
            if after > self.args.clients {
                return Err("it acknowledges after a failed call".into());
            }
            if before > ENOUGH_ACKNOWLEDGEMENTS {
                return Ok(false);
            }
        }
        Ok(mark.exists())
    }
}

/// The process has to end, with a code that says so, and a message that names the place.
async fn ends_by_itself(service: Service) -> Outcome {
    let (status, last) = service.end().await?;
    if status.success() {
        return Err("it ended as if nothing had happened".into());
    }
    if last.contains("panicked") || !last.contains("Input/output error") {
        return Err(format!("its last words do not tell of the disk: {last}").into());
    }
    Ok(())
}
