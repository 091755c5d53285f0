//! A query service on a replica of the log, and readers of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use almanac_query::{Deps, serve};
use almanac_tests::powerloss;
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use almanac_wire::pb::query::{QueryIndicatorsRequest, QueryIndicatorsResponse, ReadAt};
use almanac_wire::pb::shared::{AsOf, Figure, as_of};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::clients::channel;
use crate::{Fault, Outcome};

/// A replica that has not caught up by then never does.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a reader waits for a revision that may not come.
const READER_PATIENCE: Duration = Duration::from_millis(200);

/// What a reader was told, by the revision that it was told.
pub(super) type Sightings = BTreeMap<u64, Vec<Figure>>;

/// A query service in this process. Clones ask the same one.
#[derive(Clone)]
pub(super) struct Replica {
    /// What happens to it.
    pub(super) name: &'static str,
    client: QueryServiceClient<Channel>,
    _serving: Arc<AbortOnDropHandle<()>>,
}

impl Replica {
    /// Begins with nothing and follows the log behind an address.
    pub(super) async fn start(name: &'static str, log: SocketAddr) -> Result<Self, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let ingest = Endpoint::from_shared(format!("http://{log}"))?;
        let deps = Deps {
            patience: READER_PATIENCE,
            ..Deps::new(ingest, Arc::new(powerloss::now))
        };
        let serving = tokio::spawn(async move {
            if let Err(error) = serve(listener, deps, CancellationToken::new()).await {
                eprintln!("the replica {name} ends: {error}");
            }
        });
        Ok(Self {
            name,
            client: QueryServiceClient::new(channel(address)?),
            _serving: Arc::new(AbortOnDropHandle::new(serving)),
        })
    }

    /// Waits until it has applied a revision.
    pub(super) async fn catch_up(&self, revision: u64) -> Outcome {
        let read_at = ReadAt {
            min_revision: revision,
            ..ReadAt::default()
        };
        let caught_up = async {
            loop {
                match self.answer(read_at.clone()).await {
                    Err(status) if status.code() == Code::Unavailable => {}
                    answered => return answered,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, caught_up).await {
            Ok(answered) => Ok(answered.map(drop)?),
            Err(_) => Err(format!("the replica {} never comes to revision {revision}", self.name).into()),
        }
    }

    /// What it answers as of a revision.
    pub(super) async fn answer_at(&self, revision: u64) -> Result<QueryIndicatorsResponse, Status> {
        let as_of = AsOf {
            state: Some(as_of::State::Revision(revision)),
        };
        let read_at = ReadAt {
            as_of: Some(as_of),
            ..ReadAt::default()
        };
        self.answer(read_at).await
    }

    async fn answer(&self, read_at: ReadAt) -> Result<QueryIndicatorsResponse, Status> {
        let question = QueryIndicatorsRequest {
            indicators: vec!["internet.subscriptions".into()],
            areas: vec!["96".into()],
            periods: vec!["1998..2017".into()],
            group_by: vec!["technology".into()],
            read_at: Some(read_at),
            ..QueryIndicatorsRequest::default()
        };
        let answer = self.client.clone().query_indicators(question).await?;
        Ok(answer.into_inner())
    }

    /// Reads until told to stop: what is newest, then what comes after it.
    pub(super) fn read_on(&self) -> Reader {
        let stop = CancellationToken::new();
        let reading = tokio::spawn(read(self.clone(), stop.clone()));
        Reader { reading, stop }
    }
}

/// A reader at work.
pub(super) struct Reader {
    reading: JoinHandle<Result<Sightings, Fault>>,
    stop: CancellationToken,
}

impl Reader {
    /// What it saw. A revision that went backwards, or one that had two answers, is a fault.
    pub(super) async fn end(self) -> Result<Sightings, Fault> {
        self.stop.cancel();
        self.reading.await?
    }
}

async fn read(replica: Replica, stop: CancellationToken) -> Result<Sightings, Fault> {
    let mut sightings = Sightings::new();
    let mut wanted = 0;
    while !stop.is_cancelled() {
        let read_at = ReadAt {
            min_revision: wanted,
            ..ReadAt::default()
        };
        // every second time whatever is newest
        wanted = 0;
        let answer = match replica.answer(read_at.clone()).await {
            Ok(answer) => answer,
            Err(status) if status.code() == Code::Unavailable => continue,
            Err(other) => return Err(format!("a reader of the replica {} is told {other}", replica.name).into()),
        };
        let revision = answer.answered_at.ok_or("an answer is at a revision")?.revision;
        let last = sightings.last_key_value().map_or(0, |(last, _)| *last);
        if revision < last.max(read_at.min_revision) {
            return Err(format!("a reader is told revision {revision} after {last}").into());
        }
        let before = sightings.insert(revision, answer.figures.clone());
        if before.is_some_and(|before| before != answer.figures) {
            return Err(format!("revision {revision} has two answers").into());
        }
        wanted = revision + 1;
    }
    Ok(sightings)
}
