//! A confidential number is part of totals. Neither it nor what would tell it is published.

use almanac_indicator::{Base, Effect, State};
use almanac_model::{FigureFlag, MissingReason, Revision};

use crate::support::{Book, explained, indicator, metric, monthly_flow, monthly_stock, number};

const SUPPRESSED: Result<String, MissingReason> = Err(MissingReason::Suppressed);

/// North has three districts in 2017; the number of one of them is confidential.
fn book() -> Book {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("per_office", "sent / offices", ""),
        indicator("sent_or_offices", "offices + sent", "optional = [\"sent\"]"),
    ]);
    for (month, border) in [("2017-01", "100"), ("2017-02", "confidential 7"), ("2017-03", "300")] {
        book.post("sent", "border", month, border)
            .post("sent", "east", month, "40")
            .post("sent", "west", month, "5");
        for area in ["border", "east", "west"] {
            book.post("offices", area, month, "2");
        }
    }
    book
}

#[test]
fn rule_20_a_confidential_number_is_suppressed_with_its_complement_and_counts_in_totals() {
    let book = book();
    assert_eq!(book.value("sent", "border", "2017-02"), SUPPRESSED);
    // its complement: the next district, since the total of north and the others would tell it
    assert_eq!(book.value("sent", "east", "2017-02"), SUPPRESSED);
    assert_eq!(book.value("sent", "west", "2017-02"), number("5"));
    // 7 + 40 + 5
    assert_eq!(book.value("sent", "north", "2017-02"), number("52"));
    // the complement in time: quarter minus January would tell border's February and March
    assert_eq!(book.value("sent", "border", "2017-03"), SUPPRESSED);
    assert_eq!(book.value("sent", "east", "2017-03"), SUPPRESSED);
    assert_eq!(book.value("sent", "border", "2017-01"), number("100"));
    // 100 + 7 + 300
    assert_eq!(book.value("sent", "border", "2017-Q1"), number("407"));
    assert_eq!(book.value("sent", "north", "2017-Q1"), number("542"));
    // other months know nothing of it, and another metric neither
    assert_eq!(book.value("sent", "east", "2017-01"), number("40"));
    assert_eq!(book.value("offices", "border", "2017-02"), number("2"));
}

#[test]
fn rule_20_a_confidential_number_without_any_complement_suppresses_all_it_is_in() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "confidential 7")
        .post("sent", "west", "2018-01", "5");
    for (area, period) in [
        ("east", "2017-01"),
        ("north", "2017-01"),
        ("east", "2017"),
        ("north", "2017"),
    ] {
        assert_eq!(book.value("sent", area, period), SUPPRESSED, "{area} {period}");
    }
    assert_eq!(book.value("sent", "north", "2018"), number("5"));
}

#[test]
fn rule_20_a_ratio_of_a_withheld_number_is_suppressed_and_tells_no_operand() {
    let book = book();
    let figure = book.figure("per_office", "border", "2017-02");
    assert_eq!(figure.value, SUPPRESSED);
    let quotient = figure.quotient.unwrap();
    assert_eq!(
        (quotient.numerator.value, quotient.denominator.value),
        (SUPPRESSED, number("2"))
    );
    // 52 / 6: a district whose number is withheld still has one, so nothing is left out
    let north = book.figure("per_office", "north", "2017-02");
    assert_eq!(
        (north.value, north.flags.contains(&FigureFlag::Unmatched)),
        (number("9"), false)
    );
    // a withheld number is not a missing one: it does not count as zero where it is optional
    assert_eq!(book.value("sent_or_offices", "border", "2017-02"), SUPPRESSED);
    assert_eq!(book.value("sent_or_offices", "north", "2017-02"), number("58"));
}

#[test]
fn rule_20_comparisons_do_not_tell_a_withheld_base() {
    let book = book();
    let comparison = book.compared("sent", "border", "2017-Q1", Base::Period("2017-Q2".parse().unwrap()));
    assert_eq!(comparison.base, Err(MissingReason::NoRecord));
    let mut later = self::book();
    later.post("sent", "east", "2017-04", "50");
    let comparison = later.compared("sent", "east", "2017-04", Base::PreviousPeriod);
    assert_eq!((comparison.base, comparison.change), (SUPPRESSED, None));
}

