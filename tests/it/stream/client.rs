//! The client's stream: whatever breaks, each batch is answered once, and the log holds what was recorded, once each.

use std::time::Duration;

use almanac_client::{ClientError, EventStream, IngestClient, StreamAnswer};
use almanac_model::Revision;
use almanac_tests::random::Random;
use tonic::Code;
use uuid::Uuid;

use super::values;
use crate::support::events::DIC;
use crate::support::gate::Gate;
use crate::support::ingest::Ingest;
use crate::support::stream::{PRODUCER, bad_batch, enterprises_batch};
use crate::support::{PATIENCE, channel};

async fn open(address: std::net::SocketAddr) -> EventStream {
    let client = IngestClient::new(channel(address)).with_deadline(PATIENCE);
    let opened = client.stream(&DIC.parse().expect("an id"), producer()).await;
    opened.expect("the service is there")
}

fn producer() -> Uuid {
    PRODUCER.parse().expect("a UUID")
}

async fn rest(stream: &mut EventStream) -> Vec<StreamAnswer> {
    let mut answers = Vec::new();
    while let Some(answer) = stream.next_answer().await.expect("the service comes back") {
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn answers_come_by_sequence_and_a_later_process_goes_on_after_them() {
    let (ingest, _dir) = Ingest::start().await;
    let mut stream = open(ingest.address).await;
    assert_eq!((stream.epoch(), stream.last_sequence()), (1, 0));
    assert_eq!(stream.next_answer().await.unwrap(), None);
    assert_eq!(stream.send(&enterprises_batch(1)).await.unwrap(), 1);
    assert_eq!(stream.send(&bad_batch(2)).await.unwrap(), 2);
    assert_eq!(stream.send(&enterprises_batch(3)).await.unwrap(), 3);
    let answers = rest(&mut stream).await;
    let [
        StreamAnswer::Recorded { sequence: 1, at: first },
        StreamAnswer::Refused {
            sequence: 2,
            mistakes,
            rejected_count: 1,
            ..
        },
        StreamAnswer::Recorded { sequence: 3, at: last },
    ] = answers.as_slice()
    else {
        panic!("{answers:?}");
    };
    assert_eq!(last.revision, Revision(first.revision.0 + 2));
    assert_eq!((mistakes[0].row, mistakes[0].field.as_str()), (Some(0), "value"));

    let mut later = open(ingest.address).await;
    assert_eq!((later.epoch(), later.last_sequence()), (2, 3));
    assert_eq!(later.send(&enterprises_batch(4)).await.unwrap(), 4);
    assert_eq!(rest(&mut later).await.len(), 1);
    // the earlier one is fenced
    stream.send(&enterprises_batch(9)).await.unwrap();
    let Err(ClientError::Refused { code, reason, .. }) = stream.next_answer().await else {
        panic!("a fenced stream goes on");
    };
    assert_eq!((code, reason.as_str()), (Code::Aborted, "PRODUCER_FENCED"));
    assert_eq!(values(&ingest.log().await), [1, 3, 4]);
}

#[tokio::test]
async fn a_stream_takes_no_more_than_may_be_unanswered_and_waits_for_answers() {
    let (ingest, _dir) = Ingest::start().await;
    let mut stream = open(ingest.address).await;
    let mut most = 0;
    for value in 1..=600 {
        stream.send(&enterprises_batch(value)).await.unwrap();
        most = most.max(stream.unanswered());
    }
    assert_eq!(most, 256);
    assert_eq!(rest(&mut stream).await.len(), 600);
    assert_eq!(values(&ingest.log().await), (1..=600).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_error_leaves_what_is_unanswered_for_the_next_attempt() {
    let (ingest, _dir) = Ingest::start().await;
    let gate = Gate::to(ingest.address).await;
    let client = IngestClient::new(channel(gate.address)).with_deadline(Duration::from_millis(200));
    let mut stream = client.stream(&DIC.parse().unwrap(), producer()).await.unwrap();
    gate.shut();
    stream.send(&enterprises_batch(1)).await.unwrap();
    stream.next_answer().await.unwrap_err();
    assert_eq!(stream.unanswered(), 1);
    gate.lead_to(ingest.address);
    let answer = loop {
        // the connection may need longer than so short a deadline
        if let Ok(answer) = stream.next_answer().await {
            break answer;
        }
    };
    assert!(
        matches!(answer, Some(StreamAnswer::Recorded { sequence: 1, .. })),
        "{answer:?}"
    );
    assert_eq!(values(&ingest.log().await), [1]);
}

/// Sends batches, some of them bad, while the connection is cut and the service is restarted at random.
async fn cut_at_random(seed: u64) {
    let mut random = Random(seed);
    let (mut ingest, _dir) = Ingest::start().await;
    let gate = Gate::to(ingest.address).await;
    let mut stream = open(gate.address).await;
    let (mut good, mut answers) = (Vec::new(), Vec::new());
    for value in 1..=300_i64 {
        let is_bad = random.below(8) == 0;
        let batch = if is_bad {
            bad_batch(value)
        } else {
            enterprises_batch(value)
        };
        let sequence = stream.send(&batch).await.expect("the service comes back");
        assert_eq!(sequence, value.unsigned_abs());
        if !is_bad {
            good.push(value);
        }
        match random.below(48) {
            0..=2 => gate.lead_to(ingest.address),
            3 if value % 2 == 0 => {
                ingest = ingest.restart().await;
                gate.lead_to(ingest.address);
            }
            4..14 => answers.extend(stream.next_answer().await.expect("the service comes back")),
            // what was sent is on its way while something else happens
            14..22 => tokio::task::yield_now().await,
            _ => {}
        }
    }
    answers.extend(rest(&mut stream).await);

    let sequence = |answer: &StreamAnswer| match answer {
        StreamAnswer::Recorded { sequence, .. } | StreamAnswer::Refused { sequence, .. } => *sequence,
    };
    let answered: Vec<u64> = answers.iter().map(sequence).collect();
    assert_eq!(
        answered,
        (1..=300).collect::<Vec<u64>>(),
        "seed {seed}: each is answered once, in order"
    );
    let recorded = answers
        .iter()
        .filter(|answer| matches!(answer, StreamAnswer::Recorded { .. }));
    let recorded: Vec<u64> = recorded.map(sequence).collect();
    assert_eq!(
        recorded,
        good.iter().map(|value| value.unsigned_abs()).collect::<Vec<_>>()
    );
    assert_eq!(
        values(&ingest.log().await),
        good,
        "seed {seed}: the log is what was sent, once each"
    );
}

#[tokio::test]
async fn whatever_is_cut_the_log_is_what_was_sent_once_each() {
    for seed in 0..4 {
        cut_at_random(seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_when_client_and_service_run_at_the_same_time() {
    for seed in 100..103 {
        cut_at_random(seed).await;
    }
}
