//! The vintages of a figure are exactly what asking for it at every revision finds, and what asking the oracle finds.

use std::cell::Cell;
use std::sync::Arc;

use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, FigureKey, History, OneFigure, Question, State, answer, keep_vintage};
use almanac_model::{Figure, MissingReason, Revision};
use almanac_testkit::generate::{World, world};
use almanac_testkit::oracle::{self, Oracle};
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

const CASES: u32 = 90;
/// The oracle is slow.
const ORACLE_CASES: u32 = 40;
/// Figures that are looked at for each question.
const FIGURES: usize = 6;

fn key(figure: &Figure) -> FigureKey {
    FigureKey {
        indicator: Some(figure.measure.to_string()),
        area: Some(figure.area.to_string()),
        period: Some(figure.period.to_string()),
        dimensions: figure.dimensions.clone(),
    }
}

/// The questions of a world, and each again on the boundaries of a day.
fn questions(world: &World) -> Vec<Question> {
    let on = |question: &Question, on_boundaries_of| Question {
        on_boundaries_of,
        comparisons: Vec::new(),
        share_of: None,
        ..question.clone()
    };
    let each = world.questions.iter().map(|(_, question)| question);
    each.flat_map(|question| [on(question, None), on(question, Some(date(2017, 7, 1)))])
        .collect()
}

fn check_figure(
    world: &World,
    history: History<'_>,
    figure: &Figure,
    question: &Question,
) -> Result<usize, TestCaseError> {
    let one = OneFigure::choose(&world.catalog, question, &key(figure)).expect("the figure is one of the answer");
    let one = one.uncompared();
    let mut listed = Vec::new();
    for revision in history.candidates(&one, usize::MAX).expect("there is no limit") {
        if let Some(figure) = history.figure_at(&one, revision).expect("it was answered") {
            keep_vintage(&mut listed, revision, figure);
        }
    }
    let listed: Vec<(Revision, Figure)> = listed.into_iter().map(|one| (one.revision, one.figure)).collect();
    let mut naive: Vec<(Revision, Figure)> = Vec::new();
    // before the first batch there is the catalogue
    let revisions = world.log.iter().map(|(revision, _)| *revision);
    for revision in std::iter::once(Revision::EMPTY).chain(revisions) {
        let state = State {
            catalog: &world.catalog,
            cube: history.cube,
            as_of: revision,
        };
        let figures = answer(state, question, 0, usize::MAX).expect("it was answered").figures;
        let now = figures.into_iter().find(|now| key_of(now) == key_of(figure));
        let now = now.expect("the same figures at every revision");
        let nothing = naive.is_empty() && now.quality.is_none() && now.value == Err(MissingReason::NoRecord);
        if !nothing && naive.last().is_none_or(|(_, before)| *before != now) {
            naive.push((revision, now));
        }
    }
    prop_assert_eq!(&listed, &naive, "{:?}", question);
    Ok(listed.len())
}

fn key_of(figure: &Figure) -> (&str, String, String, Vec<(&String, &String)>) {
    let codes = figure.dimensions.iter().collect();
    (
        &figure.measure,
        figure.area.to_string(),
        figure.period.to_string(),
        codes,
    )
}

fn cube(world: &World) -> Cube {
    let mut cube = Cube::default();
    for (revision, batch) in &world.log {
        cube.apply(*revision, batch, &world.catalog)
            .expect("the catalogue defines what it accepted");
    }
    cube
}

/// The figures of a question as of the newest revision, at most so many; none of one that is refused.
fn figures(world: &World, cube: &Cube, question: &Question, limit: usize) -> Vec<Figure> {
    let state = State {
        catalog: &world.catalog,
        cube,
        as_of: Revision::LATEST,
    };
    answer(state, question, 0, limit).map_or_else(|_| Vec::new(), |answer| answer.figures)
}

