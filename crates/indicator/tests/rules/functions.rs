//! Functions of formulas: other periods, the year to date, windows.

use almanac_indicator::RefusalReason;
use almanac_model::{Coverage, FigureFlag, MissingReason};

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

fn months(year: i32) -> impl Iterator<Item = (String, i32)> {
    (1..=12).map(move |month| (format!("{year}-{month:02}"), month))
}

/// Items sent in the east: 10 in January, 20 in February ... 120 in December 2017; one more of each in 2018.
fn sent(formulas: &[(&str, &str)]) -> Book {
    let indicators = formulas
        .iter()
        .map(|(id, formula)| indicator(id, formula, "decimals = 2"));
    let mut book = Book::new(&[vec![monthly_flow("sent")], indicators.collect()].concat());
    for (period, month) in months(2017) {
        book.post("sent", "east", &period, &(month * 10).to_string());
    }
    for (period, month) in months(2018).take(3) {
        book.post("sent", "east", &period, &(month * 10 + 1).to_string());
    }
    book
}

#[test]
fn rule_7_a_shift_reads_the_period_so_many_units_away() {
    let book = sent(&[
        ("last_year", "shift(sent, -1 year)"),
        ("growth", "sent - shift(sent, -12 months)"),
        ("next", "shift(sent, 1 quarter)"),
        ("twice", "shift(shift(sent, -6 months), -2 quarters)"),
    ]);
    // February 2017
    assert_eq!(book.value("last_year", "east", "2018-02"), number("20.00"));
    assert_eq!(book.value("twice", "east", "2018-02"), number("20.00"));
    // 21 - 20
    assert_eq!(book.value("growth", "east", "2018-02"), number("1.00"));
    // of a quarter: 40 + 50 + 60
    assert_eq!(book.value("next", "east", "2017-Q1"), number("150.00"));
    // 2016 was not recorded
    assert_eq!(book.value("growth", "east", "2017-02"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_9_a_shift_that_leaves_no_whole_period_is_refused_and_tells_the_formula() {
    let daily = metric("letters", "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"day\"");
    let mut book = Book::new(&[
        daily,
        indicator("last_month", "shift(letters, -1 month)", ""),
        indicator("last_year", "shift(letters, -1 year)", ""),
        indicator("last_week", "shift(letters, -1 week)", ""),
    ]);
    book.post("letters", "east", "2016-01-29", "7")
        .post("letters", "east", "2015-12-28", "9");
    assert_eq!(
        book.refusal("last_month", "east", "2017-W18"),
        RefusalReason::PeriodNotWhole
    );
    assert_eq!(
        book.refusal("last_month", "east", "2017"),
        RefusalReason::PeriodNotWhole
    );
    assert_eq!(
        book.refusal("last_week", "east", "2017-05"),
        RefusalReason::PeriodNotWhole
    );
    insta::assert_snapshot!(book.refused("last_month", "east", "2017"), @r#"shift(letters, -1 month) (in last_month) would shift a year by 1 month, which leaves no whole year; ask for periods that can be shifted so"#);
    // the same day of the month before, and of a week the same week of the year before
    assert_eq!(book.value("last_month", "east", "2016-02-29"), number("7"));
    assert_eq!(book.value("last_year", "east", "2016-12-28"), number("9"));
    // there was no 29 February in 2015, and no 31 in June
    assert_eq!(
        book.value("last_year", "east", "2016-02-29"),
        Err(MissingReason::CannotExist)
    );
    assert_eq!(
        book.value("last_month", "east", "2016-07-31"),
        Err(MissingReason::CannotExist)
    );
}

#[test]
fn rule_11_the_year_to_date_is_the_flow_since_the_beginning_of_the_year() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        expected("sent", "[\"east\"]"),
        indicator("so_far", "ytd(sent)", ""),
    ]);
    book.post("sent", "east", "2016-12", "1000");
    for (month, value) in [("2017-01", "10"), ("2017-02", "20~"), ("2017-03", "30")] {
        book.post("sent", "east", month, value);
    }
    let march = book.figure("so_far", "east", "2017-03");
    // 10 + 20 + 30, of which February is preliminary
    assert_eq!(march.value, number("60"));
    assert_eq!(march.quality, Some(almanac_model::Quality::Preliminary));
    assert_eq!(
        march.coverage,
        Some(Coverage {
            reported: 3,
            expected: 3
        })
    );
    assert!(march.flags.is_empty());
    // the same in quarters
    assert_eq!(book.value("so_far", "east", "2017-Q1"), number("60"));
    book.post("sent", "east", "2017-05", "50");
    let may = book.figure("so_far", "east", "2017-05");
    // April is lacking
    assert_eq!(may.value, number("110"));
    assert!(may.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(
        may.coverage,
        Some(Coverage {
            reported: 4,
            expected: 5
        })
    );
    assert_eq!(
        book.strict("so_far", "east", "2017-05").value,
        Err(MissingReason::Incomplete)
    );
}

#[test]
fn rule_2_the_year_to_date_of_a_stock_is_its_time_operator_over_that_stretch() {
    for (operator, value) in [("last", "15"), ("first", "10"), ("min", "10"), ("max", "40")] {
        let mut book = Book::new(&[
            monthly_stock("offices", &format!("time = \"{operator}\"")),
            indicator("so_far", "ytd(offices)", ""),
        ]);
        book.post("offices", "east", "2017-01", "10");
        book.post("offices", "east", "2017-02", "40");
        book.post("offices", "east", "2017-03", "15");
        assert_eq!(book.value("so_far", "east", "2017-03"), number(value), "{operator}");
    }
}

#[test]
fn rule_7_the_year_to_date_of_a_ratio_is_the_ratio_of_the_years_sums() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("visits"),
        indicator("per_visit", "sent / visits", "decimals = 2"),
        indicator("so_far", "ytd(per_visit)", "decimals = 2"),
    ]);
    book.post("sent", "east", "2017-01", "10")
        .post("visits", "east", "2017-01", "1");
    book.post("sent", "east", "2017-02", "20")
        .post("visits", "east", "2017-02", "4");
    // (10 + 20) / (1 + 4), and not the mean of 10 and 5
    assert_eq!(book.value("so_far", "east", "2017-02"), number("6.00"));
}

