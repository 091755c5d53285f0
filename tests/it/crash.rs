//! kill -9 of the ingest process, again and again, while clients write: what was acknowledged is there, whole, once.
//!
//! Clients keep a ledger of what they sent and of what was acknowledged. After each kill the log is read as a replica
//! reads it and compared with the ledger. What was sent and not acknowledged may be there or not; sent again under its
//! request id it is there once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use almanac_model::BatchRow;
use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::shared::Event;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::channel;
use crate::support::events::{OPERATORS, internet, named, request};
use crate::support::ingest::folder;
use crate::support::log::Log;
use crate::support::process::{Process, Serving};
use almanac_tests::random::Random;

const KILLS: usize = 25;
const CLIENTS: usize = 4;
/// About as many lines as it logs while it opens; what it is killed after is a number below.
const OPENING_LINES: usize = 300;
/// The seed of everything that happens by chance; another one may be given to look further.
const SEED: u64 = 20_171_231;

/// What a client knows of a request.
#[derive(Clone, Debug)]
struct Sent {
    request: RecordEventsRequest,
    /// The revision that was answered; none while nothing was.
    acknowledged: Option<u64>,
}

/// All requests by their id.
type Requests = BTreeMap<String, Sent>;

/// What the clients know together.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<Requests>>);

impl Ledger {
    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.0.lock().expect("no client panics")
    }

    fn sent(&self, request: &RecordEventsRequest) {
        let sent = Sent {
            request: request.clone(),
            acknowledged: None,
        };
        self.requests().insert(request.request_id.clone(), sent);
    }

    fn acknowledged(&self, id: &str, revision: u64) {
        self.requests().get_mut(id).expect("it was sent").acknowledged = Some(revision);
    }
}

/// Events that name their request, so that the log shows whose they are: one in eight is larger than one value of the log.
fn message(random: &mut Random) -> RecordEventsRequest {
    let id = random.request_id();
    let (codes, note_bytes) = if random.below(8) == 0 { (3, 900) } else { (1, 0) };
    let years = 1 + random.below(20);
    let mut events: Vec<Event> = Vec::new();
    for code in ["adsl", "ftth", "mobile_3g_4g"].into_iter().take(codes) {
        for year in (1998..).take(years) {
            let mut event = internet(code, year, &random.below(1_000_000).to_string());
            event.note = format!("{id} {}", random.text(note_bytes));
            events.push(event);
        }
    }
    named(&id, request(OPERATORS, events))
}

/// Writes until the connection breaks, and tells of each acknowledgement.
async fn client(address: SocketAddr, ledger: Ledger, mut random: Random, told: mpsc::UnboundedSender<()>) {
    let mut ingest = IngestServiceClient::new(channel(address));
    loop {
        let request = message(&mut random);
        ledger.sent(&request);
        let Ok(answer) = ingest.record_events(request.clone()).await else {
            return;
        };
        ledger.acknowledged(&request.request_id, answer.get_ref().revision);
        // nobody listens once the moment to kill has come
        let _late = told.send(());
    }
}

/// A row as the client knows it: year, technology, value.
fn row_of_batch(row: &BatchRow<'_>) -> (i32, String, i64) {
    (row.period + 1970, row.series.dimensions[0].1.to_string(), row.value)
}

fn rows_of_request(request: &RecordEventsRequest) -> Vec<(i32, String, i64)> {
    use almanac_wire::pb::shared::event::{Measure, When};
    let row = |event: &Event| match (&event.when, &event.measure) {
        (Some(When::Period(year)), Some(Measure::Value(value))) => (
            year.parse().expect("a year"),
            event.dimensions["technology"].clone(),
            value.parse().expect("a number"),
        ),
        _ => panic!("{event:?}"),
    };
    let events = request.decode_events().expect("they were encoded");
    events.iter().map(row).collect()
}

