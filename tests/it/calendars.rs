//! Calendars of a catalogue's own and periods in words, from the reporter to the reader.

use almanac_wire::bundle_to_proto;
use almanac_wire::pb::ingest::ApplyCatalogRequest;
use almanac_wire::pb::query::{ListCalendarsRequest, ListMetricsRequest, QueryIndicatorsRequest, ReadAt};
use almanac_wire::pb::shared::{Calendar, Event, FigureFlag, Quality, event};
use tonic::Code;

use crate::support::pair::Pair;
use crate::support::query::after;
use crate::support::refusal::Refusal;

const OFFICE: &str = "health-office";

/// A flow of the health calendar, and who reports it.
const HEALTH: &str = r#"
[[calendar]]
id = "health"
label = { vi = "Kỳ báo cáo y tế", en = "Health reporting" }
definition = { vi = "Từ ngày 15 đến ngày 14.", en = "From the 15th to the 14th." }
source = "Circular 05/2023/TT-BYT"
owner = "Ministry of Health"
closing_day = 14

[[metric]]
id = "health.visits"
label = { vi = "Lượt khám", en = "Visits" }
definition = { vi = "Số lượt khám.", en = "Visits to a doctor." }
source = "Circular 05/2023/TT-BYT"
owner = "Ministry of Health"
kind = "flow"
method = "report"
unit = "person"
frequency = "month"
calendar = "health"
levels = [ { level = "province" } ]

[[metric]]
id = "health.spending"
label = { vi = "Chi lũy kế", en = "Spending since the start of the year" }
definition = { vi = "Chi từ đầu năm.", en = "Spent since the start of the year." }
source = "Circular 05/2023/TT-BYT"
owner = "Ministry of Health"
kind = "flow"
method = "report"
unit = "dong"
frequency = "month"
calendar = "health"
cumulative = "year"
levels = [ { level = "province" } ]

[[reporter]]
id = "health-office"
label = { vi = "Sở Y tế", en = "Department of Health" }
metrics = ["health.visits", "health.spending"]
areas = ["96"]
"#;

/// Both services with the Ca Mau catalogue and the health calendar.
async fn with_health() -> Pair {
    let pair = Pair::start().await;
    let mut files = almanac_ca_mau::catalog_files();
    files.insert("health.toml", HEALTH.to_owned());
    let request = ApplyCatalogRequest {
        catalog: Some(bundle_to_proto(&files)),
        validate_only: false,
    };
    let applied = pair.ingest.client.clone().apply_catalog(request).await;
    let applied = applied.expect("the catalogue is sound").into_inner();
    // the query service knows it from here on
    let read_at = ReadAt {
        min_revision: applied.revision,
        ..ReadAt::default()
    };
    assert_eq!(calendars(&pair, read_at).await.len(), 1);
    pair
}

async fn calendars(pair: &Pair, read_at: ReadAt) -> Vec<Calendar> {
    let request = ListCalendarsRequest {
        read_at: Some(read_at),
        ..ListCalendarsRequest::default()
    };
    let answer = pair.query.client.clone().list_calendars(request).await;
    answer.expect("the catalogue is there").into_inner().calendars
}

fn visits(period: &str, value: &str) -> Event {
    Event {
        metric: "health.visits".into(),
        area: "96".into(),
        when: Some(event::When::Period(period.into())),
        measure: Some(event::Measure::Value(value.into())),
        quality: Quality::Official.into(),
        ..Event::default()
    }
}

fn asked(periods: &[&str]) -> QueryIndicatorsRequest {
    QueryIndicatorsRequest {
        indicators: vec!["health.visits".into()],
        areas: vec!["96".into()],
        periods: periods.iter().map(|period| (*period).to_owned()).collect(),
        ..QueryIndicatorsRequest::default()
    }
}

/// What is answered: each period with its value.
async fn told(pair: &Pair, question: QueryIndicatorsRequest) -> (Vec<(String, String)>, Vec<String>) {
    let answer = pair.query.ask(question).await.expect("the question is sound");
    let figures = answer.figures.into_iter();
    let told = figures.map(|figure| (figure.period, figure.value.unwrap_or_default()));
    (told.collect(), answer.resolved_periods)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(period, value): &(&str, &str)| ((*period).to_owned(), (*value).to_owned());
    expected.iter().map(own).collect()
}

#[tokio::test]
async fn rule_9_months_of_a_calendar_are_recorded_and_asked_by_its_quarter() {
    let pair = with_health().await;
    let months = [("01", "10"), ("02", "20"), ("03", "30"), ("04", "40")];
    let events = months.map(|(month, value)| visits(&format!("health:2017-{month}"), value));
    let revision = pair.ingest.record(OFFICE, events.to_vec()).await.unwrap().revision;
    let question = asked(&["health:2017-Q1", "health:2017-02..2017-03", "health:2017-H1"]);
    let (told_before, resolved) = told(&pair, after(revision, question.clone())).await;
    // month 1 is from 15 December 2016 to 14 January 2017
    let expected = [
        ("health:2017-Q1", "60"),
        ("health:2017-02", "20"),
        ("health:2017-03", "30"),
        ("health:2017-H1", "100"),
    ];
    assert_eq!(told_before, pairs(&expected));
    assert_eq!(
        resolved,
        ["health:2017-Q1", "health:2017-02..health:2017-03", "health:2017-H1"]
    );
    // a replica that reads the log anew finds the same
    let pair = pair.restart_query().await;
    assert_eq!(told(&pair, after(revision, question)).await.0, told_before);

    let refused = pair.query.ask(asked(&["2017-Q1"])).await.unwrap_err();
    assert_eq!(refused.reason(), "PERIOD_NOT_DIVISIBLE", "{refused}");
    let refused = pair.query.ask(asked(&["helth:2017-Q1"])).await.unwrap_err();
    assert_eq!(refused.reason(), "UNKNOWN_CALENDAR", "{refused}");
    assert!(refused.message().contains("did you mean \"health\""), "{refused}");
}

