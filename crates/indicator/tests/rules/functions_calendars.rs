//! Functions of formulas in a custom calendar, and over totals since the start of the year.

use almanac_indicator::RefusalReason;
use almanac_model::{FigureFlag, MissingReason};

use crate::support::{Book, health, health_flow, indicator, metric, monthly_flow, monthly_stock, number};

/// Month M of the calendar closes on the 14th; month 1 of 2017 began on 15 December 2016. Month M of 2016 has M, of 2017
/// ten times M.
fn visits(formulas: &[(&str, &str)]) -> Book {
    let formulas = formulas
        .iter()
        .map(|(id, formula)| indicator(id, formula, "decimals = 4"));
    let mut book = Book::new(&[vec![health(), health_flow("visits")], formulas.collect()].concat());
    for month in 1..=12 {
        book.post("visits", "east", &format!("health:2016-{month:02}"), &month.to_string())
            .post(
                "visits",
                "east",
                &format!("health:2017-{month:02}"),
                &(month * 10).to_string(),
            );
    }
    book
}

#[test]
fn rule_9_a_shift_stays_in_the_calendar_of_the_period() {
    let book = visits(&[
        ("last_year", "shift(visits, -1 year)"),
        ("last_quarter", "shift(visits, -1 quarter)"),
    ]);
    assert_eq!(book.value("last_year", "east", "health:2017-05"), number("5.0000"));
    // 1 + 2 + 3
    assert_eq!(book.value("last_year", "east", "health:2017-Q1"), number("6.0000"));
    // months 10 to 12 of 2016
    assert_eq!(book.value("last_quarter", "east", "health:2017-Q1"), number("33.0000"));
    assert_eq!(
        book.refusal("last_quarter", "east", "health:2017"),
        RefusalReason::PeriodNotWhole
    );
}

#[test]
fn rule_9_the_year_to_date_begins_with_the_year_of_the_calendar() {
    let book = visits(&[("so_far", "ytd(visits)")]);
    let first = book.figure("so_far", "east", "health:2017-01");
    assert_eq!(first.value, number("10.0000"));
    // from 15 December 2016 to 14 March 2017: 10 + 20 + 30
    let march = book.figure("so_far", "east", "health:2017-03");
    assert_eq!(march.value, number("60.0000"));
    assert!(march.flags.is_empty());
    assert_eq!(book.value("so_far", "east", "health:2017-Q2"), number("210.0000"));
}

#[test]
fn rule_9_windows_and_sub_periods_are_units_of_the_calendar() {
    let book = visits(&[
        ("sum", "moving_sum(visits, 12 months)"),
        ("quarters", "moving_sum(visits, 2 quarters)"),
        ("average", "moving_avg(visits, 2 months)"),
        ("most", "max(visits by quarter)"),
    ]);
    // 10 + 20 + 30 of 2017, 4 to 12 of 2016
    let march = book.figure("sum", "east", "health:2017-03");
    assert_eq!(march.value, number("132.0000"));
    assert!(march.flags.is_empty());
    // 10 + 11 + 12 and 10 + 20 + 30
    assert_eq!(book.value("quarters", "east", "health:2017-03"), number("93.0000"));
    // 12 from 15 November on has 30 days, month 1 has 31: (12 * 30 + 10 * 31) / 61
    assert_eq!(book.value("average", "east", "health:2017-01"), number("10.9836"));
    // 100 + 110 + 120
    assert_eq!(book.value("most", "east", "health:2017"), number("330.0000"));
    insta::assert_snapshot!(book.refused("quarters", "east", "health:2017-05"), @"moving_sum(visits, 2 quarters) (in quarters) looks back from the end of a health quarter, and health:2017-05 does not end with one; ask by health quarter");
}

#[test]
fn rule_9_days_are_counted_in_the_calendar_that_is_asked_for() {
    let mut book = Book::new(&[
        health(),
        metric("births", "kind = \"flow\"\nmethod = \"tally\"\nfrequency = \"day\""),
        metric("beds", "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"day\""),
        indicator("so_far", "ytd(births)", ""),
        indicator(
            "per_bed",
            "births / beds",
            "decimals = 2\ndenominator = \"year_average\"",
        ),
    ]);
    book.post("births", "east", "2016-12-14", "1")
        .post("births", "east", "2016-12-15", "2")
        .post("births", "east", "2017-01-10", "4");
    book.post("beds", "east", "2016-12-14", "8")
        .post("beds", "east", "2016-12-20", "10")
        .post("beds", "east", "2017-12-20", "99");
    assert_eq!(book.value("so_far", "east", "health:2017-01"), number("6"));
    assert_eq!(book.value("so_far", "east", "2017-01"), number("4"));
    // of the year of the calendar in which 14 January 2017 lies: 15 December 2016 to 14 December 2017
    let figure = book.figure("per_bed", "east", "health:2017-01");
    assert_eq!(figure.value, number("0.60"));
    let denominator = figure.quotient.unwrap().denominator;
    assert_eq!(denominator.period.to_string(), "health:2017");
    assert_eq!(denominator.value, number("10"));
}