/// The revision of each request in the log. Each is whole, and there once.
fn recorded(log: &Log, ledger: &Requests) -> BTreeMap<String, u64> {
    let mut revisions = BTreeMap::new();
    for (revision, batch) in log.batches() {
        let id_of = |note: &str| note.split(' ').next().unwrap_or_default().to_owned();
        let notes = batch.extras().iter().filter_map(|extra| extra.note.as_deref());
        let mut ids: Vec<String> = notes.map(id_of).collect();
        assert_eq!(ids.len(), batch.len(), "revision {revision}");
        ids.dedup();
        let [id] = ids.as_slice() else {
            panic!("revision {revision} has events of {ids:?}");
        };
        let sent = ledger
            .get(id)
            .unwrap_or_else(|| panic!("revision {revision}: nobody sent {id}"));
        let rows: Vec<_> = batch.rows().map(|row| row_of_batch(&row)).collect();
        assert_eq!(rows, rows_of_request(&sent.request), "revision {revision} is whole");
        let before = revisions.insert(id.clone(), revision);
        assert_eq!(
            before, None,
            "{id} is recorded twice, the second time by revision {revision}"
        );
    }
    revisions
}

/// Holds the log against the ledger; then settles what is in doubt by sending it again.
async fn check(address: SocketAddr, ledger: &Ledger, random: &mut Random) {
    // a log without a gap: reading it says so
    let log = Log::read(channel(address)).await.expect("the log is readable");
    let before = ledger.requests().clone();
    let revisions = recorded(&log, &before);
    let mut again = Vec::new();
    for (id, sent) in &before {
        match sent.acknowledged {
            Some(revision) => assert_eq!(revisions.get(id), Some(&revision), "{id} was acknowledged"),
            None => again.push((id, sent)),
        }
    }
    // and some that were acknowledged
    let acknowledged: Vec<_> = before.iter().filter(|(_, sent)| sent.acknowledged.is_some()).collect();
    if !acknowledged.is_empty() {
        again.extend((0..5).map(|_| acknowledged[random.below(acknowledged.len())]));
    }
    let mut ingest = IngestServiceClient::new(channel(address));
    for (id, sent) in again {
        let answer = ingest.record_events(sent.request.clone()).await;
        let answer = answer.expect("a retry is answered").into_inner();
        assert_eq!(answer.duplicate, revisions.contains_key(id), "{id}");
        if let Some(revision) = revisions.get(id) {
            assert_eq!(answer.revision, *revision, "{id} is answered as before");
        }
        ledger.acknowledged(id, answer.revision);
    }
}

/// Lets the clients write until so many requests were acknowledged, then kills the process.
async fn write_and_kill(process: Serving, address: SocketAddr, ledger: &Ledger, random: &mut Random, acks: usize) {
    let (told, mut acknowledgements) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(address, ledger.clone(), Random(random.number()), told.clone()));
    }
    for _ in 0..acks {
        acknowledgements.recv().await.expect("the clients go on until the kill");
    }
    process.kill().await;
    clients.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_whole_and_once() {
    let dir = folder();
    let ledger = Ledger::default();
    let mut random = Random(SEED);
    let mut while_opening = 0;
    for kill in 0..KILLS {
        // every third time it is killed while it opens what the kill before left, the first time while it makes the log
        if kill % 3 == 0 {
            let mut process = Process::spawn(dir.path(), "trace");
            let served = process.serving_within(random.below(OPENING_LINES)).await;
            while_opening += usize::from(served.is_none());
            process.kill().await;
        } else {
            let (address, process) = Process::spawn(dir.path(), "info").serving().await;
            check(address, &ledger, &mut random).await;
            let acks = random.below(40);
            write_and_kill(process, address, &ledger, &mut random, acks).await;
        }
    }
    let (address, _process) = Process::spawn(dir.path(), "info").serving().await;
    check(address, &ledger, &mut random).await;
    // what was in doubt is settled by now
    let log = Log::read(channel(address)).await.expect("the log is readable");
    let ledger = ledger.requests();
    let revisions = recorded(&log, &ledger);
    for (id, sent) in ledger.iter() {
        assert_eq!(revisions.get(id).copied(), sent.acknowledged, "{id}");
    }
    println!(
        "{KILLS} kills, {while_opening} of them while opening; {} requests acknowledged, {} revisions",
        ledger.len(),
        log.head()
    );
}
