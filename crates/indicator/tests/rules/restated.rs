//! Figures on other boundaries, where sub-periods lie on both sides of a change.

use almanac_indicator::{Base, Question};
use almanac_model::{Figure, FigureFlag, MissingReason};
use jiff::civil::date;

use crate::support::{Book, indicator, monthly_flow, monthly_stock, number};

/// The border goes from north to south on the first of April 2018.
const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
north,1,Bac,province,,2000-01-01,
south,2,Nam,province,,2000-01-01,
east,3,Dong,district,north,2000-01-01,
west,4,Tay,district,north,2000-01-01,
border,5,Bien,district,north,2000-01-01,2018-04-01
border,5,Bien,district,south,2018-04-01,
";

fn book(definitions: &[String]) -> Book {
    Book::with_files(definitions, [("areas.csv", AREAS.to_owned())])
}

fn restated(book: &Book, measure: &str, area: &str, period: &str, comparisons: Vec<Base>) -> Figure {
    let question = Question {
        on_boundaries_of: Some(date(2019, 12, 31)),
        comparisons: comparisons.into_iter().map(Into::into).collect(),
        ..book.question(measure, area, period, false)
    };
    book.ask(&question).unwrap()
}

#[test]
fn rule_17_an_average_over_a_change_of_boundaries_is_no_base() {
    let mut book = book(&[monthly_stock("beds", "time = \"average\"")]);
    for month in 1..=12 {
        book.post("beds", "east", &format!("2018-{month:02}"), "3").post(
            "beds",
            "east",
            &format!("2019-{month:02}"),
            "4",
        );
    }
    let base = Base::Period("2018".parse().unwrap());
    let figure = restated(&book, "beds", "north", "2019", vec![base]);
    assert_eq!(figure.value, number("4"));
    // asked for by itself, the year 2018 is refused
    assert_eq!(figure.comparisons[0].base, Err(MissingReason::NotRestatable));
}

#[test]
fn rule_2_one_area_on_both_sides_of_a_change_is_not_added_to_another() {
    let mut book = book(&[monthly_flow("visits") + "sum = \"none\"\n"]);
    book.post("visits", "east", "2018-01", "1")
        .post("visits", "east", "2018-06", "2");
    // the change was elsewhere: the months of one district are added, not several districts
    assert_eq!(restated(&book, "visits", "east", "2018", Vec::new()).value, number("3"));
}

#[test]
fn rule_26_a_term_that_was_not_collected_and_is_optional_is_zero_in_every_area() {
    let later = "levels = [{ level = \"district\", from = \"2018-01-01\" }]";
    let mut book = book(&[
        monthly_flow("sent").replace("levels = [{ level = \"district\" }]", later),
        monthly_flow("people"),
        indicator("ratio", "sent / people", "optional = [\"sent\"]"),
    ]);
    book.post("people", "east", "2017-05", "4");
    let figure = restated(&book, "ratio", "north", "2017-05", Vec::new());
    assert_eq!(figure.value, number("0"));
    assert!(
        figure.flags.contains(&FigureFlag::Unmatched),
        "west has no people: {figure:?}"
    );
}

#[test]
fn rule_11_a_figure_that_is_incomplete_is_not_out_of_range() {
    let mut book = book(&[monthly_flow("sent") + "max = \"5\"\n"]);
    book.post("sent", "east", "2017-01", "4")
        .post("sent", "east", "2017-02", "4");
    assert!(
        book.figure("sent", "east", "2017")
            .flags
            .contains(&FigureFlag::OutOfRange)
    );
    let strict = book.strict("sent", "east", "2017");
    assert_eq!(strict.value, Err(MissingReason::Incomplete));
    assert!(!strict.flags.contains(&FigureFlag::OutOfRange));
}

/// What was sent in May 2018, 4 in the east, of a code in the north on the boundaries of the end of 2019.
fn sent_of(code: &str, town: &str, members: &str) -> Figure {
    let zone = "[[grouping]]
id = \"zone\"
label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
codes = [{ code = \"urban\", label = { vi = \"x\", en = \"x\" } }, { code = \"rural\", label = { vi = \"x\", en = \"x\" } }]
";
    let files = [
        ("areas.csv", format!("{AREAS}{town}")),
        ("groupings.toml", zone.to_owned()),
        ("groupings.csv", format!("grouping,code,area,from,to\n{members}")),
    ];
    let mut book = Book::with_files(&[monthly_flow("sent")], files);
    book.post("sent", "east", "2018-05", "4");
    let question = Question {
        on_boundaries_of: Some(date(2019, 12, 31)),
        filters: [("zone".parse().unwrap(), [code.parse().unwrap()].into())].into(),
        ..book.question("sent", "north", "2018-05", false)
    };
    book.ask(&question).unwrap()
}

const TOWN: &str = "town,6,Pho,district,north,2018-06-01,\n";

#[test]
fn rule_17_a_new_area_of_another_code_restates_what_it_was_a_part_of() {
    let figure = sent_of("rural", TOWN, "zone,rural,north,,\nzone,urban,town,,\n");
    assert_eq!(figure.value, number("4"));
    assert!(figure.flags.contains(&FigureFlag::Restated), "{figure:?}");
}

#[test]
fn rule_17_a_new_area_of_another_code_restates_what_it_came_to() {
    let members = "zone,urban,north,,\nzone,rural,east,,\nzone,rural,town,,\n";
    let figure = sent_of("rural", TOWN, members);
    assert_eq!(figure.value, number("4"));
    assert!(figure.flags.contains(&FigureFlag::Restated), "{figure:?}");
    // without the new area nothing became rural
    let members = "zone,urban,north,,\nzone,rural,east,,\n";
    assert!(!sent_of("rural", "", members).flags.contains(&FigureFlag::Restated));
}

#[test]
fn rule_17_what_lies_in_an_area_beside_the_listed_ones_under_it_goes_with_its_own_code() {
    // the east was rural all the time; what else is in the north became rural on the day on which the town was founded
    let members = "zone,urban,north,,2018-06-01\nzone,rural,north,2018-06-01,\nzone,rural,east,,\n";
    for town in ["", TOWN] {
        let figure = sent_of("rural", town, members);
        assert_eq!(figure.value, number("4"));
        assert!(figure.flags.contains(&FigureFlag::Restated), "{figure:?}");
    }
}
