//! Every finding of random rules in random worlds, against checks that are made one after the other by the oracle's figures.

use std::cell::RefCell;
use std::collections::BTreeMap;

use almanac_catalog::{Against, Among, Catalog, Direction, MeasureId, Relation, Rule, RuleCheck, Tolerance};
use almanac_cube::Cube;
use almanac_indicator::{CheckedPart, Checks, Question, State, UncheckedReason, all_rules, check_rules};
use almanac_model::{Period, Revision};
use almanac_testkit::generate::{World, world};
use almanac_testkit::oracle::{Found, Oracle, Outcome};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use crate::{config, cube};

const CASES: u32 = 250;
/// So many questions of a world lend their areas, periods and revision.
const MOST_QUESTIONS: usize = 3;

/// How often each kind of rule had each outcome.
#[derive(Debug, Default)]
struct Tally {
    checks: usize,
    seen: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, rule: &Rule, found: &[Found], in_order: usize) {
        self.checks += found.len() + in_order;
        for kind in kinds(rule) {
            *self.seen.entry(format!("{kind}: in order")).or_default() += in_order;
            for one in found {
                let outcome = match &one.outcome {
                    Outcome::Violated(_) => "violated".to_owned(),
                    Outcome::Unknown { reasons, .. } => {
                        let reason = match reasons.first() {
                            Some(UncheckedReason::Refused(_)) => "Refused".to_owned(),
                            other => other.map_or_else(String::new, |reason| format!("{reason:?}")),
                        };
                        *self.seen.entry(format!("unchecked: {reason}")).or_default() += 1;
                        "unchecked".to_owned()
                    }
                };
                *self.seen.entry(format!("{kind}: {outcome}")).or_default() += 1;
            }
        }
    }

    /// What every run has to reach, and this one did not.
    fn not_reached(&self) -> Vec<String> {
        let kinds = KINDS.iter();
        let outcomes = kinds.flat_map(|kind| ["in order", "violated", "unchecked"].map(|end| format!("{kind}: {end}")));
        let reasons = REASONS.iter().map(|reason| format!("unchecked: {reason}"));
        let wanted = outcomes.chain(reasons);
        wanted
            .filter(|what| self.seen.get(what).is_none_or(|count| *count == 0))
            .collect()
    }
}

const KINDS: [&str; 14] = [
    "identity =",
    "identity <=",
    "identity >=",
    "identity within a number",
    "identity within percent",
    "range",
    "jump from the period before",
    "jump from the year before",
    "jump up",
    "jump down",
    "jump up and down",
    "outlier among areas",
    "outlier among periods",
    "by codes",
];
const REASONS: [&str; 6] = [
    "Missing",
    "Refused",
    "NotComparable",
    "Bounded",
    "BaseNotPositive",
    "TooFewValues",
];

/// What kinds a rule is of.
fn kinds(rule: &Rule) -> Vec<&'static str> {
    let mut kinds = match &rule.check {
        RuleCheck::Identity {
            relation, tolerance, ..
        } => vec![
            match relation {
                Relation::Equal => "identity =",
                Relation::AtMost => "identity <=",
                Relation::AtLeast => "identity >=",
            },
            match tolerance {
                Tolerance::Absolute(_) => "identity within a number",
                Tolerance::Percent(_) => "identity within percent",
            },
        ],
        RuleCheck::Range { .. } => vec!["range"],
        RuleCheck::Jump { against, direction, .. } => vec![
            match against {
                Against::PreviousPeriod => "jump from the period before",
                Against::SamePeriodLastYear => "jump from the year before",
            },
            match direction {
                Direction::Up => "jump up",
                Direction::Down => "jump down",
                Direction::Both => "jump up and down",
            },
        ],
        RuleCheck::Outlier { among, .. } => vec![match among {
            Among::Areas => "outlier among areas",
            Among::Periods(_) => "outlier among periods",
        }],
    };
    if !rule.group_by.is_empty() {
        kinds.push("by codes");
    }
    kinds
}

/// A rule for the areas and periods of a question, and for two periods of the kind that is reported around a day.
fn checks(catalog: &Catalog, rule: &Rule, question: &Question, day: Date) -> Checks {
    let formulas = rule.check.formulas();
    let first = formulas[0].references()[0].measure.clone();
    let metrics = catalog.metrics_of(&first);
    let frequency = metrics
        .iter()
        .filter_map(|id| catalog.metric(id.as_str()))
        .map(|metric| metric.frequency)
        .max();
    let around = frequency.map(|frequency| Period::containing(frequency, day));
    let around = around.into_iter().flat_map(|period| [period.offset(-1), period]);
    Checks {
        rules: vec![rule.clone()],
        areas: question.areas.clone(),
        periods: question.periods.iter().copied().chain(around).collect(),
    }
}

fn all_of(state: State<'_>, checks: &Checks) -> CheckedPart {
    check_rules(state, checks, 0, usize::MAX, usize::MAX).expect("there are few areas and periods")
}

/// All findings, put together from parts of a few checks each.
fn by_parts(state: State<'_>, checks: &Checks, most: usize) -> CheckedPart {
    let (mut whole, mut next) = (CheckedPart::default(), Some(0));
    while let Some(offset) = next {
        let part = check_rules(state, checks, offset, most, most).expect("there are few areas and periods");
        whole.findings.extend(part.findings);
        whole.checked += part.checked;
        whole.unchecked += part.unchecked;
        next = part.next;
    }
    whole
}

