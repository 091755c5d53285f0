//! Rules run as queries, with both sides of what does not hold, and a reason where nothing can be told.

use almanac_indicator::{
    AreaSelection, CheckedPart, Checks, FindingKind, RefusalReason, UncheckedReason, Violation, all_rules, check_rules,
};
use almanac_model::{AreaId, FigureFlag, MissingReason};

use crate::support::{Book, expected, indicator, monthly_flow};

fn rule(id: &str, keys: &str) -> String {
    let texts =
        "label = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\nsource = \"x\"\nowner = \"x\"";
    format!("[[rule]]\nid = \"{id}\"\n{texts}\nseverity = \"error\"\n{keys}\n")
}

/// What one rule finds for areas and periods.
fn checked(book: &Book, id: &str, areas: &[&str], periods: &[&str]) -> CheckedPart {
    let state = book.state();
    let checks = Checks {
        rules: all_rules(state.catalog)
            .into_iter()
            .filter(|rule| rule.id.as_str() == id)
            .collect(),
        areas: AreaSelection::List(areas.iter().map(|id| AreaId::new(id).unwrap()).collect()),
        periods: periods.iter().map(|period| period.parse().unwrap()).collect(),
    };
    check_rules(state, &checks, 0, 1000, 1000).unwrap()
}

