//! Kinds, partial periods, carrying forward, averages.

use almanac_indicator::RefusalReason;
use almanac_model::{Coverage, FigureFlag, MissingReason};
use jiff::civil::date;

use crate::support::{Book, expected, metric, monthly_flow, monthly_stock, number};

#[test]
fn rule_1_a_flow_adds_over_time_and_a_stock_does_not() {
    let mut book = Book::new(&[monthly_flow("sent"), monthly_stock("offices", "")]);
    for (month, value) in [("2017-01", "10"), ("2017-02", "20"), ("2017-03", "30")] {
        book.post("sent", "east", month, value)
            .post("offices", "east", month, value);
    }
    // 10 + 20 + 30
    assert_eq!(book.value("sent", "east", "2017-Q1"), number("60"));
    // the offices at the end of March
    assert_eq!(book.value("offices", "east", "2017-Q1"), number("30"));
}

#[test]
fn rule_5_a_report_supersedes_and_a_tally_adds() {
    let tally = metric("letters", "kind = \"flow\"\nmethod = \"tally\"\nfrequency = \"month\"");
    let mut book = Book::new(&[monthly_flow("sent"), tally]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "east", "2017-01", "12");
    book.post("letters", "east", "2017-01", "10")
        .post("letters", "east", "2017-01", "12");
    assert_eq!(book.value("sent", "east", "2017-01"), number("12"));
    assert_eq!(book.value("letters", "east", "2017-01"), number("22"));
}

#[test]
fn rule_10_a_period_finer_than_the_reports_is_refused() {
    let book = Book::new(&[metric(
        "sent",
        "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"quarter\"",
    )]);
    assert_eq!(book.refusal("sent", "east", "2017-01"), RefusalReason::PeriodTooFine);
    assert_eq!(book.refusal("sent", "east", "2017-W05"), RefusalReason::PeriodTooFine);
}

#[test]
fn rule_11_a_flow_with_missing_parts_is_the_partial_sum_and_says_so() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"east\"]")]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "east", "2017-03", "30");
    let quarter = book.figure("sent", "east", "2017-Q1");
    // January and March without February: 10 + 30, of 2 reports out of 3
    assert_eq!(quarter.value, number("40"));
    assert!(quarter.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(
        quarter.coverage,
        Some(Coverage {
            reported: 2,
            expected: 3
        })
    );
    let strict = book.strict("sent", "east", "2017-Q1");
    assert_eq!(strict.value, Err(MissingReason::Incomplete));
    // with February it is whole
    book.post("sent", "east", "2017-02", "20");
    let quarter = book.strict("sent", "east", "2017-Q1");
    assert_eq!(quarter.value, number("60"));
    assert!(quarter.flags.is_empty());
}

#[test]
fn rule_11_what_cannot_exist_is_no_missing_part() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "cannot exist");
    book.post("sent", "east", "2017-02", "20")
        .post("sent", "east", "2017-03", "30");
    let quarter = book.strict("sent", "east", "2017-Q1");
    assert_eq!(quarter.value, number("50"));
}

#[test]
fn rule_12_a_stock_is_chosen_per_series_and_then_added() {
    let mut book = Book::new(&[monthly_stock("offices", "carry_forward = 2")]);
    book.post("offices", "east", "2017-03", "7")
        .post("offices", "west", "2017-01", "5");
    let march = book.figure("offices", "north", "2017-03");
    // east has its value of March; west that of January, two months before: 7 + 5, and never only "the latest date"
    assert_eq!(march.value, number("12"));
    assert!(march.flags.contains(&FigureFlag::CarriedForward));
    assert_eq!(march.carried_from, Some(date(2017, 1, 31)));
    // in April west's value is three months old, beyond the limit
    assert_eq!(book.value("offices", "north", "2017-04"), number("7"));
    assert_eq!(book.value("offices", "west", "2017-04"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_12_nothing_is_carried_forward_without_a_limit_or_past_an_end() {
    let mut book = Book::new(&[
        monthly_stock("offices", ""),
        monthly_stock("lines", "carry_forward = 6"),
    ]);
    book.post("offices", "east", "2017-01", "7");
    assert_eq!(book.value("offices", "east", "2017-02"), Err(MissingReason::NoRecord));
    book.post("lines", "east", "2017-01", "7")
        .post("lines", "east", "2017-02", "cannot exist");
    // the lines were shut down in February: January's value does not stand in for March
    assert_eq!(book.value("lines", "east", "2017-03"), Err(MissingReason::CannotExist));
}

#[test]
fn rule_12_a_value_inside_the_period_that_is_not_at_its_end_is_flagged() {
    let mut book = Book::new(&[monthly_stock("offices", "")]);
    book.post("offices", "east", "2017-02", "7");
    let quarter = book.figure("offices", "east", "2017-Q1");
    assert_eq!(quarter.value, number("7"));
    assert!(quarter.flags.contains(&FigureFlag::PartialPeriod));
}

#[test]
fn rule_13_an_average_is_weighted_by_days_and_leaves_missing_days_out_of_both_sides() {
    let mut book = Book::new(&[monthly_stock("offices", "time = \"average\"\ndecimals = 4")]);
    book.post("offices", "east", "2017-01", "10")
        .post("offices", "east", "2017-02", "20");
    let quarter = book.figure("offices", "east", "2017-Q1");
    // (10 * 31 + 20 * 28) / (31 + 28) = 870 / 59 = 14.745762..., and not 870 / 90
    assert_eq!(quarter.value, number("14.7458"));
    assert!(quarter.flags.contains(&FigureFlag::PartialPeriod));
    book.post("offices", "east", "2017-03", "30");
    // (310 + 560 + 30 * 31) / 90 = 1800 / 90
    assert_eq!(book.value("offices", "east", "2017-Q1"), number("20.0000"));
}

#[test]
fn rule_2_a_stock_may_have_another_time_operator() {
    for (operator, quarter) in [("first", "10"), ("last", "15"), ("min", "10"), ("max", "40")] {
        let mut book = Book::new(&[monthly_stock("offices", &format!("time = \"{operator}\""))]);
        book.post("offices", "east", "2017-01", "10");
        book.post("offices", "east", "2017-02", "40");
        book.post("offices", "east", "2017-03", "15");
        assert_eq!(book.value("offices", "east", "2017-Q1"), number(quarter), "{operator}");
    }
}
