//! What is recorded is what is read.

use std::time::Duration;

use almanac_ca_mau::{Recorded, catalog_files, events_2017};
use almanac_client::model::{Decimal, Event, Measure, Quality, ReporterId, Revision};
use almanac_client::{
    ClientError, Code, CompressionEncoding, FigureQuestion, IngestClient, QueryClient, ReadAt, RecordedAt,
};

use crate::services::Services;

fn mobile_of_2017() -> (ReporterId, Event) {
    let recorded = events_2017().unwrap().into_iter();
    let mut mobile = recorded
        .filter(|recorded| recorded.event.metric.as_str() == "telephone.subscriptions")
        .map(|Recorded { reporter, event }| (reporter, event));
    mobile.next_back().unwrap()
}

#[tokio::test]
async fn a_write_is_read_at_its_revision_under_every_encoding() {
    let services = Services::start().await;
    let (ingest, query, last) = services.filled().await;
    for encoding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let query = match encoding {
            Some(encoding) => query.clone().with_compression(encoding),
            None => query.clone(),
        };
        let answer = query
            .indicators(["telephone.density", "internet.density"])
            .area("96")
            .period("2017")
            .min_revision(last)
            .fetch()
            .await
            .unwrap();
        let values: Vec<_> = answer.figures.iter().map(|figure| figure.value.as_deref()).collect();
        assert_eq!(values, [Ok("119.09"), Ok("0.21")], "{encoding:?}");
        assert_eq!(answer.figures[0].quality, Some(Quality::Estimated));
        assert_eq!(answer.answered_at.log_id, last.at.log_id);
        assert!(answer.answered_at.revision >= last.at.revision);
    }
    let compressing = ingest.with_compression(CompressionEncoding::Zstd);
    let again = compressing.apply_catalog(&catalog_files()).await.unwrap();
    assert_eq!(again.content_hash, catalog_files().hash());
    assert_eq!(again.at.revision, Revision(1), "the catalogue in force changes nothing");
}

#[tokio::test]
async fn pages_are_followed_to_the_last_and_read_one_revision() {
    let services = Services::start().await;
    let (_, query, last) = services.filled().await;
    let question = |page_size| {
        query
            .indicators(["telephone.subscriptions"])
            .area("96")
            .period("2013..2017")
            .group_by("service")
            .min_revision(last)
            .page_size(page_size)
            .fetch()
    };
    let (paged, whole) = (question(1).await.unwrap(), question(1000).await.unwrap());
    assert_eq!(whole.figures.len(), 10);
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn a_release_keeps_what_was_published_and_explanations_name_revisions() {
    let services = Services::start().await;
    let (ingest, query, last) = services.filled().await;
    let name = "annual-review-2017".parse().unwrap();
    let released = ingest.create_release(&name, Some(last.at.revision), "").await.unwrap();
    let again = ingest.create_release(&name, Some(last.at.revision), "").await.unwrap();
    assert_eq!(again, released);

    let (reporter, event) = mobile_of_2017();
    let corrected = Event {
        measure: Measure::Value(Decimal::new(1, 0)),
        ..event
    };
    let corrected = ingest.record(&reporter, [corrected]).await.unwrap();
    let published = ReadAt::newest().min_revision(corrected).as_of_release(&name);
    let report = query
        .get_report("annual-review", "96", "2017", &published)
        .await
        .unwrap();
    let mut lines = report.sections.iter().flat_map(|section| &section.lines);
    let density = lines.find(|line| line.id == "telephone.density").unwrap();
    assert_eq!(density.figure.value.as_deref(), Ok("119.09"));
    assert_eq!(density.unit.label.en, "subscription per 100 inhabitants");

    let mobile = FigureQuestion::new("telephone.subscriptions", "96", "2017").filter("service", ["mobile"]);
    let now = ReadAt::newest().min_revision(corrected);
    let explained = query.explain(&mobile, &now).await.unwrap();
    assert_eq!(explained.figure.value.as_deref(), Ok("1"));
    let [term] = explained.terms.as_slice() else {
        panic!("{explained:?}");
    };
    let [contribution] = term.contributions.as_slice() else {
        panic!("{term:?}");
    };
    assert_eq!(contribution.reporter, reporter);
    let [value] = contribution.values.as_slice() else {
        panic!("{contribution:?}");
    };
    assert_eq!(value.writes[0].revision, corrected.at.revision);
    let vintages = query.list_vintages(&mobile, &now).await.unwrap().vintages;
    let values: Vec<_> = vintages
        .iter()
        .map(|vintage| vintage.figure.value.as_deref().unwrap())
        .collect();
    assert_eq!(values, ["1413852", "1"]);
    assert_eq!(vintages[1].revision, corrected.at.revision);

    let names: Vec<_> = ingest.list_releases().await.unwrap();
    assert_eq!(names, [released.release]);
}

#[tokio::test]
async fn a_refusal_has_every_mistake_by_field() {
    let services = Services::start().await;
    let (ingest, query, last) = services.filled().await;
    let (reporter, event) = mobile_of_2017();
    let wrong = Event {
        metric: "telephone.subscribers".parse().unwrap(),
        ..event.clone()
    };
    let error = ingest.record(&reporter, [event, wrong]).await.unwrap_err();
    let ClientError::Refused {
        code,
        reason,
        message,
        violations,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "UNKNOWN_METRIC"));
    let [violation] = violations.as_slice() else {
        panic!("{violations:?}");
    };
    assert_eq!(violation.field, "events[1].metric");
    assert_eq!(violation.reason, "UNKNOWN_METRIC");
    assert!(violation.message.contains("telephone.subscriptions"), "{message}");

    let question = query.indicators(["telephone.densty"]).area("97").period("2017");
    let error = question.min_revision(last).fetch().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Refused { violations, .. } if violations.len() == 2),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_revision_that_does_not_come_is_unavailable_and_another_log_is_refused() {
    let services = Services::start().await;
    let (_, query, last) = services.filled().await;
    let query = query.with_deadline(Duration::from_millis(400));
    let later = RecordedAt {
        revision: Revision(1_000_000),
        ..last.at
    };
    let question = |at: RecordedAt| {
        query
            .indicators(["telephone.density"])
            .area("96")
            .period("2017")
            .min_revision(at)
    };
    let error = question(later).fetch().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Unavailable { reason, retry_after: Some(_), .. } if reason == "REVISION_NOT_REACHED"),
        "{error:?}"
    );
    let elsewhere = RecordedAt {
        log_id: "6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11".parse().unwrap(),
        ..last.at
    };
    let error = question(elsewhere).fetch().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Refused { reason, .. } if reason == "OTHER_LOG"),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_address_and_where_nobody_is_are_told_apart() {
    use almanac_client::ConnectError;
    let wrong = IngestClient::connect("not an address").await.unwrap_err();
    assert!(matches!(wrong, ConnectError::Uri { .. }), "{wrong:?}");
    // port 9 is discard, where nobody listens
    let absent = QueryClient::connect("http://127.0.0.1:9").await.unwrap_err();
    assert!(matches!(absent, ConnectError::Connect { .. }), "{absent:?}");
}

