//! A follower that stands still costs the ingest service no memory: nothing is read for it beyond its credit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use almanac_event_log::{AppendError, EventLog, LogStatus, NewRecord, ReadError, Record, SledLog};
use almanac_ingest::{CatalogSource, Ledger, LedgerOptions};
use almanac_model::{LogId, Revision};
use almanac_wire::pb::log::SubscribeRequest;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use almanac_wire::pb::shared::Event;
use tokio::sync::watch;
use tonic::Status;

use crate::support::channel;
use crate::support::clock::TestClock;
use crate::support::events::{DIC, complaint};
use crate::support::ingest::{Ingest, folder, sled_options};

const RECORDS: usize = 120;
const EVENTS_PER_RECORD: usize = 100;
const NOTE_BYTES: usize = 1000;
/// What a page has, what is on its way, and the windows of the connection.
const CREDIT_BYTES: usize = 2 << 20;

/// A log that counts what is read of it.
struct CountingLog {
    sled: SledLog,
    read_bytes: Arc<AtomicUsize>,
}

impl EventLog for CountingLog {
    fn id(&self) -> LogId {
        self.sled.id()
    }

    fn earliest(&self) -> Revision {
        self.sled.earliest()
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.sled.status()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        self.sled.append(record)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        let records = self.sled.read(from, max_bytes)?;
        let bytes = records.iter().map(|record| record.payload.len()).sum();
        self.read_bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(records)
    }

    fn close(&self) {
        self.sled.close();
    }
}

async fn serve(dir: &Path) -> (Ingest, Arc<AtomicUsize>) {
    let sled = SledLog::open(dir, sled_options()).expect("the log opens");
    let read_bytes = Arc::new(AtomicUsize::new(0));
    let log = CountingLog {
        sled,
        read_bytes: Arc::clone(&read_bytes),
    };
    let clock = TestClock::default();
    let ledger = Ledger::recover(Arc::new(log), clock.reader(), LedgerOptions::default()).expect("the log is readable");
    let (accepts_writes, catalog) = (watch::channel(true).1, CatalogSource::BuiltinCaMau);
    let ingest = Ingest::serve(dir, clock, Arc::new(ledger), accepts_writes, catalog).await;
    (ingest, read_bytes)
}

fn events(record: usize) -> Vec<Event> {
    let event = |number: usize| Event {
        note: format!("{record}-{number}-{}", "x".repeat(NOTE_BYTES - 20)),
        ..complaint(&format!("{record}-{number}"), "2017-05-14", "1")
    };
    (0..EVENTS_PER_RECORD).map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_stands_still_is_read_nothing_beyond_its_credit() -> Result<(), Status> {
    let dir = folder();
    let (ingest, read_bytes) = serve(dir.path()).await;
    for record in 0..RECORDS {
        ingest.record(DIC, events(record)).await?;
    }
    let before = read_bytes.load(Ordering::Relaxed);
    let request = SubscribeRequest {
        from_revision: 1,
        ..SubscribeRequest::default()
    };
    let mut client = LogServiceClient::new(channel(ingest.address));
    let mut stalled = client.subscribe(request).await?.into_inner();
    let hello = stalled.message().await?.expect("progress comes first");

    // another follower has everything meanwhile
    let everything = ingest.log().await;
    assert_eq!(everything.head(), hello.head_revision);
    let all_bytes = RECORDS * EVENTS_PER_RECORD * NOTE_BYTES;
    let read = read_bytes.load(Ordering::Relaxed) - before;
    assert!(read >= all_bytes, "the notes are in the records: {read}");
    let ahead = read.saturating_sub(all_bytes * 11 / 10);
    assert!(
        ahead < CREDIT_BYTES,
        "{ahead} bytes were read ahead of the one that stands still"
    );

    // and it gets all of it when it goes on
    let mut next = 1;
    while next <= hello.head_revision {
        let message = stalled.message().await?.expect("a subscription has no end");
        let Some(record) = message.record else { continue };
        assert_eq!(record.revision, next);
        next += 1;
    }
    Ok(())
}
