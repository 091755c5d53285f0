//! The order of figures, and the first of them.

use almanac_indicator::{
    AreaSelection, Base, ComparedNumber, GroupKey, OrderBy, OrderKey, OrderNumber, Question, Ranking, ShareOf,
};
use almanac_model::{Figure, MissingReason};

use crate::support::{Book, indicator, monthly_flow, monthly_stock};

pub(crate) const VALUE: OrderBy = OrderBy::Number(OrderNumber::Value);

pub(crate) fn ascending(by: OrderBy) -> OrderKey {
    OrderKey { by, descending: false }
}

pub(crate) fn descending(by: OrderBy) -> OrderKey {
    OrderKey { by, descending: true }
}

fn service() -> GroupKey {
    GroupKey::Dimension("service".parse().unwrap())
}

/// The question for the three districts of the north, in an order.
pub(crate) fn ordered(book: &Book, measure: &str, period: &str, order_by: Vec<OrderKey>) -> Question {
    Question {
        areas: AreaSelection::List(["east", "west", "border"].map(|area| area.parse().unwrap()).into()),
        ranking: Ranking {
            order_by,
            ..Ranking::default()
        },
        ..book.question(measure, "east", period, false)
    }
}

/// Area and value of each figure.
pub(crate) fn told(figures: &[Figure]) -> String {
    let value = |value: &Result<String, MissingReason>| value.clone().unwrap_or_else(|reason| format!("({reason})"));
    let line = |figure: &Figure| {
        let area = figure.area.to_string();
        let codes = figure.dimensions.values().cloned();
        let parts = std::iter::once(area).chain(codes).chain([value(&figure.value)]);
        parts.collect::<Vec<_>>().join(" ")
    };
    figures.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn answered(book: &Book, question: &Question) -> String {
    told(&book.answer(question).unwrap())
}

fn items(values: [&str; 3]) -> Book {
    let mut book = Book::new(&[monthly_flow("sent"), monthly_flow("people")]);
    for (area, value) in ["east", "west", "border"].into_iter().zip(values) {
        book.post("sent", area, "2017-01", value);
    }
    book
}

#[test]
fn rule_29_figures_are_ordered_by_value_in_both_directions() {
    let book = items(["5", "-7", "20"]);
    let by = |key| answered(&book, &ordered(&book, "sent", "2017-01", vec![key]));
    assert_eq!(by(descending(VALUE)), "border 20, east 5, west -7");
    assert_eq!(by(ascending(VALUE)), "west -7, east 5, border 20");
    assert_eq!(by(ascending(OrderBy::Area)), "border 20, east 5, west -7");
    assert_eq!(by(descending(OrderBy::Area)), "west -7, east 5, border 20");
}

#[test]
fn rule_30_numbers_are_compared_before_they_are_rounded() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("people"),
        indicator("each", "sent / people", "decimals = 1"),
    ]);
    for (area, sent, people) in [("east", "31", "100"), ("west", "1", "3"), ("border", "333", "1000")] {
        book.post("sent", area, "2017-01", sent)
            .post("people", area, "2017-01", people);
    }
    let question = ordered(&book, "each", "2017-01", vec![descending(VALUE)]);
    // 1/3 is more than 0.333, and both print as 0.3
    assert_eq!(answered(&book, &question), "west 0.3, border 0.3, east 0.3");
}

#[test]
fn rule_20_a_missing_figure_is_last_in_both_directions() {
    let book = items(["not collected", "0", "-3"]);
    let by = |key| answered(&book, &ordered(&book, "sent", "2017-01", vec![key]));
    assert_eq!(
        by(descending(VALUE)),
        format!("west 0, border -3, east ({})", MissingReason::NotCollected)
    );
    assert_eq!(
        by(ascending(VALUE)),
        format!("border -3, west 0, east ({})", MissingReason::NotCollected)
    );
}

#[test]
fn rule_29_what_is_equal_stays_in_the_order_of_the_question() {
    let book = items(["4", "4", "4"]);
    let by = |keys| answered(&book, &ordered(&book, "sent", "2017-01", keys));
    assert_eq!(by(vec![descending(VALUE)]), "east 4, west 4, border 4");
    let by_area = vec![descending(VALUE), descending(OrderBy::Area)];
    assert_eq!(by(by_area), "west 4, east 4, border 4");
}

