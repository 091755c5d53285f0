//! Parts of areas by grouping: urban and rural, regions beside the hierarchy.

use almanac_indicator::{AreaSelection, Base, GroupKey, Question, RefusalReason};
use almanac_model::{AreaId, ComparisonFlag, Coverage, Figure, FigureFlag, MissingReason};
use jiff::civil::date;

use crate::support::{Book, expected, indicator, metric, monthly_flow, monthly_stock, number};

const GROUPINGS: &str = r#"
[[grouping]]
id = "urbanisation"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
codes = [{ code = "urban", label = { vi = "x", en = "x" } }, { code = "rural", label = { vi = "x", en = "x" } }]
[[grouping]]
id = "region"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
codes = [{ code = "delta", label = { vi = "x", en = "x" } }, { code = "coast", label = { vi = "x", en = "x" } }]
"#;

/// East is urban, west is since 2019; border is neither. The north is the delta, border is of the coast.
const MEMBERS: &str = "grouping,code,area,from,to
urbanisation,urban,east,,
urbanisation,rural,west,,2019-01-01
urbanisation,urban,west,2019-01-01,
region,delta,north,,
region,coast,border,2018-01-01,
";

fn book(definitions: &[String]) -> Book {
    let files = [
        ("groupings.toml", GROUPINGS.to_owned()),
        ("groupings.csv", MEMBERS.to_owned()),
    ];
    Book::with_files(definitions, files)
}

/// Ten in the east, three in the west, one at the border.
fn everywhere(book: &mut Book, metric: &str, periods: &[&str]) {
    for period in periods {
        for (area, value) in [("east", "10"), ("west", "3"), ("border", "1")] {
            book.post(metric, area, period, value);
        }
    }
}

fn part(book: &Book, measure: &str, area: &str, period: &str, (grouping, code): (&str, &str)) -> Question {
    Question {
        filters: [(grouping.parse().unwrap(), [code.parse().unwrap()].into())].into(),
        ..book.question(measure, area, period, false)
    }
}

fn by(book: &Book, measure: &str, area: &str, period: &str, grouping: &str) -> Question {
    Question {
        group_by: vec![GroupKey::Dimension(grouping.parse().unwrap())],
        ..book.question(measure, area, period, false)
    }
}

fn one(book: &Book, question: &Question) -> Figure {
    let mut figures = book.answer(question).unwrap();
    assert_eq!(figures.len(), 1);
    figures.remove(0)
}

