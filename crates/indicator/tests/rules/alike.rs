//! Like for like: only what both periods have is compared.

use almanac_indicator::{Base, Comparing, Question};
use almanac_model::{Comparison, ComparisonFlag, MissingReason};
use jiff::civil::date;

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

fn like(base: Base) -> Comparing {
    Comparing {
        like_for_like: true,
        ..base.into()
    }
}

fn year_before(book: &Book, measure: &str, area: &str, period: &str) -> Comparison {
    book.compared(measure, area, period, like(Base::SamePeriodLastYear))
}

/// The base, what of the figure is held against it, and the growth.
fn told(comparison: &Comparison) -> (String, String, String) {
    let change = comparison.change.clone().unwrap();
    let like = comparison.like.clone().unwrap().unwrap();
    (comparison.base.clone().unwrap(), like, change.percent.unwrap())
}

fn texts(base: &str, like: &str, growth: &str) -> (String, String, String) {
    (base.to_owned(), like.to_owned(), growth.to_owned())
}

/// Ten items in each month of 2016, 11 in each of January to October of 2017.
fn ten_months() -> Book {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_stock("people", ""),
        indicator("rate", "sent / people", "per = \"100\"\ndecimals = 2"),
        expected("sent", "[\"north\"]"),
    ]);
    for month in 1..=12 {
        book.post("sent", "east", &format!("2016-{month:02}"), "10");
    }
    for month in 1..=10 {
        book.post("sent", "east", &format!("2017-{month:02}"), "11");
    }
    book
}

#[test]
fn rule_27_january_to_october_is_held_against_january_to_october() {
    let book = ten_months();
    let comparison = year_before(&book, "sent", "east", "2017");
    assert_eq!(told(&comparison), texts("100", "110", "10.00"));
    assert_eq!(comparison.flags, [ComparisonFlag::LikeForLike].into());
    // the year before is held against the same months, whichever of the two is the partial one
    let back = book.compared("sent", "east", "2016", like(Base::Period("2017".parse().unwrap())));
    assert_eq!(told(&back), texts("110", "100", "-9.09"));
    let plain = book.compared("sent", "east", "2017", Base::SamePeriodLastYear);
    assert_eq!(plain.base.as_deref(), Ok("120"));
    assert_eq!((plain.like, plain.flags), (None, [ComparisonFlag::Partial].into()));
}

#[test]
fn rule_27_nothing_is_left_out_where_both_have_the_same() {
    let book = ten_months();
    let first_half = year_before(&book, "sent", "east", "2017-H1");
    assert_eq!(told(&first_half), texts("60", "66", "10.00"));
    assert!(first_half.flags.is_empty(), "{first_half:?}");
}

#[test]
fn rule_27_the_same_districts_and_reporters_are_compared() {
    let mut book = ten_months();
    // west reported in 2017 only, rail in 2016 only
    book.post("sent", "west", "2017-02", "500")
        .record("rail", "sent", "east", "2016-02", "700");
    let comparison = year_before(&book, "sent", "north", "2017");
    assert_eq!(told(&comparison), texts("100", "110", "10.00"));
    assert!(comparison.flags.contains(&ComparisonFlag::LikeForLike));
}

#[test]
fn rule_27_a_district_that_went_elsewhere_is_not_compared() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    for month in ["2017-12", "2018-01"] {
        book.post("sent", "east", month, "10")
            .post("sent", "border", month, "5");
    }
    // border went from north to south on 2018-01-01; without it the territory is the same
    let north = book.compared("sent", "north", "2018-01", like(Base::PreviousPeriod));
    assert_eq!(told(&north), texts("10", "10", "0.00"));
    assert_eq!(north.flags, [ComparisonFlag::LikeForLike].into());
}

#[test]
fn rule_27_rates_are_recomputed_from_what_both_have() {
    let mut book = ten_months();
    for (year, east, west) in [("2016", "200", "300"), ("2017", "220", "300")] {
        book.post("people", "east", &format!("{year}-12"), east)
            .post("people", "west", &format!("{year}-12"), west);
    }
    book.post("sent", "west", "2017-03", "90");
    // 110 / 220 against 100 / 200: west has items in one year only, and leaves both sides of both years
    let comparison = year_before(&book, "rate", "north", "2017");
    assert_eq!(told(&comparison), texts("50.00", "50.00", "0.00"));
}

