//! Shares of a total, and that they are not made to be 100.

use almanac_indicator::{AreaSelection, GroupKey, Question, ShareOf};
use almanac_model::{Figure, FigureFlag, MissingReason, NoPercent};

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

fn by_service() -> GroupKey {
    GroupKey::Dimension("service".parse().unwrap())
}

fn lines() -> Book {
    let mut book = Book::new(&[
        monthly_stock("lines", "dimensions = [\"service\"]"),
        monthly_flow("sent"),
        monthly_flow("people"),
        indicator("density", "lines / people", ""),
        metric(
            "users",
            "sum = \"none\"\nkind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"",
        ),
    ]);
    book.service("lines", "fixed", "east", "2017-01", "150")
        .service("lines", "mobile", "east", "2017-01", "1000");
    for (area, value) in [("east", "1"), ("west", "1"), ("border", "4")] {
        book.post("sent", area, "2017-01", value);
    }
    book
}

fn of_services(book: &Book, measure: &str) -> Question {
    Question {
        group_by: vec![by_service()],
        share_of: Some(ShareOf::Key(by_service())),
        ..book.question(measure, "east", "2017-01", false)
    }
}

fn of_areas(book: &Book, measure: &str, areas: &[&str]) -> Question {
    Question {
        areas: AreaSelection::List(areas.iter().map(|area| area.parse().unwrap()).collect()),
        share_of: Some(ShareOf::Areas),
        ..book.question(measure, "east", "2017-01", false)
    }
}

fn percents(figures: &[Figure]) -> Vec<Result<&str, NoPercent>> {
    let shares = figures.iter().map(|figure| figure.share.as_ref().unwrap());
    shares
        .map(|share| share.percent.as_deref().map_err(|reason| *reason))
        .collect()
}

#[test]
fn rule_29_a_share_is_of_the_total_of_the_same_selection() {
    let book = lines();
    let mut question = of_services(&book, "lines");
    let figures = book.answer(&question).unwrap();
    // 150 / 1,150 = 13.043...%
    assert_eq!(percents(&figures), [Ok("13.04"), Ok("86.96")]);
    let share = figures[0].share.as_ref().unwrap();
    assert_eq!((share.of.as_str(), &share.total), ("service", &number("1150")));
    // a selection of one code is its own total
    question.filters = [("service".parse().unwrap(), ["fixed".parse().unwrap()].into())].into();
    assert_eq!(percents(&book.answer(&question).unwrap()), [Ok("100.00")]);
    question.share_of = None;
    assert_eq!(book.answer(&question).unwrap()[0].share, None, "it was not asked");
}

#[test]
fn rule_30_shares_are_not_made_to_be_a_hundred() {
    let book = lines();
    let figures = book
        .answer(&of_areas(&book, "sent", &["east", "west", "border"]))
        .unwrap();
    // 1/6, 1/6 and 4/6: together 100.01
    assert_eq!(percents(&figures), [Ok("16.67"), Ok("16.67"), Ok("66.67")]);
}

#[test]
fn rule_29_areas_under_another_one_are_not_in_the_total_again() {
    let book = lines();
    let question = of_areas(&book, "sent", &["north", "east", "south"]);
    let figures = book.answer(&question).unwrap();
    assert_eq!(percents(&figures), [Ok("100.00"), Ok("16.67"), Err(NoPercent::Missing)]);
    assert_eq!(figures[1].share.as_ref().unwrap().total, number("6"));
    // every page divides by the total of the whole question
    let page = book.page(&question, 1, 1).unwrap().figures;
    assert_eq!(page, figures[1..2]);
    let under = Question {
        areas: AreaSelection::Under {
            area: "north".parse().unwrap(),
            level: "district".parse().unwrap(),
        },
        ..question
    };
    assert_eq!(
        percents(&book.answer(&under).unwrap()),
        [Ok("66.67"), Ok("16.67"), Ok("16.67")]
    );
}

