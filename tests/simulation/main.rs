//! One run of a simulation: clients, the ingest service and two replicas as hosts of one thread, with everything that they
//! take from outside (the network, the disk, clocks, random numbers) from one seed. What the services are made of is the code
//! that is deployed; only where their connections come from and where blocking work is done is another.
//!
//! It prints the digest of its trace and its figures, or why the run does not hold. `cargo xtask prove simulation` runs many.

mod chaos;
mod disk;
mod network;
mod reading;
mod services;
mod trace;
mod verdict;
mod world;
mod writing;

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use almanac_tests::Fault;
use clap::Parser;
use mad_turmoil::time::SimClocksGuard;
use rand::SeedableRng;
use rand::rngs::StdRng;
use turmoil::{Builder, Sim};

use crate::chaos::Chaos;
use crate::world::{CLIENTS, INGEST, PRODUCERS, READERS, REPLICAS, World};

/// The most time of the simulation from the last fault to rest.
const TO_REST: Duration = Duration::from_mins(2);

/// Runs one seed.
#[derive(Clone, Copy, Parser)]
struct Args {
    /// The seed of everything
    #[arg(long)]
    seed: u64,
    /// For how many seconds of the simulation things go wrong
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// Print the trace
    #[arg(long)]
    trace: bool,
    /// Acknowledge what is not on the disk yet, to see that the loss is found
    #[arg(long)]
    acknowledge_early: bool,
    /// Remember no request, to see that what is recorded twice is found
    #[arg(long)]
    forget_requests: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    // A panic in a task would only end that task.
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::exit(101);
    }));
    // Before random numbers are the seed's: a name that is taken draws another one.
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no folder for checkpoints: {error}");
            return ExitCode::FAILURE;
        }
    };
    let checkpoints = folder.path().join("checkpoints");
    mad_turmoil::rand::set_rng(StdRng::seed_from_u64(args.seed));
    // A thread that has drawn no random number before.
    let run = std::thread::spawn(move || {
        let _clocks = SimClocksGuard::init();
        run(args, checkpoints).map_err(|fault| fault.to_string())
    });
    match run.join() {
        Ok(Ok(figures)) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Ok(Err(fault)) => {
            eprintln!("seed {} does not hold: {fault}", args.seed);
            ExitCode::FAILURE
        }
        Err(_) => ExitCode::FAILURE,
    }
}

fn run(args: Args, checkpoints: PathBuf) -> Result<String, Fault> {
    let world = Arc::new(World::new(args, checkpoints)?);
    *world.counts.all() = chaos::kinds();
    let mut sim = Builder::new()
        .rng_seed(args.seed)
        .epoch(SystemTime::UNIX_EPOCH)
        .tick_duration(Duration::from_millis(2))
        .max_message_latency(Duration::from_millis(40))
        .simulation_duration(Duration::from_hours(1))
        .enable_random_order()
        .build();
    settle(&mut sim, &world);
    let mut chaos = Chaos::new(Arc::clone(&world));
    while sim.elapsed() < Duration::from_secs(args.seconds) {
        step(&mut sim, &world)?;
        chaos.step(&mut sim);
    }
    world.is_ending.store(true, Ordering::SeqCst);
    chaos.end(&mut sim);
    rest(&mut sim, &world)?;
    let at_each = verdict::check_log(&world)?;
    verdict::check_sightings(&world, &at_each)?;
    let revisions = at_each.len();
    let replicas = verdict::check_replicas(Arc::clone(&world), at_each);
    sim.client("auditor", async {
        replicas.await.map_err(|fault| fault as Box<dyn Error>)
    });
    let until = sim.elapsed() + TO_REST;
    while !step(&mut sim, &world)? {
        if sim.elapsed() > until {
            return Err("a replica never comes to the end of the log".into());
        }
    }
    Ok(figures(&world, revisions))
}

/// Puts the hosts on the network.
fn settle(sim: &mut Sim<'_>, world: &Arc<World>) {
    host(sim, world, INGEST, services::ingest);
    for name in REPLICAS {
        host(sim, world, name, services::query);
    }
    for name in CLIENTS {
        host(sim, world, name, writing::write_on);
    }
    for name in PRODUCERS {
        host(sim, world, name, writing::stream_on);
    }
    for name in READERS {
        host(sim, world, name, reading::read_on);
    }
}

/// Puts a host on the network, whose process can be started again.
fn host<P>(sim: &mut Sim<'_>, world: &Arc<World>, name: &'static str, process: fn(Arc<World>, &'static str) -> P)
where
    P: Future<Output = Result<(), Fault>> + 'static,
{
    let world = Arc::clone(world);
    sim.host(name, move || {
        let running = process(Arc::clone(&world), name);
        async { running.await.map_err(|fault| fault as Box<dyn Error>) }
    });
}

fn step(sim: &mut Sim<'_>, world: &World) -> Result<bool, Fault> {
    world.trace.set_time(sim.elapsed());
    sim.step().map_err(|fault| fault.to_string().into())
}

/// Waits until every client has the answers to what it began.
fn rest(sim: &mut Sim<'_>, world: &World) -> Result<(), Fault> {
    let until = sim.elapsed() + TO_REST;
    let clients = [&CLIENTS[..], &PRODUCERS, &READERS].concat();
    while let Some(host) = clients.iter().find(|host| sim.is_host_running(**host)) {
        if sim.elapsed() > until {
            return Err(format!("{host} does not come to an end").into());
        }
        step(sim, world)?;
    }
    Ok(())
}

fn figures(world: &World, revisions: usize) -> String {
    let ledger = &world.ledger;
    let mut figures = format!(
        "trace={} revisions={revisions} acknowledged={} streamed={}",
        world.trace.digest(),
        ledger.acknowledged_count(),
        ledger.streamed_count()
    );
    for (what, count) in world.counts.all().iter() {
        // writing to a text cannot fail
        let _ = write!(figures, " {what}={count}");
    }
    figures
}
