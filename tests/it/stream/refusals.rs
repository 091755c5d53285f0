//! What is wrong with a batch, a hello or a message is told, and what can go on goes on.

use almanac_model::{Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, MissingReason, Status};
use almanac_wire::batch_to_proto;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::shared::{self, EventBatch};
use pb::record_event_stream_request::Message;
use tonic::Code;

use super::values;
use crate::support::channel;
use crate::support::events::{DIC, complaint, enterprises, request, yearly};
use crate::support::ingest::Ingest;
use crate::support::refusal::Refusal;
use crate::support::stream::{OFFICIAL, Raw, bad_batch, enterprises_batch, hello, series, year};

#[tokio::test]
async fn a_bad_batch_is_refused_by_row_and_field_and_the_stream_goes_on() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    raw.send(2, &bad_batch(2)).await;
    raw.send(3, &enterprises_batch(3)).await;
    assert_eq!(raw.ack().await.sequence, 1);
    let refusal = raw.refusal().await;
    assert_eq!((refusal.sequence, refusal.rejected_count), (2, Some(1)));
    let mistake = &refusal.mistakes[0];
    assert_eq!((mistake.index, mistake.field.as_str()), (Some(0), "value"));
    assert_eq!(raw.ack().await.sequence, 3);
    assert_eq!(values(&ingest.log().await), [1, 3]);
}

/// A batch of official values.
fn rows(rows: impl IntoIterator<Item = (BatchSeries, i32, i64)>) -> Batch {
    let mut batch = BatchBuilder::default();
    for (series, period, value) in rows {
        batch.push(series, period, value, OFFICIAL, BatchExtra::default());
    }
    batch.finish()
}

#[tokio::test]
async fn rows_are_checked_as_the_events_of_requests_are() {
    let (ingest, _dir) = Ingest::start().await;
    let adsl: &[(&str, &str)] = &[("technology", "adsl")];
    let with_decimal = BatchSeries {
        decimals: 1,
        ..series("post.enterprises", &[])
    };
    let by_month = BatchSeries {
        granularity: Granularity::Month,
        ..series("post.enterprises", &[])
    };
    let elsewhere = BatchSeries {
        area: "97".parse().unwrap(),
        ..series("post.enterprises", &[])
    };
    let complaints = series("complaints.received", &[("complaint_subject", "spam")]);
    let batch = rows([
        (series("post.enterprise", &[]), year(2017), 1),
        (series("post.enterprises", &[]), year(2019), 1),
        (series("post.enterprises", adsl), year(2016), 1),
        (with_decimal, year(2015), 15),
        (by_month, 12 * year(2014), 1),
        (elsewhere, year(2013), 1),
        (series("internet.subscriptions", adsl), year(2017), 1),
        (complaints, year(2017), 1),
    ]);
    let technology = |mut event: shared::Event| {
        event.dimensions.insert("technology".into(), "adsl".into());
        event
    };
    let mut area = yearly("post.enterprises", 2013, "1");
    area.area = "97".into();
    let mut month = yearly("post.enterprises", 2014, "1");
    month.when = Some(shared::event::When::Period("2014-01".into()));
    let events = vec![
        yearly("post.enterprise", 2017, "1"),
        yearly("post.enterprises", 2019, "1"),
        technology(yearly("post.enterprises", 2016, "1")),
        yearly("post.enterprises", 2015, "1.5"),
        month,
        area,
        technology(yearly("internet.subscriptions", 2017, "1")),
        complaint("", "2017", "1"),
    ];
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.send(1, &batch).await;
    let refusal = raw.refusal().await;
    assert_eq!(refusal.rejected_count, Some(8));

    let mut same = request(DIC, events);
    same.skip_invalid = true;
    let expected = ingest.send(same).await.unwrap();
    assert_eq!(expected.rejected_count, Some(8));
    assert_eq!(refusal.mistakes, expected.rejected);
}

