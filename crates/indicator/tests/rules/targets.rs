//! Figures against the plan's.

use almanac_indicator::{Base, Comparing, GroupKey, Question, RefusalReason};
use almanac_model::{Comparison, ComparisonFlag, ComparisonKind, MissingReason, NoPercent, Revision};

use crate::support::{Book, indicator, metric, monthly_flow};

/// Items by month and service; planned by year for the province, by year and service for its districts, and by quarter.
fn planned() -> Book {
    let flow = |id: &str, frequency: &str, more: &str| {
        metric(
            id,
            &format!("kind = \"flow\"\nmethod = \"report\"\nfrequency = \"{frequency}\"\n{more}"),
        )
    };
    let province = |text: String| text.replace("\"district\"", "\"province\"");
    Book::new(&[
        flow("sent", "month", "dimensions = [\"service\"]"),
        province(flow("plan.sent", "year", "target_of = \"sent\"")),
        flow(
            "plan.sent_by_service",
            "year",
            "target_of = \"sent\"\ndimensions = [\"service\"]",
        ),
        province(flow("plan.sent_by_quarter", "quarter", "target_of = \"sent\"")),
        monthly_flow("people"),
        indicator("rate", "sent / people", "per = \"100\"\ndecimals = 1"),
        province(flow("plan.rate", "year", "target_of = \"rate\"\ndecimals = 1")),
    ])
}

fn filled() -> Book {
    let mut book = planned();
    for month in 1..=12 {
        let month = format!("2017-{month:02}");
        book.service("sent", "fixed", "east", &month, "10")
            .service("sent", "mobile", "west", &month, "30");
    }
    book.record("rail", "plan.sent", "north", "2017", "500");
    book
}

fn against_target(book: &Book, measure: &str, area: &str, period: &str) -> Comparison {
    book.compared(measure, area, period, Base::Target)
}

fn missing(comparison: &Comparison) -> Option<MissingReason> {
    comparison.base.as_ref().err().copied()
}

#[test]
fn rule_28_the_difference_from_the_target_and_the_rate_of_achievement() {
    let book = filled();
    let comparison = against_target(&book, "sent", "north", "2017");
    assert_eq!(comparison.kind, ComparisonKind::Target);
    assert_eq!(comparison.base.as_deref(), Ok("500"));
    // 12 * 40 = 480 of 500
    let change = comparison.change.unwrap();
    assert_eq!(
        (change.absolute.as_str(), change.index.as_deref()),
        ("-20", Ok("96.00"))
    );
    assert_eq!(comparison.cagr, Err(NoPercent::Span));
    let setting = comparison.target.unwrap();
    assert_eq!((setting.reporter.as_str(), setting.revision), ("rail", book.revision()));
    assert!(comparison.flags.is_empty());
}

#[test]
fn rule_28_an_indicator_has_targets_too() {
    let mut book = filled();
    book.post("people", "east", "2017-01", "1000")
        .post("people", "west", "2017-01", "200")
        .post("plan.rate", "north", "2017", "37.5");
    // 480 / 1200 = 40 of 37.5
    let comparison = against_target(&book, "rate", "north", "2017");
    let change = comparison.change.unwrap();
    assert_eq!(
        (change.absolute.as_str(), change.index.as_deref()),
        ("2.5", Ok("106.67"))
    );
    assert!(
        comparison.flags.contains(&ComparisonFlag::Partial),
        "people lack eleven months"
    );
}

#[test]
fn rule_31_a_target_is_read_as_of_the_revision() {
    let mut book = filled();
    let before = book.revision();
    book.record("rail", "plan.sent", "north", "2017", "480");
    let question = Question {
        comparisons: vec![Base::Target.into()],
        ..book.question("sent", "north", "2017", false)
    };
    let base = |as_of| {
        book.page_as_of(as_of, &question, 0, 1).unwrap().figures[0].comparisons[0]
            .base
            .clone()
    };
    assert_eq!(base(before).as_deref(), Ok("500"));
    assert_eq!(base(book.revision()).as_deref(), Ok("480"));
    assert_eq!(base(Revision(before.0 - 1)), Err(MissingReason::NoRecord));
}

#[test]
fn rule_20_no_target_and_a_target_that_is_withheld_stay_apart() {
    let mut book = filled();
    book.record("rail", "plan.sent", "north", "2016", "not collected")
        .record("rail", "plan.sent", "north", "2015", "suppressed")
        .record("rail", "plan.sent", "north", "2013", "0")
        .service("sent", "fixed", "east", "2013-01", "1");
    let reason = |period| missing(&against_target(&book, "sent", "north", period));
    assert_eq!(reason("2016"), Some(MissingReason::NotCollected));
    assert_eq!(reason("2015"), Some(MissingReason::Suppressed));
    assert_eq!(reason("2014"), Some(MissingReason::NoRecord));
    // zero is a target; what part of it was achieved cannot be said
    let zero = against_target(&book, "sent", "north", "2013");
    assert_eq!(zero.base.as_deref(), Ok("0"));
    assert_eq!(zero.change.unwrap().index, Err(NoPercent::BaseZero));
}

