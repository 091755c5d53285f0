//! `almanac`: the services in one process, and tools for catalogues.

mod bench;
mod check_catalog;
mod demo;
mod log;
mod pair;
mod review;
mod up;

use std::process::ExitCode;

use almanac_service_kit::config::fail;
use clap::Parser;

/// A third of the time of recording plain events went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Official figures: recorded for ever, computed exactly.
#[derive(Parser)]
#[command(name = "almanac", version)]
enum Command {
    Demo(demo::Args),
    Up(up::Args),
    CheckCatalog(check_catalog::Args),
    Bench(Box<bench::Args>),
    #[command(subcommand, hide = true)]
    BenchService(bench::Service),
    #[command(subcommand)]
    Log(log::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Command::parse() {
        Command::Demo(args) => demo::run(args).await.map_err(Into::into),
        Command::Up(args) => up::run(args).await.map_err(Into::into),
        Command::CheckCatalog(args) => check_catalog::run(&args).map_err(Into::into),
        Command::Bench(args) => bench::run(*args).await.map_err(Into::into),
        Command::BenchService(service) => bench::run_service(service).await.map_err(Into::into),
        Command::Log(command) => log::run(command).await.map_err(Into::into),
    };
    ended.unwrap_or_else(|error: Box<dyn std::error::Error>| fail(&*error))
}
