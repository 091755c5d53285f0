//! `cargo xtask prove NAME`: what durability and replication rest on, tried out. Each proof prints its figures, and can be
//! told to switch a protection off: then it has to find the loss. `cargo xtask bench-peers`: how fast others are.

mod bench_peers;
mod clients;
mod disk_full;
mod faults;
mod flipped_bytes;
mod io_errors;
mod kill;
mod kill_query;
mod ledger;
mod power_loss;
mod programs;
mod service;
mod simulation;
mod starts;

use std::process::ExitCode;

use almanac_tests::Fault;
use clap::{Parser, Subcommand};

/// Work on this repository that is neither built nor tested by default
#[derive(Parser)]
enum Task {
    /// Tries out what durability and replication rest on
    #[command(subcommand)]
    Prove(Proof),
    BenchPeers(bench_peers::Args),
}

#[derive(Subcommand)]
enum Proof {
    Kill(kill::Args),
    KillQuery(kill_query::Args),
    PowerLoss(power_loss::Args),
    IoErrors(io_errors::Args),
    DiskFull(disk_full::Args),
    FlippedBytes(flipped_bytes::Args),
    Faults(faults::Args),
    Simulation(simulation::Args),
    Starts(starts::Args),
}

/// What became of a proof.
type Outcome = Result<(), Fault>;

#[tokio::main]
async fn main() -> ExitCode {
    let proof = match Task::parse() {
        Task::Prove(proof) => proof,
        Task::BenchPeers(args) => return ended("not compared", bench_peers::run(&args)),
    };
    let outcome = match proof {
        Proof::Kill(args) => kill::prove(&args).await,
        Proof::KillQuery(args) => kill_query::prove(&args).await,
        Proof::PowerLoss(args) => power_loss::prove(&args),
        Proof::IoErrors(args) => io_errors::prove(&args).await,
        Proof::DiskFull(args) => disk_full::prove(&args).await,
        Proof::FlippedBytes(args) => flipped_bytes::prove(&args).await,
        Proof::Faults(args) => faults::prove(&args).await,
        Proof::Simulation(args) => simulation::prove(&args).await,
        Proof::Starts(args) => starts::prove(&args).await,
    };
    ended("does not hold", outcome)
}

fn ended(otherwise: &str, outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{otherwise}: {error}");
            ExitCode::FAILURE
        }
    }
}