#[tokio::test]
async fn what_only_columns_can_have_wrong_is_refused_too() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let missing = Status {
        missing: Some(MissingReason::NotCollected),
        ..OFFICIAL
    };
    let of_other = BatchSeries {
        reporter: "ca-mau-telecom-operators".parse().unwrap(),
        ..series("post.enterprises", &[])
    };
    let mut batch = BatchBuilder::default();
    let none = BatchExtra::default;
    batch.push(of_other, year(2017), 1, OFFICIAL, none());
    batch.push_retraction(series("post.enterprises", &[]), year(2016), 1, OFFICIAL, none());
    batch.push(series("post.enterprises", &[]), year(2015), 1, missing, none());
    batch.push(series("post.enterprises", &[]), 100_000, 1, OFFICIAL, none());
    batch.push(series("post.enterprises", &[]), year(2014), 1, OFFICIAL, none());
    batch.push(series("post.enterprises", &[]), year(2014), 2, OFFICIAL, none());
    let long = BatchExtra {
        event_id: Some("x".repeat(129)),
        note: Some("x".repeat(1001)),
        // in 2018, by the time zone of the catalogue
        occurred_at_ms: Some(1_514_764_799_000),
        ..none()
    };
    batch.push(series("post.enterprises", &[]), year(2017), 1, OFFICIAL, long);
    raw.send(1, &batch.finish()).await;
    let refusal = raw.refusal().await;
    let told = refusal.mistakes.iter();
    let told: Vec<_> = told
        .map(|one| (one.index.unwrap(), one.field.as_str(), one.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (0, "reporter", "OTHER_REPORTER"),
            (1, "status", "RETRACTION_IN_STREAM"),
            (2, "value", "VALUE_AND_MISSING"),
            (3, "period", "MALFORMED_PERIOD"),
            (5, "period", "REPEATED_IN_REQUEST"),
            (6, "event_id", "TOO_LONG"),
            (6, "note", "TOO_LONG"),
            (6, "occurred_at", "OCCURRED_OUTSIDE_PERIOD"),
        ]
    );
    assert_eq!(refusal.rejected_count, Some(6));
    assert_eq!(ingest.log().await.events(), 0);
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_as_a_whole() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let mut uneven = batch_to_proto(&enterprises_batch(1));
    uneven.value.push(2);
    let mut nameless = batch_to_proto(&enterprises_batch(1));
    nameless.series[0].metric = 99;
    let mut many = batch_to_proto(&enterprises_batch(1));
    many.series_index = vec![0; 16_385];
    many.period_delta = vec![1; 16_385];
    many.value = vec![1; 16_385];
    many.status = vec![3; 16_385];
    let cases = [
        (uneven, "MALFORMED_BATCH"),
        (nameless, "MALFORMED_BATCH"),
        (many, "TOO_MANY"),
        (EventBatch::default(), "REQUIRED"),
    ];
    for ((batch, reason), sequence) in cases.into_iter().zip(1..) {
        raw.send_columns(sequence, batch).await;
        let refusal = raw.refusal().await;
        assert_eq!((refusal.sequence, refusal.rejected_count), (sequence, Some(0)));
        let [mistake] = refusal.mistakes.as_slice() else {
            panic!("{refusal:?}")
        };
        assert_eq!(
            (mistake.index, mistake.field.as_str(), mistake.reason.as_str()),
            (None, "events", reason)
        );
    }
    raw.send_bytes(5, b"\xff no protobuf".to_vec()).await;
    assert_eq!(raw.refusal().await.mistakes[0].reason, "MALFORMED_BATCH");
    raw.send(6, &enterprises_batch(5)).await;
    assert_eq!(raw.ack().await.sequence, 6);
}

#[tokio::test]
async fn a_refusal_lists_a_hundred_mistakes_and_counts_the_rest() {
    let (ingest, _dir) = Ingest::start().await;
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    let bad = (0..300).map(|row| (series("post.enterprises", &[]), row - 200, -1));
    raw.send(1, &rows(bad)).await;
    let refusal = raw.refusal().await;
    assert_eq!((refusal.mistakes.len(), refusal.rejected_count), (100, Some(300)));
}

#[tokio::test]
async fn a_stream_begins_with_one_hello() {
    let (ingest, _dir) = Ingest::start().await;
    let mut raw = Raw::connect(channel(ingest.address)).await.unwrap();
    raw.send(1, &enterprises_batch(1)).await;
    let ended = raw.ended().await;
    assert_eq!(
        (ended.code(), ended.reason().as_str()),
        (Code::InvalidArgument, "OUT_OF_PLACE")
    );

    let (mut raw, welcome) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    raw.say(Message::Hello(hello(welcome.epoch))).await;
    assert_eq!(raw.ended().await.reason(), "OUT_OF_PLACE");
    assert_eq!(ingest.log().await.events(), 0);
}

#[tokio::test]
async fn every_mistake_of_a_hello_is_told_at_once() {
    let (ingest, _dir) = Ingest::start().await;
    let wrong = pb::StreamHello {
        reporter: "ca-mau-dick".into(),
        producer_id: "me".into(),
        epoch: 0,
    };
    let Err(refused) = Raw::open(channel(ingest.address), wrong).await else {
        panic!("a nobody is welcomed");
    };
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> = refused.violations().into_iter().map(|(field, ..)| field).collect();
    assert_eq!(fields, ["hello.reporter", "hello.producer_id"]);
    assert!(refused.violations()[0].2.contains("ca-mau-dic"), "{refused}");
}

#[tokio::test]
async fn a_correction_that_comes_too_late_is_refused() {
    let (ingest, _dir) = Ingest::start().await;
    let first = ingest.record(DIC, vec![enterprises(16)]).await.unwrap();
    let correcting = |value| {
        let extra = BatchExtra {
            correction: Some(almanac_model::Correction {
                reason: almanac_model::CorrectionReason::ReportingError,
                expected_revision: Some(almanac_model::Revision(first.revision)),
            }),
            ..BatchExtra::default()
        };
        let mut batch = BatchBuilder::default();
        batch.push(series("post.enterprises", &[]), year(2017), value, OFFICIAL, extra);
        batch.finish()
    };
    let (mut raw, _) = Raw::open(channel(ingest.address), hello(0)).await.unwrap();
    // both correct what the first request recorded; only one of them saw the newest value
    raw.send(1, &correcting(17)).await;
    raw.send(2, &correcting(18)).await;
    assert_eq!(raw.ack().await.sequence, 1);
    assert_eq!(raw.refusal().await.mistakes[0].reason, "STALE_REVISION");
    assert_eq!(values(&ingest.log().await), [16, 17]);
}
