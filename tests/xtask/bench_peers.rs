//! `cargo xtask bench-peers`: the same events in other databases, the same questions, the same answers, and the ratios.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// Loads the events of `almanac bench` into other databases, holds their answers against ours, and prints the table of ratios
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder for the events, the reports, the environment of the script and what the peers write; a temporary one by default
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Seconds for which each question is measured
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Write what was found as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Options of `almanac bench` that choose the workload, such as `--days 60`
    #[arg(last = true, value_name = "OPTION")]
    workload: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let temporary = tempfile::tempdir()?;
    let work = args.work.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(work)?;
    let (events, report, peers) = (work.join("events"), work.join("report.json"), work.join("peers"));
    if peers.exists() {
        return Err(format!("{} is there already: give an empty folder", peers.display()).into());
    }
    bench(args, &["--export".as_ref(), events.as_os_str()])?;
    let seconds = args.seconds.to_string();
    bench(
        args,
        &[
            "--seconds".as_ref(),
            seconds.as_ref(),
            "--json".as_ref(),
            report.as_os_str(),
        ],
    )?;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let python = environment(&work.join("python"), &scripts)?;
    let mut asking = Command::new(python);
    asking.arg(scripts.join("main.py")).args([&events, &report, &peers]);
    asking.args(["--seconds", &seconds]).env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(json) = &args.json {
        asking.arg("--json").arg(json);
    }
    succeed(&mut asking, "the peers")
}

/// Runs `almanac bench`, built for speed.
fn bench(args: &Args, more: &[&std::ffi::OsStr]) -> Outcome {
    let mut bench = Command::new(env!("CARGO"));
    bench.args(["run", "--quiet", "--release", "--package", "almanac-cli", "--", "bench"]);
    bench
        .args(&args.workload)
        .args(more)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    succeed(&mut bench, "almanac bench")
}

/// An environment of its own for the packages of the script: the system's Python stays as it is.
fn environment(folder: &Path, scripts: &Path) -> Result<PathBuf, crate::Fault> {
    let python = folder.join("bin/python");
    if !python.exists() {
        succeed(
            Command::new("python3").args(["-m", "venv"]).arg(folder),
            "python3 -m venv",
        )?;
    }
    let mut install = Command::new(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    succeed(install.arg(scripts.join("requirements.txt")), "pip")?;
    Ok(python)
}

fn succeed(command: &mut Command, what: &str) -> Outcome {
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{what} failed").into())
    }
}
