//! Custom calendars: what may be declared, the periods that are read in them, and the events that are counted in them.

use almanac_catalog::{Catalog, CatalogFiles, compatibility};
use almanac_model::{
    AreaId, Event, EventTime, Measure, MetricId, PeriodError, Qualifier, Quality, ReferenceDay, ReporterId,
};
use jiff::civil::date;

use crate::catalogue::{files, load, problems, replace};

/// Circular 05/2023/TT-BYT: the quarter from the 15th to the 14th.
const HEALTH: &str = r#"
[[calendar]]
id = "health"
label = { vi = "Kỳ báo cáo y tế", en = "Health reporting" }
definition = { vi = "Từ ngày 15.", en = "From the 15th." }
source = "Circular 05/2023/TT-BYT"
owner = "Ministry of Health"
closing_day = 14
"#;

/// The year from April, and cut-off on the 25th except in December.
const OTHERS: &str = r#"
[[calendar]]
id = "fiscal"
label = { vi = "Năm tài khóa", en = "Fiscal year" }
definition = { vi = "Từ tháng 4.", en = "From April." }
source = "Budget law"
owner = "Finance"
closing_day = "last"
first_month = 4
year_named_by = "start"

[[calendar]]
id = "insurance"
label = { vi = "Kỳ chốt sổ", en = "Cut-off" }
definition = { vi = "Ngày 25.", en = "The 25th." }
source = "Social insurance"
owner = "Social insurance"
closing_day = 25
closing_day_of = { 12 = "last" }
"#;

/// The catalogue of the other tests, with the permits counted by month of the health calendar.
fn with_calendars(changes: &[(&str, &str)]) -> CatalogFiles {
    let mut files = files();
    files.insert("calendars.toml", format!("{HEALTH}{OTHERS}"));
    let permits = "method = \"tally\"\n";
    replace(
        &mut files,
        "post.toml",
        permits,
        &format!("{permits}calendar = \"health\"\n"),
    );
    for (old, new) in changes {
        let file = if files.get("calendars.toml").unwrap().contains(old) {
            "calendars.toml"
        } else {
            "post.toml"
        };
        replace(&mut files, file, old, new);
    }
    files
}

fn catalog() -> Catalog {
    load(&with_calendars(&[]))
}

/// What is said of each change by itself, a line each.
fn told(changes: &[(&str, &str)]) -> String {
    let each = changes.iter().map(|change| problems(&with_calendars(&[*change])));
    each.collect::<Vec<_>>().join("\n")
}

#[test]
fn rule_9_calendars_are_declared_by_rule() {
    let catalog = catalog();
    for (period, start, last) in [
        ("health:2017-Q1", date(2016, 12, 15), date(2017, 3, 14)),
        ("fiscal:2017-H1", date(2017, 4, 1), date(2017, 9, 30)),
        ("insurance:2017-12", date(2017, 11, 26), date(2017, 12, 31)),
    ] {
        let found = catalog.period(period).unwrap();
        assert_eq!((found.start(), found.last_day()), (start, last), "{period}");
    }
    let relative = catalog.period_range_at(ReferenceDay(date(2017, 6, 15)), "last 2 health:quarters");
    assert_eq!(relative.unwrap().to_string(), "health:2017-Q1..health:2017-Q2");
    let metric = catalog.metric("permits.issued").unwrap();
    assert_eq!(metric.frequency.to_string(), "health month");
}

