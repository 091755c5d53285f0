//! Every list of expected reports of random worlds, against loops over everything that could be expected.

use std::cell::RefCell;
use std::collections::BTreeMap;

use almanac_indicator::{Expected, State, expected_reports};
use almanac_model::{Period, ReportStatus, Revision};
use almanac_testkit::generate::{World, world};
use almanac_testkit::oracle::Oracle;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};

use super::{OTHER_CASES, config, cube};

/// How many reports had which status.
type Statuses = BTreeMap<ReportStatus, usize>;

/// Each revision was recorded three weeks after the one before, in the last or the first hour of a civil day.
fn record_time(revision: Revision) -> Option<Timestamp> {
    let hours = i64::try_from(revision.0).ok()? % 2 + 16;
    let days = i64::try_from(revision.0).ok()? * 21;
    let first: Timestamp = "2016-12-01T00:30:00Z".parse().ok()?;
    first.checked_add((days * 24 + hours).hours()).ok()
}

fn check_world(world: &World, on: Date, statuses: &mut Statuses) -> TestCaseResult {
    let cube = cube(world, &world.log, Revision::LATEST);
    for (index, (as_of, question)) in world.questions.iter().enumerate() {
        let state = State {
            catalog: &world.catalog,
            cube: &cube,
            as_of: *as_of,
        };
        let oracle = Oracle::new(&world.catalog, &world.log, *as_of);
        let reporters = world.catalog.reporters().map(|reporter| reporter.id.clone());
        let expected = Expected {
            areas: (index % 3 > 0).then(|| question.areas.clone()),
            reporters: reporters.take(index % 2).collect(),
            on,
        };
        let halves: [Period; 2] = ["2016-H2", "2017-H1"].map(|half| half.parse().expect("it is a period"));
        for metric in world.catalog.metrics() {
            for period in question.periods.iter().chain(&halves) {
                let found = expected_reports(state, &expected, metric, *period, &record_time);
                let naive = oracle.expected_reports(&expected, metric, *period, &record_time);
                for report in &naive {
                    *statuses.entry(report.status).or_default() += 1;
                }
                prop_assert_eq!(found, Ok(naive), "{} in {} as of {}", metric.id, period, as_of);
            }
        }
    }
    Ok(())
}

#[test]
fn rule_24_expected_reports_are_those_of_loops_over_all_that_could_be_expected() {
    let statuses = RefCell::new(Statuses::new());
    let mut runner = TestRunner::new(config(OTHER_CASES));
    let days = prop::sample::select(vec![date(2017, 6, 30), date(2017, 3, 1), date(2018, 2, 10)]);
    let result = runner.run(&(world(), days), |(world, on)| {
        check_world(&world, on, &mut statuses.borrow_mut())
    });
    let statuses = statuses.into_inner();
    println!("{statuses:?}");
    if let Err(error) = result {
        panic!("{error}");
    }
    for status in [
        ReportStatus::OnTime,
        ReportStatus::Late,
        ReportStatus::Reported,
        ReportStatus::Overdue,
        ReportStatus::NotYetDue,
        ReportStatus::Missing,
    ] {
        assert!(statuses.contains_key(&status), "no report is {status:?}: {statuses:?}");
    }
}
