//! Losses of power, replayed: the script records a run under strace and rebuilds the disk as a cut could have left it.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::programs;

/// Replays losses of power, strict and torn, with segments that roll and with checkpoints of a replica; without syncs the
/// replay has to find a loss
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many cuts of each kind
    #[arg(long, default_value_t = 40)]
    cuts: u32,
    /// The seed of the cuts
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// How many requests are written
    #[arg(long, default_value_t = 300)]
    requests: u32,
}

pub(crate) fn prove(args: &Args) -> Outcome {
    let programs = programs::built()?;
    let numbers = [args.cuts, args.seed, args.requests].map(|number| number.to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("powerloss/run.sh");
    let ran = Command::new(script).args(numbers).env("TARGET", programs).status()?;
    if ran.success() {
        Ok(())
    } else {
        Err("a loss of power lost what was acknowledged, or a checkpoint".into())
    }
}
