//! Where a figure stands among those of other areas.

use almanac_indicator::{AreaSelection, FigureKey, GroupKey, OneFigure, Question, Ranking, Survey};
use almanac_model::{Figure, MissingReason, RankAmong};
use jiff::civil::date;

use crate::orders::{VALUE, ascending, descending, ordered};
use crate::support::{Book, monthly_flow, monthly_stock};

const AREAS: [&str; 3] = ["east", "west", "border"];

fn items(values: [&str; 3]) -> Book {
    let mut book = Book::new(&[monthly_flow("sent")]);
    for (area, value) in AREAS.into_iter().zip(values) {
        book.post("sent", area, "2017-01", value);
    }
    book
}

fn ranked(book: &Book, measure: &str, period: &str, among: RankAmong) -> Question {
    let mut question = ordered(book, measure, period, Vec::new());
    question.ranking.rank_among = Some(among);
    question
}

/// The area of each figure with its position, whether it is tied, and out of how many.
fn told(figures: &[Figure]) -> String {
    let line = |figure: &Figure| match &figure.rank {
        None => format!("{} -", figure.area),
        Some(rank) => {
            let (tied, bounded) = (if rank.tied { "=" } else { "" }, if rank.bounded { "~" } else { "" });
            format!("{} {bounded}{tied}{}/{}", figure.area, rank.position, rank.of)
        }
    };
    figures.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn answered(book: &Book, question: &Question) -> String {
    told(&book.answer(question).unwrap())
}

#[test]
fn rule_29_equal_figures_share_a_rank_and_the_next_one_follows_after_all_of_them() {
    let among = |values| {
        let book = items(values);
        answered(&book, &ranked(&book, "sent", "2017-01", RankAmong::Siblings))
    };
    assert_eq!(among(["5", "9", "7"]), "east 3/3, west 1/3, border 2/3");
    assert_eq!(among(["9", "5", "9"]), "east =1/3, west 3/3, border =1/3");
    assert_eq!(among(["9", "5", "5"]), "east 1/3, west =2/3, border =2/3");
}

#[test]
fn rule_20_a_missing_figure_has_no_rank_and_counts_in_none() {
    let book = items(["0", "not collected", "-1"]);
    let question = ranked(&book, "sent", "2017-01", RankAmong::Siblings);
    assert_eq!(answered(&book, &question), "east 1/2, west -, border 2/2");
    let asked_nothing = ordered(&book, "sent", "2017-01", Vec::new());
    assert_eq!(answered(&book, &asked_nothing), "east -, west -, border -");
}

#[test]
fn rule_29_figures_are_ranked_by_the_first_number_of_the_order() {
    let book = items(["5", "9", "7"]);
    let mut question = ranked(&book, "sent", "2017-01", RankAmong::Siblings);
    question.ranking.order_by = vec![ascending(VALUE)];
    let figures = book.answer(&question).unwrap();
    assert_eq!(told(&figures), "east 1/3, border 2/3, west 3/3");
    assert_eq!(figures[0].rank.as_ref().unwrap().by, "value");
    question.ranking.order_by = vec![descending(VALUE)];
    question.ranking.top = Some(1);
    let figures = book.answer(&question).unwrap();
    // the others are still there to be ranked among
    assert_eq!(told(&figures), "west 1/3");
    assert_eq!(figures[0].rank.as_ref().unwrap().by, "value desc");
}

#[test]
fn rule_29_siblings_are_those_of_the_figures_day() {
    let mut book = items(["5", "9", "7"]);
    for (area, value) in AREAS.into_iter().zip(["5", "9", "7"]) {
        book.post("sent", area, "2018-01", value);
    }
    let siblings = |period| ranked(&book, "sent", period, RankAmong::Siblings);
    let parents = |question: &Question| -> Vec<String> {
        let figures = book.answer(question).unwrap().into_iter();
        figures
            .map(|figure| figure.rank.unwrap().parent.unwrap().to_string())
            .collect()
    };
    assert_eq!(answered(&book, &siblings("2017-01")), "east 3/3, west 1/3, border 2/3");
    assert_eq!(parents(&siblings("2017-01")), ["north", "north", "north"]);
    // in 2018 border lies in the south
    assert_eq!(answered(&book, &siblings("2018-01")), "east 2/2, west 1/2, border 1/1");
    assert_eq!(parents(&siblings("2018-01")), ["north", "north", "south"]);
    let restated = Question {
        on_boundaries_of: Some(date(2017, 12, 31)),
        ..siblings("2018-01")
    };
    assert_eq!(answered(&book, &restated), "east 3/3, west 1/3, border 2/3");
    let level = ranked(&book, "sent", "2018-01", RankAmong::Level);
    assert_eq!(answered(&book, &level), "east 3/3, west 1/3, border 2/3");
    assert_eq!(book.answer(&level).unwrap()[0].rank.as_ref().unwrap().parent, None);
}

#[test]
fn rule_29_a_rank_is_among_the_areas_of_the_question_of_one_level() {
    let book = items(["5", "9", "7"]);
    let areas = |ids: &[&str]| Question {
        areas: AreaSelection::List(ids.iter().map(|area| area.parse().unwrap()).collect()),
        ..ranked(&book, "sent", "2017-01", RankAmong::Level)
    };
    assert_eq!(answered(&book, &areas(&["east", "border"])), "east 2/2, border 1/2");
    assert_eq!(
        answered(&book, &areas(&["north", "east", "south"])),
        "north 1/1, east 1/1, south -"
    );
}

#[test]
fn rule_29_each_code_is_ranked_by_itself() {
    let mut book = Book::new(&[monthly_stock("lines", "dimensions = [\"service\"]")]);
    for (area, fixed, mobile) in [("east", "1", "90"), ("west", "2", "80"), ("border", "3", "70")] {
        book.service("lines", "fixed", area, "2017-01", fixed)
            .service("lines", "mobile", area, "2017-01", mobile);
    }
    let question = Question {
        group_by: vec![GroupKey::Dimension("service".parse().unwrap())],
        ..ranked(&book, "lines", "2017-01", RankAmong::Siblings)
    };
    assert_eq!(
        answered(&book, &question),
        "east 3/3, east 1/3, west 2/3, west 2/3, border 1/3, border 3/3"
    );
}

#[test]
fn rule_23_a_rank_among_bounds_says_so() {
    let book = items(["5", ">=9", "7"]);
    let question = ranked(&book, "sent", "2017-01", RankAmong::Siblings);
    assert_eq!(answered(&book, &question), "east ~3/3, west ~1/3, border ~2/3");
}

#[test]
fn rule_20_neither_order_nor_rank_tells_of_a_suppressed_number() {
    let told_of = |east, west| {
        let book = items([east, west, "7"]);
        let mut question = ranked(&book, "sent", "2017-01", RankAmong::Siblings);
        question.ranking.order_by = vec![descending(VALUE)];
        book.answer(&question).unwrap()
    };
    // east is confidential and west withheld with it; the sum of both is published, and is 10 each time
    let figures = told_of("confidential 9", "1");
    assert_eq!(told(&figures), "border 1/1, east -, west -");
    assert_eq!(figures[1].value, Err(MissingReason::Suppressed));
    assert_eq!(told_of("confidential 2", "8"), figures);
}

#[test]
fn rule_29_pages_and_single_figures_have_the_rank_of_the_whole_answer() {
    let book = items(["5", "9", "5"]);
    let mut question = ranked(&book, "sent", "2017-01", RankAmong::Siblings);
    question.ranking.order_by = vec![descending(VALUE)];
    let whole = book.answer(&question).unwrap();
    let pages = [0, 1, 2].map(|offset| book.page(&question, offset, 1).unwrap());
    assert_eq!(pages.each_ref().map(|page| page.next), [Some(1), Some(2), None]);
    assert_eq!(pages.map(|page| page.figures).concat(), whole);
    // looked at one by one
    let mut survey = Survey::default();
    let looks = std::iter::repeat_with(|| survey.look(book.state(), &question, 1).unwrap());
    let standings = looks.take(3).flatten().next().unwrap();
    assert_eq!(
        standings.answer(book.state(), &question, (1, 9)).unwrap().figures,
        whole[1..]
    );
    for figure in &whole {
        let key = FigureKey {
            area: Some(figure.area.to_string()),
            ..FigureKey::default()
        };
        let one = OneFigure::choose(book.state().catalog, &question, &key).unwrap();
        assert_eq!(one.figure(book.state()).unwrap().as_ref(), Some(figure));
        let alone = one.uncompared().figure(book.state()).unwrap().unwrap();
        assert_eq!(alone.rank, None);
    }
}

#[test]
fn rule_29_one_sum_of_areas_has_no_rank() {
    let book = items(["5", "9", "7"]);
    let question = Question {
        combine_areas: true,
        ..ranked(&book, "sent", "2017-01", RankAmong::Level)
    };
    insta::assert_snapshot!(book.refusals(&question), @"CONFLICT rank_among: the areas are asked for as one sum, which has no others beside it; leave out combine_areas");
    let unranked = Question {
        ranking: Ranking::default(),
        ..question
    };
    assert!(book.answer(&unranked).is_ok());
}