#[tokio::test]
async fn rule_24_what_is_missing_is_told_page_by_page() {
    let services = Services::start().await;
    let (_, query, last) = services.filled().await;
    let read_at = ReadAt::newest().min_revision(last);
    let question = |size| {
        query
            .completeness("2017..2018")
            .read_at(&read_at)
            .page_size(size)
            .fetch()
    };
    let (paged, whole) = (question(9).await.unwrap(), question(1000).await.unwrap());
    assert_eq!(paged, whole);
    // everything of 2017 came, and nothing of the year after
    for summary in &whole.summaries {
        let (counts, came) = (summary.counts, summary.period.to_string() == "2017");
        assert_eq!(counts.reported > 0, came, "{summary:?}");
        assert_eq!(counts.missing == 0, came, "{summary:?}");
    }
    let unlisted: Vec<&str> = whole
        .unlisted
        .iter()
        .map(almanac_client::model::MetricId::as_str)
        .collect();
    assert_eq!(unlisted, ["complaints.received"]);
}

#[tokio::test]
async fn rule_34_the_figures_of_2017_hold_what_the_catalogue_declares() {
    let services = Services::start().await;
    let (_, query, last) = services.filled().await;
    let read_at = ReadAt::newest().min_revision(last);
    let question = |size| {
        query
            .check_rules()
            .area("96")
            .period("2017")
            .read_at(&read_at)
            .page_size(size)
            .fetch()
    };
    let (paged, whole) = (question(1).await.unwrap(), question(1000).await.unwrap());
    assert_eq!(paged, whole);
    assert_eq!(whole.violations, []);
    assert!(whole.checked_count > 20, "{}", whole.checked_count);
    // nothing is recorded of the years before, and of complaints
    let silent = whole
        .unchecked
        .iter()
        .map(|one| (one.of.rule.to_string(), one.reason.as_str()));
    let told: std::collections::BTreeSet<_> = silent.collect();
    let expected = [
        ("complaints.per_100000_inhabitants", "MISSING"),
        ("complaints.received", "MISSING"),
        ("internet.density_outlier", "TOO_FEW_VALUES"),
        ("population.inhabitants_jump", "MISSING"),
        ("telephone.subscriptions_jump", "MISSING"),
    ];
    assert_eq!(told, expected.map(|(rule, reason)| (rule.to_owned(), reason)).into());
}
