//! Which expected reports are there, when they came, and which are missing.

use almanac_indicator::{AreaSelection, Expected, expected_reports};
use almanac_model::{AreaId, Completeness, ExpectedReport, ReportStatus, Revision};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::support::{Book, expected, monthly_flow, monthly_stock};

/// `sent` is expected of east and west from 2017 on, ten days after the end of each month.
fn book() -> Book {
    let due = expected("sent", "[\"east\", \"west\"]") + "due_days = 10\n";
    Book::new(&[monthly_flow("sent"), due])
}

/// The expected reports of `sent` on a day, when revision `n` was recorded at the `n`th of these instants.
fn reports(book: &Book, area: Option<&str>, period: &str, on: Date, times: &[&str]) -> Vec<ExpectedReport> {
    let state = book.state();
    let expected = Expected {
        areas: area.map(|area| AreaSelection::List(vec![AreaId::new(area).unwrap()])),
        reporters: [].into(),
        on,
    };
    let record_time = |revision: Revision| -> Option<Timestamp> {
        let index = usize::try_from(revision.0).unwrap() - 1;
        Some(times.get(index)?.parse().unwrap())
    };
    let metric = state.catalog.metric("sent").unwrap();
    expected_reports(state, &expected, metric, period.parse().unwrap(), &record_time).unwrap()
}

fn statuses(reports: &[ExpectedReport]) -> Vec<(String, ReportStatus)> {
    reports
        .iter()
        .map(|report| (report.area.to_string(), report.status))
        .collect()
}

fn is(area: &str, status: ReportStatus) -> (String, ReportStatus) {
    (area.to_owned(), status)
}

#[test]
fn rule_24_a_report_is_on_time_by_the_civil_day_of_its_first_version() {
    let mut book = book();
    book.post("sent", "east", "2017-01", "1")
        .post("sent", "west", "2017-01", "1")
        .post("sent", "east", "2017-01", "2");
    // the 10th of February ends at 17:00 UTC in the catalogue's zone; the correction of March changes nothing
    let times = ["2017-02-10T16:59:59Z", "2017-02-10T17:00:00Z", "2017-03-01T00:00:00Z"];
    let found = reports(&book, None, "2017-01", date(2017, 4, 1), &times);
    assert_eq!(
        statuses(&found),
        [is("east", ReportStatus::OnTime), is("west", ReportStatus::Late)]
    );
    let east = &found[0];
    assert_eq!(east.due, Some(date(2017, 2, 10)));
    let recorded = east.recorded.unwrap();
    assert_eq!((recorded.first, recorded.last), (Revision(1), Revision(3)));
}

#[test]
fn rule_24_what_is_not_there_is_overdue_only_after_its_due_day() {
    let book = book();
    for (on, status) in [
        (date(2017, 1, 15), ReportStatus::NotYetDue),
        (date(2017, 2, 10), ReportStatus::NotYetDue),
        (date(2017, 2, 11), ReportStatus::Overdue),
    ] {
        let found = reports(&book, Some("east"), "2017-01", on, &[]);
        assert_eq!(statuses(&found), [is("east", status)], "{on}");
    }
}

#[test]
fn rule_24_without_a_due_day_nothing_is_on_time_late_or_overdue() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"east\", \"west\"]")]);
    book.post("sent", "east", "2017-01", "1");
    let found = reports(&book, None, "2017-01", date(2019, 1, 1), &["2018-01-01T00:00:00Z"]);
    assert_eq!(
        statuses(&found),
        [is("east", ReportStatus::Reported), is("west", ReportStatus::Missing)]
    );
    // a period that goes on is due for nobody
    let found = reports(
        &book,
        Some("west"),
        "2017-01",
        date(2017, 1, 31),
        &["2018-01-01T00:00:00Z"],
    );
    assert_eq!(statuses(&found), [is("west", ReportStatus::NotYetDue)]);
}