#[test]
fn rule_20_an_explanation_lists_neither_confidential_numbers_nor_complements() {
    let book = book();
    let total = explained(book.state(), "sent", "north", "2017-02");
    assert_eq!((total.figure.value, total.substituted.as_str()), (number("52"), "52"));
    let series = &total.terms[0].series;
    let told: Vec<(&str, i128, Option<i128>)> = series
        .iter()
        .map(|one| {
            (
                one.key.area.as_str(),
                one.values[0].cell.value,
                one.values[0].writes[0].amount,
            )
        })
        .collect();
    assert_eq!(told, [("border", 0, None), ("east", 0, None), ("west", 5, Some(5))]);
    let sums: Vec<bool> = series
        .iter()
        .map(|one| one.value == Err(MissingReason::Suppressed))
        .collect();
    assert_eq!(sums, [true, true, false]);
    let ratio = explained(book.state(), "per_office", "border", "2017-02");
    assert_eq!(ratio.substituted, "sent / 2");
    assert_eq!(ratio.terms[0].value, Err(MissingReason::Suppressed));
    assert!(!format!("{ratio:?}").contains("value: 7,"), "{ratio:?}");
}

#[test]
fn rule_20_a_later_value_lifts_confidentiality_and_the_past_keeps_it() {
    let mut book = book();
    let before = book.state().as_of;
    book.post("sent", "border", "2017-02", "8");
    assert_eq!(book.value("sent", "border", "2017-02"), number("8"));
    assert_eq!(book.value("sent", "east", "2017-02"), number("40"));
    let past = State {
        as_of: before,
        ..book.state()
    };
    assert_eq!(explained(past, "sent", "border", "2017-02").figure.value, SUPPRESSED);
    // before it was recorded at all
    let earlier = State {
        as_of: Revision(3),
        ..book.state()
    };
    assert_eq!(
        explained(earlier, "sent", "border", "2017-01").figure.value,
        number("100")
    );
}

#[test]
fn rule_20_a_level_of_a_confidential_month_is_withheld_wherever_it_is_read() {
    let mut book = Book::new(&[monthly_stock("staff", "carry_forward = 2")]);
    for (area, value) in [("east", "confidential 3"), ("west", "4"), ("border", "5")] {
        book.post("staff", area, "2017-03", value);
    }
    for period in ["2017-03", "2017-Q1", "2017-04"] {
        assert_eq!(book.value("staff", "east", period), SUPPRESSED, "{period}");
        assert_eq!(book.value("staff", "west", period), SUPPRESSED, "{period}");
        assert_eq!(book.value("staff", "border", period), number("5"), "{period}");
        assert_eq!(book.value("staff", "north", period), number("12"), "{period}");
    }
}

#[test]
fn rule_20_a_least_or_greatest_value_tells_nothing_of_confidential_numbers() {
    let mut book = Book::new(&[monthly_stock("least", "time = \"min\"")]);
    for (area, value) in [("east", "confidential 3"), ("west", "4"), ("border", "5")] {
        book.post("least", area, "2017-03", value)
            .post("least", area, "2017-02", "9");
    }
    // of each month alone it is a sum; over two months it is no longer one
    assert_eq!(book.value("least", "north", "2017-03"), number("12"));
    assert_eq!(book.value("least", "north", "2017-Q1"), SUPPRESSED);
    assert_eq!(book.value("least", "border", "2017-Q1"), number("5"));
}

#[test]
fn rule_20_an_average_is_balanced_by_the_days_of_its_months() {
    let mut book = Book::new(&[monthly_stock("staff", "time = \"average\"")]);
    book.post("staff", "east", "2017-02", "confidential 3")
        .post("staff", "east", "2017-03", "10");
    assert_eq!(book.value("staff", "east", "2017-02"), SUPPRESSED);
    assert_eq!(book.value("staff", "east", "2017-03"), SUPPRESSED);
    // (3 * 28 + 10 * 31) / 59 = 6.67
    assert_eq!(book.value("staff", "east", "2017-Q1"), number("7"));
}

