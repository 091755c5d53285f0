//! Whoever evaluates an explanation by hand finds the figure.

mod by_hand;

use std::cell::Cell;
use std::collections::BTreeSet;

use almanac_catalog::DenominatorJoin;
use almanac_cube::Cube;
use almanac_indicator::{
    AdHocFormula, Effect, Explanation, FigureKey, Number, OneFigure, Question, State, Window, answer, explain,
};
use almanac_model::{Decimal, Exact, Figure, Granularity, IndicatorId, MissingReason, Period, Revision};
use almanac_testkit::generate::{World, world};
use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner};

use crate::by_hand::ByHand;

const CASES: u32 = 60;
/// Figures with a number that are looked at for each question. Small random worlds have many without one.
const NUMBERS: usize = 5;
/// Figures without a number that are looked at for each question.
const MISSING: usize = 1;
const ALL: Window = Window {
    skip: 0,
    take: usize::MAX,
};

fn key(figure: &Figure) -> FigureKey {
    FigureKey {
        indicator: Some(figure.measure.to_string()),
        area: Some(figure.area.to_string()),
        period: Some(figure.period.to_string()),
        dimensions: figure.dimensions.clone(),
    }
}

fn number(number: &Number) -> Exact {
    match &number.fraction {
        Some(fraction) => ByHand::evaluate(fraction),
        None => ByHand::evaluate(&number.digits),
    }
}

/// What has to hold of every explanation.
fn check_explanation(explained: &Explanation, figure: &Figure, decimals: u8) -> TestCaseResult {
    prop_assert_eq!(&explained.figure, figure);
    if let Ok(printed) = &figure.value {
        let by_hand = ByHand::evaluate(&explained.substituted);
        prop_assert_eq!(
            &by_hand.to_decimal_string(decimals),
            printed,
            "{}",
            &explained.substituted
        );
        prop_assert_eq!(Some(by_hand), explained.exact.as_ref().map(number));
    }
    for term in &explained.terms {
        prop_assert_eq!(term.series_count, term.series.len());
        // what is not told of a series is in the sum all the same
        let is_told = |value: &Result<Number, MissingReason>| *value != Err(MissingReason::Suppressed);
        if let Ok(value) = &term.value
            && term.series.iter().all(|series| is_told(&series.value))
        {
            let parts = term.series.iter().filter_map(|series| series.value.as_ref().ok());
            let sum = parts.fold(Exact::from_integer(0), |sum, part| &sum + &number(part));
            prop_assert_eq!(sum, number(value), "{}", &term.expression);
        }
        for value in term.series.iter().flat_map(|series| &series.values) {
            prop_assert_eq!(value.event_count, value.writes.len());
            // a report is what its one revision said, a tally what all of them added, where that is told
            if value.cell.status.missing.is_none() && value.writes.iter().all(|write| write.amount.is_some()) {
                let amounts = value.writes.iter().filter_map(|write| write.amount);
                prop_assert_eq!(amounts.sum::<i128>(), value.cell.value);
            }
        }
    }
    let explained_flags: BTreeSet<_> = explained
        .causes
        .iter()
        .filter_map(|cause| match cause.effect {
            Effect::Flag(flag) => Some(flag),
            Effect::Missing(_) => None,
        })
        .collect();
    prop_assert_eq!(&explained_flags, &figure.flags);
    let missing = explained
        .causes
        .iter()
        .filter(|cause| matches!(cause.effect, Effect::Missing(_)));
    prop_assert_eq!(missing.count(), usize::from(figure.value.is_err()));
    for cause in &explained.causes {
        prop_assert!(cause.culprits.count > 0, "{:?} of {:?}", cause, figure);
    }
    Ok(())
}

/// Some events at a time come to the same as all at once.
fn check_pages(state: State<'_>, one: &OneFigure, whole: &Explanation, size: usize) -> TestCaseResult {
    let events = |explained: &Explanation| {
        let series = explained.terms.iter().flat_map(|term| &term.series);
        let values = series.flat_map(|series| series.values.iter().map(move |value| (&series.key, value)));
        let lines = values.flat_map(|(key, value)| value.writes.iter().map(move |write| (key, value.period, write)));
        lines.map(|line| format!("{line:?}")).collect::<Vec<_>>()
    };
    let mut pages = Vec::new();
    let mut skip = 0;
    while skip < whole.event_count {
        let page = explain(state, one, Window { skip, take: size }).expect("the whole was explained");
        let page = page.expect("the whole was explained");
        prop_assert_eq!(page.event_count, whole.event_count);
        prop_assert!(events(&page).len() == size.min(whole.event_count - skip));
        pages.extend(events(&page));
        skip += size;
    }
    prop_assert_eq!(pages, events(whole));
    Ok(())
}

