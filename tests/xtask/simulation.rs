//! Many runs of the deterministic simulation, each of one seed in a process of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::task::JoinSet;

use crate::programs;
use crate::{Fault, Outcome};

/// Runs clients, ingest and two replicas on a simulated network, disk and clock, while hosts crash, links break and clocks step
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Only this seed, with its trace
    #[arg(long)]
    seed: Option<u64>,
    /// Run one of so many seeds twice, and hold the two traces against each other
    #[arg(long, default_value_t = 10)]
    again_every: u64,
    /// Acknowledge what is not on the disk yet: the proof has to fail
    #[arg(long)]
    acknowledge_early: bool,
    /// Remember no request: the proof has to fail
    #[arg(long)]
    forget_requests: bool,
}

/// What a run says of itself: its trace, and how much there was of what.
type Figures = BTreeMap<String, String>;

/// How runs are started.
#[derive(Clone)]
struct Runner {
    program: PathBuf,
    options: Vec<&'static str>,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let runner = Runner::new(&programs::built()?, args);
    if let Some(seed) = args.seed {
        println!("seed {seed} holds: {:?}", runner.run(seed, true).await?);
        return Ok(());
    }
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut seeds = (args.first..).take(usize::try_from(args.seeds)?);
    let (mut running, mut sums, mut again) = (JoinSet::new(), BTreeMap::<String, u64>::new(), 0);
    loop {
        while running.len() < at_once
            && let Some(seed) = seeds.next()
        {
            let (runner, twice) = (runner.clone(), seed % args.again_every.max(1) == 0);
            again += u64::from(twice);
            running.spawn(async move { runner.run_again(seed, twice).await });
        }
        let Some(run) = running.join_next().await else { break };
        for (what, figure) in run?? {
            *sums.entry(what).or_default() += figure.parse().unwrap_or(0);
        }
    }
    sums.remove("trace");
    let sums: Vec<String> = sums.iter().map(|(what, sum)| format!("{sum} {what}")).collect();
    println!(
        "{} seeds from {} on, {again} of them twice with the same trace: {}; nothing lost, nothing twice, replicas equal to the \
         log and to each other",
        args.seeds,
        args.first,
        sums.join(", ").replace('_', " ")
    );
    Ok(())
}

impl Runner {
    fn new(programs: &Path, args: &Args) -> Self {
        let options = [
            ("--acknowledge-early", args.acknowledge_early),
            ("--forget-requests", args.forget_requests),
        ];
        let given = options.into_iter().filter(|(_, given)| *given);
        Self {
            program: programs.join("simulated"),
            options: given.map(|(option, _)| option).collect(),
        }
    }

    async fn run_again(&self, seed: u64, twice: bool) -> Result<Figures, Fault> {
        let run = self.run(seed, false).await?;
        if twice && self.run(seed, false).await? != run {
            return Err(format!("two runs of seed {seed} have different traces").into());
        }
        Ok(run)
    }

    /// The error says how it can be run again.
    async fn run(&self, seed: u64, with_trace: bool) -> Result<Figures, Fault> {
        let mut command = Command::new(&self.program);
        command.args(["--seed", &seed.to_string()]).args(&self.options);
        if with_trace {
            command.arg("--trace").stderr(Stdio::inherit());
        }
        let output = command.kill_on_drop(true).output().await?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let options = self.options.join(" ");
            let replay = format!("cargo xtask prove simulation --seed {seed} {options}");
            return Err(format!("{}\nto see it again: {}", said.trim(), replay.trim()).into());
        }
        let said = String::from_utf8(output.stdout)?;
        let figures = said.split_whitespace().filter_map(|figure| figure.split_once('='));
        Ok(figures
            .map(|(what, figure)| (what.to_owned(), figure.to_owned()))
            .collect())
    }
}
