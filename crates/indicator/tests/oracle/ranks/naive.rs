//! Ranking in the plainest way: each figure is compared with all others.
//!
//! The number of a figure before rounding is taken from its explanation.

use almanac_catalog::Catalog;
use almanac_indicator::{
    AreaSelection, ComparedNumber, FigureKey, OneFigure, OrderKey, OrderNumber, Question, Ranking, State, Window,
    explain,
};
use almanac_model::{Exact, Figure, FigureArea, FigureRank, Period, Qualifier, RankAmong};

/// A figure, its number before rounding, and that of the period before.
pub(super) struct Looked {
    figure: Figure,
    value: Option<Exact>,
    base: Option<Exact>,
}

/// A figure, and the number by which it is put in order.
pub(super) struct Numbered<'l> {
    pub(super) figure: &'l Figure,
    pub(super) number: Option<Exact>,
    bounded: bool,
}

/// A whole number or a fraction of two, of any length.
fn exact_of(text: &str) -> Exact {
    let whole = |text: &str| {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let ten = Exact::from_integer(10);
        let digit = |sum: Exact, digit: char| {
            let digit = digit.to_digit(10).expect("a number has digits").into();
            &(&sum * &ten) + &Exact::from_integer(digit)
        };
        let number = digits.chars().fold(Exact::from_integer(0), digit);
        if negative { -&number } else { number }
    };
    let divided = |one: &str, other: &str| whole(one).checked_div(&whole(other)).expect("no denominator is zero");
    if let Some((numerator, denominator)) = text.split_once('/') {
        divided(numerator, denominator)
    } else if let Some((digits, decimals)) = text.split_once('.') {
        divided(
            &format!("{digits}{decimals}"),
            &format!("1{}", "0".repeat(decimals.len())),
        )
    } else {
        whole(text)
    }
}

/// The number before rounding of the same figure of a period; `None` when there is none.
fn number_in(state: State<'_>, question: &Question, figure: &Figure, period: Period) -> Option<Exact> {
    let (measures, formulas) = (question.measures.iter(), question.formulas.iter());
    let of_figure = Question {
        measures: measures
            .filter(|one| *one.to_string() == *figure.measure)
            .cloned()
            .collect(),
        formulas: formulas
            .filter(|one| one.id.as_str() == &*figure.measure)
            .cloned()
            .collect(),
        periods: vec![period],
        areas: match &figure.area {
            FigureArea::One(area) => AreaSelection::List(vec![area.clone()]),
            FigureArea::Sum(_) => question.areas.clone(),
        },
        comparisons: Vec::new(),
        ranking: Ranking::default(),
        ..question.clone()
    };
    let key = FigureKey {
        dimensions: figure.dimensions.clone(),
        ..FigureKey::default()
    };
    let one = OneFigure::choose(state.catalog, &of_figure, &key).ok()?;
    let explained = explain(state, &one, Window { skip: 0, take: 0 }).ok()??;
    let number = explained.exact?;
    Some(exact_of(number.fraction.as_ref().unwrap_or(&number.digits)))
}

pub(super) fn looked(state: State<'_>, question: &Question, figure: Figure) -> Looked {
    Looked {
        value: number_in(state, question, &figure, figure.period),
        base: number_in(state, question, &figure, figure.period.offset(-1)),
        figure,
    }
}

pub(super) fn numbered(looked: &Looked, by: OrderNumber) -> Numbered<'_> {
    let Looked { figure, value, base } = looked;
    let change = value
        .as_ref()
        .zip(base.as_ref())
        .map(|(value, base)| (value - base, base));
    let (number, is_compared) = match by {
        OrderNumber::Compared(_, ComparedNumber::Change) => (change.map(|(change, _)| change), true),
        OrderNumber::Compared(..) => {
            let growth = |(change, base): (Exact, &Exact)| change.checked_div(base).filter(|_| base.sign().is_gt());
            (change.and_then(growth), true)
        }
        _ => (value.clone(), false),
    };
    let of_base = figure.comparisons[0].base_qualifier;
    Numbered {
        bounded: figure.qualifier != Qualifier::Exact || is_compared && of_base != Qualifier::Exact,
        figure,
        number,
    }
}

/// How many of the others come before it.
fn before<'n>(one: &Numbered<'_>, others: impl Iterator<Item = &'n Numbered<'n>>, descending: bool) -> usize {
    let is_before = |other: &&Numbered<'_>| match (&one.number, &other.number) {
        (Some(own), Some(other)) if descending => other > own,
        (Some(own), Some(other)) => other < own,
        (own, other) => own.is_none() && other.is_some(),
    };
    others.filter(is_before).count()
}

fn rank(
    catalog: &Catalog,
    question: &Question,
    all: &[Numbered<'_>],
    one: &Numbered<'_>,
    by: &OrderKey,
) -> Option<FigureRank> {
    let among = question.ranking.rank_among?;
    let parent = |figure: &Figure| {
        let day = question.on_boundaries_of.unwrap_or(figure.period.last_day());
        figure.area.one().and_then(|area| catalog.parent_at(area, day))
    };
    let level = |figure: &Figure| Some(&catalog.area(figure.area.one()?.as_str())?.level);
    let is_peer = |other: &&Numbered<'_>| {
        let (own, other) = (one.figure, other.figure);
        (&own.measure, own.period, &own.dimensions) == (&other.measure, other.period, &other.dimensions)
            && level(own) == level(other)
            && (among == RankAmong::Level || parent(own) == parent(other))
    };
    one.number.as_ref()?;
    let peers: Vec<&Numbered<'_>> = all
        .iter()
        .filter(is_peer)
        .filter(|peer| peer.number.is_some())
        .collect();
    let equal = peers.iter().filter(|peer| peer.number == one.number).count();
    Some(FigureRank {
        by: by.to_string(),
        position: count(before(one, peers.iter().copied(), by.descending) + 1),
        of: count(peers.len()),
        tied: equal > 1,
        bounded: peers.iter().any(|peer| peer.bounded),
        parent: parent(one.figure).filter(|_| among == RankAmong::Siblings).cloned(),
    })
}

fn count(number: usize) -> u32 {
    number.try_into().expect("a world has few figures")
}

/// The figures of a question in its order.
pub(super) fn sorted(catalog: &Catalog, question: &Question, all: &[Numbered<'_>], by: &OrderKey) -> Vec<Figure> {
    let mut sorted = Vec::new();
    let measures = question.measures.iter().map(ToString::to_string);
    let formulas = question.formulas.iter().map(|asked| asked.id.to_string());
    for measure in measures.chain(formulas) {
        for period in &question.periods {
            let is_of = |one: &&Numbered<'_>| *one.figure.measure == *measure && one.figure.period == *period;
            let mut part: Vec<&Numbered<'_>> = all.iter().filter(is_of).collect();
            let whole = part.clone();
            let position = |one: &Numbered<'_>| before(one, whole.iter().copied(), by.descending);
            // equal ones stay as they are
            part.sort_by_key(|one| position(one));
            if let Some(top) = question.ranking.top {
                part.retain(|one| one.number.is_some() && count(position(one)) < top);
            }
            sorted.extend(part.into_iter().map(|one| Figure {
                rank: rank(catalog, question, all, one, by).map(Box::new),
                ..one.figure.clone()
            }));
        }
    }
    sorted
}
