//! Rule 20: confidential numbers count in what they are part of, and are never told.
//!
//! A number is told only when it would be the same whatever the secret is. That is tried: the secret and the numbers of its
//! block are moved against each other, and what moves with them is withheld. See `blocks.rs` for which numbers these are.

use std::collections::BTreeMap;
use std::rc::Rc;

use almanac_catalog::Metric;
use almanac_model::{Exact, MetricId, Period, PeriodRange};

use super::Oracle;
use super::records::{Place, SeriesKey};
use super::term::Term;
use super::territory::Territory;
use super::value::Value;

/// The numbers that are moved to keep one of them secret, each with how far it moves for each step.
pub(super) type Block = Vec<(Place, Exact)>;

/// So many steps lead beyond every number that is recorded, so that a least or a greatest one is another.
const FAR: i128 = 1_000_000_000;

impl Oracle<'_> {
    /// Whether a number can be told of a term.
    pub(super) fn may_be_told(&self, term: &Term, territory: &Territory, span: PeriodRange, value: &Value) -> bool {
        let of_metric = self.blocks.iter().filter(|(metric, _)| *metric == term.metric.id);
        let mut both_ways = of_metric.flat_map(|(_, block)| [FAR, -FAR].map(|steps| (block, steps)));
        both_ways.all(|(block, steps)| {
            let moved = self.moved(block, steps);
            moved.add_series(term, territory, span).outcome == value.outcome
        })
    }

    /// The same oracle with nothing kept secret; `None` when nothing is.
    #[must_use]
    pub fn telling_secrets(&self) -> Option<Self> {
        let telling = || Self {
            blocks: Rc::default(),
            ..self.clone()
        };
        (!self.blocks.is_empty()).then(telling)
    }

    /// The same oracle with nothing kept secret, and with every secret and its block moved far away, each by another distance:
    /// totals that may be told stay what they are, and no secret is zero.
    #[must_use]
    pub fn with_blocks_moved(&self) -> Self {
        let mut moved: BTreeMap<Place, Exact> = BTreeMap::new();
        for (steps, (_, block)) in (1..).zip(self.blocks.iter()) {
            for (place, step) in block {
                let by = step * &Exact::from_integer(FAR * steps);
                let sum = moved.entry(place.clone()).or_insert_with(|| Exact::from_integer(0));
                *sum = &*sum + &by;
            }
        }
        Self {
            moved: Rc::new(moved.into_iter().collect()),
            by_moved_zero: Rc::default(),
            blocks: Rc::default(),
            ..self.clone()
        }
    }

    /// Whether it divided by a zero that moved numbers came to: a secret less itself, or a total. Which areas are left out for
    /// that is not told where such a zero is withheld.
    #[must_use]
    pub fn divided_by_moved_zero(&self) -> bool {
        self.by_moved_zero.get()
    }

    /// Keeps in mind that something is divided by a zero that moved numbers came to.
    pub(super) fn notice_divisor(&self, divisor: &Value) {
        let is_zero = divisor.outcome == Ok(Exact::from_integer(0));
        let is_moved = |place: &Place| self.moved.iter().any(|(moved, _)| moved == place);
        if is_zero && divisor.numbers.iter().any(is_moved) {
            self.by_moved_zero.set(true);
        }
    }

    /// The same oracle with nothing kept secret, and other numbers in the place of the secrets alone.
    #[must_use]
    pub fn with_other_secrets(&self) -> Self {
        let secrets = self.blocks.iter().filter_map(|(_, block)| block.first());
        let moved = secrets.map(|(place, _)| (place.clone(), Exact::from_integer(FAR)));
        Self {
            moved: Rc::new(moved.collect()),
            blocks: Rc::default(),
            ..self.clone()
        }
    }

    /// The same oracle where the numbers of a block are others. It keeps no secrets.
    fn moved(&self, block: &Block, steps: i128) -> Self {
        let moved = |(place, step): &(Place, Exact)| (place.clone(), step * &Exact::from_integer(steps));
        Self {
            moved: Rc::new(block.iter().map(moved).collect()),
            blocks: Rc::default(),
            ..self.clone()
        }
    }

    /// How far the number of a place was moved.
    pub(super) fn moved_by(&self, metric: &Metric, series: &SeriesKey, period: Period) -> Option<&Exact> {
        let is_there = |place: &Place| place.metric == metric.id && place.series == *series && place.period == period;
        let found = self.moved.iter().find(|(place, _)| is_there(place));
        found.map(|(_, by)| by)
    }

    /// The blocks of all secrets.
    pub(super) fn all_blocks(&self) -> Vec<(MetricId, Block)> {
        let mut found = Vec::new();
        for metric in self.catalog.metrics() {
            let numbers = self.numbers(metric);
            let secrets = numbers.iter().filter(|(_, is_secret)| **is_secret);
            found.extend(secrets.map(|(secret, _)| (metric.id.clone(), self.block(metric, &numbers, secret))));
        }
        found
    }
}