#[test]
fn rule_11_a_moving_sum_adds_the_last_periods_and_says_when_some_are_missing() {
    let book = sent(&[
        ("year", "moving_sum(sent, 12 months)"),
        ("quarters", "moving_sum(sent, 2 quarters)"),
    ]);
    // the whole of 2017: 10 * (1 + ... + 12)
    let december = book.figure("year", "east", "2017-12");
    assert_eq!(december.value, number("780.00"));
    assert!(december.flags.is_empty());
    assert_eq!(december.value, book.figure("year", "east", "2017").value);
    // from March 2017 to February 2018: 780 - 10 - 20 + 11 + 21
    assert_eq!(book.value("year", "east", "2018-02"), number("782.00"));
    // from Q3 to Q4: 70 + ... + 120
    assert_eq!(book.value("quarters", "east", "2017-H2"), number("570.00"));
    let june = book.figure("year", "east", "2017-06");
    // 10 + ... + 60; the second half of 2016 was not reported
    assert_eq!(june.value, number("210.00"));
    assert!(june.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(
        book.strict("year", "east", "2017-06").value,
        Err(MissingReason::Incomplete)
    );
}

#[test]
fn rule_9_a_window_ends_with_the_period() {
    let book = sent(&[
        ("quarters", "moving_sum(sent, 2 quarters)"),
        ("months", "min(sent by month)"),
    ]);
    assert_eq!(book.value("quarters", "east", "2017-06"), number("210.00"));
    assert_eq!(
        book.refusal("quarters", "east", "2017-05"),
        RefusalReason::PeriodNotWhole
    );
    assert_eq!(
        book.refusal("months", "east", "2017-W18"),
        RefusalReason::PeriodNotDivisible
    );
    insta::assert_snapshot!(book.refused("quarters", "east", "2017-05"), @r#"moving_sum(sent, 2 quarters) (in quarters) looks back from the end of a quarter, and 2017-05 does not end with one; ask by quarter"#);
    insta::assert_snapshot!(book.refused("months", "east", "2017-W18"), @r#"min(sent by month) (in months) goes through whole months, which do not make up a week; ask by month, or by something longer that months make up"#);
}

#[test]
fn rule_13_a_moving_average_is_weighted_by_days_and_leaves_missing_periods_out_of_both_sides() {
    let mut book = Book::new(&[
        monthly_stock("offices", "decimals = 4"),
        indicator("average", "moving_avg(offices, 3 months)", "decimals = 4"),
        indicator("by_month", "avg(offices by month)", "decimals = 4"),
    ]);
    book.post("offices", "east", "2017-01", "10")
        .post("offices", "east", "2017-02", "20");
    let march = book.figure("average", "east", "2017-03");
    // (10 * 31 + 20 * 28) / 59, and not / 90
    assert_eq!(march.value, number("14.7458"));
    assert!(march.flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(
        book.strict("average", "east", "2017-03").value,
        Err(MissingReason::Incomplete)
    );
    assert_eq!(book.figure("by_month", "east", "2017-Q1").value, march.value);
    book.post("offices", "east", "2017-03", "30");
    // 1800 / 90
    assert_eq!(book.value("average", "east", "2017-03"), number("20.0000"));
    // February to April, April missing: (20 * 28 + 30 * 31) / 59
    assert_eq!(book.value("average", "east", "2017-04"), number("25.2542"));
    // what cannot exist lacks nothing
    book.post("offices", "east", "2017-04", "cannot exist");
    let april = book.strict("average", "east", "2017-04");
    assert_eq!(april.value, number("25.2542"));
}

#[test]
fn rule_7_least_and_greatest_values_of_a_window_and_of_sub_periods() {
    let book = sent(&[
        ("least", "min(sent by month)"),
        ("greatest", "max(sent by quarter)"),
        ("lately", "moving_min(sent, 3 months)"),
        ("peak", "moving_max(sent, 3 months)"),
        ("peak_share", "max(sent by month) / sent * 100"),
    ]);
    assert_eq!(book.value("least", "east", "2017-H2"), number("70.00"));
    // 100 + 110 + 120
    assert_eq!(book.value("greatest", "east", "2017"), number("330.00"));
    assert_eq!(book.value("lately", "east", "2018-01"), number("11.00"));
    assert_eq!(book.value("peak", "east", "2018-01"), number("120.00"));
    // 120 / 780
    assert_eq!(book.value("peak_share", "east", "2017"), number("15.38"));
    let share = book.figure("peak_share", "east", "2017").quotient.unwrap();
    assert_eq!(&*share.numerator.formula, "max(sent by month)");
    assert_eq!(share.numerator.value, number("120"));
}

#[test]
fn rule_23_a_bound_survives_a_window() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        indicator("average", "moving_avg(sent, 2 months)", ""),
        indicator("least", "moving_min(sent, 2 months)", ""),
    ]);
    book.post("sent", "east", "2017-01", ">=10")
        .post("sent", "east", "2017-02", "20~");
    let average = book.figure("average", "east", "2017-02");
    assert_eq!(average.qualifier, almanac_model::Qualifier::AtLeast);
    assert_eq!(average.quality, Some(almanac_model::Quality::Preliminary));
    // January might be more than 20
    assert_eq!(
        book.figure("least", "east", "2017-02").qualifier,
        almanac_model::Qualifier::About
    );
}

#[test]
fn rule_7_a_window_of_ratios_is_not_the_ratio_of_the_windows() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("visits"),
        indicator("per_visit", "sent / visits", "decimals = 2"),
        indicator("average_of_ratios", "moving_avg(per_visit, 2 months)", "decimals = 2"),
        indicator(
            "ratio_of_sums",
            "moving_sum(sent, 2 months) / moving_sum(visits, 2 months)",
            "decimals = 2",
        ),
    ]);
    book.post("sent", "east", "2017-04", "10")
        .post("visits", "east", "2017-04", "1");
    book.post("sent", "east", "2017-05", "20")
        .post("visits", "east", "2017-05", "4");
    // (10 * 30 + 5 * 31) / 61
    assert_eq!(book.value("average_of_ratios", "east", "2017-05"), number("7.46"));
    // 30 / 5
    assert_eq!(book.value("ratio_of_sums", "east", "2017-05"), number("6.00"));
}

