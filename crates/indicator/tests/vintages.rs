//! Every revision that changes a figure is among those at which it may have changed.

use std::cell::Cell;
use std::sync::Arc;

use almanac_cube::Cube;
use almanac_indicator::{AreaSelection, History, OneFigure, Question};
use almanac_model::Revision;
use almanac_testkit::generate::{World, world};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

const CASES: u32 = 100;
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

fn check_world(world: &World, changes: &Cell<usize>) -> TestCaseResult {
    let mut cube = Cube::default();
    for (revision, batch) in &world.log {
        cube.apply(*revision, batch, &world.catalog)
            .expect("the catalogue defines what it accepted");
    }
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
