//! The client's writer of many events: whatever the batches, each event is recorded once or told with its batch.

use std::time::Duration;

use almanac_client::{IngestClient, PackedOptions, PackedWriter};
use almanac_model::{BatchSeries, MissingReason, Status};

use super::values;
use crate::support::events::DIC;
use crate::support::ingest::Ingest;
use crate::support::stream::{OFFICIAL, PRODUCER, series, year};
use crate::support::{PATIENCE, channel};

async fn open(ingest: &Ingest, options: PackedOptions) -> PackedWriter {
    let client = IngestClient::new(channel(ingest.address)).with_deadline(PATIENCE);
    let producer = PRODUCER.parse().expect("a UUID");
    let stream = client.stream(&DIC.parse().expect("an id"), producer).await;
    PackedWriter::new(stream.expect("the service is there"), options)
}

/// Batches of so many rows, however long they wait.
fn of_rows(rows: usize) -> PackedOptions {
    PackedOptions { rows, delay: PATIENCE }
}

fn enterprises() -> BatchSeries {
    series("post.enterprises", &[])
}

#[tokio::test]
async fn events_are_recorded_in_batches_of_so_many_rows_and_a_flush_brings_the_rest() {
    let (ingest, _dir) = Ingest::start().await;
    let mut writer = open(&ingest, of_rows(3)).await;
    let (post, mobile) = (
        writer.series(enterprises()),
        writer.series(series("telephone.mobile_users", &[])),
    );
    assert_eq!(writer.series(enterprises()), post);
    for place in 0..5 {
        writer
            .push(post, year(2010 + place), place.into(), OFFICIAL)
            .await
            .unwrap();
        writer
            .push(mobile, year(2010 + place), i64::from(place) + 100, OFFICIAL)
            .await
            .unwrap();
    }
    let at = writer.flush().await.unwrap().expect("something was recorded");
    assert!(writer.take_refused().is_empty());
    let log = ingest.log().await;
    assert_eq!(at.revision.0, log.head());
    assert_eq!(values(&log), [0, 100, 1, 101, 2, 102, 3, 103, 4, 104]);
    let rows = log.batches().map(|(_, batch)| batch.len()).filter(|rows| *rows > 0);
    assert_eq!(rows.collect::<Vec<_>>(), [3, 3, 3, 1]);
    let series = log
        .batches()
        .flat_map(|(_, batch)| batch.rows())
        .map(|row| row.series.metric.as_str());
    assert_eq!(series.filter(|metric| *metric == "post.enterprises").count(), 5);
}

#[tokio::test]
async fn rows_that_waited_long_enough_go_out_with_the_next_one() {
    let (ingest, _dir) = Ingest::start().await;
    let at_once = PackedOptions {
        rows: 1000,
        delay: Duration::ZERO,
    };
    let mut writer = open(&ingest, at_once).await;
    let post = writer.series(enterprises());
    assert_eq!(writer.due(), None);
    // the clock is read at each 256th row; before 1997 there was no such province
    for place in 0..300 {
        writer.push(post, year(1996) - place, 1, OFFICIAL).await.unwrap();
        assert!(writer.due().is_some());
    }
    writer.send_waiting().await.unwrap();
    assert_eq!(writer.due(), None);
    assert_eq!(writer.flush().await.unwrap(), None);
    let refused = writer.take_refused();
    let rows = refused.iter().map(|refused| refused.batch.len());
    assert_eq!(rows.collect::<Vec<_>>(), [256, 44]);
    assert_eq!(ingest.log().await.events(), 0);
}

#[tokio::test]
async fn a_refused_batch_comes_back_with_its_rows_and_what_is_wrong_with_them() {
    let (ingest, _dir) = Ingest::start().await;
    let mut writer = open(&ingest, of_rows(2)).await;
    let post = writer.series(enterprises());
    let missing = Status {
        missing: Some(MissingReason::NotCollected),
        ..OFFICIAL
    };
    for (place, value, status) in [
        (0, 1, OFFICIAL),
        (1, 0, missing),
        (2, 3, OFFICIAL),
        (3, -1, OFFICIAL),
        (4, 5, OFFICIAL),
    ] {
        writer.push(post, year(2010 + place), value, status).await.unwrap();
    }
    writer.flush().await.unwrap();
    let refused = writer.take_refused();
    let [refused] = refused.as_slice() else {
        panic!("{refused:?}")
    };
    assert_eq!(
        (refused.batch.columns().2, refused.rejected_count),
        ([3, -1].as_slice(), 1)
    );
    assert_eq!(
        (refused.mistakes[0].row, refused.mistakes[0].reason.as_str()),
        (Some(1), "OUT_OF_RANGE")
    );
    assert!(writer.take_refused().is_empty());
    assert_eq!(values(&ingest.log().await), [1, 0, 5]);
}
