//! Figures against those of other periods.

use almanac_indicator::Base;
use almanac_model::{Change, ChangeUnit, ComparisonFlag, MissingReason, NoPercent};

use crate::support::{Book, expected, indicator, monthly_flow, monthly_stock};

fn change(absolute: &str, percent: &str, index: &str) -> Change {
    Change {
        absolute: absolute.to_owned(),
        unit: ChangeUnit::Figure("item".to_owned()),
        percent: Ok(percent.to_owned()),
        index: Ok(index.to_owned()),
    }
}

#[test]
fn rule_27_change_growth_and_index_against_another_period() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2016-02", "80")
        .post("sent", "east", "2017-01", "120")
        .post("sent", "east", "2017-02", "100");
    // 100 - 120 = -20; -20 / 120 = -16.666...%; 100 / 120 = 83.333...
    let before = book.compared("sent", "east", "2017-02", Base::PreviousPeriod);
    assert_eq!(before.base_period.unwrap().to_string(), "2017-01");
    assert_eq!(before.base.as_deref(), Ok("120"));
    assert_eq!(before.change.unwrap(), change("-20", "-16.67", "83.33"));
    // 100 - 80 = 20; 20 / 80 = 25%
    let last_year = book.compared("sent", "east", "2017-02", Base::SamePeriodLastYear);
    assert_eq!(last_year.change.unwrap(), change("20", "25.00", "125.00"));
    let base = book.compared("sent", "east", "2017-02", Base::Period("2017-02".parse().unwrap()));
    assert_eq!(base.change.unwrap(), change("0", "0.00", "100.00"));
    assert!(base.flags.is_empty());
}

#[test]
fn rule_22_growth_from_zero_or_from_a_negative_base_is_missing() {
    let mut book = Book::new(&[monthly_flow("balance")]);
    for (month, value) in [("2017-01", "0"), ("2017-02", "-5"), ("2017-03", "10")] {
        book.post("balance", "east", month, value);
    }
    let from_zero = book
        .compared("balance", "east", "2017-02", Base::PreviousPeriod)
        .change
        .unwrap();
    assert_eq!(
        (from_zero.absolute.as_str(), from_zero.percent),
        ("-5", Err(NoPercent::BaseZero))
    );
    let from_negative = book
        .compared("balance", "east", "2017-03", Base::PreviousPeriod)
        .change
        .unwrap();
    assert_eq!(
        (from_negative.absolute.as_str(), from_negative.index),
        ("15", Err(NoPercent::BaseNegative))
    );
    let from_nothing = book.compared("balance", "east", "2017-01", Base::PreviousPeriod);
    assert_eq!(
        (from_nothing.base, from_nothing.change),
        (Err(MissingReason::NoRecord), None)
    );
}

#[test]
fn rule_27_shares_change_by_percentage_points() {
    let mut book = Book::new(&[
        monthly_stock("users", ""),
        monthly_stock("people", ""),
        indicator("share", "users / people", "per = \"100\"\ndecimals = 1").replace("item", "percent"),
    ]);
    for (month, users) in [("2017-01", "40"), ("2017-02", "45")] {
        book.post("users", "east", month, users)
            .post("people", "east", month, "90");
    }
    // 50.0 % - 44.4 % = 5.55... points; 5 / 40 = 12.5 %
    let points = book.compared("share", "east", "2017-02", Base::PreviousPeriod);
    let expected = Change {
        unit: ChangeUnit::PercentagePoint,
        ..change("5.6", "12.50", "112.50")
    };
    assert_eq!(points.change.unwrap(), expected);
}

#[test]
fn rule_18_growth_across_a_change_of_boundaries_is_flagged() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    for month in ["2017-12", "2018-01"] {
        book.post("sent", "east", month, "10")
            .post("sent", "border", month, "5");
    }
    // the district border went from north to south on 2018-01-01
    let north = book.compared("sent", "north", "2018-01", Base::PreviousPeriod);
    assert_eq!(north.base.as_deref(), Ok("15"));
    assert!(north.flags.contains(&ComparisonFlag::NotComparable));
    let east = book.compared("sent", "east", "2018-01", Base::PreviousPeriod);
    assert!(east.flags.is_empty(), "{east:?}");
}

#[test]
fn rule_27_partial_against_full_is_flagged() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"north\"]")]);
    book.post("sent", "east", "2017-02", "10")
        .post("sent", "west", "2017-02", "10")
        .post("sent", "east", "2017-03", "10")
        .post("sent", "border", "2017-02", "1")
        .post("sent", "border", "2017-03", "1");
    let fall = book.compared("sent", "north", "2017-03", Base::PreviousPeriod);
    assert!(
        fall.flags.contains(&ComparisonFlag::Partial),
        "west has not reported: {fall:?}"
    );
}
