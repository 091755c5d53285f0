//! Expected reports over gRPC.

use almanac_catalog::CatalogFiles;
use almanac_wire::Payload;
use almanac_wire::pb::query as pb;

use crate::support::{TestLog, TestQuery, events_2017, log_id, log_of_2017, min_revision, permits, texts, told};

fn ask(metrics: &[&str], periods: &[&str]) -> pb::GetCompletenessRequest {
    pb::GetCompletenessRequest {
        metrics: texts(metrics),
        periods: texts(periods),
        ..pb::GetCompletenessRequest::default()
    }
}

/// The built-in catalogue, in which permits are due so many days after the end of the year.
fn due_after(days: u32) -> Payload {
    let with_due = |(name, text): (&str, &str)| {
        let expectation = "metric = \"permits.issued\"\nareas = [\"96\"]\n";
        let due = format!("{expectation}due_days = {days}\n");
        (name.to_owned(), text.replace(expectation, &due))
    };
    let files: CatalogFiles = almanac_ca_mau::catalog_files().iter().map(with_due).collect();
    Payload::Catalog(files)
}

fn counts(summary: &pb::CompletenessSummary) -> [Option<i32>; 8] {
    [
        summary.expected,
        summary.reported,
        summary.on_time,
        summary.late,
        summary.missing,
        summary.overdue,
        summary.not_yet_due,
        summary.cannot_exist,
    ]
}

#[tokio::test]
async fn rule_24_what_is_missing_is_listed_and_what_came_is_counted() {
    let log = TestLog::start(log_id(1)).await;
    // revision 2 is recorded two seconds after the new year began in UTC: on the first day after the period
    log.append(&due_after(1));
    log.append(&Payload::Events(events_2017()));
    let revision = log.append(&permits("2016", "7"));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::GetCompletenessRequest {
        read_at: min_revision(revision),
        ..ask(&["permits.issued"], &["2017..2018"])
    };
    let answer = query
        .client
        .get_completeness(request.clone())
        .await
        .unwrap()
        .into_inner();
    let told: Vec<_> = answer
        .summaries
        .iter()
        .map(|one| (one.period.as_str(), counts(one)))
        .collect();
    let some = |counts: [i32; 8]| counts.map(Some);
    assert_eq!(
        told,
        [
            ("2017", some([5, 5, 5, 0, 0, 0, 0, 0])),
            ("2018", some([5, 0, 0, 0, 5, 0, 5, 0])),
        ]
    );
    assert_eq!(answer.reports.len(), 10);
    let first = &answer.reports[0];
    assert_eq!(
        (first.status(), first.due_date.as_str()),
        (pb::ReportStatus::OnTime, "2018-01-01")
    );
    assert_eq!((first.first_revision, first.last_revision), (2, 2));
    assert_eq!(answer.on, "2018-01-01", "the civil day of the revision in Ca Mau");

    // the year after, only what is overdue
    let request = pb::GetCompletenessRequest {
        on: "2019-01-02".to_owned(),
        statuses: vec![pb::ReportStatus::Overdue.into()],
        ..request
    };
    let answer = query.client.get_completeness(request).await.unwrap().into_inner();
    assert_eq!(answer.summaries[1].overdue, Some(5));
    assert!(
        answer
            .reports
            .iter()
            .all(|one| one.period == "2018" && one.first_revision == 0)
    );
    assert_eq!(answer.reports.len(), 5);
}

#[tokio::test]
async fn rule_24_a_report_after_its_due_day_is_late() {
    let log = TestLog::start(log_id(1)).await;
    log.append(&due_after(0));
    let revision = log.append(&Payload::Events(events_2017()));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::GetCompletenessRequest {
        read_at: min_revision(revision),
        ..ask(&["permits.issued"], &["2017"])
    };
    let answer = query.client.get_completeness(request).await.unwrap().into_inner();
    assert_eq!(
        (answer.summaries[0].late, answer.summaries[0].on_time),
        (Some(5), Some(0))
    );
}

#[tokio::test]
async fn pages_of_expected_reports_are_those_of_one_page() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let whole = ask(&[], &["2017..2018"]);
    let whole = query.client.get_completeness(whole).await.unwrap().into_inner();
    assert!(whole.reports.len() > 20, "{}", whole.reports.len());
    let unlisted: Vec<_> = whole
        .unlisted
        .iter()
        .map(|one| (one.metric.as_str(), one.reason()))
        .collect();
    assert_eq!(unlisted, [("complaints.received", pb::UnlistedReason::NothingExpected)]);

    let mut request = pb::GetCompletenessRequest {
        page_size: 7,
        ..ask(&[], &["2017..2018"])
    };
    let (mut paged, mut summaries) = (Vec::new(), Vec::new());
    loop {
        let page = query
            .client
            .get_completeness(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.reports.len() <= 7);
        paged.extend(page.reports);
        summaries.extend(page.summaries);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(paged, whole.reports);
    assert_eq!(summaries, whole.summaries);
}

#[tokio::test]
async fn every_mistake_in_a_question_for_completeness_is_told() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::GetCompletenessRequest {
        areas_under: "96".to_owned(),
        reporters: texts(&["ca-mau-dicc"]),
        statuses: vec![0],
        on: "tomorrow".to_owned(),
        page_size: -1,
        ..ask(&["permits.isued"], &[])
    };
    let refused = query.client.get_completeness(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    page_size: -1 is negative; leave it out for 1000 results, or give up to 10000 (and 6 more problems)
    - PAGE_SIZE_NEGATIVE page_size: -1 is negative; leave it out for 1000 results, or give up to 10000
    - UNKNOWN_METRIC metrics[0]: "permits.isued" is not the id of a metric of the catalogue; did you mean permits.issued?
    - REQUIRED level: give the level of the areas, such as "district"
    - UNKNOWN_REPORTER reporters[0]: "ca-mau-dicc" is not the id of a reporter of the catalogue; did you mean ca-mau-dic or ca-mau-statistics or ca-mau-post?
    - REQUIRED periods: give at least one period, such as "2017" or "2015..2017"
    - UNKNOWN_STATUS statuses[0]: 0 is no status of a report; give one of REPORT_STATUS_ON_TIME, REPORT_STATUS_LATE, REPORT_STATUS_REPORTED, REPORT_STATUS_OVERDUE, REPORT_STATUS_NOT_YET_DUE, REPORT_STATUS_MISSING, REPORT_STATUS_CANNOT_EXIST
    - MALFORMED_DATE on: "tomorrow" is no date; write it as 2017-12-31
    "#);
}

#[tokio::test]
async fn more_reports_than_one_question_goes_through_are_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    // a count for each metric, year and reporter: 16 metrics and more over 900 years
    let refused = query
        .client
        .get_completeness(ask(&[], &["2017..2999"]))
        .await
        .unwrap_err();
    insta::assert_snapshot!(told(&refused), @"
    InvalidArgument TOO_MANY_REPORTS
    periods: more than 200000 reports are expected, or more than 10000 counts would be told; ask for fewer metrics, areas, reporters or periods at a time
    - TOO_MANY_REPORTS periods: more than 200000 reports are expected, or more than 10000 counts would be told; ask for fewer metrics, areas, reporters or periods at a time
    ");
}
