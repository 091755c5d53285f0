//! Mistakes: all of them at once, by index and field, with what would be right; and nothing is recorded.

use std::collections::BTreeSet;

use almanac_wire::pb::shared::{Event, Quality, event};
use tonic::Code;

use crate::support::events::{DIC, OPERATORS, enterprises, internet, request, with_code, yearly};
use crate::support::ingest::Ingest;
use crate::support::refusal::Refusal;

fn without_quality(mut event: Event) -> Event {
    event.quality = Quality::Unspecified.into();
    event
}

fn in_period(mut event: Event, period: &str) -> Event {
    event.when = Some(event::When::Period(period.into()));
    event
}

fn in_area(mut event: Event, area: &str) -> Event {
    event.area = area.into();
    event
}

/// A mistake as it has to be told: the event's index, the field, the reason, and a part of the remedy.
type Mistake = (usize, &'static str, &'static str, &'static str);

/// Ten events with one mistake each, among two that are right.
fn ten_mistakes() -> (Vec<Event>, Vec<Mistake>) {
    let right = || internet("adsl", 2017, "1");
    let events = vec![
        internet("adsl", 2016, "15324"),
        yearly("internet.subscription", 2017, "1"),
        in_area(right(), "9600"),
        internet("adls", 2017, "1"),
        with_code(right(), "technologie", "adsl"),
        yearly("internet.subscriptions", 2017, "1"),
        internet("adsl", 2017, "1.5"),
        internet("adsl", 2017, "-1"),
        in_period(right(), "2017-05"),
        in_period(right(), "May 2017"),
        without_quality(right()),
        internet("ftth", 2016, "61876"),
    ];
    let mistakes = vec![
        (1, "metric", "UNKNOWN_METRIC", "internet.subscriptions"),
        (2, "area", "UNKNOWN_AREA", "96"),
        (3, "dimensions.technology", "UNKNOWN_CODE", "adsl"),
        (4, "dimensions.technologie", "UNKNOWN_DIMENSION", "technology"),
        (5, "dimensions.technology", "MISSING_DIMENSION", "adsl"),
        (6, "value", "TOO_MANY_DECIMALS", "1.5"),
        (7, "value", "OUT_OF_RANGE", "0 or more"),
        (8, "period", "PERIOD_TOO_FINE", "2017"),
        (9, "period", "MALFORMED_PERIOD", "2017-05"),
        (10, "quality", "REQUIRED", "QUALITY_OFFICIAL"),
    ];
    (events, mistakes)
}

#[tokio::test]
async fn ten_mistakes_are_told_at_once_and_nothing_is_recorded() {
    let (ingest, _dir) = Ingest::start().await;
    let head = ingest.log().await.head();
    let (events, mistakes) = ten_mistakes();
    let refused = ingest.record(OPERATORS, events).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "SEVERAL_VIOLATIONS")
    );
    let told = refused.violations();
    for (index, field, reason, remedy) in mistakes {
        let field = format!("events[{index}].{field}");
        let of_field = told.iter().find(|(at, ..)| *at == field);
        let (_, its_reason, text) = of_field.unwrap_or_else(|| panic!("{field} is not told: {told:#?}"));
        assert_eq!(its_reason, reason, "{field}: {text}");
        assert!(text.contains(remedy), "{field}: {text}");
    }
    assert!(
        !told
            .iter()
            .any(|(field, ..)| field.starts_with("events[0]") || field.starts_with("events[11]"))
    );
    assert_eq!(ingest.log().await.head(), head);
}

#[tokio::test]
async fn skip_invalid_records_the_good_events_and_lists_the_others() {
    let (ingest, _dir) = Ingest::start().await;
    let (events, mistakes) = ten_mistakes();
    let mut message = request(OPERATORS, events);
    message.skip_invalid = true;
    let answer = ingest.send(message).await.unwrap();
    assert_eq!((answer.recorded_count, answer.rejected_count), (Some(2), Some(10)));
    for (index, field, reason, remedy) in mistakes {
        let index = i32::try_from(index).ok();
        let rejected = answer
            .rejected
            .iter()
            .find(|one| one.index == index && one.field == field);
        let rejected = rejected.unwrap_or_else(|| panic!("{field} of {index:?} is not listed: {:#?}", answer.rejected));
        assert_eq!(rejected.reason, reason);
        assert!(rejected.message.contains(remedy), "{}", rejected.message);
    }
    let log = ingest.log().await;
    let (revision, batch) = log.batches().last().unwrap();
    let values: BTreeSet<i64> = batch.rows().map(|row| row.value).collect();
    assert_eq!((revision, values), (answer.revision, BTreeSet::from([15324, 61876])));
}