fn violation(part: &CheckedPart) -> &Violation {
    match part.findings.as_slice() {
        [one] => match &one.kind {
            FindingKind::Violation(violation) => violation,
            FindingKind::Unchecked(unchecked) => panic!("{unchecked:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn reasons(part: &CheckedPart) -> Vec<UncheckedReason> {
    let reason = |kind: &FindingKind| match kind {
        FindingKind::Unchecked(unchecked) => unchecked.reason,
        FindingKind::Violation(violation) => panic!("{violation:?}"),
    };
    part.findings.iter().map(|finding| reason(&finding.kind)).collect()
}

fn parts_and_whole(tolerance: &str) -> Book {
    let keys =
        format!("kind = \"identity\"\nleft = \"letters + parcels\"\nrelation = \"=\"\nright = \"items\"\n{tolerance}");
    Book::new(&[
        monthly_flow("letters"),
        monthly_flow("parcels"),
        monthly_flow("items"),
        rule("whole", &keys),
    ])
}

#[test]
fn rule_34_parts_that_are_not_the_whole_are_told_with_both_sides() {
    let mut book = parts_and_whole("tolerance = \"1\"");
    book.post("letters", "east", "2017-01", "10")
        .post("parcels", "east", "2017-01", "5~")
        .post("items", "east", "2017-01", "16");
    let part = checked(&book, "whole", &["east"], &["2017-01"]);
    assert_eq!((part.findings.len(), part.checked, part.unchecked), (0, 1, 0));
    book.post("items", "east", "2017-01", "17");
    let part = checked(&book, "whole", &["east"], &["2017-01"]);
    let found = violation(&part);
    assert_eq!(
        (found.left.value.as_deref(), found.right.value.as_deref()),
        (Ok("15"), Ok("17"))
    );
    assert_eq!((found.difference.as_str(), found.limit.as_str()), ("-2", "1"));
    assert_eq!(
        found.message,
        "letters + parcels is 15 in 2017-01 and items is 17 in 2017-01; the left side is to be = the right side, within 1, and the difference is -2"
    );
}

#[test]
fn rule_34_a_tolerance_in_percent_is_of_the_right_side() {
    let mut book = parts_and_whole("tolerance = { percent = \"10\" }");
    book.post("letters", "east", "2017-01", "80")
        .post("parcels", "east", "2017-01", "10")
        .post("items", "east", "2017-01", "100");
    assert_eq!(checked(&book, "whole", &["east"], &["2017-01"]).findings, []);
    book.post("parcels", "east", "2017-01", "9");
    assert_eq!(violation(&checked(&book, "whole", &["east"], &["2017-01"])).limit, "10");
}

#[test]
fn rule_34_a_side_that_is_missing_is_never_taken_for_in_order() {
    let mut book = parts_and_whole("");
    book.post("letters", "east", "2017-01", "10")
        .post("parcels", "east", "2017-01", "suppressed")
        .post("items", "east", "2017-01", "10");
    let part = checked(&book, "whole", &["east", "west"], &["2017-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::Missing; 2]);
    assert_eq!((part.checked, part.unchecked), (0, 2));
    let FindingKind::Unchecked(unchecked) = &part.findings[0].kind else {
        panic!("{part:?}");
    };
    assert_eq!(unchecked.sides[0].value, Err(MissingReason::Suppressed));
    // what a question would be refused for is told with its reason
    let week = checked(&book, "whole", &["east"], &["2017-W01"]);
    assert_eq!(reasons(&week), [UncheckedReason::Refused(RefusalReason::PeriodTooFine)]);
}

#[test]
fn rule_34_a_check_does_not_tell_a_confidential_number() {
    let mut book = parts_and_whole("");
    book.post("letters", "east", "2017-01", "10")
        .post("parcels", "east", "2017-01", "confidential 7")
        .post("items", "east", "2017-01", "99");
    let part = checked(&book, "whole", &["east"], &["2017-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::Missing]);
    let FindingKind::Unchecked(unchecked) = &part.findings[0].kind else {
        panic!("{part:?}");
    };
    assert_eq!(unchecked.sides[0].value, Err(MissingReason::Suppressed));
    assert_eq!(unchecked.sides[1].value.as_deref(), Ok("99"));
}

#[test]
fn rule_34_a_bound_violates_only_what_it_exceeds() {
    let mut book = parts_and_whole("");
    book.post("letters", "east", "2017-01", ">=10")
        .post("parcels", "east", "2017-01", "5")
        .post("items", "east", "2017-01", "20");
    let part = checked(&book, "whole", &["east"], &["2017-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::Bounded]);
    book.post("items", "east", "2017-01", "14");
    assert_eq!(
        violation(&checked(&book, "whole", &["east"], &["2017-01"])).difference,
        "1"
    );
}

#[test]
fn rule_34_declared_ranges_are_checked_without_a_rule() {
    let mut book = Book::new(&[
        monthly_flow("users"),
        monthly_flow("people"),
        indicator("share", "users / people", "per = \"100\"\nmin = \"0\"\nmax = \"100\""),
    ]);
    book.post("users", "east", "2017-01", "11")
        .post("people", "east", "2017-01", "10");
    let part = checked(&book, "share", &["east"], &["2017-01"]);
    let found = violation(&part);
    assert_eq!(
        (found.left.value.as_deref(), found.right.value.as_deref()),
        (Ok("110"), Ok("100"))
    );
    assert_eq!(found.difference, "10");
    assert!(found.left.flags.contains(&FigureFlag::OutOfRange));
}

fn jump(keys: &str) -> Book {
    let keys = format!("kind = \"jump\"\nmeasure = \"sent\"\nagainst = \"same_period_last_year\"\n{keys}");
    Book::new(&[
        monthly_flow("sent"),
        rule("jump", &keys),
        expected("sent", "[\"north\"]"),
    ])
}

#[test]
fn rule_34_a_jump_is_judged_in_its_direction_and_against_what_compares() {
    let mut both = jump("most_percent = \"50\"");
    both.post("sent", "east", "2017-01", "10")
        .post("sent", "east", "2018-01", "16");
    let part = checked(&both, "jump", &["east"], &["2018-01"]);
    let found = violation(&part);
    assert_eq!(
        (found.difference.as_str(), found.right.value.as_deref()),
        ("60", Ok("10"))
    );
    both.post("sent", "east", "2018-01", "15");
    assert_eq!(checked(&both, "jump", &["east"], &["2018-01"]).findings, []);

    let mut down = jump("most_percent = \"50\"\ndirection = \"down\"");
    down.post("sent", "east", "2017-01", "10")
        .post("sent", "east", "2018-01", "99");
    assert_eq!(checked(&down, "jump", &["east"], &["2018-01"]).findings, []);
    down.post("sent", "east", "2018-01", "4");
    assert_eq!(
        violation(&checked(&down, "jump", &["east"], &["2018-01"])).difference,
        "-60"
    );
    // growth from zero has no percentage
    down.post("sent", "east", "2017-01", "0");
    let part = checked(&down, "jump", &["east"], &["2018-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::BaseNotPositive]);
    // border left north between the two
    down.post("sent", "border", "2017-01", "90");
    let part = checked(&down, "jump", &["north"], &["2018-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::NotComparable]);
}

#[test]
fn rule_34_an_outlier_stands_out_among_the_periods_before_it() {
    let keys = "kind = \"outlier\"\nmeasure = \"sent\"\namong = { periods = 5 }";
    let mut book = Book::new(&[monthly_flow("sent"), rule("outlier", keys)]);
    for (month, value) in ["10", "11", "12", "13"].into_iter().enumerate() {
        book.post("sent", "east", &format!("2017-0{}", month + 1), value);
    }
    let part = checked(&book, "outlier", &["east"], &["2017-04"]);
    assert_eq!(reasons(&part), [UncheckedReason::TooFewValues]);
    book.post("sent", "east", "2017-05", "100");
    let part = checked(&book, "outlier", &["east"], &["2017-05"]);
    let found = violation(&part);
    // the median is 12 and the median deviation 1: 0.6745 * 88
    assert_eq!((found.difference.as_str(), found.limit.as_str()), ("59.356", "3.5"));
    assert_eq!(found.right.value.as_deref(), Ok("12"));
    book.post("sent", "east", "2017-05", "14");
    assert_eq!(checked(&book, "outlier", &["east"], &["2017-05"]).findings, []);
}

#[test]
fn rule_34_an_outlier_among_areas_needs_enough_of_them() {
    let keys = "kind = \"outlier\"\nmeasure = \"sent\"\namong = \"areas\"";
    let mut book = Book::new(&[monthly_flow("sent"), rule("outlier", keys)]);
    for area in ["east", "west", "border"] {
        book.post("sent", area, "2017-01", "1");
    }
    let part = checked(&book, "outlier", &["east"], &["2017-01"]);
    assert_eq!(reasons(&part), [UncheckedReason::TooFewValues]);
}

#[test]
fn rule_34_parts_of_the_checks_are_those_of_the_whole() {
    let mut book = parts_and_whole("");
    book.post("items", "east", "2017-01", "1");
    let state = book.state();
    let checks = Checks {
        rules: all_rules(state.catalog),
        areas: AreaSelection::List(["east", "west"].map(|id| AreaId::new(id).unwrap()).into()),
        periods: ["2017-01", "2017-02"].map(|period| period.parse().unwrap()).into(),
    };
    let whole = check_rules(state, &checks, 0, 1000, 1000).unwrap();
    let (mut findings, mut next) = (Vec::new(), Some(0));
    while let Some(offset) = next {
        let part = check_rules(state, &checks, offset, 1, 1000).unwrap();
        findings.extend(part.findings);
        next = part.next;
    }
    assert_eq!(whole.findings.len(), 4);
    assert_eq!(findings, whole.findings);
}
