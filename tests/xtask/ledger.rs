//! A log, held against the ledger of what was sent and acknowledged.

use std::collections::BTreeMap;
use std::net::SocketAddr;

pub(crate) use almanac_tests::ledger::{Ledger, Way};
use almanac_tests::powerloss;
use almanac_wire::Payload;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_client::LogServiceClient;

use crate::clients::channel;
use crate::{Fault, Outcome};

/// Of what was acknowledged each so many-th is sent again: what recognises it may be in memory or in the index.
const SENT_AGAIN: u32 = 16;
/// A record may be larger than what clients take by default.
const RECORD_BYTES: usize = 17 << 20;

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

/// Holds the log from a revision on against the ledger; then settles what is in doubt by sending it again, and some of what is
/// not. Gives the newest revision.
pub(crate) async fn check(address: SocketAddr, from: u64, ledger: &Ledger) -> Result<u64, Fault> {
    let held = held(address, from).await?;
    let sent = ledger.requests().clone();
    let again = u32::try_from(held.head % u64::from(SENT_AGAIN))?;
    let mut doubtful = Vec::new();
    for (number, sent) in &sent {
        let found = held.requests.get(number).copied();
        match sent.acknowledged {
            None if sent.way == Way::Alone => doubtful.push((*number, found)),
            Some(revision) if !sent.is_held(found, from) => {
                let lost = format!("request {number}, acknowledged as revision {revision}, is {found:?}");
                return Err(lost.into());
            }
            Some(revision) if sent.way == Way::Alone && number % SENT_AGAIN == again => {
                doubtful.push((*number, Some(revision)));
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
