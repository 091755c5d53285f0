//! `RecordEventStream`: batches under way, each decided exactly once whatever happens to connections and processes.

mod as_it_came;
mod client;
mod credit;
mod packed;
mod refusals;
mod resume;

use almanac_model::{BatchBuilder, BatchExtra};
use almanac_wire::pb::ingest as pb;
use pb::record_event_stream_response::Message;
use tonic::Code;

use crate::support::channel;
use crate::support::events::{DIC, complaint};
use crate::support::ingest::Ingest;
use crate::support::log::Log;
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::refusal::Refusal;
use crate::support::stream::{OFFICIAL, PRODUCER, Raw, enterprises_batch, hello, series, year};

/// The values of the batches that hold events, in the order of the log.
fn values(log: &Log) -> Vec<i64> {
    log.batches()
        .flat_map(|(_, batch)| batch.columns().2.to_vec())
        .collect()
}

#[tokio::test]
async fn batches_are_recorded_in_order_and_acknowledged_when_they_are_on_disk() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    assert_eq!((welcome.epoch, welcome.last_sequence), (1, 0));
    assert_eq!((welcome.credit_bytes, welcome.credit_batches), (8 << 20, 256));
    // all are sent before the first answer is read
    for sequence in 1..=100_u32 {
        raw.send(sequence.into(), &enterprises_batch(sequence.into())).await;
    }
    let mut last = pb::StreamAck::default();
    while last.sequence < 100 {
        let ack = raw.ack().await;
        assert!(ack.sequence > last.sequence && ack.revision > last.revision, "{ack:?}");
        last = ack;
    }
    assert!(raw.close().await.is_empty());
    let log = ingest.log().await;
    assert_eq!(log.log_id, welcome.log_id);
    assert_eq!(last.revision, log.head());
    assert_eq!(values(&log), (1..=100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn what_a_stream_recorded_is_in_the_figures_beside_what_requests_recorded() {
    let pair = Pair::start().await;
    let (mut raw, _) = Raw::open(channel(pair.ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(16)).await;
    let revision = raw.ack().await.revision;
    // a refusal and a new epoch are records that change no figure
    raw.send(2, &enterprises_batch(-3)).await;
    assert_eq!(raw.refusal().await.revision, revision + 1);
    let (_raw, _) = Raw::open(channel(pair.ingest.address), hello(0)).await.unwrap();
    for at in [revision, revision + 1, revision + 2] {
        let value = pair.query.value(after(at, in_2017("post.enterprises"))).await;
        assert_eq!(value.as_deref(), Some("16"));
    }
}

#[tokio::test]
async fn a_tallied_event_counts_once_whether_a_stream_or_a_request_sends_it() {
    let (ingest, _dir) = Ingest::start().await;
    ingest
        .record(DIC, vec![complaint("c-1", "2017-05-14", "1")])
        .await
        .unwrap();
    let mut batch = BatchBuilder::default();
    for id in ["c-1", "c-2"] {
        let day = almanac_model::Period::containing(almanac_model::Granularity::Day, jiff::civil::date(2017, 5, 14));
        let of_day = almanac_model::BatchSeries {
            granularity: almanac_model::Granularity::Day,
            ..series("complaints.received", &[("complaint_subject", "spam")])
        };
        let extra = BatchExtra {
            event_id: Some(id.into()),
            ..BatchExtra::default()
        };
        batch.push(of_day, day.ordinal(), 1, OFFICIAL, extra);
    }
    let batch = batch.finish();
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &batch).await;
    raw.ack().await;
    assert_eq!(ingest.log().await.events(), 2, "c-1 is known, c-2 is new");
    // all of it is known: the batch is recorded, with nothing in it
    raw.send(2, &batch).await;
    let ack = raw.ack().await;
    let log = ingest.log().await;
    assert_eq!((log.events(), log.head()), (2, ack.revision));
}

#[tokio::test]
async fn a_newer_epoch_fences_the_older_one_and_goes_on_after_it() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut old, first) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    old.send(1, &enterprises_batch(1)).await;
    old.ack().await;
    let (mut new, second) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    assert_eq!((second.epoch, second.last_sequence), (first.epoch + 1, 1));

    old.send(2, &enterprises_batch(2)).await;
    let fenced = old.ended().await;
    assert_eq!(
        (fenced.code(), fenced.reason().as_str()),
        (Code::Aborted, "PRODUCER_FENCED")
    );
    assert_eq!(fenced.fact("epoch"), Some(second.epoch.to_string()));
    new.send(2, &enterprises_batch(3)).await;
    new.ack().await;
    assert_eq!(values(&ingest.log().await), [1, 3]);

    // nor does the older one come back by saying hello, after a restart either
    drop((old, new));
    let ingest = ingest.restart().await;
    let Err(fenced) = Raw::open(channel(ingest.address), hello(first.epoch)).await else {
        panic!("a fenced epoch is welcomed");
    };
    assert_eq!(fenced.reason(), "PRODUCER_FENCED");
    let Err(unknown) = Raw::open(channel(ingest.address), hello(second.epoch + 1)).await else {
        panic!("an epoch that was never given is welcomed");
    };
    assert_eq!(
        (unknown.code(), unknown.reason().as_str()),
        (Code::FailedPrecondition, "UNKNOWN_EPOCH")
    );
}

