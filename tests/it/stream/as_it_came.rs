//! What the log holds of a batch: the bytes that came when they say just what is recorded, and else what is recorded of it.

use almanac_client::LogClient;
use almanac_wire::pb::shared::BatchSeries;
use almanac_wire::{Payload, batch_to_proto};
use prost::Message;

use super::values;
use crate::support::channel;
use crate::support::ingest::Ingest;
use crate::support::stream::{Raw, enterprises_batch, hello};

/// The last record of the log, as it is stored.
async fn last_payload(ingest: &Ingest) -> Vec<u8> {
    let client = LogClient::connect(&format!("http://{}", ingest.address)).await;
    let mut copy = client.expect("the service is there").copy().await.expect("a copy");
    let mut last = Vec::new();
    while let Some(record) = copy.next_record().await.expect("a record") {
        last = record.payload;
    }
    last
}

#[tokio::test]
async fn a_batch_is_stored_with_the_bytes_that_came() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let mut events = batch_to_proto(&enterprises_batch(1));
    // symbols in an order of the client's
    events.symbols.swap(1, 2);
    let [series] = events.series.as_mut_slice() else {
        panic!("one series")
    };
    (series.metric, series.area) = (series.area, series.metric);
    let bytes = events.encode_to_vec();
    raw.send_bytes(1, bytes.clone()).await;
    raw.ack().await;
    assert_eq!(last_payload(&ingest).await, Payload::encode_events(&bytes));
    assert_eq!(values(&ingest.log().await), [1]);
}

#[tokio::test]
async fn a_batch_of_another_form_is_stored_as_what_is_recorded_of_it() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let mut events = batch_to_proto(&enterprises_batch(16));
    // a series without a row, of a metric that is not there
    let nothing = BatchSeries {
        metric: 0,
        ..events.series[0].clone()
    };
    events.symbols[0] = "post.letters".into();
    events.series.insert(0, nothing);
    events.series_index = vec![1];
    raw.send_columns(1, events).await;
    raw.ack().await;
    let recorded = Payload::Events(enterprises_batch(16)).encode();
    assert_eq!(last_payload(&ingest).await, recorded);
}

#[tokio::test]
async fn what_is_unknown_in_a_batch_is_not_stored_and_does_not_make_it_another() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let known = batch_to_proto(&enterprises_batch(1)).encode_to_vec();
    // the field 15 of a later version
    let with_unknown = [known.as_slice(), &[15 << 3, 7]].concat();
    raw.send_bytes(1, with_unknown).await;
    let revision = raw.ack().await.revision;
    assert_eq!(last_payload(&ingest).await, Payload::encode_events(&known));
    drop(raw);

    let (mut raw, _) = Raw::open(channel(ingest.address), hello(welcome.epoch)).await.unwrap();
    raw.send_bytes(1, known).await;
    assert_eq!(raw.ack().await.revision, revision);
    assert_eq!(values(&ingest.log().await), [1]);
}
