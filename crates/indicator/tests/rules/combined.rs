//! Rule 19: several areas as one sum.

use almanac_indicator::{AreaSelection, Base, Question, RefusalReason};
use almanac_model::{AreaId, ComparisonFlag, Coverage, Figure, FigureArea, FigureFlag, MissingReason};
use jiff::civil::date;

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

fn ids(areas: &[&str]) -> Vec<AreaId> {
    areas.iter().map(|area| AreaId::new(area).unwrap()).collect()
}

fn together(book: &Book, measure: &str, areas: &[&str], period: &str) -> Question {
    Question {
        areas: AreaSelection::List(ids(areas)),
        combine_areas: true,
        ..book.question(measure, "north", period, false)
    }
}

fn one(book: &Book, question: &Question) -> Figure {
    let mut figures = book.answer(question).unwrap();
    assert_eq!(figures.len(), 1);
    figures.remove(0)
}

/// Ten in the east, three in the west, one at the border, which went from the north to the south on 2018-01-01.
fn book() -> Book {
    let share = indicator("share", "sent / offices", "decimals = 2");
    let mut book = Book::new(&[monthly_flow("sent"), monthly_stock("offices", ""), share]);
    for period in ["2017-12", "2018-12"] {
        for (area, value) in [("east", "10"), ("west", "3"), ("border", "1")] {
            book.post("sent", area, period, value);
        }
        for (area, value) in [("east", "4"), ("west", "6"), ("border", "10")] {
            book.post("offices", area, period, value);
        }
    }
    book
}

#[test]
fn rule_19_several_areas_are_one_sum() {
    let book = book();
    let figure = one(&book, &together(&book, "sent", &["west", "east"], "2017-12"));
    assert_eq!(figure.value, number("13"));
    assert_eq!(figure.area, FigureArea::Sum(ids(&["west", "east"])));
    assert_eq!(figure.area.to_string(), "west+east");
}

#[test]
fn rule_19_an_area_under_another_one_is_not_counted_twice() {
    let book = book();
    let figure = |areas: &[&str], period| one(&book, &together(&book, "sent", areas, period));
    let before = figure(&["border", "north", "south"], "2017-12");
    assert_eq!(
        (before.value, before.area),
        (number("14"), FigureArea::Sum(ids(&["north", "south"])))
    );
    let after = figure(&["border", "north"], "2018-12");
    // border lies in the south now, which is not asked for
    assert_eq!(
        (after.value, after.area),
        (number("14"), FigureArea::Sum(ids(&["border", "north"])))
    );
    let single = figure(&["east", "north"], "2018-12");
    assert_eq!(
        (single.value, single.area),
        (number("13"), FigureArea::Sum(ids(&["north"])))
    );
}

#[test]
fn rule_19_a_ratio_is_that_of_the_sums() {
    let book = book();
    // (10 + 3) / (4 + 6), not 10/4 + 3/6
    let figure = one(&book, &together(&book, "share", &["east", "west"], "2017-12"));
    assert_eq!(figure.value, number("1.30"));
    assert_eq!(figure.quotient.unwrap().denominator.value, number("10"));
}

#[test]
fn rule_26_an_area_of_a_sum_that_lacks_a_side_leaves_both() {
    let mut book = book();
    book.post("sent", "east", "2017-11", "8")
        .post("sent", "west", "2017-11", "8")
        .post("offices", "east", "2017-11", "2");
    let figure = one(&book, &together(&book, "share", &["east", "west"], "2017-11"));
    assert_eq!(figure.value, number("4.00"));
    assert!(figure.flags.contains(&FigureFlag::Unmatched));
}

#[test]
fn rule_19_the_areas_under_one_are_one_sum_for_each_period() {
    let book = book();
    let question = Question {
        areas: AreaSelection::Under {
            area: AreaId::new("north").unwrap(),
            level: "district".parse().unwrap(),
        },
        periods: vec!["2017-12".parse().unwrap(), "2018-12".parse().unwrap()],
        ..together(&book, "sent", &[], "2017-12")
    };
    let figures = book.answer(&question).unwrap();
    let told: Vec<(String, Result<String, MissingReason>)> = figures
        .into_iter()
        .map(|figure| (figure.area.to_string(), figure.value))
        .collect();
    let expected = [
        ("border+east+west".to_owned(), number("14")),
        ("east+west".to_owned(), number("13")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn rule_19_what_does_not_exist_is_not_in_the_sum() {
    let book = book();
    let before = one(&book, &together(&book, "sent", &["east", "west"], "1999-12"));
    assert_eq!(before.value, Err(MissingReason::CannotExist));
}

#[test]
fn rule_24_a_report_behind_a_sum_counts_once() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"north\"]")]);
    book.post("sent", "east", "2017-12", "10");
    let figure = one(&book, &together(&book, "sent", &["north", "east", "west"], "2017-12"));
    assert_eq!(
        figure.coverage,
        Some(Coverage {
            reported: 1,
            expected: 3
        })
    );
    assert!(figure.flags.contains(&FigureFlag::PartialCoverage));
}

#[test]
fn rule_2_what_cannot_be_added_has_no_sum_over_areas() {
    let keys = "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"\nsum = \"none\"";
    let mut book = Book::new(&[metric("users", keys)]);
    book.post("users", "east", "2017-12", "10");
    let refused = book
        .answer(&together(&book, "users", &["east", "west"], "2017-12"))
        .unwrap_err();
    assert_eq!(
        (refused[0].field.as_str(), refused[0].reason),
        ("combine_areas", RefusalReason::NotAdditive)
    );
    let single = one(&book, &together(&book, "users", &["east"], "2017-12"));
    assert_eq!(single.value, number("10"));
}

#[test]
fn rule_18_a_sum_of_which_one_area_had_another_territory_is_not_comparable() {
    let book = book();
    let flags = |areas: &[&str]| {
        let question = Question {
            comparisons: vec![Base::SamePeriodLastYear.into()],
            ..together(&book, "sent", areas, "2018-12")
        };
        one(&book, &question).comparisons[0].flags.clone()
    };
    assert_eq!(flags(&["east", "west"]), [].into());
    assert_eq!(
        flags(&["east", "north", "south"]),
        [ComparisonFlag::NotComparable].into()
    );
}

#[test]
fn rule_17_a_sum_is_restated_as_one_territory() {
    let book = book();
    let restated = |areas: &[&str], day| {
        let question = Question {
            on_boundaries_of: Some(day),
            ..together(&book, "sent", areas, "2018-12")
        };
        one(&book, &question)
    };
    // on the boundaries of 2017 border lies in the north
    let north = restated(&["east", "north"], date(2017, 6, 1));
    assert_eq!(
        (north.value, north.area),
        (number("14"), FigureArea::Sum(ids(&["north"])))
    );
    assert!(north.flags.contains(&FigureFlag::Restated));
    // what moved inside the sum is not restated
    let both = restated(&["north", "south"], date(2017, 6, 1));
    assert_eq!(both.value, number("14"));
    assert!(!both.flags.contains(&FigureFlag::Restated));
}
