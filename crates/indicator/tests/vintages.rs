//! Every revision that changes a figure is among those at which it may have changed, and the list of its vintages is the one
//! that asking the oracle at every revision gives.

use std::cell::Cell;
use std::sync::Arc;

use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, History, OneFigure, Question, keep_vintage};
use almanac_model::{MissingReason, Revision};
use almanac_testkit::generate::{World, world};
use almanac_testkit::oracle::{Figure, Oracle};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

const CASES: u32 = 100;
/// The oracle is slow.
const ORACLE_CASES: u32 = 40;
/// Figures that are looked at for each question.
const FIGURES: usize = 12;

/// The figures of a question, without its groups.
fn figures(question: &Question) -> Vec<OneFigure> {
    let areas = match &question.areas {
        AreaSelection::List(areas) => areas.clone(),
        AreaSelection::Under { area, .. } => vec![area.clone()],
    };
    let each = |measure: &almanac_catalog::MeasureId| {
        let measure = measure.clone();
        let targets = areas
            .iter()
            .flat_map(|area| question.periods.iter().map(move |period| (area.clone(), *period)));
        targets
            .map(|(area, period)| OneFigure {
                measure: measure.clone(),
                area,
                period,
                filters: question.filters.clone(),
            })
            .collect::<Vec<_>>()
    };
    question.measures.iter().flat_map(each).take(FIGURES).collect()
}

fn cube(world: &World) -> Cube {
    let mut cube = Cube::default();
    for (revision, batch) in &world.log {
        cube.apply(*revision, batch, &world.catalog)
            .expect("the catalogue defines what it accepted");
    }
    cube
}

fn check_world(world: &World, changes: &Cell<usize>) -> TestCaseResult {
    let cube = cube(world);
    let catalogs = [(Revision(1), Arc::new(world.catalog.clone()))];
    let history = History {
        catalogs: &catalogs,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    for figure in world.questions.iter().flat_map(|(_, question)| figures(question)) {
        let candidates = history.candidates(&figure, usize::MAX).expect("there is no limit");
        let mut before = None;
        for (revision, _) in &world.log {
            let Ok(now) = history.figure_at(&figure, *revision) else {
                break;
            };
            if before.as_ref().is_some_and(|before| *before != now) {
                prop_assert!(candidates.contains(revision), "revision {} of {:?}", revision, figure);
                changes.set(changes.get() + 1);
            }
            before = Some(now);
        }
    }
    Ok(())
}

/// The revisions at which the oracle's figure is other than before, with the figure.
fn naive_vintages(world: &World, figure: &OneFigure) -> Vec<(Revision, Figure)> {
    let question = Question {
        filters: figure.filters.clone(),
        ..Question::one(figure.measure.clone(), figure.area.clone(), figure.period)
    };
    let mut found: Vec<(Revision, Figure)> = Vec::new();
    let recorded = world.log.iter().map(|(revision, _)| *revision);
    for revision in [Revision(1)].into_iter().chain(recorded) {
        let mut figures = Oracle::new(&world.catalog, &world.log, revision).answer(&question);
        let now = figures.pop().expect("it is asked for one figure");
        let nothing_yet = now.quality.is_none() && now.value == Err(MissingReason::NoRecord);
        match found.last() {
            None if nothing_yet => {}
            Some((_, before)) if *before == now => {}
            _ => found.push((revision, now)),
        }
    }
    found
}

fn check_vintages(world: &World, found: &Cell<usize>) -> TestCaseResult {
    let cube = cube(world);
    let catalogs = [(Revision(1), Arc::new(world.catalog.clone()))];
    let history = History {
        catalogs: &catalogs,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    for (_, question) in &world.questions {
        let Some(figure) = figures(question).into_iter().next() else {
            continue;
        };
        let candidates = history.candidates(&figure, usize::MAX).expect("there is no limit");
        let mut vintages = Vec::new();
        let mut refused = false;
        for revision in candidates {
            match history.figure_at(&figure, revision) {
                Ok(now) => now
                    .into_iter()
                    .for_each(|now| keep_vintage(&mut vintages, revision, now)),
                Err(_) => refused = true,
            }
        }
        if refused {
            continue;
        }
        let listed = vintages
            .iter()
            .map(|vintage| (vintage.revision, Figure::from(&vintage.figure)));
        let listed: Vec<(Revision, Figure)> = listed.collect();
        found.set(found.get() + listed.len());
        prop_assert_eq!(listed, naive_vintages(world, &figure), "{:?}", figure);
    }
    Ok(())
}

#[test]
fn the_vintages_are_those_that_the_oracle_lists() {
    let found = Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        cases: ORACLE_CASES,
        rng_seed: RngSeed::Fixed(2017),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&world(), |world| check_vintages(&world, &found));
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(found.get() > 40, "{} vintages say little", found.get());
}

#[test]
fn no_revision_that_changes_a_figure_is_overlooked() {
    let changes = Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        cases: CASES,
        // the same worlds in every run
        rng_seed: RngSeed::Fixed(2017),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&world(), |world| check_world(&world, &changes));
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(changes.get() > 200, "{} changes say little", changes.get());
}