#[test]
fn rule_29_numbers_are_ordered_inside_each_indicator_and_period() {
    let mut book = items(["1", "2", "3"]);
    book.post("sent", "east", "2017-02", "9")
        .post("people", "west", "2017-01", "700");
    let mut question = ordered(&book, "sent", "2017-01", vec![descending(VALUE)]);
    question
        .measures
        .extend(book.question("people", "east", "2017-01", false).measures);
    question.periods.push("2017-02".parse().unwrap());
    let lines = |question: &Question| {
        let figures = book.answer(question).unwrap();
        let parts = figures.chunk_by(|one, other| (&one.measure, one.period) == (&other.measure, other.period));
        let lines = parts.map(|part| format!("{} {}: {}", part[0].measure, part[0].period, told(&part[..1])));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(&question), @"
    sent 2017-01: border 3
    sent 2017-02: east 9
    people 2017-01: west 700
    people 2017-02: east (no record)
    ");
    question.ranking.order_by.insert(0, descending(OrderBy::Period));
    question.measures.pop();
    insta::assert_snapshot!(lines(&question), @"
    sent 2017-02: east 9
    sent 2017-01: border 3
    ");
}

#[test]
fn rule_27_figures_are_ordered_by_what_comparisons_give() {
    let mut book = items(["30", "15", "100"]);
    for (area, value) in [("east", "20"), ("west", "5"), ("border", "0")] {
        book.post("sent", area, "2016-12", value);
    }
    let by = |number| {
        let key = descending(OrderBy::Number(OrderNumber::Compared(0, number)));
        let question = Question {
            comparisons: vec![Base::PreviousPeriod.into()],
            ..ordered(&book, "sent", "2017-01", vec![key])
        };
        answered(&book, &question)
    };
    assert_eq!(by(ComparedNumber::Change), "border 100, east 30, west 15");
    // of nothing there is no growth, however much there is now
    assert_eq!(by(ComparedNumber::GrowthPercent), "west 15, east 30, border 100");
}

fn lines() -> Book {
    let mut book = Book::new(&[monthly_stock("lines", "dimensions = [\"service\"]")]);
    for (area, fixed, mobile) in [("east", "1", "9"), ("west", "6", "4"), ("border", "5", "95")] {
        book.service("lines", "fixed", area, "2017-01", fixed)
            .service("lines", "mobile", area, "2017-01", mobile);
    }
    book
}

#[test]
fn rule_29_keys_before_the_first_number_divide_what_is_ordered() {
    let book = lines();
    let by = |order_by| {
        let mut question = Question {
            group_by: vec![service()],
            ..ordered(&book, "lines", "2017-01", order_by)
        };
        question.ranking.top = Some(1);
        answered(&book, &question)
    };
    assert_eq!(by(vec![descending(VALUE)]), "border mobile 95");
    let each = |key| vec![key, descending(VALUE)];
    assert_eq!(
        by(each(ascending(OrderBy::Group(service())))),
        "west fixed 6, border mobile 95"
    );
    assert_eq!(
        by(each(ascending(OrderBy::Area))),
        "border mobile 95, east mobile 9, west fixed 6"
    );
}

#[test]
fn rule_29_figures_are_ordered_by_their_parts_of_totals() {
    let book = lines();
    let key = descending(OrderBy::Number(OrderNumber::SharePercent));
    let question = Question {
        group_by: vec![service()],
        share_of: Some(ShareOf::Key(service())),
        filters: [].into(),
        ..ordered(
            &book,
            "lines",
            "2017-01",
            vec![ascending(OrderBy::Group(service())), key],
        )
    };
    // 60, 10 and 5 percent of the lines of a district are fixed
    assert!(answered(&book, &question).starts_with("west fixed 6, east fixed 1, border fixed 5, border mobile"));
}

#[test]
fn rule_29_the_first_ones_are_all_that_are_equal_at_the_edge_and_none_that_is_missing() {
    let first = |values, top| {
        let book = items(values);
        let mut question = ordered(
            &book,
            "sent",
            "2017-01",
            vec![descending(VALUE), ascending(OrderBy::Area)],
        );
        question.ranking.top = Some(top);
        answered(&book, &question)
    };
    assert_eq!(first(["8", "5", "8"], 1), "border 8, east 8");
    assert_eq!(first(["8", "5", "5"], 2), "east 8, border 5, west 5");
    assert_eq!(first(["8", "5", "8"], 2), "border 8, east 8");
    assert_eq!(first(["8", "not collected", "7"], 3), "east 8, border 7");
}

#[test]
fn rule_29_what_cannot_be_ordered_is_refused_with_what_can() {
    let book = lines();
    let refused = |change: &dyn Fn(&mut Question), keys| {
        let mut question = ordered(&book, "lines", "2017-01", keys);
        change(&mut question);
        book.refusals(&question)
    };
    let growth = OrderBy::Number(OrderNumber::Compared(0, ComparedNumber::GrowthPercent));
    let keys = vec![ascending(OrderBy::Group(service())), descending(growth)];
    insta::assert_snapshot!(refused(&|_| {}, keys), @r#"
    UNKNOWN_ORDER_KEY order_by: the figures have no "service" to be ordered by; they have value, area, period; change and growth_percent come with comparisons, share.percent with share_of, and codes with group_by
    UNKNOWN_ORDER_KEY order_by: the figures have no "growth_percent" to be ordered by; they have value, area, period; change and growth_percent come with comparisons, share.percent with share_of, and codes with group_by
    "#);
    let keys = vec![descending(VALUE), descending(OrderBy::Period)];
    insta::assert_snapshot!(refused(&|_| {}, keys), @"CONFLICT order_by: numbers of different periods are not put in one order, so period cannot come after value; give it first, or leave it out: figures are ordered by value inside each period");
    let top = |question: &mut Question| question.ranking.top = Some(3);
    insta::assert_snapshot!(refused(&top, vec![ascending(OrderBy::Area)]), @r#"NOT_ORDERED top: say by which number the first ones are the first: add it to order_by, such as "value desc""#);
    let many = |question: &mut Question| {
        question.periods = (1..=3_334).map(|month| question.periods[0].offset(month)).collect();
    };
    insta::assert_snapshot!(refused(&many, vec![descending(VALUE)]), @"TOO_MANY_FIGURES order_by: the question asks for 10002 figures; at most 10000 are ordered or ranked at once: ask for one indicator, one period or one code at a time, of which each has an order of its own");
}
