//! The ledger of what was sent and acknowledged, and what it says of a log.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use almanac_tests::powerloss;
use almanac_wire::Payload;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_client::LogServiceClient;

use crate::clients::channel;
use crate::{Fault, Outcome};

/// A record may be larger than what clients take by default.
const RECORD_BYTES: usize = 17 << 20;

/// How a request is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// By itself, under a request id.
    Alone,
    /// As a batch of a stream.
    Streamed,
}

/// What was sent under a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    way: Way,
    /// The revision that was acknowledged, none while nothing was. For a batch of a stream it may be the revision of a later
    /// one, acknowledged with it.
    acknowledged: Option<u64>,
}

impl Sent {
    /// Whether the log, read from a revision on, may hold it there.
    fn is_held(self, found: Option<u64>, from: u64) -> bool {
        match (self.acknowledged, self.way) {
            (None, _) => true,
            (Some(revision), Way::Alone) => revision < from || found == Some(revision),
            // it may be anywhere up to there
            (Some(revision), Way::Streamed) => found.map_or(from > 1, |found| found <= revision),
        }
    }
}

/// What was sent, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeMap<u32, Sent>>>);

impl Ledger {
    pub(crate) fn requests(&self) -> MutexGuard<'_, BTreeMap<u32, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number that nobody has sent.
    pub(crate) fn send_next(&self, way: Way) -> u32 {
        let mut requests = self.requests();
        let number = requests.last_key_value().map_or(1, |(last, _)| last + 1);
        requests.insert(
            number,
            Sent {
                way,
                acknowledged: None,
            },
        );
        number
    }

    pub(crate) fn acknowledged(&self, number: u32, revision: u64) {
        if let Some(sent) = self.requests().get_mut(&number) {
            sent.acknowledged = Some(revision);
        }
    }

    pub(crate) fn acknowledged_count(&self) -> usize {
        let requests = self.requests();
        requests.values().filter(|sent| sent.acknowledged.is_some()).count()
    }

    /// How many of them in streams.
    pub(crate) fn streamed_count(&self) -> usize {
        let requests = self.requests();
        let streamed = |sent: &&Sent| sent.way == Way::Streamed && sent.acknowledged.is_some();
        requests.values().filter(streamed).count()
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
            // what begins an epoch of a stream holds no event
            if batch.is_empty() {
                continue;
            }
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
    for (number, sent) in &sent {
        let found = held.requests.get(number).copied();
        match sent.acknowledged {
            None if sent.way == Way::Alone => doubtful.push((*number, found)),
            Some(revision) if !sent.is_held(found, from) => {
                let lost = format!("request {number}, acknowledged as revision {revision}, is {found:?}");
                return Err(lost.into());
            }
            // the stream of a batch in doubt will say what became of it
            None | Some(_) => {}
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
