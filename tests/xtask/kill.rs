//! kill -9, again and again: while it opens its log, while it writes, when it has begun a segment, while it writes its index.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use almanac_client::IngestClient;
use almanac_tests::proxy::{self, FaultProxy};
use almanac_tests::random::Random;
use almanac_tests::streams::{Journal, StreamWriter};

use crate::clients::{Clients, PATIENCE, channel};
use crate::ledger::{Ledger, check};
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

/// About as many lines as it logs while it opens.
const OPENING_LINES: usize = 300;
/// About as many lines as the engine of the index logs while it writes a run and merges it with others.
const INDEXING_LINES: usize = 40;
/// So often one log is opened; then another is begun, so that the time goes into kills and not into reading.
const KILLS_OF_ONE_LOG: u32 = 50;

/// Kills the service at random moments: nothing that was acknowledged is missing, nothing is there twice or by halves
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many kills
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// How many clients write at once; every second one writes batches of a stream, which it resumes after each kill
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// The seed of all moments
    #[arg(long, default_value_t = 20_171_231)]
    seed: u64,
    /// Acknowledge before anything is written: the proof has to fail
    #[arg(long)]
    acknowledge_early: bool,
}

/// When it is killed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Moment {
    Opening,
    Writing,
    Rolling,
    Indexing,
}

/// One log that is killed again and again.
struct Victim<'a> {
    programs: &'a Path,
    dir: &'a Path,
    options: Options,
    clients: usize,
    producers: Vec<StreamWriter>,
    /// The address that the producers know, whichever port the service takes.
    gate: FaultProxy,
    ledger: Ledger,
    /// Everything up to here was held against the ledger.
    checked: u64,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let programs = programs::built()?;
    let mut random = Random(args.seed);
    let mut moments = BTreeMap::<Moment, u32>::new();
    let (mut acknowledged, mut streamed, mut revisions) = (0, 0, 0);
    let mut left = args.kills;
    while left > 0 {
        let dir = tempfile::tempdir()?;
        let mut victim = Victim::new(args, &programs, dir.path()).await?;
        for _ in 0..left.min(KILLS_OF_ONE_LOG) {
            let moment = victim.kill_once(&mut random).await?;
            *moments.entry(moment).or_default() += 1;
        }
        left = left.saturating_sub(KILLS_OF_ONE_LOG);
        revisions += victim.check_whole().await?;
        acknowledged += victim.ledger.acknowledged_count();
        streamed += victim.ledger.streamed_count();
    }
    let moments: Vec<String> = moments
        .iter()
        .map(|(moment, count)| format!("{count} {moment:?}"))
        .collect();
    println!(
        "{} kills ({}), {} clients, seed {}: {acknowledged} requests acknowledged ({streamed} in streams), {revisions} revisions, \
         nothing lost, nothing twice",
        args.kills,
        moments.join(", ").to_lowercase(),
        args.clients,
        args.seed,
    );
    Ok(())
}

impl<'a> Victim<'a> {
    async fn new(args: &Args, programs: &'a Path, dir: &'a Path) -> Result<Self, Fault> {
        let early = args.acknowledge_early.then(|| "--acknowledge-early".to_owned());
        let ledger = Ledger::default();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let gate = FaultProxy::start(nowhere, 0, &[proxy::Fault::Healthy]).await?;
        let producers = (0..args.clients / 2).map(|producer| {
            let ingest = IngestClient::new(channel(gate.address)?).with_deadline(PATIENCE);
            StreamWriter::new(ingest, producer as u64, &ledger, Journal::default())
        });
        Ok(Self {
            programs,
            dir,
            options: Options {
                arguments: early.into_iter().collect(),
                ..Options::default()
            },
            clients: args.clients - args.clients / 2,
            producers: producers.collect::<Result<_, _>>()?,
            gate,
            ledger,
            checked: 0,
        })
    }

    fn start(&self, filter: &'static str) -> std::io::Result<Service> {
        let options = Options {
            filter,
            ..self.options.clone()
        };
        Service::start(self.programs, self.dir, &options)
    }

    async fn kill_once(&mut self, random: &mut Random) -> Result<Moment, Fault> {
        let moment = match random.below(8) {
            0 | 1 => Moment::Opening,
            2 => Moment::Rolling,
            3 | 4 => Moment::Indexing,
            _ => Moment::Writing,
        };
        if moment == Moment::Opening {
            let mut service = self.start("trace")?;
            service.has_logged(random.below(OPENING_LINES), "no such text").await;
            service.kill().await?;
            return Ok(moment);
        }
        let mut service = self.start(match moment {
            Moment::Indexing => "info,lsm_tree=trace",
            _ => "info",
        })?;
        let address = service.address().await.ok_or("the service does not come to serve")?;
        self.checked = check(address, self.checked + 1, &self.ledger).await?;
        self.gate.lead_to(address);
        let producers = std::mem::take(&mut self.producers);
        let mut clients = Clients::start_with(self.clients, address, &self.ledger, producers)?;
        match moment {
            Moment::Rolling => service.has_logged(usize::MAX, "begin segment").await,
            Moment::Indexing => {
                service.has_logged(usize::MAX, "Ingesting into tables").await;
                service.has_logged(random.below(INDEXING_LINES), "no such text").await
            }
            _ => clients.acknowledged(random.below(60)).await,
        };
        service.kill().await?;
        self.producers = clients.end().await?;
        Ok(moment)
    }

    /// From the first revision on, after the last kill. Gives the newest revision.
    async fn check_whole(&mut self) -> Result<u64, Fault> {
        let mut service = self.start("info")?;
        let address = service.address().await.ok_or("the service does not come to serve")?;
        self.gate.lead_to(address);
        for producer in &mut self.producers {
            producer.finish().await?;
        }
        check(address, 1, &self.ledger).await?;
        // once more, with nothing in doubt
        let head = check(address, 1, &self.ledger).await?;
        service.kill().await?;
        Ok(head)
    }
}
