//! Positions among numbers: standard competition ranking.

use std::collections::BTreeMap;

use almanac_catalog::Catalog;
use almanac_model::{AreaId, Exact, FigureArea, FigureRank, LevelId, Period, RankAmong};

use super::survey::{Numbers, of_figure};
use super::{OrderBy, OrderKey};
use crate::compare::Measured;
use crate::grid::{Grid, One, Place};
use crate::question::{Question, State};
use crate::share::Totals;

/// The areas among which an area is ranked: those of its level, or of them those that lie under the same area.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Peers<'c> {
    level: &'c LevelId,
    parent: Option<&'c AreaId>,
}

impl<'c> Peers<'c> {
    /// `None` for several areas as one sum, and for areas of another catalogue.
    fn of(catalog: &'c Catalog, question: &Question, (area, period): &(FigureArea, Period)) -> Option<Self> {
        let area = catalog.area(area.one()?.as_str())?;
        let day = question.on_boundaries_of.unwrap_or(period.last_day());
        let parent = match question.ranking.rank_among? {
            RankAmong::Siblings => catalog.parent_at(&area.id, day),
            RankAmong::Level => None,
        };
        let level = &area.level;
        Some(Self { level, parent })
    }
}

/// The rank of each figure, in the order of the grid; none where it has no number, or was not asked for one.
pub(super) fn ranks(
    catalog: &Catalog,
    question: &Question,
    grid: &Grid<'_>,
    seen: &[Numbers],
) -> Vec<Option<FigureRank>> {
    let peers = grid.targets.iter().map(|target| Peers::of(catalog, question, target));
    let peers: Vec<Option<Peers<'_>>> = peers.collect();
    let mut fields: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, Place { plan, target, group }) in grid.places().enumerate() {
        if let Some(peers) = &peers[target]
            && first(&seen[index]).is_some()
        {
            let period = grid.targets[target].1;
            fields.entry((plan, period, group, peers)).or_default().push(index);
        }
    }
    let mut ranks = vec![None; seen.len()];
    for ((.., peers), field) in fields {
        let numbers = field.iter().filter_map(|index| first(&seen[*index])).collect();
        let ranked = ranked(question, peers, &numbers);
        for (index, rank) in field.into_iter().zip(ranked) {
            ranks[index] = Some(rank);
        }
    }
    ranks
}

/// The rank of one figure of a question: of its peers only those are looked at that have its period and codes.
pub(crate) fn rank_of_one(
    state: State<'_>,
    question: &Question,
    targets: &[(FigureArea, Period)],
    one: One<'_>,
) -> Option<FigureRank> {
    let target = one.target;
    let peers = Peers::of(state.catalog, question, target)?;
    let wanted = [question.ranking.ranked_by().0];
    let mut totals = Totals::new(state, question);
    let (mut numbers, mut own) = (Vec::new(), None);
    for other in targets.iter().filter(|other| other.1 == target.1) {
        if Peers::of(state.catalog, question, other).as_ref() != Some(&peers) {
            continue;
        }
        let peer = One { target: other, ..one };
        let found = of_figure(&mut totals, (state, question), peer, &wanted).pop();
        if let Some(number) = found.flatten() {
            own = own.or((other == target).then_some(numbers.len()));
            numbers.push(number);
        }
    }
    let numbers = numbers.iter().collect();
    ranked(question, &peers, &numbers).into_iter().nth(own?)
}

/// The number by which a figure is ranked.
fn first(numbers: &Numbers) -> Option<&Measured> {
    numbers.first()?.as_ref()
}

/// The ranks of numbers among each other, in their order.
fn ranked(question: &Question, peers: &Peers<'_>, numbers: &Vec<&Measured>) -> Vec<FigureRank> {
    let (number, descending) = question.ranking.ranked_by();
    let by = OrderKey {
        by: OrderBy::Number(number),
        descending,
    };
    let (by, bounded) = (by.to_string(), numbers.iter().any(|number| number.bounded));
    let exact: Vec<&Exact> = numbers.iter().map(|number| &number.number).collect();
    let placed = positions(&exact, descending).into_iter();
    placed
        .map(|Position { position, tied }| FigureRank {
            by: by.clone(),
            position: count(position),
            of: count(numbers.len()),
            tied,
            bounded,
            parent: peers.parent.cloned(),
        })
        .collect()
}

/// A position, and whether others share it.
pub(super) struct Position {
    pub(super) position: usize,
    pub(super) tied: bool,
}

/// The position of each number: one more than there are numbers before it.
pub(super) fn positions(numbers: &[&Exact], descending: bool) -> Vec<Position> {
    let compare = |one: &Exact, other: &Exact| if descending { other.cmp(one) } else { one.cmp(other) };
    let mut sorted: Vec<&Exact> = numbers.to_vec();
    sorted.sort_by(|one, other| compare(one, other));
    let place = |number: &&Exact| {
        let before = sorted.partition_point(|other| compare(other, number).is_lt());
        let not_after = sorted.partition_point(|other| compare(other, number).is_le());
        Position {
            position: before + 1,
            tied: not_after - before > 1,
        }
    };
    numbers.iter().map(place).collect()
}

/// As many as [`super::MAX_RANKED`] at most.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