#[test]
fn rule_28_a_target_is_not_spread_over_other_areas_periods_or_codes() {
    let mut book = filled();
    book.service("plan.sent_by_service", "fixed", "east", "2017", "100")
        .service("plan.sent_by_service", "mobile", "east", "2017", "0");
    let base = |area, period| against_target(&book, "sent", area, period).base;
    // districts are planned by service only, months not at all, and quarters were not planned in 2017
    assert_eq!(base("east", "2017"), Err(MissingReason::NotCollected));
    assert_eq!(base("north", "2017-05"), Err(MissingReason::NotCollected));
    assert_eq!(base("north", "2017-Q1"), Err(MissingReason::NoRecord));
    assert_eq!(base("south", "2017"), Err(MissingReason::NoRecord));
    let by_service = Question {
        group_by: vec![GroupKey::Dimension("service".parse().unwrap())],
        comparisons: vec![Base::Target.into()],
        ..book.question("sent", "east", "2017", false)
    };
    let bases = |question: &Question| {
        let figures = book.answer(question).unwrap().into_iter();
        figures
            .map(|mut figure| figure.comparisons.remove(0).base)
            .collect::<Vec<_>>()
    };
    assert_eq!(bases(&by_service), [Ok("100".to_owned()), Ok("0".to_owned())]);
    let of_the_province = Question {
        areas: book.question("sent", "north", "2017", false).areas,
        ..by_service.clone()
    };
    assert_eq!(bases(&of_the_province), [const { Err(MissingReason::NotCollected) }; 2]);
    let by_reporter = Question {
        group_by: vec![GroupKey::Reporter],
        ..of_the_province
    };
    assert_eq!(
        bases(&by_reporter),
        [Err(MissingReason::NotCollected), Err(MissingReason::NotCollected)]
    );
}

#[test]
fn rule_28_two_targets_of_one_figure_are_not_added() {
    let mut book = filled();
    book.post("plan.sent", "north", "2017", "100");
    assert_eq!(
        missing(&against_target(&book, "sent", "north", "2017")),
        Some(MissingReason::NotAdditive)
    );
}

#[test]
fn rule_28_a_target_was_set_by_who_recorded_its_number() {
    let mut book = filled();
    // the province's post office has no plan of its own; that of the railway stands
    book.post("plan.sent", "north", "2017", "not collected")
        .record("rail", "plan.sent", "north", "2016", "suppressed");
    let of = |period| against_target(&book, "sent", "north", period);
    assert_eq!(of("2017").base.as_deref(), Ok("500"));
    assert_eq!(of("2017").target.unwrap().reporter.as_str(), "rail");
    // that there is none to be told is no target
    assert_eq!(
        (of("2016").base, of("2016").target),
        (Err(MissingReason::Suppressed), None)
    );
}

#[test]
fn rule_28_targets_never_enter_a_total() {
    let mut book = filled();
    book.service("plan.sent_by_service", "fixed", "east", "2017", "100")
        .record("rail", "plan.sent_by_quarter", "north", "2017-Q1", "120");
    assert_eq!(
        book.refusal("plan.sent_by_service", "east", "2017"),
        RefusalReason::NotAdditive
    );
    assert_eq!(
        book.refusal("plan.sent_by_quarter", "north", "2017"),
        RefusalReason::PeriodNotDivisible
    );
    assert_eq!(
        book.value("plan.sent_by_quarter", "north", "2017-Q1").as_deref(),
        Ok("120")
    );
    assert_eq!(book.value("sent", "north", "2017").as_deref(), Ok("480"));
}

#[test]
fn rule_28_what_is_asked_of_a_target_in_vain_is_refused() {
    let book = filled();
    let question = Question {
        comparisons: vec![Comparing {
            contribution_of: Some(GroupKey::Reporter),
            ..Base::Target.into()
        }],
        group_by: vec![GroupKey::Reporter],
        ..book.question("people", "north", "2017", false)
    };
    insta::assert_snapshot!(book.refusals(&question), @r#"
CONFLICT comparisons[0].contribution_of: a target has no growth to contribute to; leave it out with COMPARISON_KIND_TARGET
NO_TARGET comparisons[0].kind: no metric of the catalogue is a target of people; ask for it without COMPARISON_KIND_TARGET, or define a metric with target_of = "people"
"#);
}
