//! A network that goes wrong, between clients and ingest and between ingest and its replicas: connections are late, cut,
//! reset, silent or made twice, records come twice or not at all, and the service is killed. Every request has to be recorded
//! once, and every replica has to be, at each revision, what a replica is that nothing happened to.

mod relay;
mod replica;
mod writers;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use almanac_tests::proxy::{self, FaultProxy};
use almanac_tests::random::Random;

use self::relay::LogRelay;
use self::replica::{Replica, Sightings};
use self::writers::Writers;
use crate::ledger::{Ledger, check};
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

/// Writes and follows the log through a network that goes wrong: each request is recorded once, each replica equals the log
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many requests have to be acknowledged
    #[arg(long, default_value_t = 2000)]
    requests: u32,
    /// How often the service is killed meanwhile
    #[arg(long, default_value_t = 4)]
    kills: u32,
    /// How many clients send requests, and how many send batches in a stream
    #[arg(long, default_value_t = 4)]
    clients: u64,
    /// The seed of everything that goes wrong
    #[arg(long, default_value_t = 20_171_231)]
    seed: u64,
    /// Send requests without an id: the proof has to fail
    #[arg(long)]
    without_request_ids: bool,
    /// Swap records and number them anew, so that no replica can notice: the proof has to fail
    #[arg(long)]
    hide_swaps: bool,
}

/// The networks of the clients and of the two replicas that things happen to.
struct Networks {
    clients: FaultProxy,
    replica: FaultProxy,
    /// Behind the relay: its connections are in order, what it makes of them is not.
    relay: FaultProxy,
}

impl Networks {
    async fn start(service: SocketAddr, random: &mut Random) -> std::io::Result<Self> {
        let healthy = [proxy::Fault::Healthy];
        Ok(Self {
            clients: FaultProxy::start(service, random.number(), &proxy::Fault::ALL).await?,
            replica: FaultProxy::start(service, random.number(), &proxy::Fault::ALL).await?,
            relay: FaultProxy::start(service, random.number(), &healthy).await?,
        })
    }

    fn lead_to(&self, service: SocketAddr) {
        for network in [&self.clients, &self.replica, &self.relay] {
            network.lead_to(service);
        }
    }

    fn heal(&self) {
        self.clients.heal();
        self.replica.heal();
    }
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let programs = programs::built()?;
    let dir = tempfile::tempdir()?;
    let mut random = Random(args.seed);
    let ledger = Ledger::default();
    let (mut service, mut address) = start(&programs, dir.path()).await?;
    let networks = Networks::start(address, &mut random).await?;
    let relay = LogRelay::start(networks.relay.address, random.number(), args.hide_swaps).await?;
    let faulty = Replica::start("behind a network that goes wrong", networks.replica.address).await?;
    let fooled = Replica::start("of a log that is told wrong", relay.address).await?;
    let mut writers = Writers::start(args, networks.clients.address, &ledger)?;
    let readers = [faulty.read_on(), fooled.read_on()];
    let stretch = args.requests / (args.kills + 1);
    for kill in 0..=args.kills {
        if kill > 0 {
            service.kill().await?;
            (service, address) = start(&programs, dir.path()).await?;
            networks.lead_to(address);
        }
        writers.acknowledged(stretch).await?;
    }
    networks.heal();
    relay.heal();
    writers.end().await?;
    let head = check(address, 1, &ledger).await?;
    let clean = Replica::start("that nothing happened to", address).await?;
    for replica in [&clean, &faulty, &fooled] {
        replica.catch_up(head).await?;
    }
    let mut seen = 0;
    for reader in readers {
        let sightings = reader.end().await?;
        seen += sightings.len();
        were_true(&clean, &sightings).await?;
    }
    are_equal(&clean, &[&faulty, &fooled], head).await?;
    service.kill().await?;
    println!(
        "{} requests acknowledged ({} in streams) over {}; {} kills; seed {}: nothing lost, nothing twice",
        ledger.acknowledged_count(),
        ledger.streamed_count(),
        counted(&networks.clients.met()),
        args.kills,
        args.seed
    );
    println!(
        "{head} revisions followed over {}, and from a log that was told with {}: answers equal at each; readers saw {seen} \
         revisions, each as it is, none after a later one",
        counted(&networks.replica.met()),
        counted(&relay.told()),
    );
    Ok(())
}

async fn start(programs: &Path, dir: &Path) -> Result<(Service, SocketAddr), Fault> {
    // nobody reads it
    let quiet = Options {
        filter: "error",
        ..Options::default()
    };
    let mut service = Service::start(programs, dir, &quiet)?;
    let address = service.address().await.ok_or("the service does not come to serve")?;
    Ok((service, address))
}

/// What readers were told is what the log holds at the revision that they were told.
async fn were_true(clean: &Replica, sightings: &Sightings) -> Outcome {
    for (revision, figures) in sightings {
        if *figures != clean.answer_at(*revision).await?.figures {
            return Err(format!("a reader was told other figures than revision {revision} has").into());
        }
    }
    Ok(())
}

async fn are_equal(clean: &Replica, replicas: &[&Replica], head: u64) -> Outcome {
    for revision in 1..=head {
        let expected = clean.answer_at(revision).await?;
        for replica in replicas {
            if replica.answer_at(revision).await? != expected {
                return Err(format!("the replica {} is another one at revision {revision}", replica.name).into());
            }
        }
    }
    Ok(())
}

fn counted<K: std::fmt::Debug>(counts: &BTreeMap<K, usize>) -> String {
    let total: usize = counts.values().sum();
    let each: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what:?}")).collect();
    format!("{total} ({})", each.join(", ").to_lowercase())
}
