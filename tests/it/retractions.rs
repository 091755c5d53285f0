//! What was recorded by mistake is taken back: gone from the newest figures, still there in the past.

use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::query::{ExpectedReport, GetCompletenessRequest, ReportStatus};
use almanac_wire::pb::shared::as_of::State;
use almanac_wire::pb::shared::{CorrectionReason, MissingReason};
use tonic::{Code, Status};

use crate::support::events::{DIC, complaint, enterprises};
use crate::support::ingest::Ingest;
use crate::support::pair::Pair;
use crate::support::query::{after, as_of, in_2017};
use crate::support::refusal::Refusal;

const REQUEST: &str = "1c1f5a0e-6f0d-4b0e-9d55-3f0d6a4a7c01";

fn of_event(event_id: &str) -> pb::Retraction {
    pb::Retraction {
        metric: "complaints.received".to_owned(),
        event_id: event_id.to_owned(),
        ..pb::Retraction::default()
    }
}

fn of_enterprises(expected_revision: u64) -> pb::Retraction {
    pb::Retraction {
        metric: "post.enterprises".to_owned(),
        area: "96".to_owned(),
        period: "2017".to_owned(),
        expected_revision,
        ..pb::Retraction::default()
    }
}

async fn retract(ingest: &Ingest, retractions: Vec<pb::Retraction>) -> Result<pb::RetractEventsResponse, Status> {
    let request = pb::RetractEventsRequest {
        retractions,
        reporter: DIC.to_owned(),
        reason: CorrectionReason::ReportingError.into(),
        note: "recorded twice by hand".to_owned(),
        ..pb::RetractEventsRequest::default()
    };
    Ok(ingest.client.clone().retract_events(request).await?.into_inner())
}

#[tokio::test]
async fn a_tallied_event_that_is_taken_back_no_longer_adds() -> Result<(), Status> {
    let pair = Pair::start().await;
    let events = vec![complaint("c-1", "2017-05-14", "1"), complaint("c-2", "2017-05-15", "5")];
    let recorded = pair.ingest.record(DIC, events).await?.revision;
    let retracted = retract(&pair.ingest, vec![of_event("c-2")]).await?;
    assert_eq!(
        (retracted.retracted_count, retracted.duplicate_event_count),
        (Some(1), 0)
    );
    let question = || in_2017("complaints.received");
    assert_eq!(
        pair.query.value(after(retracted.revision, question())).await.as_deref(),
        Some("1")
    );
    let past = as_of(State::Revision(recorded), question());
    assert_eq!(
        pair.query.value(past).await.as_deref(),
        Some("6"),
        "the past stays as it was"
    );

    let again = retract(&pair.ingest, vec![of_event("c-2")]).await?;
    assert_eq!((again.retracted_count, again.duplicate_event_count), (Some(0), 1));
    let late_retry = pair
        .ingest
        .record(DIC, vec![complaint("c-2", "2017-05-15", "5")])
        .await?;
    assert_eq!(
        late_retry.duplicate_event_count, 1,
        "a late retry does not bring it back"
    );

    let all = retract(&pair.ingest, vec![of_event("c-1")]).await?;
    let figure = pair.query.figure(after(all.revision, question())).await;
    assert_eq!(figure.value, None, "nothing recorded is not zero");
    assert_eq!(figure.missing(), MissingReason::NoRecord);
    Ok(())
}

#[tokio::test]
async fn a_withdrawn_report_is_no_record_until_it_is_reported_again() -> Result<(), Status> {
    let pair = Pair::start().await;
    let recorded = pair.ingest.record(DIC, vec![enterprises(16)]).await?.revision;
    let withdrawn = retract(&pair.ingest, vec![of_enterprises(recorded)]).await?.revision;
    let question = || in_2017("post.enterprises");
    let figure = pair.query.figure(after(withdrawn, question())).await;
    assert_eq!(
        (figure.value.clone(), figure.missing()),
        (None, MissingReason::NoRecord)
    );
    let coverage = figure.coverage.expect("a report is expected");
    assert_eq!((coverage.reported, coverage.expected), (Some(0), Some(1)));
    let past = as_of(State::Revision(recorded), question());
    assert_eq!(pair.query.value(past).await.as_deref(), Some("16"));

    let pair = pair.restart_query().await;
    let again = pair.ingest.record(DIC, vec![enterprises(17)]).await?.revision;
    assert_eq!(pair.query.value(after(again, question())).await.as_deref(), Some("17"));
    Ok(())
}

