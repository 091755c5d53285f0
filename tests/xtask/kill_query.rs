//! kill -9 of the query service, again and again: while it loads a checkpoint, while it follows, while it writes one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use almanac_tests::checkpoints::{check, deps, question, serve_log, serve_replica};
use almanac_tests::powerloss;
use almanac_tests::random::Random;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Channel;

use crate::clients::channel;
use crate::programs;
use crate::service::{Options, Service};
use crate::{Fault, Outcome};

/// About as many lines as it logs from its start until it has followed what is new, and while it writes a checkpoint.
const STARTING_LINES: usize = 80;
const WRITING_LINES: usize = 12;
/// So often one folder is used; then another is begun.
const KILLS_OF_ONE_LOG: u32 = 50;

/// Kills the query service at random moments: it goes on from the last checkpoint, with the answers of one that read the log
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many kills
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// The seed of all moments
    #[arg(long, default_value_t = 20_171_231)]
    seed: u64,
    /// Let a checkpoint take the place of the earlier ones before it is whole: the proof has to fail
    #[arg(long)]
    in_place: bool,
}

/// When it is killed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Moment {
    Starting,
    Writing,
    Kept,
}

/// What came of it.
#[derive(Default)]
struct Found {
    moments: BTreeMap<Moment, u32>,
    /// Starts that went on from a checkpoint.
    resumed: u32,
    /// Answers that were held against those of a replica that read the log.
    compared: u32,
    revisions: u64,
}

pub(crate) async fn prove(args: &Args) -> Outcome {
    let programs = programs::built()?;
    let mut random = Random(args.seed);
    let mut found = Found::default();
    let mut left = args.kills;
    while left > 0 {
        let dir = tempfile::tempdir()?;
        let mut victim = Victim::new(args, &programs, dir.path()).await?;
        for _ in 0..left.min(KILLS_OF_ONE_LOG) {
            victim.kill_once(&mut random, &mut found).await?;
        }
        left = left.saturating_sub(KILLS_OF_ONE_LOG);
        found.revisions += victim.head;
    }
    let moments = found.moments.iter();
    let moments: Vec<String> = moments.map(|(moment, count)| format!("{count} {moment:?}")).collect();
    println!(
        "{} kills ({}), seed {}: {} starts went on from the last checkpoint or a later one, {} answers over {} revisions, all \
         those of a replica that read the log",
        args.kills,
        moments.join(", ").to_lowercase(),
        args.seed,
        found.resumed,
        found.compared,
        found.revisions,
    );
    Ok(())
}

/// One folder of checkpoints, and the log that they are of.
struct Victim<'a> {
    programs: &'a Path,
    dir: &'a Path,
    options: Options,
    ingest: IngestServiceClient<Channel>,
    /// A replica that read the log and was never stopped.
    other: QueryServiceClient<Channel>,
    _serving: [AbortOnDropHandle<()>; 2],
    /// The newest revision of the log.
    head: u64,
    /// The revision of the last checkpoint that was told to be written.
    kept: u64,
}

impl<'a> Victim<'a> {
    async fn new(args: &Args, programs: &'a Path, dir: &'a Path) -> Result<Self, Fault> {
        let (log, serving_log) = serve_log().await?;
        let (other, serving_other) = serve_replica(deps(log)?).await?;
        let in_place = args.in_place.then(|| "--in-place".to_owned());
        let options = Options {
            program: "query-under-proof",
            arguments: ["--ingest".to_owned(), log.to_string()]
                .into_iter()
                .chain(in_place)
                .collect(),
            filter: "info,almanac_query::checkpoint=trace",
            ..Options::default()
        };
        Ok(Self {
            programs,
            dir,
            options,
            ingest: IngestServiceClient::new(channel(log)?),
            other: QueryServiceClient::new(channel(other)?),
            _serving: [serving_log, serving_other],
            head: 1,
            kept: 0,
        })
    }

    /// Records so many more requests.
    async fn grow(&mut self, requests: usize) -> Outcome {
        for _ in 0..requests {
            let number = u32::try_from(self.head)?;
            let answer = self.ingest.record_events(powerloss::request(number)).await?;
            self.head = answer.into_inner().revision;
            if self.head != u64::from(number) + 1 {
                return Err(format!("request {number} is revision {}", self.head).into());
            }
        }
        Ok(())
    }

