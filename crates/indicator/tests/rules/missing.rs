//! Numbers, reasons and nothing at all are three different things.

use almanac_model::{Coverage, FigureFlag, MissingReason};

use crate::support::{Book, expected, indicator, monthly_flow, number};

#[test]
fn rule_20_zero_a_reason_and_no_record_stay_what_they_are() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "0");
    book.post("sent", "east", "2017-02", "not collected");
    assert_eq!(book.value("sent", "east", "2017-01"), number("0"));
    assert_eq!(book.value("sent", "east", "2017-02"), Err(MissingReason::NotCollected));
    assert_eq!(book.value("sent", "east", "2017-03"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_20_what_cannot_exist_does_not_count_as_expected() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"east\", \"west\"]")]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "west", "2017-01", "cannot exist");
    let january = book.figure("sent", "north", "2017-01");
    assert_eq!(january.value, number("10"));
    assert_eq!(
        january.coverage,
        Some(Coverage {
            reported: 1,
            expected: 1
        })
    );
    assert!(january.flags.is_empty());
    // a suppressed value exists: it came, and the sum lacks it
    book.post("sent", "west", "2017-01", "suppressed");
    let january = book.figure("sent", "north", "2017-01");
    assert_eq!(january.value, number("10"));
    assert_eq!(
        january.coverage,
        Some(Coverage {
            reported: 2,
            expected: 2
        })
    );
    assert!(january.flags.contains(&FigureFlag::PartialCoverage));
}

#[test]
fn rule_20_of_several_reasons_the_most_telling_is_given() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "cannot exist")
        .post("sent", "west", "2017-01", "suppressed");
    assert_eq!(book.value("sent", "north", "2017-01"), Err(MissingReason::Suppressed));
}

#[test]
fn rule_21_a_missing_term_makes_the_result_missing_unless_it_is_optional() {
    let mut book = Book::new(&[
        monthly_flow("letters"),
        monthly_flow("parcels"),
        indicator("items", "letters + parcels", ""),
        indicator("at_least_letters", "letters + parcels", "optional = [\"parcels\"]"),
    ]);
    book.post("letters", "east", "2017-01", "10")
        .post("parcels", "east", "2017-01", "not collected");
    assert_eq!(book.value("items", "east", "2017-01"), Err(MissingReason::NotCollected));
    // 10 + 0
    assert_eq!(book.value("at_least_letters", "east", "2017-01"), number("10"));
    // the optional term alone is not enough
    book.post("letters", "east", "2017-02", "suppressed")
        .post("parcels", "east", "2017-02", "3");
    assert_eq!(
        book.value("at_least_letters", "east", "2017-02"),
        Err(MissingReason::Suppressed)
    );
}

#[test]
fn rule_22_a_division_by_zero_is_missing_with_a_reason() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("per_office", "sent / offices", ""),
    ]);
    book.post("sent", "east", "2017-01", "10")
        .post("offices", "east", "2017-01", "0");
    assert_eq!(
        book.value("per_office", "east", "2017-01"),
        Err(MissingReason::DenominatorZero)
    );
    // nothing divided by nothing is not zero either
    book.post("sent", "east", "2017-01", "0");
    assert_eq!(
        book.value("per_office", "east", "2017-01"),
        Err(MissingReason::DenominatorZero)
    );
}

#[test]
fn rule_24_every_figure_says_how_much_of_what_is_expected_came() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("received"),
        expected("sent", "[\"north\"]"),
        indicator("handled", "sent + received", ""),
    ]);
    for area in ["east", "west"] {
        book.post("sent", area, "2017-01", "10")
            .post("received", area, "2017-01", "1");
    }
    let january = book.figure("sent", "north", "2017-01");
    // north has three districts in 2017: east, west and border
    assert_eq!(january.value, number("20"));
    assert_eq!(
        january.coverage,
        Some(Coverage {
            reported: 2,
            expected: 3
        })
    );
    assert!(january.flags.contains(&FigureFlag::PartialCoverage));
    // of "received" nothing is expected, so it does not count
    let handled = book.figure("handled", "north", "2017-01");
    assert_eq!(handled.value, number("22"));
    assert_eq!(
        handled.coverage,
        Some(Coverage {
            reported: 2,
            expected: 3
        })
    );
    assert_eq!(book.figure("received", "north", "2017-01").coverage, None);
    // one district by itself is complete
    let east = book.strict("sent", "east", "2017-01");
    assert_eq!(
        (east.value, east.coverage),
        (
            number("10"),
            Some(Coverage {
                reported: 1,
                expected: 1
            })
        )
    );
}

#[test]
fn rule_24_the_same_report_counts_once_however_often_a_formula_reads_it() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        expected("sent", "[\"east\"]"),
        indicator("twice", "sent + sent", ""),
    ]);
    book.post("sent", "east", "2017-01", "10");
    let twice = book.figure("twice", "east", "2017-Q1");
    assert_eq!(twice.value, number("20"));
    assert_eq!(
        twice.coverage,
        Some(Coverage {
            reported: 1,
            expected: 3
        })
    );
}