#[tokio::test]
async fn rule_9_a_report_for_a_month_of_another_calendar_is_refused() {
    let pair = with_health().await;
    for (period, reason) in [
        ("2017-01", "PERIOD_NOT_ALIGNED"),
        ("helth:2017-01", "UNKNOWN_CALENDAR"),
        ("health:2017-W01", "MALFORMED_PERIOD"),
        ("health:2017", "PERIOD_TOO_COARSE"),
        // month 3 of 2018 began on 15 February, and it is 1 March
        ("health:2018-03", "PERIOD_NOT_ENDED"),
    ] {
        let refused = pair.ingest.record(OFFICE, vec![visits(period, "1")]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{period}");
        assert_eq!(refused.violations()[0].1, reason, "{period}: {refused}");
    }
}

#[tokio::test]
async fn rule_9_periods_in_words_are_counted_from_the_day_of_the_answered_revision() {
    let pair = with_health().await;
    let months = ["2017-11", "2017-12", "2018-01", "2018-02"];
    let events = months.map(|month| visits(&format!("health:{month}"), &month[5..]));
    let revision = pair.ingest.record(OFFICE, events.to_vec()).await.unwrap().revision;
    // recorded on 1 March 2018, in month 3: the last that ended are 1 and 2
    let words = after(revision, asked(&["last 2 health:months", "last health:quarter"]));
    let (figures, resolved) = told(&pair, words.clone()).await;
    let expected = [
        ("health:2018-01", "1"),
        ("health:2018-02", "2"),
        ("health:2017-Q4", "23"),
    ];
    assert_eq!(figures, pairs(&expected));
    assert_eq!(resolved, ["health:2018-01..health:2018-02", "health:2017-Q4"]);
    // from another day
    let from = QueryIndicatorsRequest {
        relative_to: "2018-01-15".into(),
        ..asked(&["last 2 health:months"])
    };
    let (_, resolved) = told(&pair, from).await;
    assert_eq!(resolved, ["health:2017-12..health:2018-01"]);
    // pages and replicas take the words for the same
    let first = QueryIndicatorsRequest { page_size: 1, ..words };
    let page = pair.query.ask(first.clone()).await.unwrap();
    let second = QueryIndicatorsRequest {
        page_token: page.next_page_token,
        ..first
    };
    let (figures, again) = told(&pair, second).await;
    assert_eq!(figures, pairs(&[("health:2018-02", "2")]));
    assert_eq!(again, page.resolved_periods);
}

#[tokio::test]
async fn rule_15_totals_since_the_start_of_the_year_are_told_by_their_differences() {
    let pair = with_health().await;
    let totals = [("01", "100"), ("02", "250"), ("03", "240"), ("06", "700")];
    let spent = |(month, total)| Event {
        metric: "health.spending".into(),
        ..visits(&format!("health:2017-{month}"), total)
    };
    let revision = pair.ingest.record(OFFICE, totals.map(spent).to_vec()).await;
    let revision = revision.unwrap().revision;
    let question = QueryIndicatorsRequest {
        indicators: vec!["health.spending".into()],
        ..asked(&["health:2017-02", "health:2017-03", "health:2017-Q2", "health:2017-H1"])
    };
    let answer = pair.query.ask(after(revision, question)).await.unwrap();
    let values: Vec<Option<&str>> = answer.figures.iter().map(|figure| figure.value.as_deref()).collect();
    // 250 - 100, 240 - 250, 700 - 240, and 700 since the start of the year
    assert_eq!(values, [Some("150"), Some("-10"), Some("460"), Some("700")]);
    let flags: Vec<Vec<FigureFlag>> = answer.figures.iter().map(|figure| figure.flags().collect()).collect();
    let none = Vec::new;
    assert_eq!(flags, [none(), vec![FigureFlag::CumulativeDecreased], none(), none()]);
}

#[tokio::test]
async fn what_is_wrong_with_words_is_told_by_field() {
    let pair = with_health().await;
    let question = QueryIndicatorsRequest {
        relative_to: "2018-1-15".into(),
        ..asked(&["last few months", "last 3 health:weeks", "last 0 months"])
    };
    let refused = pair.query.ask(question).await.unwrap_err();
    let told = refused.violations();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|(field, reason, _)| (field.as_str(), reason.as_str()))
        .collect();
    let malformed = "MALFORMED_PERIOD";
    for expected in [
        ("relative_to", "MALFORMED_DATE"),
        ("periods[0]", malformed),
        ("periods[1]", malformed),
        ("periods[2]", malformed),
    ] {
        assert!(told.contains(&expected), "{expected:?}: {told:?}");
    }
}

#[tokio::test]
async fn clients_find_the_calendars_and_what_is_reported_in_them() {
    let pair = with_health().await;
    let listed = calendars(&pair, ReadAt::default()).await;
    let rule = listed[0].rule.clone().unwrap();
    assert_eq!((rule.id.as_str(), rule.closing_days), ("health", vec![14; 12]));
    let mut client = pair.query.client.clone();
    let metrics = client.list_metrics(ListMetricsRequest::default()).await.unwrap();
    let metrics = metrics.into_inner().metrics;
    let visits = metrics.iter().find(|metric| metric.id == "health.visits");
    assert_eq!(visits.map(|metric| metric.calendar.as_str()), Some("health"));
    let others = metrics.iter().filter(|metric| !metric.id.starts_with("health."));
    assert!(others.into_iter().all(|metric| metric.calendar.is_empty()));
}
