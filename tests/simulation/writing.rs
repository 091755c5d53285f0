//! Clients that write, each request until it is acknowledged, and go on after a crash with what they were about.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_client::{ClientError, IngestClient, Recorded};
use almanac_model::{Event, ReporterId};
use almanac_tests::ledger::Way;
use almanac_tests::streams::StreamWriter;
use almanac_tests::{Fault, powerloss};
use almanac_wire::event_from_proto;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::network::{INGEST_PORT, QUERY_PORT, channel};
use crate::reading::{ask, at_least, told};
use crate::world::{INGEST, PRODUCERS, REPLICAS, World};

/// A call that takes longer is made again.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// A client that sends one request at a time.
struct Client {
    world: Arc<World>,
    host: &'static str,
    ingest: IngestClient,
    /// Another connection, for the same request at the same time.
    second: IngestClient,
    reporter: ReporterId,
}

/// Writes requests until the end.
pub(crate) async fn write_on(world: Arc<World>, host: &'static str) -> Result<(), Fault> {
    let client = Client {
        host,
        ingest: ingest_client()?,
        second: ingest_client()?,
        reporter: powerloss::REPORTER.parse()?,
        world,
    };
    client.write_on().await
}

fn ingest_client() -> Result<IngestClient, Fault> {
    Ok(IngestClient::new(channel(INGEST, INGEST_PORT)?).with_deadline(ANSWERED_WITHIN))
}

impl Client {
    async fn write_on(&self) -> Result<(), Fault> {
        let chance = &self.world.chance;
        while let Some(number) = self.next_number() {
            let recorded = self.record(number, chance.below(6) == 0).await?;
            let revision = recorded.at.revision.0;
            self.world.ledger.acknowledged(number, revision);
            self.sending().remove(self.host);
            self.world
                .trace
                .say(format_args!("{} has request {number} at {revision}", self.host));
            if chance.below(6) == 0 {
                self.repeat().await?;
            }
            if chance.below(4) == 0 {
                self.read_own_write(revision).await?;
            }
            sleep(Duration::from_millis(chance.number() % 250)).await;
        }
        Ok(())
    }

    fn sending(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        self.world.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it was about before it crashed, or a new request; none at the end.
    fn next_number(&self) -> Option<u32> {
        let mut sending = self.sending();
        if let Some(number) = sending.get(self.host) {
            return Some(*number);
        }
        if self.world.is_ending() {
            return None;
        }
        let number = self.world.ledger.send_next(Way::Alone);
        sending.insert(self.host, number);
        Some(number)
    }

    /// Sends a request until it is acknowledged, or twice at the same time.
    async fn record(&self, number: u32, twice: bool) -> Result<Recorded, Fault> {
        loop {
            let first = self.attempt(&self.ingest, number);
            let outcomes = if twice {
                let (first, second) = tokio::join!(first, self.attempt(&self.second, number));
                vec![first?, second?]
            } else {
                vec![first.await?]
            };
            let recorded: Vec<Recorded> = outcomes.into_iter().flatten().collect();
            let Some(one) = recorded.first() else { continue };
            if let Some(other) = recorded.iter().find(|other| other.at != one.at) {
                return Err(format!("request {number} is at {:?} and at {:?}", one.at, other.at).into());
            }
            return Ok(*one);
        }
    }

    /// `None` when there is no answer.
    async fn attempt(&self, ingest: &IngestClient, number: u32) -> Result<Option<Recorded>, Fault> {
        let request = powerloss::request(number);
        let mut events: Vec<Event> = Vec::new();
        for event in &request.decode_events()? {
            let event = event_from_proto(event, &self.world.catalog);
            events.push(event.map_err(|wrong| format!("{wrong:?}"))?);
        }
        let id: Uuid = request.request_id.parse()?;
        match ingest.record_once(id, &self.reporter, events).await {
            Ok(recorded) => Ok(Some(recorded)),
            Err(ClientError::Transport(_) | ClientError::Unavailable { .. } | ClientError::DeadlineExceeded { .. }) => {
                Ok(None)
            }
            Err(refused) => Err(refused.into()),
        }
    }

    /// Sends an old request again, as a retry does that comes late: it is answered as it was then.
    async fn repeat(&self) -> Result<(), Fault> {
        let acknowledged: Vec<(u32, u64)> = (self.world.ledger.requests().iter())
            .filter(|(_, sent)| sent.way == Way::Alone)
            .filter_map(|(number, sent)| Some((*number, sent.acknowledged?)))
            .collect();
        let (number, revision) = self.world.chance.one_of(&acknowledged);
        self.world.counts.add("late_retries", 1);
        match self.attempt(&self.ingest, number).await? {
            Some(again) if (again.at.revision.0, again.repeated) != (revision, true) => {
                Err(format!("the retry of request {number}, recorded by {revision}, is answered {again:?}").into())
            }
            _ => Ok(()),
        }
    }

    /// Whoever names its write reads a state that holds it, on whichever replica.
    async fn read_own_write(&self, written: u64) -> Result<(), Fault> {
        let replica = channel(self.world.chance.one_of(&REPLICAS), QUERY_PORT)?;
        let Some(answer) = ask(&replica, at_least(written)).await? else {
            return Ok(());
        };
        let (revision, values) = told(answer)?;
        self.world.counts.add("own_writes_read", 1);
        if revision < written {
            return Err(format!("{} wrote {written} and is told {revision}", self.host).into());
        }
        self.world.see(revision, &values)
    }
}

/// Writes batches of a stream until the end.
pub(crate) async fn stream_on(world: Arc<World>, host: &'static str) -> Result<(), Fault> {
    let producer = PRODUCERS.iter().position(|name| *name == host).unwrap_or_default() as u64;
    let journal = world.journals[host].clone();
    let pace = Duration::from_millis(60);
    let mut stream = StreamWriter::new(ingest_client()?, producer, &world.ledger, journal)?.with_pace(pace);
    let (tell, mut told) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let heard = async {
        while !world.is_ending() {
            sleep(pace).await;
            while told.try_recv().is_ok() {
                world.trace.say(format_args!("{host} has an answer"));
            }
        }
        stop.cancel();
        Ok(())
    };
    tokio::try_join!(stream.write_until(&stop, &tell), heard)?;
    stream.finish().await
}
