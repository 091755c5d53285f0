//! Ratios: of sums, of periods that belong together, of the same areas.

use almanac_indicator::{AreaSelection, Question};
use almanac_model::{Coverage, FigureFlag, MissingReason};

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

fn yearly_stock(id: &str) -> String {
    metric(id, "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"year\"")
}

#[test]
fn rule_7_a_ratio_is_a_ratio_of_sums_at_every_level() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("per_office", "sent / offices", "decimals = 2"),
    ]);
    book.post("sent", "east", "2017-01", "10")
        .post("offices", "east", "2017-01", "1");
    book.post("sent", "west", "2017-01", "20")
        .post("offices", "west", "2017-01", "4");
    // (10 + 20) / (1 + 4), and not the mean of 10 and 5
    assert_eq!(book.value("per_office", "north", "2017-01"), number("6.00"));
    let figure = book.figure("per_office", "north", "2017-01");
    let quotient = figure.quotient.unwrap();
    assert_eq!(
        (quotient.numerator.value, quotient.denominator.value),
        (number("30"), number("5"))
    );
}

#[test]
fn rule_7_every_factor_of_nested_indicators_counts() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("percent", "sent / offices", "per = \"100\""),
        indicator("tenfold", "percent * 5", "per = \"2\""),
    ]);
    book.post("sent", "east", "2017-01", "3")
        .post("offices", "east", "2017-01", "4");
    // 3 / 4 * 100 = 75
    assert_eq!(book.value("percent", "east", "2017-01"), number("75"));
    // 75 * 5 * 2
    assert_eq!(book.value("tenfold", "east", "2017-01"), number("750"));
}

#[test]
fn each_side_names_those_who_reported_it_and_nobody_else() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        indicator("per_office", "sent / offices", ""),
    ]);
    for (reporter, area) in [("post", "east"), ("rail", "west")] {
        book.record(reporter, "sent", area, "2017-01", "10")
            .post("offices", area, "2017-01", "2");
    }
    let areas = ["east", "west", "north", "east"].map(|area| area.parse().unwrap());
    let question = Question {
        areas: AreaSelection::List(areas.into()),
        ..book.question("per_office", "east", "2017-01", false)
    };
    let figures = book.answer(&question).unwrap();
    let quotients = figures.into_iter().map(|figure| figure.quotient.unwrap());
    let sources: Vec<_> = quotients
        .map(|quotient| [quotient.numerator, quotient.denominator].map(|side| side.sources.join(" ")))
        .collect();
    let expected = [
        ["x post", "x post"],
        ["x rail", "x post"],
        ["x post rail", "x post"],
        ["x post", "x post"],
    ];
    assert_eq!(sources, expected);
}

#[test]
fn rule_25_the_same_period_is_the_default() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_stock("people", ""),
        indicator("density", "sent / people", "per = \"100\"\ndecimals = 1"),
    ]);
    book.post("sent", "east", "2017-02", "30")
        .post("people", "east", "2017-01", "200");
    let february = book.figure("density", "east", "2017-02");
    assert_eq!(february.value, Err(MissingReason::NoRecord));
    assert_eq!(february.quotient.unwrap().numerator.value, number("30"));
}

#[test]
fn rule_25_the_latest_denominator_on_or_before_is_named_with_its_period() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        yearly_stock("people"),
        indicator(
            "density",
            "sent / people",
            "per = \"100\"\ndecimals = 1\ndenominator = { latest_on_or_before = 2 }",
        ),
    ]);
    book.post("sent", "east", "2017-02", "30")
        .post("sent", "east", "2019-02", "30");
    book.post("people", "east", "2015", "400")
        .post("people", "east", "2016", "200")
        .post("people", "east", "2017", "300");
    // the people at the end of 2016: those of 2017 were counted after February
    let february = book.figure("density", "east", "2017-02");
    assert_eq!(february.value, number("15.0"));
    assert!(february.flags.contains(&FigureFlag::DenominatorOtherPeriod));
    let denominator = february.quotient.unwrap().denominator;
    assert_eq!(
        (denominator.value, denominator.period.to_string()),
        (number("200"), "2016".to_owned())
    );
    // for February 2019, 2018 is empty and 2017 is two back: 30 / 300
    assert_eq!(book.value("density", "east", "2019-02"), number("10.0"));
    // the year itself comes first where it has a value: 30 / 300
    let year = book.figure("density", "east", "2017");
    assert_eq!(year.value, number("10.0"));
    assert!(!year.flags.contains(&FigureFlag::DenominatorOtherPeriod));
}

