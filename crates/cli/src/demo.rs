//! `almanac demo`: both services, the figures of 2017 and the review that comes out, in one command.

mod commands;
mod fill;

use std::io::{self, IsTerminal, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use almanac_ca_mau::{ANNUAL_REVIEW, FiguresError, PROVINCE, figures_2017};
use almanac_client::{ClientError, ConnectError, IngestClient, QueryClient, ReadAt};
use almanac_service_kit::signal::{SignalError, shutdown_on_signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FromEnvError, LevelFilter};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::pair::{Pair, PairError, PairOptions, uri};
use crate::review::{Language, Look, compare, render, wants_colours};

/// The year of the embedded figures.
const YEAR: &str = "2017";
/// The name under which their state is frozen.
const RELEASE: &str = "annual-review-2017";

/// Runs both services, records the figures of Ca Mau for 2017 and prints the review that comes out
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Language of the table
    #[arg(long, value_enum, default_value = "en")]
    lang: Language,
    /// End after the table, with exit code 1 if a published figure disagrees
    #[arg(long)]
    once: bool,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("RUST_LOG is no log filter; use a level (error, warn, info, debug, trace) or target=level pairs")]
    Filter(#[from] FromEnvError),
    #[error("logging is already set up in this process")]
    Logs(#[from] TryInitError),
    #[error(transparent)]
    Signal(#[from] SignalError),
    #[error("cannot make a temporary folder")]
    Folder(#[source] io::Error),
    #[error("cannot remove the temporary folder")]
    Cleanup(#[source] io::Error),
    #[error("cannot print")]
    Print(#[source] io::Error),
    #[error(transparent)]
    Pair(#[from] PairError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Call(#[from] ClientError),
    #[error(transparent)]
    Name(#[from] almanac_model::IdError),
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

pub(crate) async fn run(args: Args) -> Result<ExitCode, DemoError> {
    log_warnings()?;
    let shutdown = shutdown_on_signal()?;
    let folder = tempfile::Builder::new()
        .prefix("almanac-demo-")
        .tempdir()
        .map_err(DemoError::Folder)?;
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let pair = Pair::start(PairOptions {
        data_dir: folder.path().to_owned(),
        ingest: free_port,
        query: free_port,
        // the demo applies it over gRPC, as anybody would
        catalog: None,
    })
    .await?;
    let shown = tokio::select! {
        shown = show(&pair, &args) => shown,
        () = shutdown.cancelled() => Ok(ExitCode::SUCCESS),
    };
    if args.once || shown.is_err() {
        shutdown.cancel();
    }
    let ended = pair.run(&shutdown).await;
    let removed = folder.close().map_err(DemoError::Cleanup);
    // what failed first is told
    let code = shown?;
    ended?;
    removed?;
    Ok(code)
}

/// Fills the log, asks for the review and prints it.
async fn show(pair: &Pair, args: &Args) -> Result<ExitCode, DemoError> {
    let figures = figures_2017()?;
    let ingest = IngestClient::connect(&uri(pair.ingest_address())).await?;
    let filled = fill::fill(&ingest).await?;
    let query = QueryClient::connect(&uri(pair.query_address())).await?;
    let read_at = ReadAt::newest().min_revision(&filled.released);
    let report = query.get_report(ANNUAL_REVIEW, PROVINCE, YEAR, &read_at).await?;

    let title = fill::title(&report, args.lang) + "\n" + &filled.told(args.lang) + "\n\n";
    let review = compare(report, &figures);
    print(&(title + &render(&review, args.lang, Look::of_stdout())))?;
    if !args.once {
        print(&commands::lines(pair, &filled, args.lang))?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if review.agreed() == review.printed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(text: &str) -> Result<(), DemoError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(DemoError::Print)
}

/// Logs what is wrong, on stderr; more only when `RUST_LOG` asks for it.
fn log_warnings() -> Result<(), DemoError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .from_env()?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && wants_colours())
        .finish()
        .try_init()?;
    Ok(())
}
