//! What an explanation says of totals since the start of the year.

use almanac_indicator::{Cause, Effect};
use almanac_model::FigureFlag;

use crate::support::{Book, explained, number};
use crate::time_cumulative::since_january;

fn book(reports: &[(&str, &str, &str)]) -> Book {
    let mut book = Book::new(&[since_january("sent")]);
    for (area, month, total) in reports {
        book.post("sent", area, month, total);
    }
    book
}

/// Each series of the figure, with its recorded totals: "+60 of 2017-03".
fn told(book: &Book, area: &str, period: &str) -> Vec<String> {
    let explanation = explained(book.state(), "sent", area, period);
    let lines = explanation.terms[0].series.iter().map(|series| {
        let totals: Vec<String> = series
            .values
            .iter()
            .map(|value| {
                let sign = if value.is_subtracted { '-' } else { '+' };
                format!("{sign}{} of {}", value.cell.value, value.period)
            })
            .collect();
        let digits = series.value.as_ref().map(|number| number.digits.clone());
        format!("{} {:?}: {}", series.key.area, digits, totals.join(" "))
    });
    lines.collect()
}

/// The causes of a flag: the sentence, and the culprits as "east 2017-03".
fn cause(book: &Book, area: &str, period: &str, flag: FigureFlag) -> (String, Vec<String>) {
    let causes = explained(book.state(), "sent", area, period).causes;
    let of_flag = |cause: &Cause| cause.effect == Effect::Flag(flag);
    let cause = causes.into_iter().find(of_flag).unwrap();
    let culprits = cause.culprits.listed.iter().map(|culprit| {
        let series = culprit.series.as_ref().unwrap();
        format!("{} {}", series.area, culprit.period.unwrap())
    });
    (cause.sentence, culprits.collect())
}

#[test]
fn rule_15_an_explanation_shows_which_total_is_subtracted() {
    let book = book(&[
        ("east", "2017-02", "30"),
        ("east", "2017-03", "60"),
        ("west", "2017-02", "5"),
        ("west", "2017-03", "12"),
    ]);
    let explanation = explained(book.state(), "sent", "north", "2017-03");
    assert_eq!(
        (explanation.figure.value, explanation.substituted.as_str()),
        (number("37"), "37")
    );
    assert_eq!(
        told(&book, "north", "2017-03"),
        [
            r#"east Ok("30"): -30 of 2017-02 +60 of 2017-03"#,
            r#"west Ok("7"): -5 of 2017-02 +12 of 2017-03"#
        ]
    );
    // at the start of the year nothing is subtracted
    assert_eq!(told(&book, "east", "2017-Q1"), [r#"east Ok("60"): +60 of 2017-03"#]);
}

#[test]
fn rule_15_an_explanation_names_the_total_that_decreased() {
    let book = book(&[
        ("east", "2017-01", "10"),
        ("east", "2017-02", "8"),
        ("west", "2017-01", "1"),
        ("west", "2017-02", "2"),
    ]);
    let (sentence, culprits) = cause(&book, "north", "2017-02", FigureFlag::CumulativeDecreased);
    assert_eq!(culprits, ["east 2017-02"]);
    assert_eq!(
        sentence,
        "1 total since the start of the year is less than the one before it, which is subtracted"
    );
}

#[test]
fn rule_15_an_explanation_names_the_totals_that_are_lacking() {
    let book = book(&[
        ("east", "2017-02", "30"),
        ("east", "2017-05", "80"),
        ("east", "2017-06", "100"),
        ("west", "2017-05", "5"),
        ("west", "2017-04", "1"),
    ]);
    let partial = |area, period| cause(&book, area, period, FigureFlag::PartialPeriod).1;
    assert_eq!(partial("east", "2017-Q2"), ["east 2017-03"]);
    assert_eq!(partial("west", "2017-Q2"), ["west 2017-03", "west 2017-06"]);
    // what lies between two totals lacks nothing
    assert_eq!(partial("east", "2017").len(), 6);
}

#[test]
fn rule_15_a_total_without_one_before_it_is_named_as_what_lacks_a_value() {
    let book = book(&[
        ("east", "2017-05", "80"),
        ("west", "2017-04", "5"),
        ("west", "2017-05", "12"),
    ]);
    let (_, culprits) = cause(&book, "north", "2017-05", FigureFlag::PartialCoverage);
    assert_eq!(culprits, ["east 2017-04"]);
}