#[tokio::test]
async fn validate_only_records_nothing() {
    let (ingest, _dir) = Ingest::start().await;
    let head = ingest.log().await.head();
    let mut message = request(DIC, vec![enterprises(16)]);
    message.validate_only = true;
    let answer = ingest.send(message).await.unwrap();
    assert_eq!((answer.recorded_count, answer.revision), (Some(1), head));

    let (events, _) = ten_mistakes();
    let mut message = request(OPERATORS, events);
    message.validate_only = true;
    assert_eq!(ingest.send(message).await.unwrap_err().violations().len(), 10);
    assert_eq!(ingest.log().await.head(), head);
}

#[tokio::test]
async fn mistakes_in_the_request_itself_are_told_together() {
    let (ingest, _dir) = Ingest::start().await;
    let mut message = request("ca-mau-dik", Vec::new());
    message.request_id = "yesterday's".into();
    let refused = ingest.send(message).await.unwrap_err();
    let fields: BTreeSet<String> = refused.violations().into_iter().map(|(field, ..)| field).collect();
    let expected = ["events", "reporter", "request_id"].map(String::from);
    assert_eq!(fields, BTreeSet::from(expected));
    assert!(
        format!("{:?}", refused.violations()).contains(DIC),
        "the nearest reporter is named"
    );
}

#[tokio::test]
async fn two_events_for_one_value_are_refused_with_both_indexes() {
    let (ingest, _dir) = Ingest::start().await;
    let refused = ingest
        .record(DIC, vec![enterprises(16), enterprises(17)])
        .await
        .unwrap_err();
    assert_eq!(refused.reason(), "REPEATED_IN_REQUEST");
    let (field, _, text) = &refused.violations()[0];
    assert_eq!(field, "events[1].period");
    assert!(text.contains("events[0]") && text.contains("events[1]"), "{text}");
}

#[tokio::test]
async fn a_reporter_cannot_write_for_another() {
    let (ingest, _dir) = Ingest::start().await;
    let refused = ingest.record(DIC, vec![internet("adsl", 2017, "1")]).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "REPORTER_NOT_ALLOWED"),
        "{refused}"
    );
    assert_eq!(ingest.log().await.events(), 0);
}

#[tokio::test]
async fn a_status_stays_small_with_ten_thousand_bad_events() {
    let (ingest, _dir) = Ingest::start().await;
    let bad: Vec<Event> = (0..10_000)
        .map(|value| yearly("post.enterprise", 2017, &value.to_string()))
        .collect();
    let refused = ingest.record(DIC, bad.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "UNKNOWN_METRIC")
    );
    // a client that counts its header list in 16 KiB still reads it
    let size = refused.message().len() + refused.details().len();
    assert!(size < 8 << 10, "{size} bytes");
    assert!(refused.violations().len() > 5, "the first mistakes are told");
    assert!(refused.message().contains("post.enterprises"), "{}", refused.message());
    assert!(
        refused.message().contains("more"),
        "it says that there are others: {}",
        refused.message()
    );

    let mut message = request(DIC, bad);
    message.skip_invalid = true;
    let answer = ingest.send(message).await.unwrap();
    assert_eq!((answer.recorded_count, answer.rejected_count), (Some(0), Some(10_000)));
    assert_eq!(answer.rejected.len(), 1000, "the rest is counted");
}

#[tokio::test]
async fn more_events_than_one_request_may_have_are_refused_with_the_limit() {
    let (ingest, _dir) = Ingest::start().await;
    let many: Vec<Event> = (0..10_001).map(|_| enterprises(1)).collect();
    let refused = ingest.record(DIC, many).await.unwrap_err();
    assert_eq!(refused.reason(), "TOO_MANY");
    assert!(refused.message().contains("10000"), "{}", refused.message());
}
