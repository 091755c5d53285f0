//! Functions over a change of definition, and over days and weeks that a shift does not move alike.

use almanac_indicator::Base;
use almanac_model::{ComparisonFlag, MissingReason};

use crate::support::{Book, indicator, metric, monthly_flow, number};

#[test]
fn rule_18_what_a_function_reads_for_one_period_is_compared_with_what_it_reads_for_the_other() {
    let breaks = "breaks = [{ date = \"2017-01-01\", label = { vi = \"x\", en = \"x\" }, source = \"x\" }]\n";
    let mut book = Book::new(&[
        monthly_flow("sent") + breaks,
        indicator("year_before", "shift(sent, -1 year)", ""),
        indicator("lately", "moving_sum(sent, 3 months)", ""),
        indicator("so_far", "ytd(sent)", ""),
    ]);
    for period in [
        "2015-12", "2016-01", "2016-11", "2016-12", "2017-01", "2017-02", "2017-03", "2017-04",
    ] {
        book.post("sent", "east", period, "1");
    }
    let is_comparable = |measure, period, base: &str| {
        let compared = book.compared(measure, "east", period, Base::Period(base.parse().unwrap()));
        assert!(compared.change.is_some(), "{measure} {period}");
        !compared.flags.contains(&ComparisonFlag::NotComparable)
    };
    // January 2017 against December 2016, and January 2016 against December 2015
    assert!(!is_comparable("year_before", "2018-01", "2017-12"));
    assert!(is_comparable("year_before", "2017-01", "2016-12"));
    // the window of March begins with the new definition, that of January before it
    assert!(!is_comparable("lately", "2017-03", "2017-01"));
    assert!(is_comparable("lately", "2017-04", "2017-03"));
    assert!(is_comparable("so_far", "2017-02", "2017-01"));
    assert!(!is_comparable("so_far", "2017-01", "2016-12"));
}

#[test]
fn rule_7_a_sum_of_shifted_days_has_each_day_of_the_window_once() {
    let mut book = Book::new(&[
        metric("letters", "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"day\""),
        indicator("month_before", "moving_sum(shift(letters, -1 month), 31 days)", ""),
        indicator("three_weeks_before", "moving_sum(shift(letters, -3 weeks), 2 days)", ""),
    ]);
    book.post("letters", "east", "2017-01-31", "1000");
    for day in 1..=28 {
        book.post("letters", "east", &format!("2017-02-{day:02}"), "1");
    }
    // 1 to 28 February stand for 1 to 28 March; there are no 29 to 31 February
    let march = book.figure("month_before", "east", "2017-03-31");
    assert_eq!(march.value, number("28"));
    assert!(march.flags.is_empty());
    // the 31 days until 5 March began with 3 February: 3 to 28 January, none of which was reported, 1 to 5 February
    assert_eq!(book.value("month_before", "east", "2017-03-05"), number("5"));
    assert_eq!(book.value("three_weeks_before", "east", "2017-03-01"), number("2"));
}

#[test]
fn rule_7_a_sum_of_shifted_weeks_has_no_week_53_that_the_window_does_not_have() {
    let mut book = Book::new(&[
        metric("letters", "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"week\""),
        indicator("year_before", "moving_sum(shift(letters, -1 year), 2 weeks)", ""),
        indicator("shifted", "shift(letters, -1 year)", ""),
    ]);
    for (week, value) in [("2015-W52", "1"), ("2015-W53", "10"), ("2016-W01", "100")] {
        book.post("letters", "east", week, value);
    }
    // weeks 52 of 2016 and 1 of 2017 a year before: 2016 has no week 53
    assert_eq!(book.value("year_before", "east", "2017-W01"), number("101"));
    assert_eq!(
        book.value("shifted", "east", "2015-W53"),
        Err(MissingReason::CannotExist)
    );
}