#[tokio::test]
async fn an_epoch_is_given_once_even_if_nothing_is_recorded_in_it() {
    let (ingest, _dir) = Ingest::start().await;
    let (raw, first) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    drop(raw);
    let ingest = ingest.restart().await;
    let (_raw, second) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    assert_eq!((first.epoch, second.epoch), (1, 2));
}

#[tokio::test]
async fn two_connections_of_one_epoch_record_each_sequence_once() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut left, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let (mut right, _) = Raw::open(channel(ingest.address), hello(welcome.epoch)).await.unwrap();
    for sequence in 1..=50_u32 {
        let batch = enterprises_batch(sequence.into());
        left.send(sequence.into(), &batch).await;
        right.send(sequence.into(), &batch).await;
        let (of_left, of_right) = (left.ack().await, right.ack().await);
        assert_eq!(of_left.revision, of_right.revision);
    }
    assert_eq!(values(&ingest.log().await), (1..=50).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_stream_ends_with_unavailable_when_the_service_stops_after_its_answers() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    raw.ack().await;
    for sequence in 2..=20_u32 {
        raw.send(sequence.into(), &enterprises_batch(sequence.into())).await;
    }
    let (stopped, (acknowledged, ended)) = tokio::join!(ingest.stop(), async {
        let mut acknowledged = 1;
        loop {
            match raw.next().await {
                Ok(Some(Message::Ack(ack))) => acknowledged = ack.sequence,
                Ok(other) => panic!("{other:?}"),
                Err(ended) => break (acknowledged, ended),
            }
        }
    });
    assert_eq!(
        (ended.code(), ended.reason().as_str()),
        (Code::Unavailable, "SHUTTING_DOWN")
    );
    assert!(ended.says_when_to_retry());
    // what was recorded is what was acknowledged, though not all was taken
    let (dir, clock) = stopped;
    let ingest = Ingest::open(&dir, clock).await;
    assert_eq!(ingest.log().await.events() as u64, acknowledged);
}

#[tokio::test]
async fn a_producer_is_one_uuid_however_it_is_written() {
    let (ingest, _dir) = Ingest::start().await;
    let (_raw, first) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let upper = pb::StreamHello {
        producer_id: PRODUCER.to_uppercase(),
        ..hello(first.epoch)
    };
    let (_raw, second) = Raw::open(channel(ingest.address), upper).await.unwrap();
    assert_eq!(second.epoch, first.epoch);
    assert_eq!(year(2017), 47, "batches count years from 1970");
}