/// How much was looked at.
#[derive(Default)]
struct Seen {
    numbers: Cell<usize>,
    missing: Cell<usize>,
    of_functions: Cell<usize>,
}

fn check_question(world: &World, state: State<'_>, question: &Question, seen: &Seen) -> TestCaseResult {
    let Ok(answered) = answer(state, question, 0, usize::MAX) else {
        return Ok(());
    };
    let (numbers, missing): (Vec<&Figure>, Vec<&Figure>) =
        answered.figures.iter().partition(|figure| figure.value.is_ok());
    for figure in numbers
        .into_iter()
        .take(NUMBERS)
        .chain(missing.into_iter().take(MISSING))
    {
        let one = OneFigure::choose(&world.catalog, question, &key(figure)).expect("the figure is one of the answer");
        let explained = explain(state, &one, ALL)
            .expect("the question was answered")
            .expect("it is defined");
        let measure = &*figure.measure;
        let decimals = world.catalog.indicator(measure).map(|indicator| indicator.decimals);
        let decimals = decimals.or_else(|| world.catalog.metric(measure).map(|metric| metric.decimals));
        let decimals = decimals.or_else(|| question.formulas.first().map(|formula| formula.decimals));
        check_explanation(&explained, figure, decimals.expect("it is one of the three"))?;
        check_pages(state, &one, &explained, 3.max(explained.event_count / 4))?;
        let count = if figure.value.is_ok() {
            &seen.numbers
        } else {
            &seen.missing
        };
        count.set(count.get() + 1);
        let of_function = figure.value.is_ok() && !question.formulas.is_empty();
        seen.of_functions
            .set(seen.of_functions.get() + usize::from(of_function));
    }
    Ok(())
}

/// The same question of formulas over other periods.
fn of_functions(world: &World, question: &Question) -> Vec<Question> {
    let texts = question.measures.iter().take(1).flat_map(|measure| {
        [
            format!("{measure} - shift({measure}, -1 year)"),
            format!("ytd({measure}) / {measure}"),
            format!("moving_avg({measure}, 2 years)"),
            format!("max({measure} by quarter) - {measure}"),
        ]
    });
    let formulas = texts.filter_map(|text| world.catalog.formula(&text).ok());
    let ask = |formula| Question {
        measures: Vec::new(),
        formulas: vec![AdHocFormula {
            id: IndicatorId::new("asked").expect("it is an id"),
            formula,
            per: Decimal::new(1, 0),
            decimals: 2,
            optional: BTreeSet::new(),
            denominator: DenominatorJoin::SamePeriod,
        }],
        ..question.clone()
    };
    formulas.map(ask).collect()
}

fn year(year: i16) -> Period {
    Period::containing(Granularity::Year, date(year, 1, 1))
}

fn check_world(world: &World, seen: &Seen) -> TestCaseResult {
    let mut cube = Cube::default();
    for (revision, batch) in &world.log {
        cube.apply(*revision, batch, &world.catalog)
            .expect("the catalogue defines what it accepted");
    }
    for (as_of, question) in &world.questions {
        let state = State {
            catalog: &world.catalog,
            cube: &cube,
            as_of: *as_of,
        };
        check_question(world, state, question, seen)?;
        let restated = Question {
            on_boundaries_of: Some(date(2017, 7, 1)),
            ..question.clone()
        };
        check_question(world, state, &restated, seen)?;
        // most months of most districts have nothing: years have what random events left anywhere
        let years = Question {
            periods: [2016, 2017, 2018].map(year).to_vec(),
            period_places: Vec::new(),
            comparisons: Vec::new(),
            ..question.clone()
        };
        let newest = State {
            as_of: Revision::LATEST,
            ..state
        };
        check_question(world, newest, &years, seen)?;
        for question in of_functions(world, &years) {
            check_question(world, newest, &question, seen)?;
        }
    }
    Ok(())
}

#[test]
fn explain_gives_the_figure_of_the_answer_and_by_hand_the_same_number() {
    let seen = Seen::default();
    let config = ProptestConfig {
        failure_persistence: None,
        cases: CASES,
        max_shrink_iters: 60,
        // the same worlds in every run
        rng_seed: RngSeed::Fixed(2017),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(&world(), |world| check_world(&world, &seen));
    if let Err(error) = result {
        panic!("{error}");
    }
    let Seen {
        numbers,
        missing,
        of_functions,
    } = seen;
    let seen = (numbers.get(), missing.get(), of_functions.get());
    assert!(seen.0 > 300 && seen.1 > 200 && seen.2 > 120, "{seen:?} say little");
}
