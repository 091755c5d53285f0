//! Neither orders nor ranks tell of a confidential number: it is moved, and others with it, so that all published figures
//! stay what they are; then every order, every first one and every rank stays too.

use std::collections::BTreeSet;

use almanac_catalog::MeasureId;
use almanac_indicator::{
    AreaSelection, Base, ComparedNumber, GroupKey, OrderBy, OrderKey, OrderNumber, Question, Ranking, ShareOf, State,
    answer,
};
use almanac_model::{AreaId, Exact, Figure, MetricId, RankAmong, Revision};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::linear::Span;
use crate::{CELLS, Content, catalog, confidential, content, cube, everything};

/// Two kinds of period: a month with one before it, and the quarter in which it lies.
const ASKED: [&str; 2] = ["2017-04", "2017-Q2"];

/// The districts by value, by change and by share: all of them from the greatest on, and those with the least, each with its
/// rank.
fn rankings(metric: &str) -> Vec<Question> {
    let measure = MeasureId::Metric(MetricId::new(metric).unwrap());
    let north = AreaId::new("north").unwrap();
    let kind = GroupKey::Dimension("kind".parse().unwrap());
    let numbers = [
        OrderNumber::Value,
        OrderNumber::Compared(0, ComparedNumber::Change),
        OrderNumber::Compared(0, ComparedNumber::GrowthPercent),
        OrderNumber::SharePercent,
    ];
    let question = |(number, descending): (OrderNumber, bool)| Question {
        areas: AreaSelection::Under {
            area: north.clone(),
            level: "district".parse().unwrap(),
        },
        periods: ASKED.iter().map(|period| period.parse().unwrap()).collect(),
        group_by: vec![kind.clone()],
        comparisons: vec![Base::PreviousPeriod.into()],
        share_of: Some(ShareOf::Key(kind.clone())),
        ranking: Ranking {
            order_by: vec![OrderKey {
                by: OrderBy::Number(number),
                descending,
            }],
            top: (!descending).then_some(1),
            rank_among: Some(RankAmong::Siblings),
        },
        ..Question::one(measure.clone(), north.clone(), "2017".parse().unwrap())
    };
    let both = numbers.into_iter().flat_map(|number| [(number, true), (number, false)]);
    both.map(question).collect()
}

fn ranked(metric: &str, contents: &[Content]) -> Vec<Vec<Figure>> {
    let catalog = catalog();
    let cube = cube(&catalog, metric, contents);
    let state = State {
        catalog: &catalog,
        cube: &cube,
        as_of: Revision::LATEST,
    };
    let answered = |question| answer(state, &question, 0, usize::MAX).unwrap().figures;
    rankings(metric).into_iter().map(answered).collect()
}

/// The combinations of all published figures.
fn published(metric: &str, contents: &[Content]) -> Span {
    let asked = everything(&catalog(), metric, contents);
    let published = asked.into_iter().filter(|one| one.figure.value.is_ok());
    let rows: BTreeSet<Vec<Exact>> = published.map(|one| one.row).collect();
    let mut span = Span::default();
    for row in rows {
        span.add(row);
    }
    // no published figure reads what has no number, so that it need not move
    for (cell, _) in contents
        .iter()
        .enumerate()
        .filter(|(_, content)| number(content).is_none())
    {
        let mut unit = vec![Exact::from_integer(0); CELLS];
        unit[cell] = Exact::from_integer(1);
        span.add(unit);
    }
    span
}

/// The contents with a secret moved, and all numbers with it that have to move so that no published figure does.
fn moved(published: &Span, contents: &[Content], secret: usize) -> Vec<Content> {
    let direction = published.direction(secret, CELLS).expect("no secret is told");
    let by = whole(&direction);
    contents
        .iter()
        .zip(by)
        .map(|(content, by)| match *content {
            Content::Number(value) => Content::Number(value + by),
            Content::Confidential(value) => Content::Confidential(value + by),
            nothing => nothing,
        })
        .collect()
}

const fn number(content: &Content) -> Option<i64> {
    match content {
        Content::Number(value) | Content::Confidential(value) => Some(*value),
        Content::Nothing | Content::NotCollected => None,
    }
}

/// A direction in whole numbers: so often that none is a fraction.
fn whole(direction: &[Exact]) -> Vec<i64> {
    let times = |times: i128| direction.iter().map(move |one| one * &Exact::from_integer(times));
    let as_whole = |one: Exact| one.to_fraction_string().parse().ok();
    let mut found = (1..1_000_000).filter_map(|factor| times(factor).map(as_whole).collect::<Option<Vec<i64>>>());
    found.next().expect("the fractions are small")
}

proptest! {
    #![proptest_config(Config {
        cases: 3,
        rng_seed: RngSeed::Fixed(29),
        failure_persistence: None,
        max_shrink_iters: 20,
        ..Config::default()
    })]

    #[test]
    fn rule_20_no_order_and_no_rank_changes_with_a_confidential_number(
        mut contents in prop::collection::vec(content(), CELLS),
        metric in prop::sample::select(vec!["sum", "average"]),
        at in 0..CELLS,
    ) {
        contents[at] = Content::Confidential(number(&contents[at]).unwrap_or(7));
        let before = ranked(metric, &contents);
        prop_assert!(before.iter().flatten().any(|figure| figure.rank.is_some()));
        let published = published(metric, &contents);
        for secret in confidential(&contents).take(3) {
            let moved = moved(&published, &contents, secret);
            prop_assert_ne!(number(&moved[secret]), number(&contents[secret]));
            prop_assert_eq!(&ranked(metric, &moved), &before);
        }
    }
}