    async fn kill_once(&mut self, random: &mut Random, found: &mut Found) -> Outcome {
        let moment = [Moment::Starting, Moment::Writing, Moment::Writing, Moment::Kept][random.below(4)];
        *found.moments.entry(moment).or_default() += 1;
        self.grow(1 + random.below(8)).await?;
        let mut service = Service::start(self.programs, self.dir, &self.options)?;
        if moment == Moment::Starting {
            for _ in 0..random.below(STARTING_LINES) {
                // it writes no more when it has followed everything
                if self.read_line(&mut service, found).await? == Said::Kept(self.head) {
                    break;
                }
            }
            return Ok(service.kill().await?);
        }
        let address = service
            .address_unread()
            .await
            .ok_or("the service does not come to serve")?;
        while self.read_line(&mut service, found).await? != Said::Kept(self.head) {}
        self.compare(address, random, found).await?;
        self.grow(1 + random.below(4)).await?;
        if moment == Moment::Writing {
            while self.read_line(&mut service, found).await? != Said::Begun {}
            for _ in 0..random.below(WRITING_LINES) {
                if matches!(self.read_line(&mut service, found).await?, Said::Kept(_)) {
                    break;
                }
            }
        } else {
            while !matches!(self.read_line(&mut service, found).await?, Said::Kept(_)) {}
        }
        Ok(service.kill().await?)
    }

    /// Reads a line of its log, and notes what it says of checkpoints. One that is lost or refused is a fault.
    async fn read_line(&mut self, service: &mut Service, found: &mut Found) -> Result<Said, Fault> {
        let line = service.log_line().await.ok_or("the service ends by itself")?;
        let said = Said::of(&line);
        match said {
            Said::Loaded(revision) if revision < self.kept => {
                return Err(format!("it starts from revision {revision}, and {} was kept", self.kept).into());
            }
            Said::Loaded(revision) => {
                (self.kept, found.resumed) = (revision, found.resumed + 1);
            }
            Said::Refused => return Err(format!("a checkpoint is refused: {line}").into()),
            // as when it found no checkpoint
            Said::Followed(applied) if applied < self.kept => {
                return Err(format!(
                    "it follows from revision {applied}, and a checkpoint of {} was kept",
                    self.kept
                )
                .into());
            }
            Said::Kept(revision) => self.kept = revision,
            Said::Followed(_) | Said::Begun | Said::Other => {}
        }
        Ok(said)
    }

    /// Holds its answers as of the newest and as of any earlier revision against those of the other replica, and both against
    /// what was recorded.
    async fn compare(&mut self, address: SocketAddr, random: &mut Random, found: &mut Found) -> Outcome {
        let mut query = QueryServiceClient::new(channel(address)?);
        let earlier = 1 + random.below(usize::try_from(self.head)?) as u64;
        for revision in [self.head, earlier] {
            let answer = query.query_indicators(question(revision)).await?.into_inner();
            let other = self.other.query_indicators(question(revision)).await?.into_inner();
            if answer != other {
                return Err(format!("as of revision {revision} two replicas answer differently").into());
            }
            check(&answer.figures, revision)?;
            found.compared += 1;
        }
        Ok(())
    }
}

/// What a line of the log says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Said {
    /// It goes on from a checkpoint of this revision.
    Loaded(u64),
    /// A checkpoint cannot be used.
    Refused,
    /// It follows the log, and has applied this revision.
    Followed(u64),
    /// It begins to write a checkpoint.
    Begun,
    /// It wrote a checkpoint of this revision.
    Kept(u64),
    /// Anything else.
    Other,
}

impl Said {
    fn of(line: &str) -> Self {
        let number = |name: &str| {
            let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
            rest.split_once('"')?.0.parse().ok()
        };
        let says = |text: &str| line.contains(&format!("\"message\":\"{text}"));
        match (number("revision"), number("applied")) {
            (Some(revision), _) if says("load checkpoint\"") => Self::Loaded(revision),
            (Some(revision), _) if says("write checkpoint\"") => Self::Kept(revision),
            (_, Some(applied)) if says("follow log\"") => Self::Followed(applied),
            _ if says("refuse checkpoint") => Self::Refused,
            _ if says("begin checkpoint\"") => Self::Begun,
            _ => Self::Other,
        }
    }
}
