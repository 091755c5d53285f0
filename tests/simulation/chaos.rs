//! What goes wrong, and when: hosts crash and start again, links are cut or stand still, clocks step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use turmoil::Sim;

use crate::world::{CLIENTS, INGEST, PRODUCERS, READERS, REPLICAS, World};

/// Clocks are at most this far from the time: less than requests are remembered.
const MOST_STEP_MS: i64 = 10 * 24 * 3_600_000;

type Link = (&'static str, &'static str);

/// What ends something that went wrong.
#[derive(Clone, Copy, Debug)]
enum Mend {
    Start(&'static str),
    Repair(Link),
    Release(Link),
}

/// What is wrong now, and what comes next.
pub(crate) struct Chaos {
    world: Arc<World>,
    next: Duration,
    mends: Vec<(Duration, Mend)>,
    down: BTreeSet<&'static str>,
    broken: BTreeSet<Link>,
}

impl Chaos {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self {
            world,
            next: Duration::from_millis(200),
            mends: Vec::new(),
            down: BTreeSet::new(),
            broken: BTreeSet::new(),
        }
    }

    /// Begins and ends what is due.
    pub(crate) fn step(&mut self, sim: &mut Sim<'_>) {
        let now = sim.elapsed();
        let (due, later) = self.mends.drain(..).partition(|(when, _)| *when <= now);
        self.mends = later;
        self.mend(sim, due);
        if now >= self.next {
            self.next = now + self.milliseconds(20, 400);
            self.begin(sim, now);
        }
    }

    /// Ends everything that is wrong.
    pub(crate) fn end(&mut self, sim: &mut Sim<'_>) {
        let all = std::mem::take(&mut self.mends);
        self.mend(sim, all);
        for clock in self.world.clocks.values() {
            clock.step_to(0);
        }
    }

    fn milliseconds(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.world.chance.number() % (most - least))
    }

    fn begin(&mut self, sim: &mut Sim<'_>, now: Duration) {
        match self.world.chance.below(10) {
            0..3 => self.crash(sim, now),
            3..6 => self.cut(sim, now),
            6..8 => self.hold(sim, now),
            _ => self.step_clock(),
        }
    }

    fn crash(&mut self, sim: &mut Sim<'_>, now: Duration) {
        let hosts = [&[INGEST, INGEST], &REPLICAS[..], &CLIENTS, &PRODUCERS].concat();
        let host = self.world.chance.one_of(&hosts);
        if !self.down.insert(host) {
            return;
        }
        self.note("crashes", format_args!("{host} crashes"));
        sim.crash(host);
        let down = self.milliseconds(20, 2500);
        self.mends.push((now + down, Mend::Start(host)));
    }

    /// What is sent on a link that is cut is lost: its connections never recover.
    fn cut(&mut self, sim: &mut Sim<'_>, now: Duration) {
        let Some((one, other)) = self.some_link() else { return };
        match self.world.chance.below(3) {
            0 => {
                self.note("partitions", format_args!("nothing goes from {one} to {other}"));
                sim.partition_oneway(one, other);
            }
            1 => {
                self.note("partitions", format_args!("nothing goes from {other} to {one}"));
                sim.partition_oneway(other, one);
            }
            _ => {
                self.note("partitions", format_args!("{one} and {other} are apart"));
                sim.partition(one, other);
            }
        }
        let long = self.milliseconds(20, 3000);
        self.mends.push((now + long, Mend::Repair((one, other))));
    }

    /// What is sent on a link that stands still comes later, all at once.
    fn hold(&mut self, sim: &mut Sim<'_>, now: Duration) {
        let Some((one, other)) = self.some_link() else { return };
        self.note("holds", format_args!("all stands still between {one} and {other}"));
        sim.hold(one, other);
        let long = self.milliseconds(20, 1500);
        self.mends.push((now + long, Mend::Release((one, other))));
    }

    fn some_link(&mut self) -> Option<Link> {
        let to_ingest = [&REPLICAS[..], &CLIENTS, &PRODUCERS].concat();
        let mut links: Vec<Link> = to_ingest.into_iter().map(|host| (host, INGEST)).collect();
        links.extend(READERS.into_iter().zip(REPLICAS));
        let link = self.world.chance.one_of(&links);
        self.broken.insert(link).then_some(link)
    }

    fn step_clock(&self) {
        let hosts: Vec<&str> = self.world.clocks.keys().copied().collect();
        let host = self.world.chance.one_of(&hosts);
        let span = 2 * MOST_STEP_MS.unsigned_abs();
        let step_ms = (self.world.chance.number() % span).cast_signed() - MOST_STEP_MS;
        self.note(
            "clock_steps",
            format_args!("the clock of {host} steps to {step_ms} ms from the time"),
        );
        self.world.clocks[host].step_to(step_ms);
    }

    fn mend(&mut self, sim: &mut Sim<'_>, mends: Vec<(Duration, Mend)>) {
        for (_, mend) in mends {
            self.world.trace.say(format_args!("{mend:?}"));
            match mend {
                Mend::Start(host) => {
                    self.down.remove(host);
                    sim.bounce(host);
                }
                Mend::Repair(link) => {
                    self.broken.remove(&link);
                    sim.repair(link.0, link.1);
                }
                Mend::Release(link) => {
                    self.broken.remove(&link);
                    sim.release(link.0, link.1);
                }
            }
        }
    }

    fn note(&self, what: &'static str, how: std::fmt::Arguments<'_>) {
        self.world.counts.add(what, 1);
        self.world.trace.say(how);
    }
}

/// How many there were, however few, so that every run prints the same figures.
pub(crate) fn kinds() -> BTreeMap<&'static str, u64> {
    ["crashes", "partitions", "holds", "clock_steps"]
        .map(|kind| (kind, 0))
        .into()
}
