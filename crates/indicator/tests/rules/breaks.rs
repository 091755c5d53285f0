//! Rule 18: days from which a metric is defined or measured in another way.

use almanac_indicator::Base;
use almanac_model::{ComparisonFlag, FigureFlag, MissingReason};

use crate::support::{Book, indicator, metric, monthly_flow, monthly_stock, number};

/// A break in the definition on a day.
fn broken(definition: &str, day: &str) -> String {
    let label = "label = { vi = \"x\", en = \"x\" }";
    format!("{definition}breaks = [{{ date = \"{day}\", {label}, source = \"circular\" }}]\n")
}

#[test]
fn rule_18_a_sum_over_a_break_says_so() {
    let mut book = Book::new(&[broken(&monthly_flow("sent"), "2017-07-01")]);
    for month in 1..=12 {
        book.post("sent", "east", &format!("2017-{month:02}"), "1");
    }
    let is_flagged = |period| book.figure("sent", "east", period).flags.contains(&FigureFlag::Break);
    assert!(is_flagged("2017"));
    assert!(
        is_flagged("2017-H1") != is_flagged("2017") && !is_flagged("2017-H2"),
        "halves lie on one side each"
    );
    assert!(!is_flagged("2017-07"), "the first period of the new definition");
    assert_eq!(book.value("sent", "east", "2017"), number("12"));
}

#[test]
fn rule_18_a_break_inside_the_finest_period_is_in_it() {
    let mut book = Book::new(&[broken(&monthly_flow("sent"), "2017-07-15")]);
    book.post("sent", "east", "2017-07", "1")
        .post("sent", "east", "2017-08", "1");
    assert!(
        book.figure("sent", "east", "2017-07")
            .flags
            .contains(&FigureFlag::Break)
    );
    assert!(book.figure("sent", "east", "2017-08").flags.is_empty());
}

#[test]
fn rule_18_a_break_of_either_side_marks_the_ratio() {
    let share = indicator("share", "sent / offices", "decimals = 1");
    let offices = broken(&monthly_stock("offices", ""), "2017-02-01");
    let mut book = Book::new(&[monthly_flow("sent"), offices, share]);
    for month in ["2017-01", "2017-02", "2017-03"] {
        book.post("sent", "east", month, "4")
            .post("offices", "east", month, "2");
    }
    assert!(
        book.figure("share", "east", "2017-Q1")
            .flags
            .contains(&FigureFlag::Break)
    );
    assert!(
        !book
            .figure("sent", "east", "2017-Q1")
            .flags
            .contains(&FigureFlag::Break)
    );
}

#[test]
fn rule_18_a_denominator_of_before_the_break_is_read_across_it() {
    let join = "decimals = 1\ndenominator = { latest_on_or_before = 3 }";
    let offices = broken(&monthly_stock("offices", ""), "2017-03-01");
    let mut book = Book::new(&[
        monthly_flow("sent"),
        offices,
        indicator("share", "sent / offices", join),
    ]);
    book.post("offices", "east", "2017-01", "2");
    book.post("sent", "east", "2017-02", "4")
        .post("sent", "east", "2017-03", "4");
    assert!(
        !book
            .figure("share", "east", "2017-02")
            .flags
            .contains(&FigureFlag::Break)
    );
    let across = book.figure("share", "east", "2017-03");
    assert_eq!(across.value, number("2.0"));
    assert!(across.flags.contains(&FigureFlag::Break));
    let previous = book.compared("share", "east", "2017-03", Base::PreviousPeriod);
    assert!(previous.flags.contains(&ComparisonFlag::NotComparable));
}

#[test]
fn rule_18_a_level_is_not_carried_over_a_break() {
    let keys = "carry_forward = 6";
    let mut book = Book::new(&[broken(&monthly_stock("offices", keys), "2017-03-01")]);
    book.post("offices", "east", "2017-01", "7");
    assert_eq!(book.value("offices", "east", "2017-02"), number("7"));
    assert_eq!(book.value("offices", "east", "2017-03"), Err(MissingReason::NoRecord));
    assert_eq!(book.value("offices", "east", "2017-04"), Err(MissingReason::NoRecord));
    book.post("offices", "east", "2017-03", "5");
    assert_eq!(
        book.value("offices", "east", "2017-04"),
        number("5"),
        "of the new definition"
    );
}

#[test]
fn rule_18_growth_over_a_break_is_not_comparable() {
    let mut book = Book::new(&[broken(&monthly_flow("sent"), "2018-01-01")]);
    for period in ["2016-12", "2017-12", "2018-12", "2019-12"] {
        book.post("sent", "east", period, "1");
    }
    let flags = |period| book.compared("sent", "east", period, Base::SamePeriodLastYear).flags;
    assert_eq!(flags("2017-12"), [].into());
    assert_eq!(flags("2018-12"), [ComparisonFlag::NotComparable].into());
    assert_eq!(flags("2019-12"), [].into());
    // whichever of the two is the later one
    let backwards = book.compared("sent", "east", "2017-12", Base::Period("2019-12".parse().unwrap()));
    assert_eq!(backwards.flags, [ComparisonFlag::NotComparable].into());
}

#[test]
fn rule_18_of_a_level_the_end_of_the_period_counts() {
    let stock = broken(&monthly_stock("offices", ""), "2018-07-01");
    let average = metric(
        "staff",
        "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"\ntime = \"average\"",
    );
    let mut book = Book::new(&[stock, broken(&average, "2018-07-01")]);
    for metric in ["offices", "staff"] {
        for period in ["2017-12", "2018-12", "2019-12"] {
            book.post(metric, "east", period, "1");
        }
    }
    let is_comparable = |metric, period| {
        let compared = book.compared(metric, "east", period, Base::PreviousPeriod);
        !compared.flags.contains(&ComparisonFlag::NotComparable)
    };
    assert!(!is_comparable("offices", "2018"));
    assert!(is_comparable("offices", "2019"), "both ends are of the new definition");
    assert!(
        !is_comparable("staff", "2019"),
        "an average of 2018 is of both definitions"
    );
}