#[test]
fn rule_20_what_cannot_be_added_has_no_complement_beside_it() {
    let mut book = Book::new(&[metric(
        "users",
        "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"\nsum = \"none\"",
    )]);
    book.post("users", "east", "2017-01", "confidential 3")
        .post("users", "west", "2017-01", "4");
    assert_eq!(book.value("users", "east", "2017-01"), SUPPRESSED);
    assert_eq!(book.value("users", "west", "2017-01"), number("4"));
}

#[test]
fn rule_20_reporters_are_each_others_complement() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.record("post", "sent", "east", "2017-01", "confidential 7")
        .record("rail", "sent", "east", "2017-01", "5");
    assert_eq!(book.value("sent", "east", "2017-01"), number("12"));
    let told = explained(book.state(), "sent", "east", "2017-01");
    assert!(
        told.terms[0]
            .series
            .iter()
            .all(|one| one.value.is_err() && one.values[0].cell.status.missing.is_some())
    );
}

#[test]
fn rule_20_where_each_district_has_a_reporter_of_its_own_the_total_is_published_all_the_same() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.record("post", "sent", "east", "2017-01", "confidential 7")
        .record("rail", "sent", "west", "2017-01", "5")
        .record("rail", "sent", "border", "2017-01", "1");
    assert_eq!(book.value("sent", "north", "2017-01"), number("13"));
    for area in ["east", "west"] {
        assert_eq!(book.value("sent", area, "2017-01"), SUPPRESSED, "{area}");
    }
    assert_eq!(book.value("sent", "border", "2017-01"), number("1"));
}

#[test]
fn rule_11_a_withheld_window_tells_what_else_it_lacks() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        indicator("most", "moving_max(sent, 3 months)", ""),
    ]);
    book.post("sent", "east", "2017-01", "40")
        .post("sent", "east", "2017-02", "confidential 7");
    let most = book.figure("most", "east", "2017-03");
    assert_eq!(most.value, SUPPRESSED);
    assert_eq!(most.flags, [FigureFlag::PartialPeriod].into());
    let explanation = explained(book.state(), "most", "east", "2017-03");
    let partial = Effect::Flag(FigureFlag::PartialPeriod);
    let cause = explanation.causes.iter().find(|cause| cause.effect == partial).unwrap();
    let lacking: Vec<String> = (cause.culprits.listed.iter())
        .filter_map(|culprit| culprit.period.map(|period| period.to_string()))
        .collect();
    assert_eq!(lacking, ["2017-03"]);
}

#[test]
fn rule_22_nothing_is_divided_by_zero_whether_or_not_it_is_a_secret() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("per_office", "sent / offices", ""),
        indicator("or_zero", "offices + per_office", "optional = [\"per_office\"]"),
    ]);
    book.post("sent", "east", "2017-01", "confidential 7")
        .post("offices", "east", "2017-01", "0");
    // which the secret does not decide, and which tells nothing of it
    let by_zero = Err(MissingReason::DenominatorZero);
    assert_eq!(book.value("per_office", "east", "2017-01"), by_zero);
    assert_eq!(book.value("or_zero", "east", "2017-01"), number("0"));
    // a secret itself may be zero, which is not told
    book.post("offices", "east", "2017-01", "confidential 0");
    assert_eq!(book.value("per_office", "east", "2017-01"), SUPPRESSED);
    assert_eq!(book.value("or_zero", "east", "2017-01"), SUPPRESSED);
}

#[test]
fn rule_21_beside_a_number_that_is_withheld_the_reason_is_that_of_the_one_that_is_not_there() {
    let mut book = book();
    assert_eq!(book.value("per_office", "border", "2017-02"), SUPPRESSED);
    book.withdraw("offices", "border", "2017-02");
    assert_eq!(
        book.value("per_office", "border", "2017-02"),
        Err(MissingReason::NoRecord)
    );
}