#[tokio::test]
async fn only_the_newest_value_is_withdrawn() -> Result<(), Status> {
    let (ingest, _dir) = Ingest::start().await;
    let seen = ingest.record(DIC, vec![enterprises(61)]).await?.revision;
    let newer = ingest.record(DIC, vec![enterprises(16)]).await?.revision;
    let refused = retract(&ingest, vec![of_enterprises(seen)]).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::Aborted, "STALE_REVISION"),
        "{refused}"
    );
    assert_eq!(refused.fact("current_revision"), Some(newer.to_string()));
    assert_eq!(refused.violations()[0].0, "retractions[0].expected_revision");
    Ok(())
}

#[tokio::test]
async fn what_was_never_recorded_cannot_be_taken_back() -> Result<(), Status> {
    let (ingest, _dir) = Ingest::start().await;
    let recorded = ingest
        .record(DIC, vec![complaint("c-1", "2017-05-14", "1")])
        .await?
        .revision;
    let wrong = vec![
        of_event("c-1"),
        of_event("c-9"),
        of_event(""),
        of_enterprises(0),
        of_enterprises(recorded),
        pb::Retraction {
            metric: "complaints".to_owned(),
            ..of_event("c-1")
        },
    ];
    let refused = retract(&ingest, wrong).await.unwrap_err();
    let fields: Vec<String> = refused.violations().into_iter().map(|(field, ..)| field).collect();
    assert_eq!(
        fields,
        [
            "retractions[1].event_id",
            "retractions[2].event_id",
            "retractions[3].expected_revision",
            "retractions[4].expected_revision",
            "retractions[5].metric",
        ]
    );
    assert_eq!(ingest.log().await.head(), recorded, "all or nothing");
    Ok(())
}

#[tokio::test]
async fn a_retried_retraction_is_recorded_once() -> Result<(), Status> {
    let (ingest, _dir) = Ingest::start().await;
    let recorded = ingest.record(DIC, vec![enterprises(16)]).await?.revision;
    let request = pb::RetractEventsRequest {
        retractions: vec![of_enterprises(recorded)],
        reporter: DIC.to_owned(),
        reason: CorrectionReason::ReportingError.into(),
        request_id: REQUEST.to_owned(),
        ..pb::RetractEventsRequest::default()
    };
    let first = ingest
        .client
        .clone()
        .retract_events(request.clone())
        .await?
        .into_inner();
    let ingest = ingest.restart().await;
    let again = ingest.client.clone().retract_events(request).await?.into_inner();
    assert_eq!((first.revision, again.revision), (recorded + 1, recorded + 1));
    assert!(again.duplicate && !first.duplicate);
    Ok(())
}

#[tokio::test]
async fn rule_24_a_report_that_was_taken_back_is_missing_and_was_not_before() -> Result<(), Status> {
    let pair = Pair::start().await;
    let recorded = pair.ingest.record(DIC, vec![enterprises(5)]).await?.revision;
    let retracted = retract(&pair.ingest, vec![of_enterprises(recorded)]).await?.revision;
    for (revision, status) in [(recorded, ReportStatus::Reported), (retracted, ReportStatus::Missing)] {
        let request = GetCompletenessRequest {
            metrics: vec!["post.enterprises".to_owned()],
            periods: vec!["2017".to_owned()],
            read_at: as_of(State::Revision(revision), in_2017("post.enterprises")).read_at,
            ..GetCompletenessRequest::default()
        };
        let answer = pair.query.client.clone().get_completeness(request).await?.into_inner();
        let told: Vec<ReportStatus> = answer.reports.iter().map(ExpectedReport::status).collect();
        assert_eq!(told, [status], "as of revision {revision}");
        assert_eq!(answer.answered_at.map(|at| at.revision), Some(revision));
    }
    Ok(())
}