#[test]
fn rule_25_a_denominator_beyond_the_limit_is_not_used() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        yearly_stock("people"),
        indicator("density", "sent / people", "denominator = { latest_on_or_before = 1 }"),
    ]);
    book.post("sent", "east", "2019-02", "30")
        .post("people", "east", "2017", "300");
    // the year of February 2019 and one back: 2018 alone ended before, and it is empty
    assert_eq!(book.value("density", "east", "2019-02"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_26_an_area_that_lacks_one_side_leaves_both() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("offices"),
        expected("sent", "[\"east\", \"west\"]"),
        indicator("per_office", "sent / offices", "decimals = 1"),
    ]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "west", "2017-01", "90");
    book.post("offices", "east", "2017-01", "4");
    let january = book.figure("per_office", "north", "2017-01");
    // west has no offices recorded: 10 / 4, and not 100 / 4
    assert_eq!(january.value, number("2.5"));
    assert!(january.flags.contains(&FigureFlag::Unmatched));
    // the coverage is of the whole province all the same
    assert_eq!(
        january.coverage,
        Some(Coverage {
            reported: 2,
            expected: 2
        })
    );
    assert_eq!(
        book.strict("per_office", "north", "2017-01").value,
        Err(MissingReason::Incomplete)
    );
    book.post("offices", "west", "2017-01", "6");
    // (10 + 90) / (4 + 6)
    let january = book.strict("per_office", "north", "2017-01");
    assert_eq!(january.value, number("10.0"));
}

#[test]
fn rule_26_a_denominator_of_another_territory_is_not_used() {
    // border belongs to south from 2018 on; its people of 2017 were counted when it lay in north
    let mut book = Book::new(&[
        monthly_flow("sent"),
        yearly_stock("people"),
        indicator(
            "density",
            "sent / people",
            "per = \"100\"\ndenominator = { latest_on_or_before = 1 }",
        ),
    ]);
    for (area, people, sent) in [("east", "100", "10"), ("west", "100", "20"), ("border", "300", "90")] {
        book.post("people", area, "2017", people)
            .post("sent", area, "2018-03", sent);
    }
    // the 30 sent in north without border do not stand against the 500 people with border
    assert_eq!(book.value("density", "north", "2018-03"), Err(MissingReason::NoRecord));
    // a district keeps its territory wherever it lies: 90 / 300
    assert_eq!(book.value("density", "border", "2018-03"), number("30"));
}

#[test]
fn rule_26_a_change_of_level_inside_the_period_loses_nothing() {
    let levels =
        "levels = [{ level = \"province\", to = \"2017-02-01\" }, { level = \"district\", from = \"2017-02-01\" }]";
    let sent = monthly_flow("sent").replace("levels = [{ level = \"district\" }]", levels);
    let mut book = Book::new(&[
        sent,
        monthly_stock("people", ""),
        indicator("density", "sent / people", ""),
    ]);
    book.post("sent", "north", "2017-01", "100");
    for area in ["east", "west"] {
        book.post("sent", area, "2017-02", "10")
            .post("sent", area, "2017-03", "10")
            .post("people", area, "2017-03", "5");
    }
    // January by province and two months of two districts: (100 + 2 * 2 * 10) / (5 + 5)
    assert_eq!(book.value("sent", "north", "2017-Q1"), number("140"));
    assert_eq!(book.value("density", "north", "2017-Q1"), number("14"));
}
