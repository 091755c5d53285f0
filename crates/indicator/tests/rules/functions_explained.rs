//! What an explanation says of formulas over other periods: a function is one value, and each term that it read is listed
//! with its period.

use almanac_indicator::{AdHocFormula, Effect, Explanation, FigureKey, OneFigure, Question, Window, explain};
use almanac_model::{FigureFlag, IndicatorId, MissingReason};

use crate::support::{Book, explained, indicator, metric, monthly_flow, number};

/// 10 items a month, 25 in June, of all months from January to June 2017 but April; 1,000 inhabitants in the first half
/// of the year and 1,200 in the second.
fn book(indicators: &[(&str, &str, &str)]) -> Book {
    let inhabitants = metric(
        "inhabitants",
        "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"half\"",
    );
    let indicators = indicators
        .iter()
        .map(|(id, formula, keys)| indicator(id, formula, keys));
    let mut book = Book::new(&[vec![monthly_flow("sent"), inhabitants], indicators.collect()].concat());
    for month in ["2017-01", "2017-02", "2017-03", "2017-05"] {
        book.post("sent", "east", month, "10");
    }
    book.post("sent", "east", "2017-06", "25")
        .post("inhabitants", "east", "2017-H1", "1000")
        .post("inhabitants", "east", "2017-H2", "1200");
    book
}

/// The terms as "sent 2017-05 = 10".
fn read(explanation: &Explanation) -> Vec<String> {
    let value = |term: &almanac_indicator::TermExplanation| match &term.value {
        Ok(number) => number.digits.clone(),
        Err(reason) => format!("{reason:?}"),
    };
    let terms = explanation.terms.iter();
    terms
        .map(|term| format!("{} {} = {}", term.expression, term.period, value(term)))
        .collect()
}

/// The culprits of an effect, by period.
fn culprits(explanation: &Explanation, effect: Effect) -> Vec<String> {
    let cause = explanation.causes.iter().find(|cause| cause.effect == effect).unwrap();
    let periods = cause.culprits.listed.iter().map(|culprit| culprit.period.unwrap());
    periods.map(|period| period.to_string()).collect()
}

#[test]
fn rule_7_a_shift_is_put_in_as_one_value_and_its_reading_named() {
    let book = book(&[(
        "growth",
        "(sent - shift(sent, -1 month)) / shift(sent, -1 month)",
        "per = \"100\"",
    )]);
    let june = explained(book.state(), "growth", "east", "2017-06");
    assert_eq!(june.substituted, "(25 - 10) / 10 * 100");
    assert_eq!(june.figure.value, number("150"));
    assert_eq!(
        read(&june),
        ["sent 2017-06 = 25", "sent 2017-05 = 10", "sent 2017-05 = 10"]
    );
    // without a value a function stays as it is written
    let may = explained(book.state(), "growth", "east", "2017-05");
    assert_eq!(
        may.substituted,
        "(10 - shift(sent, -1 month)) / shift(sent, -1 month) * 100"
    );
    assert!(culprits(&may, Effect::Missing(MissingReason::NoRecord)).contains(&"2017-04".to_owned()));
}

#[test]
fn rule_7_a_window_is_put_in_as_one_value_and_each_of_its_readings_named() {
    let book = book(&[
        ("least", "sent - min(sent by month)", ""),
        ("average", "moving_avg(sent, 3 months)", "decimals = 2"),
        ("so_far", "ytd(sent)", ""),
    ]);
    let least = explained(book.state(), "least", "east", "2017-Q1");
    assert_eq!(
        (least.substituted.as_str(), &least.figure.value),
        ("30 - 10", &number("20"))
    );
    assert_eq!(
        read(&least),
        [
            "sent 2017-Q1 = 30",
            "sent 2017-01 = 10",
            "sent 2017-02 = 10",
            "sent 2017-03 = 10"
        ]
    );
    // (31 * 10 + 30 * 25) / 61: April has no value, and is named
    let average = explained(book.state(), "average", "east", "2017-06");
    assert_eq!(average.substituted, "1060 / 61");
    assert_eq!(
        read(&average),
        ["sent 2017-04 = NoRecord", "sent 2017-05 = 10", "sent 2017-06 = 25"]
    );
    assert_eq!(culprits(&average, Effect::Flag(FigureFlag::PartialPeriod)), ["2017-04"]);
    let so_far = explained(book.state(), "so_far", "east", "2017-03");
    assert_eq!(
        (so_far.substituted.as_str(), read(&so_far)),
        ("30", vec!["sent 2017-01..2017-03 = 30".to_owned()])
    );
}

#[test]
fn rule_25_the_average_of_a_year_is_put_in_as_one_value_and_its_parts_named() {
    let book = book(&[(
        "rate",
        "sent / inhabitants",
        "per = \"100\"\ndenominator = \"year_average\"\ndecimals = 2",
    )]);
    let rate = explained(book.state(), "rate", "east", "2017-06");
    // (1000 * 181 + 1200 * 184) / 365
    assert_eq!(rate.substituted, "25 / (80360 / 73) * 100");
    assert_eq!(rate.figure.value, number("2.27"));
    assert_eq!(
        read(&rate),
        [
            "sent 2017-06 = 25",
            "inhabitants 2017-H1 = 1000",
            "inhabitants 2017-H2 = 1200"
        ]
    );
    assert_eq!(
        culprits(&rate, Effect::Flag(FigureFlag::DenominatorOtherPeriod)),
        ["2017-H1", "2017-H2"]
    );
}

#[test]
fn rule_9_a_period_that_the_calendar_does_not_have_is_named() {
    let daily = metric("letters", "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"day\"");
    let book = Book::new(&[daily, indicator("last_year", "shift(letters, -1 year)", "")]);
    let leap = explained(book.state(), "last_year", "east", "2016-02-29");
    assert_eq!(leap.figure.value, Err(MissingReason::CannotExist));
    assert_eq!(
        culprits(&leap, Effect::Missing(MissingReason::CannotExist)),
        ["2016-02-29"]
    );
}

#[test]
fn rule_7_a_formula_of_a_question_is_explained_like_an_indicator() {
    let book = book(&[]);
    let formula = |id: &str, text: &str| AdHocFormula {
        id: IndicatorId::new(id).unwrap(),
        formula: book.state().catalog.formula(text).unwrap(),
        per: "2".parse().unwrap(),
        decimals: 1,
        optional: [].into(),
        denominator: almanac_catalog::DenominatorJoin::SamePeriod,
    };
    let question = Question {
        formulas: vec![
            formula("twice", "sent"),
            formula("change", "sent - shift(sent, -1 month)"),
        ],
        ..book.question("sent", "east", "2017-06", false)
    };
    let figures = book.answer(&question).unwrap();
    let explain = |id: &str| {
        let key = FigureKey {
            indicator: Some(id.to_owned()),
            ..FigureKey::default()
        };
        let one = OneFigure::choose(book.state().catalog, &question, &key).unwrap();
        explain(book.state(), &one, Window { skip: 0, take: 100 })
            .unwrap()
            .unwrap()
    };
    for (figure, substituted) in figures.iter().zip(["25", "25 * 2", "(25 - 10) * 2"]) {
        let explanation = explain(&figure.measure);
        assert_eq!(
            (&explanation.figure, explanation.substituted.as_str()),
            (figure, substituted)
        );
    }
}
