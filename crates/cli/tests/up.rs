//! `almanac up`: what is recorded in one run is there in the next.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

mod support;

use almanac_ca_mau::{Recorded, events_2017};
use almanac_client::{IngestClient, QueryClient};

use crate::support::Up;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");

    let up = Up::start(&data_dir);
    let ingest = IngestClient::connect(&up.ingest).await.unwrap();
    let Recorded { reporter, event } = events_2017().unwrap().remove(0);
    let metric = event.metric.clone();
    // the built-in catalogue is in force without anybody applying one
    let recorded = ingest.record(&reporter, [event]).await.unwrap();
    let query = QueryClient::connect(&up.query).await.unwrap();
    let question = query.indicators([&metric]).area("96").period("2017");
    question.min_revision(recorded).fetch().await.unwrap();
    drop(query);
    up.stop();
    // an orderly end leaves a checkpoint of what was followed for the next start
    let name = format!("checkpoint-{:020}", recorded.at.revision.0);
    assert!(data_dir.join("query").join(&name).is_file(), "{name}");

    let up = Up::start(&data_dir);
    let query = QueryClient::connect(&up.query).await.unwrap();
    let question = query.indicators([&metric]).area("96").period("2017");
    let answer = question.min_revision(recorded).fetch().await.unwrap();
    assert_eq!(answer.answered_at.revision, recorded.at.revision);
    assert_eq!(answer.figures[0].value.as_deref(), Ok("6977968"));
    up.stop();
}
