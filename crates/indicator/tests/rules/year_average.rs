//! Denominators that are the average of a year.

use almanac_indicator::RefusalReason;
use almanac_model::{FigureFlag, MissingReason, Quality};

use crate::support::{Book, indicator, metric, monthly_flow, number};

fn inhabitants(frequency: &str) -> String {
    metric(
        "inhabitants",
        &format!("kind = \"stock\"\nmethod = \"report\"\nfrequency = \"{frequency}\""),
    )
}

fn book(frequency: &str) -> Book {
    let keys = "per = \"100\"\ndecimals = 2\ndenominator = \"year_average\"";
    Book::new(&[
        monthly_flow("sent"),
        inhabitants(frequency),
        indicator("density", "sent / inhabitants", keys),
    ])
}

#[test]
fn rule_25_the_average_of_the_year_is_weighted_by_days_and_named() {
    let mut book = book("quarter");
    book.post("sent", "east", "2017-05", "42");
    for (quarter, value) in [
        ("2017-Q1", "1000"),
        ("2017-Q2", "1100~"),
        ("2017-Q3", "1200"),
        ("2017-Q4", "1300"),
    ] {
        book.post("inhabitants", "east", quarter, value);
    }
    let may = book.figure("density", "east", "2017-05");
    let sides = may.quotient.clone().unwrap();
    // (1000 * 90 + 1100 * 91 + 1200 * 92 + 1300 * 92) / 365 = 420100 / 365
    assert_eq!(sides.denominator.value, number("1150.958904109589"));
    assert_eq!(sides.denominator.period.to_string(), "2017");
    assert_eq!(&*sides.denominator.formula, "inhabitants");
    assert_eq!(sides.denominator.quality, Some(Quality::Preliminary));
    assert!(sides.denominator.sources.contains(&"post".to_owned()));
    // 4200 / 1150.9589
    assert_eq!(may.value, number("3.65"));
    assert!(may.flags.contains(&FigureFlag::DenominatorOtherPeriod));
    // of the year itself it is no other period
    let year = book.figure("density", "east", "2017");
    assert!(!year.flags.contains(&FigureFlag::DenominatorOtherPeriod));
    assert_eq!(year.quotient.unwrap().denominator.value, number("1150.958904109589"));
}

#[test]
fn rule_25_missing_parts_of_the_year_are_in_neither_side_and_an_empty_year_is_missing() {
    let mut book = book("half");
    book.post("sent", "east", "2017-05", "42")
        .post("sent", "east", "2018-05", "42");
    book.post("inhabitants", "east", "2017-H2", "1200");
    let may = book.figure("density", "east", "2017-05");
    assert_eq!(may.quotient.unwrap().denominator.value, number("1200"));
    assert_eq!(may.value, number("3.50"));
    assert!(may.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(
        book.strict("density", "east", "2017-05").value,
        Err(MissingReason::Incomplete)
    );
    assert_eq!(book.value("density", "east", "2018-05"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_25_a_yearly_denominator_is_its_own_average() {
    let mut book = book("year");
    book.post("sent", "east", "2017-05", "42")
        .post("inhabitants", "east", "2017", "1200");
    assert_eq!(book.value("density", "east", "2017-05"), number("3.50"));
}

#[test]
fn rule_26_a_district_without_inhabitants_in_the_year_leaves_both_sides() {
    let mut book = book("half");
    book.post("sent", "east", "2017-05", "42")
        .post("sent", "west", "2017-05", "1000");
    book.post("inhabitants", "east", "2017-H1", "1200");
    let north = book.figure("density", "north", "2017-05");
    assert_eq!(north.value, number("3.50"));
    assert!(north.flags.contains(&FigureFlag::Unmatched));
}

#[test]
fn rule_9_weeks_make_up_no_year_to_average() {
    assert_eq!(
        book("week").refusal("density", "east", "2017-05"),
        RefusalReason::PeriodNotDivisible
    );
    // 2017 ended on a Sunday, so that a window of weeks would end with it; it is no average of the year
    let window = Book::new(&[
        monthly_flow("sent"),
        inhabitants("week"),
        indicator(
            "lately",
            "sent / moving_avg(inhabitants, 2 weeks)",
            "denominator = \"year_average\"",
        ),
    ]);
    assert_eq!(
        window.refusal("lately", "east", "2017-05"),
        RefusalReason::PeriodNotDivisible
    );
}

#[test]
fn rule_17_parts_of_the_year_on_other_boundaries_are_no_denominator() {
    // the district `border` went from `north` to `south` on 2018-01-01: the inhabitants of a year are of one territory
    let mut book = book("month");
    book.post("sent", "border", "2018-01", "42")
        .post("inhabitants", "border", "2018-01", "1200");
    book.post("inhabitants", "border", "2017-12", "9999");
    assert_eq!(book.value("density", "south", "2018-01"), number("3.50"));
}