#[test]
fn rule_22_there_is_no_share_of_nothing() {
    let mut book = lines();
    let percent_of_fixed = |book: &Book, period: &str| {
        let question = Question {
            periods: vec![period.parse().unwrap()],
            ..of_services(book, "lines")
        };
        let figure = book.answer(&question).unwrap().remove(0);
        figure.share.unwrap().percent
    };
    assert_eq!(percent_of_fixed(&book, "2017-02"), Err(NoPercent::Missing));
    book.service("lines", "fixed", "east", "2017-02", "-3")
        .service("lines", "mobile", "east", "2017-02", "3")
        .service("lines", "fixed", "east", "2017-03", "-3");
    assert_eq!(percent_of_fixed(&book, "2017-02"), Err(NoPercent::BaseZero));
    assert_eq!(percent_of_fixed(&book, "2017-03"), Err(NoPercent::BaseNegative));
}

#[test]
fn rule_29_a_share_tells_what_its_total_lacks() {
    let mut book = Book::new(&[monthly_flow("sent"), expected("sent", "[\"east\", \"west\"]")]);
    book.post("sent", "east", "2017-01", "1")
        .post("sent", "west", "2017-01", "1");
    let quarter = |strict| {
        let question = Question {
            periods: vec!["2017-Q1".parse().unwrap()],
            strict,
            ..of_areas(&book, "sent", &["east", "west"])
        };
        book.answer(&question).unwrap().remove(0).share.unwrap()
    };
    assert_eq!(quarter(false).percent.as_deref(), Ok("50.00"));
    assert!(quarter(false).total_flags.contains(&FigureFlag::PartialPeriod));
    assert_eq!(quarter(true).total, Err(MissingReason::Incomplete));
    assert_eq!(quarter(true).percent, Err(NoPercent::Missing));
}

#[test]
fn rule_29_by_reporter_all_terms_have_the_same_reporters() {
    let office = "[[reporter]]\nid = \"office\"\nlabel = { vi = \"x\", en = \"x\" }\nmetrics = [\"people\"]\nareas = [\"north\"]\n";
    let definitions = [
        monthly_flow("sent"),
        monthly_flow("people"),
        indicator("both", "sent + people", ""),
    ];
    let book = Book::with_files(&definitions, [("office.toml", office.to_owned())]);
    let question = |measure| Question {
        group_by: vec![GroupKey::Reporter],
        share_of: Some(ShareOf::Key(GroupKey::Reporter)),
        ..book.question(measure, "east", "2017-01", false)
    };
    assert!(book.answer(&question("sent")).is_ok());
    insta::assert_snapshot!(book.refusals(&question("both")), @"NOT_ADDITIVE share_of: sent and people are not reported by the same reporters: the parts of both do not add up to a total");
}

#[test]
fn rule_29_what_does_not_add_has_no_shares() {
    let book = lines();
    insta::assert_snapshot!(book.refusals(&of_services(&book, "density")), @"NOT_ADDITIVE share_of: density is lines / people, which is no sum of metrics: its parts do not add up to a total; ask for its metrics");
    insta::assert_snapshot!(book.refusals(&of_areas(&book, "users", &["east", "west"])), @"NOT_ADDITIVE share_of: users cannot be added (asked for by users): there is no total that its parts add up to");
    let not_grouped = Question {
        group_by: Vec::new(),
        ..of_services(&book, "lines")
    };
    insta::assert_snapshot!(book.refusals(&not_grouped), @r#"NOT_GROUPED share_of: the parts of the total are the figures by service; add "service" to group_by"#);
    let one_sum = Question {
        combine_areas: true,
        ..of_areas(&book, "sent", &["east", "west"])
    };
    insta::assert_snapshot!(book.refusals(&one_sum), @"CONFLICT share_of: the areas are asked for as one sum, which is the total itself; leave out combine_areas");
}