#[test]
fn rule_20_a_reason_is_a_report_and_what_cannot_exist_is_not_expected() {
    let mut book = book();
    book.post("sent", "east", "2017-01", "suppressed")
        .post("sent", "west", "2017-01", "cannot exist");
    let times = ["2017-02-01T00:00:00Z", "2017-02-01T00:00:00Z"];
    let found = reports(&book, None, "2017-01", date(2017, 4, 1), &times);
    assert_eq!(
        statuses(&found),
        [is("east", ReportStatus::OnTime), is("west", ReportStatus::CannotExist)]
    );
    let mut counts = Completeness::default();
    for report in &found {
        counts += report.status;
    }
    assert_eq!((counts.expected, counts.reported, counts.cannot_exist), (1, 1, 1));
}

#[test]
fn rule_24_a_withdrawn_report_is_missing_and_one_that_is_sent_again_begins_anew() {
    let mut book = book();
    let times = ["2017-02-01T00:00:00Z", "2017-02-02T00:00:00Z", "2017-03-01T00:00:00Z"];
    book.post("sent", "east", "2017-01", "1")
        .withdraw("sent", "east", "2017-01");
    let found = reports(&book, Some("east"), "2017-01", date(2017, 4, 1), &times);
    assert_eq!(statuses(&found), [is("east", ReportStatus::Overdue)]);
    assert_eq!(found[0].recorded, None);
    // what had been there in time was taken back
    book.post("sent", "east", "2017-01", "2");
    let found = reports(&book, Some("east"), "2017-01", date(2017, 4, 1), &times);
    assert_eq!(statuses(&found), [is("east", ReportStatus::Late)]);
    assert_eq!(found[0].recorded.unwrap().first, Revision(3));
}

#[test]
fn rule_24_the_list_adds_up_to_the_coverage_of_the_figure() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"north\"]")]);
    book.post("sent", "east", "2017-01", "1")
        .post("sent", "west", "2017-01", "cannot exist")
        .post("sent", "west", "2017-02", "not collected")
        .post("sent", "border", "2017-11", "3")
        .post("sent", "east", "2018-01", "3");
    // three districts lie in north in 2017, two in 2018
    for (area, period) in [
        ("north", "2017"),
        ("north", "2017-Q1"),
        ("north", "2017-01"),
        ("north", "2018"),
        ("east", "2017"),
        ("west", "2017-02"),
        ("border", "2017"),
    ] {
        let found = reports(&book, Some(area), period, date(2019, 1, 1), &[]);
        let mut counts = Completeness::default();
        for report in &found {
            counts += report.status;
        }
        let coverage = book.figure("sent", area, period).coverage.unwrap();
        assert_eq!(
            (counts.reported, counts.expected),
            (coverage.reported, coverage.expected),
            "{area} {period}"
        );
        assert_eq!(counts.reported + counts.missing, counts.expected, "{area} {period}");
    }
}

#[test]
fn rule_24_every_part_of_a_period_is_listed_also_of_a_stock() {
    let mut book = Book::new(&[monthly_stock("sent", ""), expected("sent", "[\"east\"]")]);
    book.post("sent", "east", "2017-12", "5");
    let found = reports(&book, Some("north"), "2017", date(2019, 1, 1), &[]);
    assert_eq!(found.len(), 12);
    let there: Vec<String> = (found.iter().filter(|report| report.recorded.is_some()))
        .map(|report| report.period.to_string())
        .collect();
    assert_eq!(there, ["2017-12"]);
}

#[test]
fn rule_24_a_report_that_two_expectations_name_counts_once_and_the_stricter_day_holds() {
    let due = |days: u32| expected("sent", "[\"east\"]") + &format!("due_days = {days}\n");
    let book = Book::new(&[monthly_flow("sent"), due(10), due(5), expected("sent", "[\"east\"]")]);
    let found = reports(&book, None, "2017-01", date(2017, 2, 6), &[]);
    assert_eq!(statuses(&found), [is("east", ReportStatus::Overdue)]);
    assert_eq!(found[0].due, Some(date(2017, 2, 5)));
}
