//! Reports that are the total since the start of the year.

use almanac_indicator::Base;
use almanac_model::{FigureFlag, MissingReason, Qualifier, Quality};

use crate::support::{Book, metric, number};

/// A flow that is reported by month as the total since January.
pub(crate) fn since_january(id: &str) -> String {
    metric(
        id,
        "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"\ncumulative = \"year\"\nmin = \"0\"",
    )
}

fn book(reports: &[(&str, &str)]) -> Book {
    let mut book = Book::new(&[since_january("sent")]);
    for (month, total) in reports {
        book.post("sent", "east", month, total);
    }
    book
}

fn is_partial(book: &Book, period: &str) -> bool {
    let flags = book.figure("sent", "east", period).flags;
    flags.contains(&FigureFlag::PartialPeriod)
}

#[test]
fn rule_15_the_value_of_a_period_is_a_difference_of_totals() {
    let book = book(&[
        ("2016-12", "500"),
        ("2017-01", "10"),
        ("2017-02", "30"),
        ("2017-03", "60"),
        ("2017-06", "100"),
    ]);
    // January is the total since 1 January; February 30 - 10; the second quarter 100 - 60, and April and May lack nothing
    for (period, value) in [
        ("2017-01", "10"),
        ("2017-02", "20"),
        ("2017-Q1", "60"),
        ("2017-Q2", "40"),
        ("2017-H1", "100"),
    ] {
        assert_eq!(book.value("sent", "east", period), number(value), "{period}");
        assert!(!is_partial(&book, period), "{period}");
    }
    assert_eq!(book.strict("sent", "east", "2017-Q2").value, number("40"));
}

#[test]
fn rule_15_without_one_of_the_two_totals_the_value_is_partial() {
    let book = book(&[("2017-02", "30"), ("2017-05", "80"), ("2017-06", "100")]);
    // March was not reported: May is the first total inside the quarter, 100 - 80
    assert_eq!(book.value("sent", "east", "2017-Q2"), number("20"));
    assert!(is_partial(&book, "2017-Q2"));
    // nothing after June: the year so far
    assert_eq!(book.value("sent", "east", "2017"), number("100"));
    assert!(is_partial(&book, "2017"));
    assert_eq!(
        book.strict("sent", "east", "2017").value,
        Err(MissingReason::Incomplete)
    );
}

#[test]
fn rule_15_one_total_alone_tells_nothing() {
    let mut book = book(&[("2017-02", "30"), ("2017-05", "80")]);
    assert_eq!(book.value("sent", "east", "2017-02"), Err(MissingReason::NoRecord));
    assert_eq!(book.value("sent", "east", "2017-Q2"), Err(MissingReason::NoRecord));
    book.post("sent", "east", "2017-01", "suppressed");
    assert_eq!(book.value("sent", "east", "2017-02"), Err(MissingReason::Suppressed));
    // east lacks its pair: the province has that of west, and says that it lacks a series
    book.post("sent", "west", "2017-04", "5")
        .post("sent", "west", "2017-05", "12");
    let north = book.figure("sent", "north", "2017-05");
    assert_eq!(north.value, number("7"));
    assert!(north.flags.contains(&FigureFlag::PartialCoverage));
}

#[test]
fn rule_15_a_year_begins_with_zero() {
    let book = book(&[("2016-12", "500"), ("2017-03", "60")]);
    assert_eq!(book.value("sent", "east", "2017-Q1"), number("60"));
    assert_eq!(book.value("sent", "east", "2016"), number("500"));
    // what could not exist before added nothing
    let mut book = self::book(&[("2017-03", "60")]);
    book.post("sent", "east", "2017-01", "cannot exist")
        .post("sent", "east", "2017-02", "cannot exist");
    assert_eq!(book.value("sent", "east", "2017-03"), number("60"));
    assert!(!is_partial(&book, "2017-03"));
}

#[test]
fn rule_15_a_negative_difference_is_kept_and_flagged() {
    let book = book(&[("2017-01", "10"), ("2017-02", "8")]);
    let figure = book.figure("sent", "east", "2017-02");
    assert_eq!(figure.value, number("-2"));
    assert!(figure.flags.contains(&FigureFlag::CumulativeDecreased));
    assert!(figure.flags.contains(&FigureFlag::OutOfRange));
}

#[test]
fn rule_15_a_difference_has_the_weakest_quality_and_turns_the_bound_of_what_is_subtracted() {
    let book = book(&[("2017-01", ">=10"), ("2017-02", "30~"), ("2017-03", ">=60")]);
    let bound = |period| book.figure("sent", "east", period).qualifier;
    assert_eq!(bound("2017-02"), Qualifier::AtMost);
    assert_eq!(bound("2017-03"), Qualifier::AtLeast);
    assert_eq!(bound("2017-Q1"), Qualifier::AtLeast);
    let figure = book.figure("sent", "east", "2017-03");
    assert_eq!(figure.quality, Some(Quality::Preliminary));
}

#[test]
fn rule_15_the_year_is_that_of_the_metrics_calendar() {
    let fiscal = "[[calendar]]\nid = \"fiscal\"\nlabel = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\n\
                  source = \"x\"\nowner = \"x\"\nclosing_day = \"last\"\nfirst_month = 4\nyear_named_by = \"start\"\n";
    let sent = since_january("sent").replace("cumulative", "calendar = \"fiscal\"\ncumulative");
    let mut book = Book::new(&[fiscal.to_owned(), sent]);
    book.post("sent", "east", "fiscal:2017-04", "10")
        .post("sent", "east", "fiscal:2017-12", "70")
        .post("sent", "east", "fiscal:2018-03", "90");
    assert_eq!(book.value("sent", "east", "fiscal:2017-04"), number("10"));
    assert_eq!(book.value("sent", "east", "fiscal:2017-Q4"), number("20"));
    assert_eq!(book.value("sent", "east", "fiscal:2017"), number("90"));
    let comparison = book.compared("sent", "east", "fiscal:2017-Q4", Base::PreviousPeriod);
    // September was not reported: nobody knows how much of the 70 was before October
    assert_eq!(comparison.base, Err(MissingReason::NoRecord));
}
