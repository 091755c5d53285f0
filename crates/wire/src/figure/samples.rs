//! Figures of every kind, for tests of their forms.

use std::collections::BTreeSet;

use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, Coverage, Figure, FigureArea, FigureFlag,
    FigureRank, FigureShare, MissingReason, NoPercent, Operand, Period, Qualifier, Quality, Quotient, Revision,
    TargetSetting,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::calendar::{Calendars, calendar_rule_to_proto};

/// The calendars of [`figure`].
pub(super) fn calendars() -> Calendars {
    let days = [almanac_model::ClosingDay::new(14).unwrap(); 12];
    let health = almanac_model::Calendar::new("health", days, 1, almanac_model::YearName::Start).unwrap();
    Calendars::from_proto(&[calendar_rule_to_proto(health)]).unwrap()
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

fn period() -> impl Strategy<Value = Period> {
    select(
        &[
            "2017",
            "2016",
            "2017-05",
            "2017-Q3",
            "2017-W18",
            "2017-05-14",
            "health:2017-05",
        ][..],
    )
    .prop_map(|text| calendars().period(text).unwrap())
}

/// Numbers that fit into a column, and such as do not.
fn value() -> impl Strategy<Value = Result<String, MissingReason>> {
    let reasons = [
        MissingReason::NotCollected,
        MissingReason::CannotExist,
        MissingReason::Suppressed,
        MissingReason::Unspecified,
        MissingReason::NoRecord,
        MissingReason::DenominatorZero,
        MissingReason::Incomplete,
        MissingReason::NotAdditive,
        MissingReason::NotRestatable,
    ];
    prop_oneof![
        6 => "(0|-?[1-9][0-9]{0,6})".prop_map(Ok),
        3 => "-?[1-9][0-9]{0,6}[.][0-9]{2}".prop_map(Ok),
        1 => "-?[1-9][0-9]{17,40}([.][0-9]{1,12})?".prop_map(Ok),
        2 => select(reasons.to_vec()).prop_map(Err),
    ]
}

fn qualifier() -> impl Strategy<Value = Qualifier> {
    select(
        &[
            Qualifier::Exact,
            Qualifier::AtLeast,
            Qualifier::AtMost,
            Qualifier::About,
        ][..],
    )
}

fn quality() -> impl Strategy<Value = Option<Quality>> {
    option::of(select(
        &[Quality::Estimated, Quality::Preliminary, Quality::Official][..],
    ))
}

fn operand() -> impl Strategy<Value = Operand> {
    let sources = vec(text(&["circular 06/2018", "ca-mau-post", ""]), 0..3);
    let formula = text(&["telephone.subscriptions", "population.inhabitants", ""]);
    (formula, value(), period(), sources, quality(), qualifier()).prop_map(
        |(formula, value, period, sources, quality, qualifier)| Operand {
            formula: formula.into(),
            value,
            period,
            sources: sources.into(),
            quality,
            qualifier,
        },
    )
}

fn area() -> impl Strategy<Value = FigureArea> {
    let id = || select(&["96", "9601", "9602"][..]).prop_map(|id| id.parse::<almanac_model::AreaId>().unwrap());
    prop_oneof![
        5 => id().prop_map(FigureArea::One),
        1 => vec(id(), 1..4).prop_map(FigureArea::Sum),
    ]
}

fn flags() -> impl Strategy<Value = BTreeSet<FigureFlag>> {
    let all = [
        FigureFlag::PartialPeriod,
        FigureFlag::PartialCoverage,
        FigureFlag::CarriedForward,
        FigureFlag::Unmatched,
        FigureFlag::OutOfRange,
        FigureFlag::Restated,
        FigureFlag::DenominatorOtherPeriod,
        FigureFlag::CumulativeDecreased,
        FigureFlag::Break,
    ];
    prop_oneof![2 => Just(BTreeSet::new()), 1 => btree_set(select(all.to_vec()), 0..9)]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    let target = TargetSetting {
        reporter: "planning-office".parse().unwrap(),
        revision: Revision(7),
        time: Some("2017-01-01T00:00:00.25Z".parse().unwrap()),
    };
    let change = Change {
        absolute: "19.09".to_owned(),
        unit: ChangeUnit::PercentagePoint,
        percent: Ok("10.50".to_owned()),
        index: Ok("110.50".to_owned()),
    };
    (value(), option::of(Just(change)), option::of(Just(target))).prop_map(|(base, change, target)| Comparison {
        kind: if target.is_some() {
            ComparisonKind::Target
        } else {
            ComparisonKind::PreviousPeriod
        },
        base_period: Some("2016".parse().unwrap()),
        base,
        base_qualifier: Qualifier::Exact,
        base_quality: Some(Quality::Estimated),
        change,
        cagr: Err(NoPercent::Span),
        contribution: None,
        like: None,
        target,
        flags: BTreeSet::from([ComparisonFlag::Partial]),
    })
}

fn share() -> impl Strategy<Value = FigureShare> {
    value().prop_map(|total| FigureShare {
        of: "area".to_owned(),
        total,
        total_qualifier: Qualifier::Exact,
        total_quality: None,
        total_flags: BTreeSet::from([FigureFlag::PartialCoverage]),
        percent: Err(NoPercent::Missing),
    })
}

fn rank() -> impl Strategy<Value = FigureRank> {
    (1..9_u32, any::<bool>()).prop_map(|(position, tied)| FigureRank {
        by: "value desc".to_owned(),
        position,
        of: 9,
        tied,
        bounded: false,
        parent: tied.then(|| "96".parse().unwrap()),
    })
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let count = || prop_oneof![0..400_u32, Just(u32::MAX)];
    (count(), count()).prop_map(|(reported, expected)| Coverage { reported, expected })
}

fn seldom<T: Clone + std::fmt::Debug>(there: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop_oneof![5 => Just(None), 1 => there.prop_map(Some)]
}

prop_compose! {
    /// A figure with any of what figures have.
    pub(super) fn figure()(
        measure in text(&["telephone.density", "post.items", ""]),
        area in area(),
        period in period(),
        dimensions in btree_map(text(&["service", "reporter"]), text(&["mobile", "fixed"]), 0..3),
        value in value(),
        unit in text(&["percent", "item"]),
        (quality, qualifier) in (quality(), qualifier()),
        quotient in option::of((operand(), operand())),
        coverage in option::of(coverage()),
        flags in flags(),
        carried_from in seldom(Just("2016-12-31".parse().unwrap())),
        comparisons in prop_oneof![4 => Just(Vec::new()), 1 => vec(comparison(), 1..3)],
        share in seldom(share()),
        rank in seldom(rank()),
    ) -> Figure {
        Figure {
            area, period, dimensions, value, quality, qualifier, coverage, flags, carried_from, comparisons,
            measure: measure.into(),
            unit: unit.into(),
            quotient: quotient.map(|(numerator, denominator)| Box::new(Quotient { numerator, denominator })),
            share: share.map(Box::new),
            rank: rank.map(Box::new),
        }
    }
}
