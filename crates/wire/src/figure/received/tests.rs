//! Figures there and back, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, FigureRank, FigureShare, NoPercent, Revision,
    TargetSetting,
};

use super::*;
use crate::figure_to_proto;

fn operand_of(formula: &str, value: Result<&str, MissingReason>) -> Operand {
    Operand {
        formula: formula.into(),
        value: value.map(str::to_owned),
        period: "2016".parse().unwrap(),
        sources: ["circular 06/2018".to_owned()].into(),
        quality: value.is_ok().then_some(Quality::Estimated),
        qualifier: Qualifier::Exact,
    }
}

fn compared(percent: Result<String, NoPercent>) -> Comparison {
    Comparison {
        kind: ComparisonKind::SamePeriodLastYear,
        base_period: Some("2016".parse().unwrap()),
        base: Ok("100.00".to_owned()),
        base_qualifier: Qualifier::AtLeast,
        base_quality: Some(Quality::Estimated),
        change: Some(Change {
            absolute: "19.09".to_owned(),
            unit: ChangeUnit::PercentagePoint,
            index: percent.clone(),
            percent,
        }),
        cagr: Err(NoPercent::Span),
        contribution: Some(Ok("3.20".to_owned())),
        like: Some(Ok("119.01".to_owned())),
        target: None,
        flags: BTreeSet::from([ComparisonFlag::NotComparable]),
    }
}

fn against_a_target() -> Comparison {
    Comparison {
        kind: ComparisonKind::Target,
        target: Some(TargetSetting {
            reporter: "planning-office".parse().unwrap(),
            revision: Revision(7),
            time: Some("2017-01-01T00:00:00.25Z".parse().unwrap()),
        }),
        cagr: Ok("1.00".to_owned()),
        contribution: None,
        like: None,
        change: Some(Change {
            absolute: "19.09".to_owned(),
            unit: ChangeUnit::Figure("item".to_owned()),
            index: Ok("110.50".to_owned()),
            percent: Ok("10.50".to_owned()),
        }),
        flags: BTreeSet::from([ComparisonFlag::LikeForLike]),
        ..compared(Err(NoPercent::BaseNegative))
    }
}

fn full() -> Figure {
    Figure {
        measure: "telephone.density".into(),
        area: FigureArea::One("96".parse().unwrap()),
        period: "2017".parse().unwrap(),
        dimensions: BTreeMap::from([("service".to_owned(), "mobile".to_owned())]),
        value: Ok("119.09".to_owned()),
        unit: "percent".into(),
        quality: Some(Quality::Preliminary),
        qualifier: Qualifier::AtLeast,
        quotient: Some(Box::new(Quotient {
            numerator: operand_of("telephone.subscriptions", Ok("1456018")),
            denominator: operand_of("population.inhabitants", Err(MissingReason::NoRecord)),
        })),
        coverage: Some(Coverage {
            reported: 0,
            expected: 3,
        }),
        flags: BTreeSet::from([FigureFlag::CarriedForward, FigureFlag::DenominatorOtherPeriod]),
        carried_from: Some("2016-12-31".parse().unwrap()),
        comparisons: vec![
            compared(Ok("110.50".to_owned())),
            compared(Err(NoPercent::BaseZero)),
            against_a_target(),
        ],
        share: Some(Box::new(FigureShare {
            of: "area".to_owned(),
            total: Ok("400.00".to_owned()),
            total_qualifier: Qualifier::About,
            total_quality: Some(Quality::Preliminary),
            total_flags: BTreeSet::from([FigureFlag::PartialCoverage]),
            percent: Ok("29.77".to_owned()),
        })),
        rank: Some(Box::new(FigureRank {
            by: "growth_percent desc".to_owned(),
            position: 2,
            of: 9,
            tied: true,
            bounded: true,
            parent: Some("96".parse().unwrap()),
        })),
    }
}

#[test]
fn what_is_sent_is_what_is_received() {
    let missing = Figure {
        value: Err(MissingReason::NotAdditive),
        quality: None,
        qualifier: Qualifier::Exact,
        quotient: None,
        coverage: None,
        flags: BTreeSet::new(),
        carried_from: None,
        comparisons: vec![Comparison {
            base_period: None,
            base: Err(MissingReason::CannotExist),
            base_qualifier: Qualifier::Exact,
            base_quality: None,
            change: None,
            contribution: Some(Err(NoPercent::Missing)),
            like: Some(Err(MissingReason::NoRecord)),
            ..compared(Err(NoPercent::BaseZero))
        }],
        share: Some(Box::new(FigureShare {
            of: "service".to_owned(),
            total: Err(MissingReason::NoRecord),
            total_qualifier: Qualifier::Exact,
            total_quality: None,
            total_flags: BTreeSet::new(),
            percent: Err(NoPercent::Missing),
        })),
        rank: None,
        ..full()
    };
    let sum = Figure {
        share: None,
        rank: Some(Box::new(FigureRank {
            tied: false,
            parent: None,
            ..*full().rank.unwrap()
        })),
        area: FigureArea::Sum(vec!["95".parse().unwrap(), "96".parse().unwrap()]),
        flags: BTreeSet::from([FigureFlag::Restated, FigureFlag::Break]),
        ..full()
    };
    assert_eq!(figure_to_proto(sum.clone()).area, "95+96");
    for figure in [full(), missing, sum] {
        let received = figure_from_proto(figure_to_proto(figure.clone()), &Calendars::default());
        assert_eq!(received, Ok(figure));
    }
}

#[test]
fn what_is_no_figure_is_refused_by_field() {
    type Spoil = fn(&mut pb::Figure);
    let reported: Spoil = |figure| {
        figure.coverage = Some(pb::Coverage {
            reported: Some(-1),
            expected: Some(1),
        });
    };
    let cases: [(Spoil, &str); 10] = [
        (
            |figure| figure.combined_areas = vec!["95+96".to_owned()],
            "combined_areas",
        ),
        (|figure| figure.area = "Cà Mau".to_owned(), "area"),
        (|figure| figure.period = "17".to_owned(), "period"),
        (|figure| figure.value = None, "value has neither"),
        (|figure| figure.quality = 9, "quality 9 is not known"),
        (|figure| figure.flags.push(99), "flags 99 is not known"),
        (|figure| figure.denominator = None, "a quotient has one side"),
        (|figure| figure.carried_from = "soon".to_owned(), "carried_from"),
        (reported, "coverage.reported -1"),
        (
            |figure| figure.rank = Some(pb::FigureRank::default()),
            "rank.position 0",
        ),
    ];
    for (spoil, expected) in cases {
        let mut figure = figure_to_proto(full());
        spoil(&mut figure);
        let error = figure_from_proto(figure, &Calendars::default())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