#[test]
fn rule_27_a_level_is_compared_at_the_same_place_of_both_periods() {
    let mut book = Book::new(&[monthly_stock("lines", "carry_forward = 3")]);
    for (month, value) in [("2016-10", "100"), ("2016-12", "130"), ("2017-10", "120")] {
        book.post("lines", "east", month, value);
    }
    // October against October; December has no like
    let comparison = year_before(&book, "lines", "east", "2017");
    assert_eq!(told(&comparison), texts("100", "120", "20.00"));
    // what is carried forward to December 2017 is not there
    let december = year_before(&book, "lines", "east", "2017-12");
    assert_eq!(
        (december.like, december.base, december.change),
        (Some(Err(MissingReason::NoRecord)), Err(MissingReason::NoRecord), None)
    );
}

#[test]
fn rule_27_of_a_tally_nothing_recorded_is_nothing_that_happened() {
    let tally = metric("permits", "kind = \"flow\"\nmethod = \"tally\"\nfrequency = \"month\"");
    let mut book = Book::new(&[tally]);
    book.post("permits", "east", "2016-02", "3")
        .post("permits", "east", "2017-05", "4");
    let comparison = year_before(&book, "permits", "east", "2017");
    assert_eq!(told(&comparison), texts("3", "4", "33.33"));
    assert!(comparison.flags.is_empty());
}

#[test]
fn rule_20_without_a_base_nothing_is_alike() {
    let book = ten_months();
    let comparison = year_before(&book, "sent", "east", "2016");
    assert_eq!(comparison.base, Err(MissingReason::NoRecord));
    assert_eq!(comparison.like, Some(Err(MissingReason::NoRecord)));
    assert_eq!(comparison.change, None);
    assert_eq!(
        book.value("sent", "east", "2016"),
        number("120"),
        "the figure itself stands"
    );
}

#[test]
fn rule_27_like_for_like_excludes_restating_and_targets() {
    let book = ten_months();
    let question = Question {
        on_boundaries_of: Some(date(2017, 1, 1)),
        comparisons: vec![like(Base::PreviousPeriod), like(Base::Target)],
        ..book.question("sent", "east", "2017", false)
    };
    insta::assert_snapshot!(book.refusals(&question), @r#"
CONFLICT comparisons[0].like_for_like: restated figures are put together from other series in each period; give either like_for_like or on_boundaries_of
CONFLICT comparisons[1].like_for_like: a target is one figure, which has no parts to leave out; leave it false with COMPARISON_KIND_TARGET
CONFLICT comparisons[1].like_for_like: restated figures are put together from other series in each period; give either like_for_like or on_boundaries_of
NO_TARGET comparisons[1].kind: no metric of the catalogue is a target of sent; ask for it without COMPARISON_KIND_TARGET, or define a metric with target_of = "sent"
"#);
}

#[test]
fn rule_27_totals_since_the_start_of_the_year_are_not_taken_apart() {
    let book = Book::new(&[metric(
        "sent",
        "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"\ncumulative = \"year\"",
    )]);
    let question = Question {
        comparisons: vec![like(Base::PreviousPeriod)],
        ..book.question("sent", "east", "2017-Q2", false)
    };
    insta::assert_snapshot!(book.refusals(&question), @"CONFLICT comparisons[0].like_for_like: sent is reported as the total since the start of the year, of which no part can be left out; compare periods that both have, without like_for_like");
}

#[test]
fn rule_27_what_is_computed_over_other_periods_is_not_taken_apart() {
    let book = Book::new(&[monthly_flow("sent"), indicator("so_far", "ytd(sent)", "")]);
    let question = Question {
        comparisons: vec![like(Base::PreviousPeriod)],
        ..book.question("so_far", "east", "2017-02", false)
    };
    insta::assert_snapshot!(book.refusals(&question), @"CONFLICT comparisons[0].like_for_like: so_far is computed over other periods than the one that is asked for, of which no part can be left out; ask for what it is made of, or without like_for_like");
}