fn check_world(world: &World, vintages: &Cell<usize>) -> TestCaseResult {
    let cube = cube(world);
    let catalogs = [(Revision::EMPTY, Arc::new(world.catalog.clone()))];
    let history = History {
        catalogs: &catalogs,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    for question in questions(world) {
        for figure in figures(world, &cube, &question, FIGURES) {
            vintages.set(vintages.get() + check_figure(world, history, &figure, &question)?);
        }
    }
    Ok(())
}

/// A question for the measure, area and period of one of its figures.
fn narrowed(world: &World, question: &Question, figure: &Figure) -> Question {
    let measure = world.catalog.measure(&figure.measure);
    let formulas = question
        .formulas
        .iter()
        .filter(|asked| asked.id.as_str() == &*figure.measure);
    let areas = match figure.area.one() {
        Some(area) => AreaSelection::List(vec![area.clone()]),
        None => question.areas.clone(),
    };
    Question {
        measures: measure.into_iter().collect(),
        formulas: formulas.cloned().collect(),
        areas,
        periods: vec![figure.period],
        period_places: Vec::new(),
        ..question.clone()
    }
}

/// The revisions at which the oracle's figure is other than before, with the figure: the one at a place of the answer.
fn naive_vintages(world: &World, question: &Question, place: usize) -> Vec<(Revision, oracle::Figure)> {
    let mut found: Vec<(Revision, oracle::Figure)> = Vec::new();
    let recorded = world.log.iter().map(|(revision, _)| *revision);
    for revision in std::iter::once(Revision::EMPTY).chain(recorded) {
        let figures = Oracle::new(&world.catalog, &world.log, revision).answer(question);
        let now = figures
            .into_iter()
            .nth(place)
            .expect("the same figures at every revision");
        let nothing_yet = now.quality.is_none() && now.value == Err(MissingReason::NoRecord);
        match found.last() {
            None if nothing_yet => {}
            Some((_, before)) if *before == now => {}
            _ => found.push((revision, now)),
        }
    }
    found
}

fn check_by_oracle(world: &World, found: &Cell<usize>) -> TestCaseResult {
    let cube = cube(world);
    let catalogs = [(Revision::EMPTY, Arc::new(world.catalog.clone()))];
    let history = History {
        catalogs: &catalogs,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    for question in questions(world) {
        let Some(figure) = figures(world, &cube, &question, 1).pop() else {
            continue;
        };
        let question = narrowed(world, &question, &figure);
        let all = figures(world, &cube, &question, usize::MAX);
        let place = all.iter().position(|one| key_of(one) == key_of(&figure));
        let place = place.expect("the figure is one of the answer");
        let one = OneFigure::choose(&world.catalog, &question, &key(&figure)).expect("the figure is one of the answer");
        let mut listed = Vec::new();
        for revision in history.candidates(&one, usize::MAX).expect("there is no limit") {
            if let Some(figure) = history.figure_at(&one, revision).expect("it was answered") {
                keep_vintage(&mut listed, revision, figure);
            }
        }
        let listed = listed
            .iter()
            .map(|one| (one.revision, oracle::Figure::from(&one.figure)));
        let listed: Vec<(Revision, oracle::Figure)> = listed.collect();
        found.set(found.get() + listed.len());
        prop_assert_eq!(listed, naive_vintages(world, &question, place), "{:?}", question);
    }
    Ok(())
}

#[test]
fn rule_31_the_vintages_of_a_figure_are_those_that_the_oracle_lists() {
    let found = Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        cases: ORACLE_CASES,
        max_shrink_iters: 60,
        rng_seed: RngSeed::Fixed(2017),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&world(), |world| check_by_oracle(&world, &found));
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(found.get() > 40, "{} vintages say little", found.get());
}

#[test]
fn rule_31_the_vintages_of_a_figure_are_what_asking_at_every_revision_finds() {
    let vintages = Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        cases: CASES,
        max_shrink_iters: 60,
        // the same worlds in every run
        rng_seed: RngSeed::Fixed(2017),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&world(), |world| check_world(&world, &vintages));
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(vintages.get() > 150, "{} vintages say little", vintages.get());
}
