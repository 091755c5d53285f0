//! The order, the first ones and the ranks of random questions, against sorting all figures by their exact numbers.

mod naive;

use std::cell::RefCell;
use std::collections::HashSet;

use almanac_catalog::{Area, Catalog};
use almanac_indicator::{
    AreaSelection, Base, ComparedNumber, FigureKey, OneFigure, OrderBy, OrderKey, OrderNumber, Question, Ranking,
    State, Survey, answer,
};
use almanac_model::{Figure, FigureRank, RankAmong, Revision};
use almanac_testkit::generate::{World, world};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use self::naive::{Looked, Numbered, looked, numbered, sorted};
use crate::{config, cube};

const CASES: u32 = 40;

/// What the worlds reached.
#[derive(Debug, Default)]
struct Tally {
    questions: usize,
    figures: usize,
    without_number: usize,
    left_out: usize,
    tied: usize,
    bounded: usize,
    several_parents: usize,
}

impl Tally {
    fn count(&mut self, all: &[Numbered<'_>], answered: &[Figure]) {
        let ranks: Vec<&FigureRank> = answered.iter().filter_map(|figure| figure.rank.as_deref()).collect();
        self.questions += 1;
        self.figures += all.len();
        self.without_number += all.iter().filter(|one| one.number.is_none()).count();
        self.left_out += all.len() - answered.len();
        self.tied += ranks.iter().filter(|rank| rank.tied).count();
        self.bounded += ranks.iter().filter(|rank| rank.bounded && rank.of > 1).count();
        let parents: HashSet<_> = ranks.iter().map(|rank| &rank.parent).collect();
        self.several_parents += usize::from(parents.len() > 1);
    }
}

/// Every number in both directions, with all figures or the first ones, and ranked among siblings, a level or nothing.
fn rankings(combined: bool) -> Vec<(Ranking, OrderKey)> {
    let compared = |number| OrderNumber::Compared(0, number);
    let numbers = [
        OrderNumber::Value,
        compared(ComparedNumber::Change),
        compared(ComparedNumber::GrowthPercent),
    ];
    let both = numbers
        .into_iter()
        .flat_map(|number| [true, false].map(|descending| (number, descending)));
    let among = [Some(RankAmong::Siblings), Some(RankAmong::Level), None]
        .into_iter()
        .cycle();
    let tops = [None, Some(1), None, Some(2)].into_iter().cycle();
    both.zip(among.zip(tops))
        .map(|((number, descending), (among, top))| {
            let key = OrderKey {
                by: OrderBy::Number(number),
                descending,
            };
            let ranking = Ranking {
                order_by: vec![key.clone()],
                top,
                rank_among: among.filter(|_| !combined),
            };
            (ranking, key)
        })
        .collect()
}

/// The same question for all areas of the level of its first one: more to be ranked among.
fn widened(catalog: &Catalog, question: &Question) -> Question {
    let first = match &question.areas {
        AreaSelection::List(areas) => areas.first().and_then(|area| catalog.area(area.as_str())),
        AreaSelection::Under { .. } => None,
    };
    let of_level = |first: &Area| {
        let all = catalog.areas().filter(|area| area.level == first.level);
        AreaSelection::List(all.map(|area| area.id.clone()).collect())
    };
    let areas = first.map_or_else(|| question.areas.clone(), of_level);
    Question {
        areas,
        combine_areas: false,
        ..question.clone()
    }
}

fn check_question(state: State<'_>, plain: &Question, most: usize, tally: &mut Tally) -> TestCaseResult {
    let Ok(unordered) = answer(state, plain, 0, usize::MAX) else {
        return Ok(());
    };
    let figures = unordered.figures.into_iter();
    let all: Vec<Looked> = figures.map(|figure| looked(state, plain, figure)).collect();
    for (ranking, key) in rankings(plain.combine_areas) {
        let OrderBy::Number(number) = key.by else { continue };
        let ranked = Question {
            ranking,
            ..plain.clone()
        };
        let all: Vec<Numbered<'_>> = all.iter().map(|looked| numbered(looked, number)).collect();
        let expected = sorted(state.catalog, &ranked, &all, &key);
        tally.count(&all, &expected);
        let found = answer(state, &ranked, 0, usize::MAX).expect("it is the same question");
        prop_assert_eq!(&found.figures, &expected, "as of {} to {:?}", state.as_of, ranked);
        prop_assert_eq!(&by_pages(state, &ranked, most), &expected);
        for figure in expected.iter().take(2) {
            let key = FigureKey {
                indicator: Some(figure.measure.to_string()),
                area: Some(figure.area.to_string()),
                period: Some(figure.period.to_string()),
                dimensions: figure.dimensions.clone(),
            };
            let one = OneFigure::choose(state.catalog, &ranked, &key).expect("the question has the figure");
            prop_assert_eq!(one.figure(state), Ok(Some(figure.clone())));
        }
    }
    Ok(())
}

fn check_world(world: &World, most: usize, tally: &mut Tally) -> TestCaseResult {
    let cube = cube(world, &world.log, Revision::LATEST);
    for (as_of, question) in &world.questions {
        let state = State {
            catalog: &world.catalog,
            cube: &cube,
            as_of: *as_of,
        };
        let plain = Question {
            comparisons: vec![Base::PreviousPeriod.into()],
            ..question.clone()
        };
        check_question(state, &widened(&world.catalog, &plain), most, tally)?;
        check_question(state, &plain, most, tally)?;
    }
    Ok(())
}

/// All figures, looked at and answered some at a time.
fn by_pages(state: State<'_>, question: &Question, most: usize) -> Vec<Figure> {
    let mut survey = Survey::default();
    let standings = loop {
        if let Some(standings) = survey.look(state, question, most).expect("it was answered") {
            break standings;
        }
    };
    let (mut figures, mut next) = (Vec::new(), Some(0));
    while let Some(offset) = next {
        let page = standings
            .answer(state, question, (offset, most))
            .expect("it was answered");
        figures.extend(page.figures);
        next = page.next;
    }
    figures
}

#[test]
fn rule_29_orders_and_ranks_are_those_of_comparing_each_exact_number_with_all_others() {
    let tally = RefCell::new(Tally::default());
    let mut runner = TestRunner::new(config(CASES));
    let worlds = (world(), 1_usize..6);
    let result = runner.run(&worlds, |(world, most)| {
        check_world(&world, most, &mut tally.borrow_mut())
    });
    let tally = tally.into_inner();
    println!("{tally:?}");
    if let Err(error) = result {
        panic!("{error}");
    }
    // what no world reaches is not compared with anything; of a few cases that says nothing
    let Tally {
        questions,
        figures: _,
        without_number,
        left_out,
        tied,
        bounded,
        several_parents,
    } = tally;
    let reached = [without_number, left_out, tied, bounded, several_parents];
    assert!(questions < 500 || reached.iter().all(|count| *count > 0), "{tally:?}");
}
