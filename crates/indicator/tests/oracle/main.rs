//! Every figure of random questions to random catalogues, against the naive oracle.

mod completeness;
mod formulas;
mod ranks;
mod rules;
mod tally;

use std::cell::RefCell;

use almanac_cube::Cube;
use almanac_indicator::{Answer, Question, Refusal, State, answer};
use almanac_model::{MissingReason, Revision};
use almanac_testkit::generate::{Log, World, rebatched, shuffled, world};
use almanac_testkit::oracle::{Figure, Oracle};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

use self::tally::{Tally, WorldTally};

/// The cases of each property unless `PROPTEST_CASES` says otherwise.
const ORACLE_CASES: u32 = 110;
const OTHER_CASES: u32 = 60;

fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 1_000,
        ..ProptestConfig::default()
    };
    // the default has read the environment
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        // the same worlds in every short run; a long one looks for others
        None => ProptestConfig {
            cases,
            rng_seed: RngSeed::Fixed(2017),
            ..config
        },
    }
}

fn cube(world: &World, log: &Log, up_to: Revision) -> Cube {
    let mut cube = Cube::default();
    for (revision, batch) in log.iter().filter(|(revision, _)| *revision <= up_to) {
        cube.apply(*revision, batch, &world.catalog)
            .expect("the catalogue defines what it accepted");
    }
    cube
}

fn ask(world: &World, cube: &Cube, as_of: Revision, question: &Question) -> Result<Answer, Vec<Refusal>> {
    let state = State {
        catalog: &world.catalog,
        cube,
        as_of,
    };
    answer(state, question, 0, usize::MAX)
}

fn check_world(world: &World, tally: &mut Tally) -> TestCaseResult {
    let cube = cube(world, &world.log, Revision::LATEST);
    let mut seen = WorldTally::of(world);
    for (as_of, question) in &world.questions {
        tally.questions += 1;
        let answered = match ask(world, &cube, *as_of, question) {
            Ok(answered) => answered,
            Err(refusals) => {
                tally.refused += 1;
                seen.refused(&refusals);
                continue;
            }
        };
        let oracle = Oracle::new(&world.catalog, &world.log, *as_of);
        prop_assert_eq!(
            oracle.refusals_of(question),
            vec![],
            "as of {} to {:?}",
            as_of,
            question
        );
        let expected = oracle.answer(question);
        let found: Vec<Figure> = answered.figures.iter().map(Figure::from).collect();
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert_eq!(found, expected, "as of {} to {:?}", as_of, question);
            tally.figures += 1;
            tally.numbers += usize::from(found.value.is_ok());
            seen.count(world, found, question, *as_of);
        }
        prop_assert_eq!(found.len(), expected.len());
        if let Some(telling) = oracle.telling_secrets() {
            let counted = telling.answer(question);
            let moving = oracle.with_blocks_moved();
            let moved = moving.answer(question);
            if !moving.divided_by_moved_zero() {
                tally.moved += 1;
                for (found, moved) in found.iter().zip(&moved) {
                    // that there is a secret changes nothing but that figures are withheld, and what it is changes nothing
                    let is_one_of_both = found.value == moved.value || found.value == Err(MissingReason::Suppressed);
                    prop_assert!(
                        is_one_of_both,
                        "as of {as_of} to {question:?}\n{found:?} would be {moved:?}"
                    );
                }
            }
            let other = oracle.with_other_secrets().answer(question);
            for ((found, counted), other) in found.iter().zip(&counted).zip(&other) {
                seen.count_secret(found, counted, other);
            }
        }
    }
    tally.add(seen);
    Ok(())
}

/// Figures without the numbers of the batches that set their targets: other batches have other ones.
fn without_revisions(mut figures: Vec<almanac_model::Figure>) -> Vec<almanac_model::Figure> {
    let comparisons = figures.iter_mut().flat_map(|figure| &mut figure.comparisons);
    for target in comparisons.filter_map(|comparison| comparison.target.as_mut()) {
        target.revision = Revision::EMPTY;
    }
    figures
}

#[test]
fn every_figure_equals_the_oracles() {
    let tally = RefCell::new(Tally::default());
    let mut runner = TestRunner::new(config(ORACLE_CASES));
    let result = runner.run(&world(), |world| check_world(&world, &mut tally.borrow_mut()));
    let tally = tally.into_inner();
    println!("{tally}");
    if let Err(error) = result {
        panic!("{error}");
    }
    // the generator is of no use when hardly anything is answered, or hardly any answer is a number; of a few cases that
    // says nothing
    if tally.questions > 500 {
        assert!(tally.refused * 2 < tally.questions, "{tally}");
        assert!(tally.numbers * 8 > tally.figures, "{tally}");
    }
    // nor when it hardly ever reaches a rule
    if tally.questions > 5_000 {
        assert!(tally.moved * 8 > tally.questions, "{tally}");
        assert_eq!(tally.rare(), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(config(OTHER_CASES))]

    #[test]
    fn the_order_of_events_and_batches_does_not_matter(world in world(), seed in any::<u64>(), most in 1_usize..9) {
        let whole = cube(&world, &world.log, Revision::LATEST);
        for log in [shuffled(&world.log, seed), rebatched(&shuffled(&world.log, seed), most)] {
            let other = cube(&world, &log, Revision::LATEST);
            for (_, question) in &world.questions {
                let answers = [&whole, &other].map(|cube| {
                    let answered = ask(&world, cube, Revision::LATEST, question);
                    answered.map(|answer| without_revisions(answer.figures))
                });
                prop_assert_eq!(&answers[0], &answers[1]);
            }
        }
    }

    #[test]
    fn as_of_a_revision_is_as_if_nothing_came_later(world in world()) {
        let whole = cube(&world, &world.log, Revision::LATEST);
        for (as_of, question) in &world.questions {
            let fed_until = cube(&world, &world.log, *as_of);
            let later = ask(&world, &whole, *as_of, question).map(|answer| answer.figures);
            let then = ask(&world, &fed_until, Revision::LATEST, question).map(|answer| answer.figures);
            prop_assert_eq!(later, then);
        }
    }

    #[test]
    fn rule_20_what_is_told_is_the_same_whatever_a_secret_is(world in world()) {
        let recorded = cube(&world, &world.log, Revision::LATEST);
        for (as_of, question) in &world.questions {
            let told = ask(&world, &recorded, *as_of, question).map(|answer| answer.figures);
            for log in Oracle::new(&world.catalog, &world.log, *as_of).with_secrets_moved(&world.log) {
                let other = cube(&world, &log, Revision::LATEST);
                let told_then = ask(&world, &other, *as_of, question).map(|answer| answer.figures);
                prop_assert_eq!(&told, &told_then);
            }
        }
    }

    #[test]
    fn pages_put_together_are_the_whole_answer(world in world(), size in 1_usize..7) {
        let cube = cube(&world, &world.log, Revision::LATEST);
        for (as_of, question) in &world.questions {
            let Ok(whole) = ask(&world, &cube, *as_of, question) else { continue };
            let state = State { catalog: &world.catalog, cube: &cube, as_of: *as_of };
            let (mut pages, mut next) = (Vec::new(), Some(0));
            while let Some(offset) = next {
                let page = answer(state, question, offset, size).expect("the whole was answered");
                prop_assert!(page.figures.len() == size || page.next.is_none());
                pages.extend(page.figures);
                next = page.next;
            }
            prop_assert_eq!(pages, whole.figures);
        }
    }
}
