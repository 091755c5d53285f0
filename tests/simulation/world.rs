//! What all hosts of a run share: its seed, its clocks, its ledger, and what has been seen.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use almanac_catalog::Catalog;
use almanac_model::LogId;
use almanac_tests::ledger::Ledger;
use almanac_tests::random::Random;
use almanac_tests::streams::Journal;
use almanac_tests::{Fault, powerloss};
use jiff::{SignedDuration, Timestamp};

use crate::Args;
use crate::disk::Disk;
use crate::trace::Trace;

pub(crate) const INGEST: &str = "ingest";
pub(crate) const REPLICAS: [&str; 2] = ["query-1", "query-2"];
pub(crate) const CLIENTS: [&str; 2] = ["client-1", "client-2"];
pub(crate) const PRODUCERS: [&str; 1] = ["producer"];
pub(crate) const READERS: [&str; 3] = ["reader-1", "reader-2", "reader-of-both"];

/// The values of a state of the log, by technology and year.
pub(crate) type Values = BTreeMap<(String, String), String>;

/// Chance that the seed repeats. Clones draw from the same one.
#[derive(Clone)]
pub(crate) struct Chance(Arc<Mutex<Random>>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Random(seed))))
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).number()
    }

    pub(crate) fn below(&self, limit: usize) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).below(limit)
    }

    /// One of them.
    pub(crate) fn one_of<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// The clock of a host: the time of the simulation, and how far it is from it.
#[derive(Clone, Default)]
pub(crate) struct HostClock {
    step_ms: Arc<AtomicI64>,
    /// So that no two hosts read the same instant.
    own_ns: i64,
}

impl HostClock {
    /// Steps it to so far from the time of the simulation.
    pub(crate) fn step_to(&self, step_ms: i64) {
        self.step_ms.store(step_ms, Ordering::SeqCst);
    }

    /// As the services take it.
    pub(crate) fn reader(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || {
            let elapsed = SignedDuration::try_from(turmoil::sim_elapsed().unwrap_or_default()).unwrap_or_default();
            let step = SignedDuration::from_millis(clock.step_ms.load(Ordering::SeqCst));
            powerloss::now() + elapsed + step + SignedDuration::from_nanos(clock.own_ns)
        })
    }
}

/// What became of the run so far.
#[derive(Default)]
pub(crate) struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Counts {
    pub(crate) fn add(&self, what: &'static str, count: u64) {
        *self.all().entry(what).or_default() += count;
    }

    pub(crate) fn all(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all hosts share, and what survives their crashes.
pub(crate) struct World {
    pub(crate) args: Args,
    pub(crate) chance: Chance,
    pub(crate) trace: Trace,
    pub(crate) counts: Counts,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log_id: LogId,
    pub(crate) disk: Disk,
    pub(crate) clocks: BTreeMap<&'static str, HostClock>,
    /// Where the second replica keeps its checkpoints.
    pub(crate) checkpoints: PathBuf,
    pub(crate) ledger: Ledger,
    /// The request that each client is about to send.
    pub(crate) sending: Mutex<BTreeMap<&'static str, u32>>,
    pub(crate) journals: BTreeMap<&'static str, Journal>,
    /// What readers were told, by revision.
    pub(crate) seen: Mutex<BTreeMap<u64, Values>>,
    /// Nothing new is begun from now on.
    pub(crate) is_ending: AtomicBool,
}

impl World {
    pub(crate) fn new(args: Args, checkpoints: PathBuf) -> Result<Self, Fault> {
        let catalog = Catalog::load(&almanac_ca_mau::catalog_files()).map_err(|_| "the built-in catalogue loads")?;
        let clock = |(host, own_ns): (&'static str, i64)| {
            let clock = HostClock {
                own_ns,
                ..HostClock::default()
            };
            (host, clock)
        };
        let hosts = [INGEST].into_iter().chain(REPLICAS).zip(0..);
        Ok(Self {
            chance: Chance::new(args.seed),
            trace: Trace::new(args.trace),
            args,
            counts: Counts::default(),
            catalog: Arc::new(catalog),
            log_id: LogId::from_random([7; 16]),
            disk: Disk::default(),
            clocks: hosts.map(clock).collect(),
            checkpoints,
            ledger: Ledger::default(),
            sending: Mutex::default(),
            journals: PRODUCERS.map(|host| (host, Journal::default())).into(),
            seen: Mutex::default(),
            is_ending: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    /// Notes what a reader was told of a revision: everybody is told the same.
    pub(crate) fn see(&self, revision: u64, values: &Values) -> Result<(), Fault> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen.entry(revision).or_insert_with(|| values.clone()) == *values {
            return Ok(());
        }
        Err(format!("revision {revision} has two answers").into())
    }
}