#[test]
fn rule_9_an_unknown_calendar_is_told_with_the_nearest_one() {
    let unknown = |text: &str| match catalog().period(text) {
        Err(error @ PeriodError::UnknownCalendar { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!([unknown("helth:2017"), unknown("x:2017-05")].join("\n"), @r#"
"helth:2017" is of the calendar "helth", which is not defined; did you mean "health"?
"x:2017-05" is of the calendar "x", which is not defined; the calendars are fiscal, health, insurance
"#);
    let without = load(&files()).period("health:2017").unwrap_err().to_string();
    insta::assert_snapshot!(without, @r#""health:2017" is of the calendar "health", which is not defined; the catalogue has no calendar of its own, leave it out"#);
}

#[test]
fn rule_9_what_is_no_calendar_is_refused_with_a_remedy() {
    insta::assert_snapshot!(told(&[
        ("closing_day = 14", ""),
        ("closing_day = 14", "closing_day = 31"),
        ("closing_day = 14", "closing_day = \"first\""),
        ("closing_day = 14", "closing_day = \"last\""),
        ("{ 12 = \"last\" }", "{ 13 = \"last\", 1 = 0 }"),
        ("first_month = 4", "first_month = 13"),
        ("first_month = 4", "first_month = 0"),
        ("year_named_by = \"start\"", ""),
        ("year_named_by = \"start\"", "year_named_by = \"begin\""),
        ("closing_day = 14", "closing_day = 14\nyear_named_by = \"end\""),
        ("id = \"fiscal\"", "id = \"fiscal:year\""),
        ("id = \"fiscal\"", "id = \"insurance\""),
        ("source = \"Budget law\"", ""),
        ("calendar = \"health\"", "calendar = \"helth\""),
        ("calendar = \"health\"\nunit = \"item\"\ndecimals = 1\nfrequency = \"month\"", "calendar = \"health\"\nunit = \"item\"\ndecimals = 1\nfrequency = \"day\""),
        ("granularity = \"year\"", "granularity = \"year\"\ncalendar = \"health\""),
    ]), @r#"
calendars.toml:2: calendar "health" has no "closing_day"; add closing_day = 14, or "last"
calendars.toml:8: "closing_day" of calendar "health" is not a closing day; write a number from 1 to 28 without quotes, or "last": later days are not in every month
calendars.toml:8: "closing_day" of calendar "health" is not a closing day; write a number from 1 to 28 without quotes, or "last": later days are not in every month
calendars.toml:8: calendar "health" has the months and the years of the standard calendar; leave it out: that calendar needs no definition
calendars.toml:27: "1" of "closing_day_of" of calendar "insurance" is not a closing day; write a number from 1 to 28 without quotes, or "last": later days are not in every month
calendars.toml:27: "13" in "closing_day_of" of calendar "insurance" is not a month; write its number, from 1 to 12
calendars.toml:17: "first_month" of calendar "fiscal" is not a whole number from 0 to 12; write first_month = 1, without quotes
calendars.toml:17: "first_month" of calendar "fiscal" is not a month; write its number, from 1 to 12
calendars.toml:10: calendar "fiscal" has no "year_named_by"; add year_named_by = "start" or "end"
calendars.toml:18: "year_named_by" of calendar "fiscal" is "begin"; write "start" or "end"
calendars.toml:9: calendar "health" has "year_named_by" and begins its year with month 1; leave it out: there is one civil year to name it by
calendars.toml:11: "fiscal:year" is not the id of a calendar; give 1 to 12 letters, digits or '-': it stands before each of its periods, "health:2017-Q3"
calendars.toml:21: calendar "insurance" is already defined at calendars.toml:11; give one of them another id
calendars.toml:10: calendar "fiscal" has no "source"; add source = "..."
post.toml:36: there is no calendar "helth"; did you mean "health"?
post.toml:39: metric "permits.issued" is by day in a calendar, and days and weeks belong to none; leave out "calendar", or write "month", "quarter", "half" or "year"
post.toml:93: line "sent" of report "annual-review" wants post.items by health year; it exists by month; give the report a granularity that consists of whole periods of the metric
"#);
}

/// A permit that was issued at a time: an instant or a period.
fn permit(time: EventTime) -> Event {
    Event {
        metric: MetricId::new("permits.issued").unwrap(),
        area: AreaId::new("96").unwrap(),
        dimensions: [].into(),
        time,
        measure: Measure::Value("1".parse().unwrap()),
        quality: Quality::Preliminary,
        qualifier: Qualifier::Exact,
        event_id: Some("1".to_owned()),
        note: None,
        correction: None,
        confidential: false,
    }
}

/// The period in which an event is counted, or why it is not.
fn counted_in(catalog: &Catalog, time: EventTime) -> Result<String, String> {
    let reporter = ReporterId::new("post-office").unwrap();
    let checked = catalog.check_event(&reporter, &permit(time), date(2026, 5, 14));
    checked
        .map(|checked| checked.period.to_string())
        .map_err(|violations| format!("{} {}", violations[0].reason, violations[0].message))
}

#[test]
fn rule_16_an_instant_is_bucketed_in_the_metrics_calendar_and_the_catalogues_zone() {
    let catalog = catalog();
    // midnight in Ca Mau is 17:00 UTC: the 14th closes month 6, the 15th begins month 7
    for (instant, period) in [
        ("2017-06-14T16:59:59Z", "health:2017-06"),
        ("2017-06-14T17:00:00Z", "health:2017-07"),
        ("2016-12-14T17:00:00Z", "health:2017-01"),
    ] {
        let time = EventTime::Instant(instant.parse().unwrap());
        assert_eq!(counted_in(&catalog, time).as_deref(), Ok(period), "{instant}");
    }
}

#[test]
fn rule_9_an_event_is_counted_in_periods_of_the_metrics_calendar_only() {
    let catalog = catalog();
    let at = |text: &str| counted_in(&catalog, EventTime::Period(catalog.period(text).unwrap()));
    assert_eq!(at("health:2017-07").as_deref(), Ok("health:2017-07"));
    // a day lies in one month of every calendar
    assert_eq!(at("2017-06-15").as_deref(), Ok("health:2017-07"));
    let refused = ["2017-06", "insurance:2017-06", "2017-W24", "health:2017", "2017"].map(|text| at(text).unwrap_err());
    insta::assert_snapshot!(refused.join("\n"), @r#"
PERIOD_NOT_ALIGNED "2017-06" is a month and metric permits.issued is counted by health month; it is of another calendar, give a health month, such as "health:2017-07"
PERIOD_NOT_ALIGNED "insurance:2017-06" is an insurance month and metric permits.issued is counted by health month; it is of another calendar, give a health month, such as "health:2017-07"
PERIOD_NOT_ALIGNED "2017-W24" is a week and metric permits.issued is counted by health month; a week may lie in two health months, give the day
PERIOD_TOO_COARSE "health:2017" is a health year and metric permits.issued is counted by health month; give each health month of health:2017-01..health:2017-12 by itself
PERIOD_NOT_ALIGNED "2017" is a year and metric permits.issued is counted by health month; it is of another calendar, give a health month, such as "health:2017-01"
"#);
}

#[test]
fn rule_9_the_rule_of_a_calendar_in_use_is_kept() {
    let told = |changes: &[(&str, &str)]| {
        let found = compatibility(&catalog(), &load(&with_calendars(changes)));
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    insta::assert_snapshot!([
        told(&[("closing_day = 14", "closing_day = 15")]),
        told(&[("calendar = \"health\"\n", "")]),
        told(&[("calendar = \"health\"\n", "calendar = \"insurance\"\n")]),
    ].join("\n"), @r#"
post.toml:29: the calendar of metric "permits.issued" was health (closes its months with 14 14 14 14 14 14 14 14 14 14 14 14, begins its year with month 1) and is health (closes its months with 15 15 15 15 15 15 15 15 15 15 15 15, begins its year with month 1); define a new metric id; the old one keeps its figures
post.toml:29: the calendar of metric "permits.issued" was health (closes its months with 14 14 14 14 14 14 14 14 14 14 14 14, begins its year with month 1) and is the standard one; define a new metric id; the old one keeps its figures
post.toml:29: the calendar of metric "permits.issued" was health (closes its months with 14 14 14 14 14 14 14 14 14 14 14 14, begins its year with month 1) and is insurance (closes its months with 25 25 25 25 25 25 25 25 25 25 25 last, begins its year with month 1); define a new metric id; the old one keeps its figures
"#);
    // what no metric is reported in may change: questions are answered with the definitions of their revision
    assert_eq!(told(&[("closing_day = 25", "closing_day = 20")]), "");
    assert_eq!(told(&[("Từ ngày 15.", "Từ ngày 15 đến ngày 14.")]), "");
}