fn same(one: &CheckedPart, other: &CheckedPart) -> TestCaseResult {
    prop_assert_eq!(&one.findings, &other.findings);
    prop_assert_eq!((one.checked, one.unchecked), (other.checked, other.unchecked));
    Ok(())
}

fn check_world(world: &World, day: Date, most: usize, tally: &mut Tally) -> TestCaseResult {
    let cube = cube(world, &world.log, Revision::LATEST);
    let rules = all_rules(&world.catalog);
    for (as_of, question) in world.questions.iter().take(MOST_QUESTIONS) {
        let state = State {
            catalog: &world.catalog,
            cube: &cube,
            as_of: *as_of,
        };
        let oracle = Oracle::new(&world.catalog, &world.log, *as_of);
        for rule in &rules {
            let checks = checks(&world.catalog, rule, question, day);
            let whole = all_of(state, &checks);
            let found: Vec<Found> = whole.findings.iter().map(Found::from).collect();
            let expected = oracle.check_rules(&checks);
            for (found, expected) in found.iter().zip(&expected.found) {
                prop_assert!(
                    expected.agrees_with(found),
                    "as of {as_of} {rule:?}\nfinds {found:?}\nand the oracle {expected:?}"
                );
            }
            prop_assert_eq!(found.len(), expected.found.len());
            prop_assert_eq!(whole.checked + whole.unchecked, found.len() + expected.in_order);
            let is_unknown = |found: &&Found| matches!(found.outcome, Outcome::Unknown { .. });
            prop_assert_eq!(whole.unchecked, found.iter().filter(is_unknown).count());
            tally.count(rule, &found, expected.in_order);
            same(&by_parts(state, &checks, most), &whole)?;
        }
    }
    Ok(())
}

/// The ids of the rules that are written out, and of everything that declares what can be right.
fn ids(catalog: &Catalog) -> Vec<String> {
    let mut ids: Vec<String> = catalog.rules().map(|rule| rule.id.to_string()).collect();
    for metric in catalog
        .metrics()
        .filter(|metric| metric.range != almanac_catalog::Range::default())
    {
        ids.push(metric.id.to_string());
    }
    for indicator in catalog
        .indicators()
        .filter(|one| one.range != almanac_catalog::Range::default())
    {
        ids.push(indicator.id.to_string());
    }
    ids.sort();
    ids
}

#[test]
fn rule_34_findings_are_those_of_checks_made_one_by_one() {
    let tally = RefCell::new(Tally::default());
    let mut runner = TestRunner::new(config(CASES));
    let days = [
        date(2017, 12, 10),
        date(2017, 6, 20),
        date(2017, 5, 10),
        date(2018, 1, 5),
    ];
    let worlds = (world(), prop::sample::select(days.to_vec()), 1_usize..9);
    let result = runner.run(&worlds, |(world, day, most)| {
        check_world(&world, day, most, &mut tally.borrow_mut())
    });
    let tally = tally.into_inner();
    println!("{tally:#?}");
    if let Err(error) = result {
        panic!("{error}");
    }
    // a kind that no world reaches is not compared with anything; of a few cases that says nothing
    if tally.checks > 5_000 {
        assert_eq!(tally.not_reached(), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(config(crate::OTHER_CASES))]

    #[test]
    fn rule_34_each_declared_range_is_a_rule_of_its_own(world in world()) {
        let rules = all_rules(&world.catalog);
        let found: Vec<String> = rules.iter().map(|rule| rule.id.to_string()).collect();
        prop_assert_eq!(found, ids(&world.catalog));
        for rule in rules.iter().filter(|rule| world.catalog.rules().all(|written| written.id != rule.id)) {
            let RuleCheck::Range { measure, range } = &rule.check else { panic!("{rule:?}") };
            let declared = match &measure.references()[0].measure {
                MeasureId::Metric(id) => world.catalog.metric(id.as_str()).map(|metric| metric.range),
                MeasureId::Indicator(id) => world.catalog.indicator(id.as_str()).map(|indicator| indicator.range),
            };
            prop_assert_eq!((measure.to_string(), Some(*range)), (rule.id.to_string(), declared));
        }
    }

    #[test]
    fn rule_20_what_rules_find_is_the_same_whatever_a_secret_is(world in world()) {
        let recorded = cube(&world, &world.log, Revision::LATEST);
        let rules = all_rules(&world.catalog);
        for (as_of, question) in world.questions.iter().take(MOST_QUESTIONS) {
            let checks: Vec<Checks> =
                rules.iter().map(|rule| checks(&world.catalog, rule, question, date(2017, 12, 10))).collect();
            let found = |cube: &Cube| {
                let state = State { catalog: &world.catalog, cube, as_of: *as_of };
                checks.iter().map(|checks| all_of(state, checks).findings).collect::<Vec<_>>()
            };
            let told = found(&recorded);
            for log in Oracle::new(&world.catalog, &world.log, *as_of).with_secrets_moved(&world.log) {
                let other = cube(&world, &log, Revision::LATEST);
                prop_assert_eq!(&told, &found(&other));
            }
        }
    }
}
