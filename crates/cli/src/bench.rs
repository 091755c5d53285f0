//! `almanac bench`: how fast it is, end to end: client, ingest and query as processes of their own on loopback.
//!
//! No figure counts before it is right: every answer is compared with what plain loops over the recorded values give.

mod ask;
mod bare;
mod counted;
mod counters;
mod disk;
mod expected;
mod export;
mod growth;
mod large;
mod load;
mod machine;
mod pace;
mod plot;
mod processes;
mod report;
mod run;
mod workload;
mod writes;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use almanac_catalog::Problem;
use almanac_client::{ClientError, ConnectError};
use almanac_model::{BatchShapeError, IdError, PeriodError};
use jiff::Timestamp;
use tempfile::TempDir;

use self::counters::Counters;
pub(crate) use self::processes::{Service, run as run_service};
use self::run::Parts;
use self::workload::{Shape, Workload};

/// Measures writes, questions, memory, disk and restarts, with client, ingest and query as processes of their own
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    also: Option<Also>,
    /// One year of daily values of 42,000 series, or ten; or single tallies over 10,000 series
    #[arg(long, value_enum, default_value = "w1")]
    workload: Size,
    /// Provinces, instead of the workload's 63
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=99))]
    provinces: Option<u16>,
    /// Districts in all, instead of the workload's 700
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=999))]
    districts: Option<u16>,
    /// Days up to the end of 2023, instead of the workload's
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: Option<u16>,
    /// Tallies of workload w2: 100 million as it is defined, ten million unless told otherwise
    #[arg(long, value_parser = clap::value_parser!(u32).range(1_000..=100_000_000), default_value_t = 10_000_000)]
    tallies: u32,
    /// What the values come from: one seed, one workload
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds for which each rate and each question is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Write what was found as JSON, too; `-` writes it instead of the table
    #[arg(long, value_name = "FILE|-")]
    json: Option<PathBuf>,
    /// Write the workload as series.csv, observations.csv and inhabitants.csv, and measure nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "data_dir"])]
    export: Option<PathBuf>,
    /// Folder on the disk to measure; a folder of this run is made in it, and removed
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// What can be measured instead.
#[derive(clap::Subcommand)]
enum Also {
    Growth(growth::Args),
}

/// Workloads that have a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Size {
    W1,
    W1x10,
    W2,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("there must be as many districts as provinces at least")]
    Districts,
    #[error("the catalogue of the benchmark has mistakes: {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Catalog { problems: Vec<Problem> },
    #[error("cannot start a service")]
    Process { source: io::Error },
    #[error("a service ended, or did not when it was to; what it said is above")]
    ServiceEnded,
    #[error("cannot use {}", .path.display())]
    Files { path: PathBuf, source: io::Error },
    #[error("the answer to {question} is wrong: {told}")]
    Wrong { question: &'static str, told: String },
    #[error("a batch was refused: {}", .mistake.as_deref().unwrap_or("without a reason"))]
    Refused { mistake: Option<String> },
    #[error("the workload is too small for this")]
    Nothing,
    #[error("cannot ask for the health of a service")]
    Health(#[source] Box<tonic::Status>),
    #[error("cannot connect to a service")]
    Channel(#[from] tonic::transport::Error),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Call(#[from] ClientError),
    #[error(transparent)]
    Name(#[from] IdError),
    #[error(transparent)]
    Period(#[from] PeriodError),
    #[error(transparent)]
    Batch(#[from] BatchShapeError),
    #[error("cannot keep times")]
    Histogram(#[from] hdrhistogram::CreationError),
    #[error("cannot add times")]
    Times(#[from] hdrhistogram::AdditionError),
    #[error("a task of the benchmark ended")]
    Task(#[from] tokio::task::JoinError),
}

impl BenchError {
    /// What went wrong with a file or folder.
    fn files(path: impl AsRef<Path>) -> impl Fn(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Files {
            path: path.clone(),
            source,
        }
    }
}

pub(crate) async fn run(args: Args) -> Result<ExitCode, BenchError> {
    if let Some(Also::Growth(args)) = &args.also {
        growth::run(args).await?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.workload == Size::W2 {
        return counters(&args).await;
    }
    let workload = Workload::new(args.shape()?)?;
    if let Some(folder) = &args.export {
        export::export(&workload, folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = folder(args.data_dir.as_deref())?;
    let name = if args.workload == Size::W1 { "W1" } else { "W1x10" };
    let time = Duration::from_secs(args.seconds.into());
    let report = run::measure(workload, args.name(name), folder.path(), time, Parts::All).await?;
    folder.close().map_err(BenchError::files("the temporary folder"))?;
    let json = format!("{:#}\n", report.json());
    match args.json {
        Some(path) if path == Path::new("-") => print!("{json}"),
        Some(path) => {
            print!("{}", report.table());
            fs::write(&path, json).map_err(BenchError::files(&path))?;
        }
        None => print!("{}", report.table()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn counters(args: &Args) -> Result<ExitCode, BenchError> {
    let tallies = args.tallies as usize;
    let workload = Counters::new(tallies, args.seed)?;
    let folder = folder(args.data_dir.as_deref())?;
    let bar = run::progress(tallies as u64);
    print!("{}", counters::measure(workload, folder.path(), &bar).await?);
    folder.close().map_err(BenchError::files("the temporary folder"))?;
    Ok(ExitCode::SUCCESS)
}

/// A folder for one run, in another or where temporary ones are.
fn folder(inside: Option<&Path>) -> Result<TempDir, BenchError> {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("almanac-bench-");
    match inside {
        Some(dir) => {
            fs::create_dir_all(dir).map_err(BenchError::files(dir))?;
            folder.tempdir_in(dir)
        }
        None => folder.tempdir(),
    }
    .map_err(BenchError::files("a temporary folder"))
}

impl Args {
    fn shape(&self) -> Result<Shape, BenchError> {
        let days = match self.workload {
            Size::W1 | Size::W2 => 365,
            Size::W1x10 => 3650,
        };
        let shape = Shape {
            provinces: self.provinces.unwrap_or(63).into(),
            districts: self.districts.unwrap_or(700).into(),
            days: self.days.unwrap_or(days).into(),
            seed: self.seed,
        };
        if shape.provinces > shape.districts {
            return Err(BenchError::Districts);
        }
        Ok(shape)
    }

    /// What a workload is called that has been changed.
    fn name(&self, name: &str) -> String {
        let as_named = self.provinces.is_none() && self.districts.is_none() && self.days.is_none();
        if as_named {
            name.to_owned()
        } else {
            format!("{name}, scaled")
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a benchmark reads the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