#[test]
fn rule_9_formulas_over_two_calendars_are_refused_and_not_ordered() {
    let average = "denominator = \"year_average\"";
    let latest = "denominator = { latest_on_or_before = 12 }";
    let mut book = Book::new(&[
        health(),
        health_flow("visits"),
        monthly_flow("sent"),
        monthly_stock("people", ""),
        monthly_stock("patients", "calendar = \"health\""),
        indicator("both", "moving_sum(visits + sent, 2 months)", ""),
        indicator("averaged", "visits / (people + patients)", average),
        indicator("latest", "visits / (people + patients)", latest),
        indicator("own_year", "visits / people", average),
    ]);
    for period in ["health:2017-05", "2017-05", "health:2017-Q1", "2017-Q1"] {
        for measure in ["both", "averaged", "latest"] {
            assert_eq!(
                book.refusal(measure, "east", period),
                RefusalReason::PeriodNotDivisible,
                "{measure} {period}"
            );
        }
    }
    // a denominator that is of one calendar has its own year: month 1 of 2018 closes on 14 January 2018
    book.post("visits", "east", "health:2018-01", "50")
        .post("people", "east", "2017-12", "9")
        .post("people", "east", "2018-06", "5");
    let figure = book.figure("own_year", "east", "health:2018-01");
    assert_eq!(figure.value, number("10"));
    assert_eq!(figure.quotient.unwrap().denominator.period.to_string(), "2018");
}

#[test]
fn rule_15_functions_of_totals_since_the_start_of_the_year_are_of_what_happened() {
    let spent = metric(
        "spent",
        "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"\ncumulative = \"year\"",
    );
    let mut book = Book::new(&[
        spent,
        indicator("so_far", "ytd(spent)", ""),
        indicator("lately", "moving_sum(spent, 3 months)", ""),
        indicator("most", "moving_max(spent, 3 months)", ""),
        indicator("before", "shift(spent, -1 month)", ""),
    ]);
    for (month, total) in [
        ("2016-10", "70"),
        ("2016-11", "80"),
        ("2016-12", "100"),
        ("2017-01", "5"),
        ("2017-02", "12"),
    ] {
        book.post("spent", "east", month, total);
    }
    assert_eq!(book.value("so_far", "east", "2017-02"), number("12"));
    // 20 in December, 5 in January, 7 in February
    let february = book.figure("lately", "east", "2017-02");
    assert_eq!(february.value, number("32"));
    assert!(february.flags.is_empty());
    assert_eq!(book.value("most", "east", "2017-02"), number("20"));
    assert_eq!(book.value("before", "east", "2017-01"), number("20"));
    // March is lacking: what happened until February
    let march = book.figure("so_far", "east", "2017-03");
    assert_eq!(march.value, number("12"));
    assert!(march.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(book.value("before", "east", "2017-04"), Err(MissingReason::NoRecord));
    // the total before the window is subtracted, so a change of it may have changed the window
    book.post("spent", "east", "2016-11", "90");
    assert_eq!(book.value("lately", "east", "2017-02"), number("22"));
    assert!(book.may_have_changed("lately", "east", "2017-02"));
}

#[test]
fn rule_17_a_window_of_years_to_date_does_not_reach_over_a_change_of_boundaries() {
    // `border` went from `north` to `south` on 2018-01-01, inside the first month of the calendar's year
    let book = visits(&[
        ("most", "max(ytd(visits) by month)"),
        ("of_all", "moving_max(ytd(visits), 13 months)"),
    ]);
    for (measure, period) in [("most", "health:2018-Q1"), ("of_all", "health:2019-01")] {
        assert_eq!(
            book.refusal(measure, "north", period),
            RefusalReason::BoundaryChange,
            "{measure}"
        );
    }
    // 10 + 20 + 30
    assert_eq!(book.value("most", "north", "health:2017-Q1"), number("60.0000"));
}