fn values(book: &Book, question: &Question) -> Vec<(String, String)> {
    let figures = book.answer(question).unwrap().into_iter();
    let codes = |figure: &Figure| figure.dimensions.values().cloned().collect::<Vec<_>>().join(" ");
    figures
        .map(|figure| {
            (
                codes(&figure),
                figure.value.unwrap_or_else(|reason| format!("{reason:?}")),
            )
        })
        .collect()
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(code, value)| ((*code).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn rule_17_a_figure_of_a_code_is_that_of_the_areas_that_have_it() {
    let mut book = book(&[monthly_flow("sent")]);
    everywhere(&mut book, "sent", &["2017-12", "2018-12"]);
    let urban = |area, period| one(&book, &part(&book, "sent", area, period, ("urbanisation", "urban"))).value;
    assert_eq!(urban("north", "2017-12"), number("10"));
    assert_eq!(urban("east", "2017-12"), number("10"));
    assert_eq!(urban("west", "2017-12"), Err(MissingReason::NoRecord));
    // border has no code: it is in neither part, although it is in the whole
    assert_eq!(book.value("sent", "north", "2017-12"), number("14"));
    let groups = values(&book, &by(&book, "sent", "north", "2017-12", "urbanisation"));
    assert_eq!(groups, texts(&[("urban", "10"), ("rural", "3")]));
}

#[test]
fn rule_17_an_area_that_is_not_listed_has_the_code_of_the_area_above_it_on_that_day() {
    let mut book = book(&[monthly_flow("sent")]);
    everywhere(&mut book, "sent", &["2017-12", "2018-12"]);
    let regions = |area, period| values(&book, &by(&book, "sent", area, period, "region"));
    // the district border lay in the north, which is the delta, until 2018
    assert_eq!(
        regions("north", "2017-12"),
        texts(&[("delta", "14"), ("coast", "NoRecord")])
    );
    assert_eq!(
        regions("north", "2018-12"),
        texts(&[("delta", "13"), ("coast", "NoRecord")])
    );
    assert_eq!(
        regions("south", "2018-12"),
        texts(&[("delta", "NoRecord"), ("coast", "1")])
    );
}

#[test]
fn rule_17_the_codes_are_those_of_the_periods_end() {
    let mut book = book(&[monthly_flow("sent"), monthly_stock("offices", "")]);
    for metric in ["sent", "offices"] {
        everywhere(&mut book, metric, &["2018-12", "2019-01"]);
    }
    let urban = |measure, period| one(&book, &part(&book, measure, "north", period, ("urbanisation", "urban"))).value;
    assert_eq!(urban("sent", "2018-12"), number("10"));
    assert_eq!(urban("sent", "2019-01"), number("13"));
    assert_eq!(urban("offices", "2018"), number("10"));
    assert_eq!(urban("offices", "2019-01"), number("13"));
}

#[test]
fn rule_17_groupings_narrow_together_and_beside_other_filters() {
    let mut book = book(&[monthly_flow("sent")]);
    everywhere(&mut book, "sent", &["2017-12"]);
    let mut question = by(&book, "sent", "north", "2017-12", "urbanisation");
    question.filters = [("region".parse().unwrap(), ["delta".parse().unwrap()].into())].into();
    assert_eq!(values(&book, &question), texts(&[("urban", "10"), ("rural", "3")]));
    question.filters = [("region".parse().unwrap(), ["coast".parse().unwrap()].into())].into();
    assert_eq!(
        values(&book, &question),
        texts(&[("urban", "NoRecord"), ("rural", "NoRecord")])
    );
    question.filters = [("urbanisation".parse().unwrap(), ["rural".parse().unwrap()].into())].into();
    assert_eq!(
        values(&book, &question),
        texts(&[("rural", "3")]),
        "a code that is left out has no figure"
    );
}

#[test]
fn rule_26_both_sides_of_a_ratio_are_of_the_same_part() {
    let share = indicator("share", "sent / offices", "decimals = 2");
    let mut book = book(&[monthly_flow("sent"), monthly_stock("offices", ""), share]);
    everywhere(&mut book, "sent", &["2017-12"]);
    for (area, value) in [("east", "4"), ("border", "100")] {
        book.post("offices", area, "2017-12", value);
    }
    // 10 / 4, not 10 / 104; the west has no offices
    let urban = one(
        &book,
        &part(&book, "share", "north", "2017-12", ("urbanisation", "urban")),
    );
    assert_eq!(urban.value, number("2.50"));
    let quotient = urban.quotient.unwrap();
    assert_eq!(quotient.denominator.value, number("4"));
    let whole = book.figure("share", "north", "2017-12");
    assert!(whole.flags.contains(&FigureFlag::Unmatched), "the west lacks a side");
    assert!(!urban.flags.contains(&FigureFlag::Unmatched), "the west is in no side");
}

#[test]
fn rule_24_coverage_is_that_of_the_part() {
    let mut book = book(&[monthly_flow("sent"), expected("sent", "[\"north\"]")]);
    book.post("sent", "east", "2017-12", "10");
    let urban = one(
        &book,
        &part(&book, "sent", "north", "2017-12", ("urbanisation", "urban")),
    );
    assert_eq!(
        urban.coverage,
        Some(Coverage {
            reported: 1,
            expected: 1
        })
    );
    assert!(urban.flags.is_empty(), "nothing of the urban part is lacking");
    let whole = book.figure("sent", "north", "2017-12");
    assert_eq!(
        whole.coverage,
        Some(Coverage {
            reported: 1,
            expected: 3
        })
    );
    let rural = one(
        &book,
        &part(&book, "sent", "north", "2017-12", ("urbanisation", "rural")),
    );
    assert_eq!(
        rural.coverage,
        Some(Coverage {
            reported: 0,
            expected: 1
        })
    );
}

#[test]
fn a_grouping_that_divides_the_areas_of_collection_is_refused() {
    let by_province = monthly_flow("sent").replace("level = \"district\"", "level = \"province\"");
    let share = indicator("share", "sent / offices", "decimals = 2");
    let book = book(&[by_province, monthly_stock("offices", ""), share]);
    for measure in ["sent", "share"] {
        for question in [
            part(&book, measure, "north", "2017-12", ("urbanisation", "urban")),
            by(&book, measure, "north", "2017-12", "urbanisation"),
        ] {
            let refused = book.answer(&question).unwrap_err();
            assert_eq!(refused[0].reason, RefusalReason::GroupingTooFine, "{measure}");
            assert!(
                refused[0].message.contains("sent is collected by province"),
                "{}",
                refused[0].message
            );
        }
    }
    // the whole province is the delta: border lay in it and was not listed yet
    assert!(
        book.answer(&part(&book, "sent", "north", "2017-12", ("region", "delta")))
            .is_ok()
    );
}

#[test]
fn a_level_of_collection_that_a_grouping_divides_in_an_earlier_period_is_no_denominator() {
    let levels =
        "levels = [{ level = \"province\", to = \"2017-02-01\" }, { level = \"district\", from = \"2017-02-01\" }]";
    let inhabitants = metric(
        "inhabitants",
        "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"",
    );
    let inhabitants = inhabitants.replace("levels = [{ level = \"district\" }]", levels);
    let join = "decimals = 2\ndenominator = { latest_on_or_before = 2 }";
    let mut book = book(&[
        monthly_flow("sent"),
        inhabitants,
        indicator("density", "sent / inhabitants", join),
    ]);
    everywhere(&mut book, "sent", &["2017-02"]);
    book.post("inhabitants", "north", "2017-01", "1000");
    let urban = one(
        &book,
        &part(&book, "density", "north", "2017-02", ("urbanisation", "urban")),
    );
    assert!(
        urban.value.is_err(),
        "the inhabitants of the whole province are not those of its urban part: {urban:?}"
    );
}

#[test]
fn rule_18_a_part_that_has_gained_areas_is_not_comparable() {
    let mut book = book(&[monthly_flow("sent")]);
    everywhere(&mut book, "sent", &["2018-12", "2019-12", "2020-12"]);
    let flags = |area, period: &str, base: &str| {
        let question = Question {
            comparisons: vec![Base::Period(base.parse().unwrap()).into()],
            ..part(&book, "sent", area, period, ("urbanisation", "urban"))
        };
        one(&book, &question).comparisons[0].flags.clone()
    };
    let not_comparable = [ComparisonFlag::NotComparable].into();
    assert_eq!(flags("north", "2019-12", "2018-12"), not_comparable);
    assert_eq!(flags("west", "2019-12", "2018-12"), not_comparable);
    assert_eq!(flags("east", "2019-12", "2018-12"), [].into());
    assert_eq!(flags("north", "2020-12", "2019-12"), [].into());
}

#[test]
fn rule_17_on_the_boundaries_of_a_day_the_codes_are_those_of_that_day() {
    let mut book = book(&[monthly_flow("sent"), monthly_stock("offices", "")]);
    everywhere(&mut book, "sent", &["2018-12", "2019-12"]);
    let restated = |period, day| {
        let question = Question {
            on_boundaries_of: Some(day),
            ..part(&book, "sent", "north", period, ("urbanisation", "urban"))
        };
        one(&book, &question)
    };
    let today = restated("2018-12", date(2020, 1, 1));
    assert_eq!(today.value, number("13"), "what is urban today");
    assert!(today.flags.contains(&FigureFlag::Restated));
    let then = restated("2019-12", date(2018, 1, 1));
    assert_eq!(then.value, number("10"));
}

#[test]
fn a_region_of_several_provinces_is_one_figure() {
    let mut book = book(&[monthly_flow("sent")]);
    everywhere(&mut book, "sent", &["2018-12"]);
    let areas = ["north", "south"].map(|area| AreaId::new(area).unwrap());
    let both = Question {
        areas: AreaSelection::List(areas.to_vec()),
        combine_areas: true,
        ..by(&book, "sent", "north", "2018-12", "region")
    };
    assert_eq!(values(&book, &both), texts(&[("delta", "13"), ("coast", "1")]));
}
