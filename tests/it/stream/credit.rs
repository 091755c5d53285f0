//! What a client may have unanswered is bounded.

use almanac_ingest::LedgerOptions;
use almanac_model::Revision;
use almanac_wire::batch_to_proto;
use prost::Message;
use tonic::Code;

use super::values;
use crate::support::channel;
use crate::support::held::Hold;
use crate::support::ingest::folder;
use crate::support::refusal::Refusal;
use crate::support::stream::{Raw, enterprises_batch, hello};

/// The size of each batch of these tests.
fn batch_bytes() -> u64 {
    batch_to_proto(&enterprises_batch(1)).encoded_len() as u64
}

fn credit_of(batches: u64) -> LedgerOptions {
    LedgerOptions {
        stream_credit_bytes: batches * batch_bytes(),
        ..LedgerOptions::default()
    }
}

#[tokio::test]
async fn a_client_that_ignores_its_credit_is_ended_and_what_it_sent_before_is_answered() {
    let dir = folder();
    let (ingest, mut hold) = Hold::serve(dir.path(), credit_of(3)).await;
    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    assert_eq!(welcome.credit_bytes, 3 * batch_bytes());
    let before = hold.appended();
    hold.hold();
    for sequence in 1..=3_u32 {
        raw.send(sequence.into(), &enterprises_batch(sequence.into())).await;
    }
    hold.until_appended(Revision(before.0 + 3)).await;
    hold.release();
    let mut acknowledged = 0;
    while acknowledged < 3 {
        let ack = raw.ack().await;
        acknowledged = ack.sequence;
        assert_eq!(
            ack.credit_bytes,
            (3 + acknowledged) * batch_bytes(),
            "as much as was answered"
        );
    }
    // within the renewed credit
    raw.send(4, &enterprises_batch(4)).await;
    assert_eq!(raw.ack().await.sequence, 4);
    // one message above all that there can be
    let mut large = batch_to_proto(&enterprises_batch(5));
    large
        .symbols
        .push("x".repeat(usize::try_from(8 * batch_bytes()).unwrap()));
    raw.send_columns(5, large).await;
    let ended = raw.ended().await;
    assert_eq!(
        (ended.code(), ended.reason().as_str()),
        (Code::ResourceExhausted, "CREDIT_EXCEEDED")
    );
    assert_eq!(ended.fact("credit_bytes"), Some((7 * batch_bytes()).to_string()));
    assert_eq!(values(&ingest.log().await), [1, 2, 3, 4]);
}