#[test]
fn rule_21_an_optional_term_counts_as_zero_inside_a_function() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("parcels"),
        indicator(
            "all",
            "moving_sum(sent + parcels, 2 months)",
            "optional = [\"parcels\"]",
        ),
        indicator("most", "moving_max(sent + parcels, 2 months)", ""),
    ]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "east", "2017-02", "20");
    book.post("parcels", "east", "2017-02", "5");
    assert_eq!(book.value("all", "east", "2017-02"), number("35"));
    // January lacks parcels, and is left out
    let most = book.figure("most", "east", "2017-02");
    assert_eq!(most.value, number("25"));
    assert!(most.flags.contains(&FigureFlag::PartialPeriod));
}

#[test]
fn rule_17_a_function_does_not_reach_over_a_change_of_boundaries() {
    // the district `border` went from `north` to `south` on 2018-01-01
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_stock("offices", ""),
        indicator("change", "sent - shift(sent, -1 month)", ""),
        indicator("window", "moving_sum(sent, 2 months)", ""),
        indicator("average", "moving_avg(offices, 2 months)", ""),
        indicator("so_far", "ytd(sent)", ""),
    ]);
    for month in ["2017-11", "2017-12", "2018-01", "2018-02"] {
        book.post("sent", "border", month, "10")
            .post("offices", "border", month, "10");
        book.post("sent", "east", month, "1")
            .post("offices", "east", month, "1");
    }
    for measure in ["change", "window", "average"] {
        assert_eq!(
            book.refusal(measure, "north", "2018-01"),
            RefusalReason::BoundaryChange,
            "{measure}"
        );
        assert!(book.value(measure, "north", "2017-12").is_ok(), "{measure}");
        assert!(book.value(measure, "north", "2018-02").is_ok(), "{measure}");
        // a district that moved as a whole is what it was
        assert!(book.value(measure, "east", "2018-01").is_ok(), "{measure}");
    }
    assert_eq!(book.value("so_far", "north", "2018-02"), number("2"));
    insta::assert_snapshot!(book.refused("window", "north", "2018-01"), @r#"the territory of north changed on 2018-01-01, and the figure of 2018-01 would be put together from 2017-12..2018-01; ask for periods that do not reach beyond 2018-01-01, or restate with on_boundaries_of"#);
}

#[test]
fn rule_22_windows_inside_windows_have_an_end() {
    let book = sent(&[(
        "much",
        "moving_avg(moving_avg(moving_avg(sent, 36 months), 36 months), 36 months)",
    )]);
    assert_eq!(book.refusal("much", "east", "2017-12"), RefusalReason::TooManyPeriods);
}

#[test]
fn rule_31_a_revision_of_a_shifted_period_or_a_window_is_among_those_that_may_have_changed_a_figure() {
    let mut book = sent(&[
        ("growth", "sent - shift(sent, -1 year)"),
        ("later", "shift(sent, 1 month)"),
        ("average", "moving_avg(sent, 12 months)"),
        ("so_far", "ytd(sent)"),
    ]);
    for (measure, asked, written) in [
        ("growth", "2018-02", "2017-02"),
        ("later", "2018-01", "2018-02"),
        ("average", "2017-12", "2017-01"),
        ("so_far", "2017-12", "2017-03"),
    ] {
        let before = book.value(measure, "east", asked);
        book.post("sent", "east", written, "99");
        assert_ne!(book.value(measure, "east", asked), before, "{measure}");
        assert!(book.may_have_changed(measure, "east", asked), "{measure}");
    }
}
