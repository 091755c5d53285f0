//! Custom calendars: rolled up inside one, refused across two, joined by date.

use almanac_indicator::{Base, RefusalReason};
use almanac_model::{Coverage, FigureFlag};

use crate::support::{Book, expected, health, health_flow, indicator, metric, monthly_flow, monthly_stock, number};

#[test]
fn rule_9_a_quarter_of_a_calendar_is_made_of_its_own_months() {
    let mut book = Book::new(&[health(), health_flow("visits"), expected("visits", "[\"east\"]")]);
    book.post("visits", "east", "health:2017-04", "10")
        .post("visits", "east", "health:2017-05", "20")
        .post("visits", "east", "health:2017-06", "30")
        .post("visits", "east", "health:2017-07", "40");
    // 15 March to 14 June: months 4, 5 and 6
    let quarter = book.figure("visits", "east", "health:2017-Q2");
    assert_eq!(quarter.value, number("60"));
    assert!(quarter.flags.is_empty());
    let half = book.figure("visits", "east", "health:2017-H1");
    assert_eq!(half.value, number("60"));
    assert!(half.flags.contains(&FigureFlag::PartialPeriod));
    // month 1 began on 15 December 2016, before anything was expected
    let coverage = Coverage {
        reported: 3,
        expected: 5,
    };
    assert_eq!(half.coverage, Some(coverage));
    assert_eq!(book.value("visits", "east", "health:2017"), number("100"));
}

#[test]
fn rule_9_nothing_is_rolled_up_from_one_calendar_into_another() {
    let mut book = Book::new(&[health(), health_flow("visits"), monthly_flow("sent")]);
    book.post("visits", "east", "health:2017-04", "10");
    for period in ["2017-Q2", "2017", "2017-04"] {
        let refusal = book.refusal("visits", "east", period);
        assert_eq!(refusal, RefusalReason::PeriodNotDivisible, "{period}");
    }
    assert_eq!(
        book.refusal("sent", "east", "health:2017-Q2"),
        RefusalReason::PeriodNotDivisible
    );
    assert_eq!(
        book.refused("visits", "east", "2017-Q2"),
        "visits is reported by health month, and health months do not make up a quarter; ask by health month or longer of \
         its own calendar, such as health:2017-Q3"
    );
}

#[test]
fn rule_10_what_is_finer_than_the_months_of_a_calendar_is_refused() {
    let book = Book::new(&[health(), health_flow("visits")]);
    for period in ["2017-05-14", "2017-W18"] {
        assert_eq!(
            book.refusal("visits", "east", period),
            RefusalReason::PeriodTooFine,
            "{period}"
        );
    }
}

#[test]
fn rule_9_days_make_up_the_months_of_every_calendar() {
    let daily = metric("births", "kind = \"flow\"\nmethod = \"tally\"\nfrequency = \"day\"");
    let mut book = Book::new(&[health(), daily]);
    book.post("births", "east", "2017-06-14", "1")
        .post("births", "east", "2017-06-15", "2")
        .post("births", "east", "2017-06-30", "4");
    assert_eq!(book.value("births", "east", "health:2017-06"), number("1"));
    assert_eq!(book.value("births", "east", "health:2017-07"), number("6"));
    assert_eq!(book.value("births", "east", "2017-06"), number("7"));
}

#[test]
fn rule_25_a_denominator_of_another_calendar_is_joined_by_date() {
    let people = metric("people", "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"year\"");
    let rate = indicator(
        "rate",
        "visits / people",
        "decimals = 2\ndenominator = { latest_on_or_before = 2 }",
    );
    let mut book = Book::new(&[health(), health_flow("visits"), people, rate]);
    book.post("people", "east", "2016", "100")
        .post("people", "east", "2017", "200");
    book.post("visits", "east", "health:2017-04", "50")
        .post("visits", "east", "health:2018-01", "50");
    // month 4 ends on 14 April 2017, when the newest year that is over is 2016; month 1 of 2018 on 14 January 2018
    for (period, value, year) in [("health:2017-04", "0.50", "2016"), ("health:2018-01", "0.25", "2017")] {
        let figure = book.figure("rate", "east", period);
        assert_eq!(figure.value, number(value), "{period}");
        assert_eq!(figure.quotient.unwrap().denominator.period.to_string(), year);
    }
}

#[test]
fn rule_27_a_period_of_a_calendar_is_compared_with_its_own_year_before() {
    let mut book = Book::new(&[health(), health_flow("visits")]);
    book.post("visits", "east", "health:2016-05", "10")
        .post("visits", "east", "health:2017-05", "15");
    let comparison = book.compared("visits", "east", "health:2017-05", Base::SamePeriodLastYear);
    assert_eq!(comparison.base_period.unwrap().to_string(), "health:2016-05");
    assert_eq!(comparison.change.unwrap().percent.as_deref(), Ok("50.00"));
}

#[test]
fn rule_12_a_level_is_that_at_the_closing_day() {
    let stock = monthly_stock("beds", "calendar = \"health\"\ncarry_forward = 1");
    let mut book = Book::new(&[health(), stock]);
    book.post("beds", "east", "health:2017-06", "7");
    assert_eq!(book.value("beds", "east", "health:2017-Q2"), number("7"));
    let carried = book.figure("beds", "east", "health:2017-07");
    assert_eq!(carried.carried_from, Some(jiff::civil::date(2017, 6, 14)));
}
