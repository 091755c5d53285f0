//! Figures put in order, and the first of them taken.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use almanac_catalog::Catalog;
use almanac_model::{Exact, Period};

use super::place::positions;
use super::survey::Numbers;
use super::{OrderBy, Ranking};
use crate::answer::group_texts;
use crate::grid::{Grid, Place};
use crate::question::{GroupKey, Question};

/// A figure with its number in the order of an answer that is not ordered.
#[derive(Clone, Copy)]
pub(super) struct Numbered {
    pub(super) index: usize,
    pub(super) place: Place,
}

/// The figures of a question that are answered, in their order.
pub(super) fn sorted(catalog: &Catalog, question: &Question, grid: &Grid<'_>, seen: &[Numbers]) -> Vec<Numbered> {
    let numbered = grid.places().enumerate();
    let mut figures: Vec<Numbered> = numbered.map(|(index, place)| Numbered { index, place }).collect();
    if question.ranking.order_by.is_empty() {
        return figures;
    }
    let sorter = Sorter::new(catalog, question, grid, seen);
    figures.sort_by(|one, other| sorter.compare(*one, *other));
    match question.ranking.top {
        Some(top) => sorter.first_of_each(&figures, usize::try_from(top).unwrap_or(usize::MAX)),
        None => figures,
    }
}

/// What is compared where everything before it is equal.
#[derive(Clone, Copy)]
enum Step<'q> {
    /// Indicators and formulas in the order of the question: always the first step.
    Indicator,
    /// Periods as the question lists them, before the first number, where no key puts them in another order.
    AskedPeriod,
    /// What a figure is of.
    Name(&'q OrderBy),
    /// The number of this position among those that were looked up.
    Number(usize),
}

/// Compares figures by the keys of a question.
struct Sorter<'a> {
    grid: &'a Grid<'a>,
    seen: &'a [Numbers],
    /// Each with whether the greatest is the first.
    steps: Vec<(Step<'a>, bool)>,
    /// The position of each period in the question.
    periods: BTreeMap<Period, usize>,
    /// For each plan the position of each code among those of its key.
    codes: Vec<BTreeMap<&'a GroupKey, BTreeMap<String, usize>>>,
}

impl<'a> Sorter<'a> {
    fn new(catalog: &Catalog, question: &'a Question, grid: &'a Grid<'a>, seen: &'a [Numbers]) -> Self {
        let positions = |texts: Vec<String>| texts.into_iter().zip(0..).collect();
        let codes = grid.plans.iter().map(|plan| {
            let keys = question.group_by.iter();
            keys.map(|key| (key, positions(group_texts(catalog, plan, question, key))))
                .collect()
        });
        Self {
            codes: codes.collect(),
            periods: question.periods.iter().copied().zip(0..).collect(),
            steps: steps(&question.ranking),
            grid,
            seen,
        }
    }

    /// What the steps leave equal stays in the order of the question.
    fn compare(&self, one: Numbered, other: Numbered) -> Ordering {
        let mut steps = self.steps.iter().map(|step| self.by(step, one, other));
        let found = steps.find(|ordering| ordering.is_ne());
        found.unwrap_or_else(|| one.index.cmp(&other.index))
    }

    fn by(&self, (step, descending): &(Step<'_>, bool), one: Numbered, other: Numbered) -> Ordering {
        let ascending = match step {
            Step::Indicator => one.place.plan.cmp(&other.place.plan),
            Step::AskedPeriod => {
                let asked = |one: Numbered| self.periods.get(&self.grid.targets[one.place.target].1);
                asked(one).cmp(&asked(other))
            }
            Step::Name(by) => self.by_name(by, one.place, other.place),
            Step::Number(number) => {
                let of = |one: Numbered| self.seen[one.index].get(*number)?.as_ref();
                match (of(one), of(other)) {
                    (Some(one), Some(other)) => one.number.cmp(&other.number),
                    // what has no number comes last in both directions
                    (one, other) => return other.is_some().cmp(&one.is_some()),
                }
            }
        };
        if *descending { ascending.reverse() } else { ascending }
    }

    fn by_name(&self, by: &OrderBy, one: Place, other: Place) -> Ordering {
        let target = |place: Place| &self.grid.targets[place.target];
        match by {
            OrderBy::Area => target(one).0.areas().cmp(target(other).0.areas()),
            OrderBy::Period => {
                let time = |place: Place| {
                    let period = target(place).1;
                    (period.start(), period.last_day(), period)
                };
                time(one).cmp(&time(other))
            }
            OrderBy::Group(key) => self.code(key, one).cmp(&self.code(key, other)),
            OrderBy::Number(_) => Ordering::Equal,
        }
    }

    fn code(&self, key: &GroupKey, place: Place) -> Option<usize> {
        let text = self.grid.groups[place.plan][place.group].get(key)?;
        self.codes[place.plan].get(key)?.get(text).copied()
    }

    /// Of sorted figures those that are among so many first ones by the first number, in each part in which numbers are
    /// compared. Equal ones are all kept; those without a number are not.
    fn first_of_each(&self, sorted: &[Numbered], top: usize) -> Vec<Numbered> {
        let is_number = |(step, _): &(Step<'_>, bool)| matches!(step, Step::Number(_));
        let Some(number) = self.steps.iter().position(is_number) else {
            return sorted.to_vec();
        };
        let (parts, descending) = (&self.steps[..number], self.steps[number].1);
        let is_same_part =
            |one: &Numbered, other: &Numbered| parts.iter().all(|step| self.by(step, *one, *other).is_eq());
        let mut kept = Vec::new();
        for part in sorted.chunk_by(is_same_part) {
            let with_number = part.iter().filter_map(|one| {
                let number = self.seen[one.index].first()?.as_ref()?;
                Some((*one, &number.number))
            });
            let (figures, numbers): (Vec<Numbered>, Vec<&Exact>) = with_number.unzip();
            let placed = figures.into_iter().zip(positions(&numbers, descending));
            kept.extend(placed.filter(|(_, at)| at.position <= top).map(|(one, _)| one));
        }
        kept
    }
}

/// The steps of an order: numbers are compared only inside each indicator and period.
fn steps(ranking: &Ranking) -> Vec<(Step<'_>, bool)> {
    let first_number = ranking.first_number();
    let before = &ranking.order_by[..first_number.unwrap_or(0)];
    let as_asked = first_number.filter(|_| before.iter().all(|key| key.by != OrderBy::Period));
    let (mut steps, mut numbers) = (vec![(Step::Indicator, false)], 0..);
    for (index, key) in ranking.order_by.iter().enumerate() {
        if as_asked == Some(index) {
            steps.push((Step::AskedPeriod, false));
        }
        let step = match &key.by {
            OrderBy::Number(_) => Step::Number(numbers.next().unwrap_or(0)),
            name => Step::Name(name),
        };
        steps.push((step, key.descending));
    }
    steps
}
