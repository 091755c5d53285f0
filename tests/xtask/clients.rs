//! Clients that write numbered requests, and the ledger of what was acknowledged to them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_tests::powerloss;
use almanac_wire::Payload;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::Outcome;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A record may be larger than what clients take by default.
const RECORD_BYTES: usize = 17 << 20;
/// The service answers sooner, or its process is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was sent: by number, the revision that was acknowledged, none while nothing was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeMap<u32, Option<u64>>>>);

impl Ledger {
    pub(crate) fn requests(&self) -> MutexGuard<'_, BTreeMap<u32, Option<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number that nobody has sent.
    fn send_next(&self) -> u32 {
        let mut requests = self.requests();
        let number = requests.last_key_value().map_or(1, |(last, _)| last + 1);
        requests.insert(number, None);
        number
    }

    fn acknowledged(&self, number: u32, revision: u64) {
        self.requests().insert(number, Some(revision));
    }

    pub(crate) fn acknowledged_count(&self) -> usize {
        self.requests().values().flatten().count()
    }
}

pub(crate) fn channel(address: SocketAddr) -> Result<Channel, Fault> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.timeout(PATIENCE).connect_lazy())
}

/// Clients that write until the service is gone. Each acknowledgement is told.
pub(crate) struct Clients {
    running: JoinSet<()>,
    pub(crate) told: mpsc::UnboundedReceiver<()>,
}

impl Clients {
    pub(crate) fn start(count: usize, address: SocketAddr, ledger: &Ledger) -> Result<Self, Fault> {
        let (tell, told) = mpsc::unbounded_channel();
        let mut running = JoinSet::new();
        for _ in 0..count {
            let (channel, ledger, tell) = (channel(address)?, ledger.clone(), tell.clone());
            running.spawn(write(channel, ledger, tell));
        }
        Ok(Self { running, told })
    }

    /// Waits for so many acknowledgements; false when the clients ended before.
    pub(crate) async fn acknowledged(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.told.recv().await.is_none() {
                return false;
            }
        }
        true
    }

    /// Waits until the last has met the end of the service.
    pub(crate) async fn end(self) {
        self.running.join_all().await;
    }
}

async fn write(channel: Channel, ledger: Ledger, tell: mpsc::UnboundedSender<()>) {
    let mut ingest = IngestServiceClient::new(channel);
    loop {
        let number = ledger.send_next();
        match ingest.record_events(powerloss::request(number)).await {
            Ok(answer) => ledger.acknowledged(number, answer.into_inner().revision),
            Err(_) => return,
        }
        // nobody listens once the moment has come
        let _late = tell.send(());
    }
}

/// What the log holds from a revision on.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// By number, the revision.
    pub(crate) requests: BTreeMap<u32, u64>,
    /// The newest revision.
    pub(crate) head: u64,
}

/// Reads the log as a replica does. A gap, half a request, or one that is there twice is a fault.
pub(crate) async fn held(address: SocketAddr, from: u64) -> Result<Held, Fault> {
    let mut client = LogServiceClient::new(channel(address)?).max_decoding_message_size(RECORD_BYTES);
    let request = pb::SubscribeRequest {
        from_revision: from,
        ..pb::SubscribeRequest::default()
    };
    let mut messages = client.subscribe(request).await?.into_inner();
    let hello = messages.message().await?.ok_or("progress comes first")?;
    let mut held = Held {
        requests: BTreeMap::new(),
        head: from - 1,
    };
    while held.head < hello.head_revision {
        let message = messages.message().await?.ok_or("a subscription has no end")?;
        let Some(record) = message.record else { continue };
        if record.revision != held.head + 1 {
            return Err(format!("revision {} comes after {}", record.revision, held.head).into());
        }
        held.head = record.revision;
        if let Payload::Events(batch) = Payload::decode(&record.payload)? {
            let number = powerloss::number_of(&batch)?;
            if let Some(before) = held.requests.insert(number, record.revision) {
                let twice = format!(
                    "request {number} is recorded twice, by {before} and {}",
                    record.revision
                );
                return Err(twice.into());
            }
        }
    }
    Ok(held)
}

/// Holds the log from a revision on against the ledger; then settles what is in doubt by sending it again. Gives the newest
/// revision.
pub(crate) async fn check(address: SocketAddr, from: u64, ledger: &Ledger) -> Result<u64, Fault> {
    let held = held(address, from).await?;
    let sent = ledger.requests().clone();
    let mut doubtful = Vec::new();
    for (number, acknowledged) in &sent {
        let found = held.requests.get(number);
        match acknowledged {
            Some(revision) if *revision >= from && found != Some(revision) => {
                let lost = format!("request {number}, acknowledged as revision {revision}, is {found:?}");
                return Err(lost.into());
            }
            Some(_) => {}
            None => doubtful.push((*number, found.copied())),
        }
    }
    if let Some(unknown) = held.requests.keys().find(|number| !sent.contains_key(number)) {
        return Err(format!("nobody sent request {unknown}").into());
    }
    settle(address, doubtful, ledger).await?;
    Ok(held.head)
}

/// A retry of what is in the log is answered as a duplicate of it; of what is not, recorded.
async fn settle(address: SocketAddr, doubtful: Vec<(u32, Option<u64>)>, ledger: &Ledger) -> Outcome {
    let mut ingest = IngestServiceClient::new(channel(address)?);
    for (number, found) in doubtful {
        let answer = ingest.record_events(powerloss::request(number)).await?.into_inner();
        let expected = (found.is_some(), found.unwrap_or(answer.revision));
        if (answer.duplicate, answer.revision) != expected {
            return Err(format!("the retry of request {number} was answered {answer:?}").into());
        }
        ledger.acknowledged(number, answer.revision);
    }
    Ok(())
}
