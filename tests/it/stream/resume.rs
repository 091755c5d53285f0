//! After a broken connection or a restart: what was decided stays decided.

use almanac_ingest::LedgerOptions;
use almanac_model::Revision;
use almanac_wire::pb::ingest::GetCatalogRequest;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use tonic::Code;

use super::values;
use crate::support::channel;
use crate::support::gate::Gate;
use crate::support::held::Hold;
use crate::support::ingest::{Ingest, folder};
use crate::support::refusal::Refusal;
use crate::support::stream::{Raw, bad_batch, enterprises_batch, hello};

#[tokio::test]
async fn a_connection_that_breaks_between_append_and_acknowledgement_loses_and_repeats_nothing() {
    let dir = folder();
    let (ingest, mut hold) = Hold::serve(dir.path(), LedgerOptions::default()).await;
    let gate = Gate::to(ingest.address).await;
    let (mut raw, welcome) = Raw::open(channel(gate.address), hello(0)).await.unwrap();
    let before = hold.appended();
    hold.hold();
    raw.send(1, &enterprises_batch(1)).await;
    raw.send(2, &bad_batch(2)).await;
    raw.send(3, &enterprises_batch(3)).await;
    hold.until_appended(Revision(before.0 + 3)).await;
    gate.shut();
    raw.ended().await;
    hold.release();

    gate.lead_to(ingest.address);
    let (mut raw, again) = Raw::open(channel(gate.address), hello(welcome.epoch)).await.unwrap();
    assert_eq!(again.last_sequence, 3, "the service knows what it decided");
    // the client does not know, and sends all again
    raw.send(1, &enterprises_batch(1)).await;
    raw.send(2, &bad_batch(2)).await;
    raw.send(3, &enterprises_batch(3)).await;
    let ack = raw.ack().await;
    assert_eq!((ack.sequence, ack.revision), (1, before.0 + 1));
    let refusal = raw.refusal().await;
    assert_eq!((refusal.sequence, refusal.revision), (2, before.0 + 2));
    let ack = raw.ack().await;
    assert_eq!((ack.sequence, ack.revision), (3, before.0 + 3));
    let log = ingest.log().await;
    assert_eq!(values(&log), [1, 3]);
    assert_eq!(log.head(), before.0 + 3, "nothing was recorded again");
}

#[tokio::test]
async fn a_welcome_tells_nothing_that_is_not_on_disk() {
    let dir = folder();
    let (ingest, mut hold) = Hold::serve(dir.path(), LedgerOptions::default()).await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let before = hold.appended();
    hold.hold();
    raw.send(1, &enterprises_batch(1)).await;
    hold.until_appended(before.next()).await;
    let connection = channel(ingest.address);
    let opening = tokio::spawn(Raw::open(connection.clone(), hello(welcome.epoch)));
    // what the service said to the hello would have come before the answers to these, on the same connection
    for _ in 0..10 {
        let mut client = IngestServiceClient::new(connection.clone());
        client.get_catalog(GetCatalogRequest {}).await.unwrap();
    }
    assert!(
        !opening.is_finished(),
        "the last sequence was told before it was on disk"
    );
    hold.release();
    let (_again, told) = opening.await.unwrap().unwrap();
    assert_eq!(told.last_sequence, 1);
    raw.ack().await;
}

#[tokio::test]
async fn a_restart_forgets_no_decision() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    let first = raw.ack().await;
    raw.send(2, &bad_batch(2)).await;
    let second = raw.refusal().await;
    drop(raw);

    let ingest = ingest.restart().await;
    let head = ingest.log().await.head();
    let (mut raw, again) = Raw::open(channel(ingest.address), hello(welcome.epoch)).await.unwrap();
    assert_eq!((again.epoch, again.last_sequence), (welcome.epoch, 2));
    raw.send(1, &enterprises_batch(1)).await;
    assert_eq!(raw.ack().await.revision, first.revision);
    raw.send(2, &bad_batch(2)).await;
    let repeated = raw.refusal().await;
    assert_eq!(
        (repeated.revision, &repeated.mistakes, repeated.rejected_count),
        (second.revision, &second.mistakes, second.rejected_count)
    );
    assert_eq!(ingest.log().await.head(), head, "nothing was recorded again");
    raw.send(3, &enterprises_batch(3)).await;
    assert_eq!(raw.ack().await.revision, head + 1);
    assert_eq!(values(&ingest.log().await), [1, 3]);
}

#[tokio::test]
async fn the_same_sequence_with_another_content_ends_the_stream() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    let first = raw.ack().await;
    raw.send(1, &enterprises_batch(1)).await;
    assert_eq!(raw.ack().await.revision, first.revision);
    raw.send(1, &enterprises_batch(2)).await;
    let reused = raw.ended().await;
    assert_eq!(
        (reused.code(), reused.reason().as_str()),
        (Code::AlreadyExists, "SEQUENCE_REUSED")
    );
    assert_eq!(reused.fact("revision"), Some(first.revision.to_string()));

    let ingest = ingest.restart().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(welcome.epoch)).await.unwrap();
    raw.send(1, &enterprises_batch(2)).await;
    assert_eq!(raw.ended().await.reason(), "SEQUENCE_REUSED");
    assert_eq!(values(&ingest.log().await), [1]);
}

#[tokio::test]
async fn a_gap_ends_the_stream_after_the_answers_before_it() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    raw.send(3, &enterprises_batch(3)).await;
    assert_eq!(raw.ack().await.sequence, 1);
    let gap = raw.ended().await;
    assert_eq!(
        (gap.code(), gap.reason().as_str()),
        (Code::FailedPrecondition, "SEQUENCE_GAP")
    );
    assert_eq!(gap.fact("expected_sequence").as_deref(), Some("2"));
    assert_eq!(values(&ingest.log().await), [1]);
}

#[tokio::test]
async fn a_sequence_that_is_too_old_to_be_known_is_not_acknowledged() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    for sequence in 1..=257_u32 {
        raw.send(sequence.into(), &enterprises_batch(sequence.into())).await;
        raw.ack().await;
    }
    raw.send(2, &enterprises_batch(2)).await;
    assert_eq!(raw.ack().await.sequence, 2);
    raw.send(1, &enterprises_batch(1)).await;
    let forgotten = raw.ended().await;
    assert_eq!(
        (forgotten.code(), forgotten.reason().as_str()),
        (Code::FailedPrecondition, "SEQUENCE_FORGOTTEN")
    );
    assert_eq!(ingest.log().await.events(), 257);
}
