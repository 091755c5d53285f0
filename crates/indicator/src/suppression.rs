//! Confidential numbers: they are part of totals, and no published figure tells them, nor do several together.
//!
//! **The rule.** Each confidential number `c` of a metric gets a *block*: along each axis over which figures add up (area,
//! each dimension, reporter, time) one complement beside it, such that all corners hold numbers; see [`complement`]. The
//! corners have alternating signs: `+` for `c`, `-` one step away along one axis, `+` two steps away, and so on. What a term
//! reads is a linear form over recorded numbers: 1 in sums, the share in a restatement, the days in an average. A term is
//! published exactly when its form comes to zero over every block; otherwise it is missing, SUPPRESSED.
//!
//! So a total that takes in both sides of a block along any one axis is published, and one that takes in `c` or a complement
//! alone is not. Without any complement the block is `c` alone, and everything that `c` is in is suppressed.
//!
//! **Why nothing can be derived.** Take any confidential number and its block, and add `e` times the signs to the recorded
//! numbers, for any `e`. Every published term stays what it is, because its form over the block is zero. Which terms are
//! published stays too: blocks and forms are found from *where* numbers are and never from *what* they are, and what a least
//! or a greatest value reads is published only when it has no corner in it or is a single number. Every figure, operand,
//! comparison, share and rank is computed from published terms. So all that can be asked at one revision is the same for
//! every `e`, while `c` moves by `e`, and each corner with it: neither can be computed from the answers. Rounding plays no part.
//!
//! What this does not promise: that limits cannot be told. Who knows that numbers are not negative knows that a part is not
//! above its total. A metric that repeats another has to be confidential itself. What was published at an earlier revision,
//! before a number became confidential, stays published at that revision.

mod complement;

use std::collections::{BTreeSet, HashMap};

use almanac_catalog::{Metric, Share, TimeOperator};
use almanac_cube::{Cell, SeriesKey};
use almanac_model::{AreaId, Exact, MissingReason, Period, Qualifier};

use self::complement::{Block, Blocks};
use crate::question::State;
use crate::reading::TermValue;

/// The place of a recorded number in its metric: the series, and the ordinal of the period.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) series: SeriesKey,
    pub(crate) period: i32,
}

/// How a term depends on one recorded number.
#[derive(Clone, Debug, PartialEq)]
enum Weight {
    /// The term has so many times the number in it.
    Times(Exact),
    /// In another way: the least or greatest of several.
    Otherwise,
}

/// What a term of a metric with confidential numbers reads.
#[derive(Debug, Default)]
pub(crate) struct Form {
    weights: HashMap<Place, Weight>,
}

/// The blocks of confidential numbers that reach into what a term reads.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    blocks: Vec<Block>,
}

impl Form {
    /// The form of a term that has read nothing yet; `None` for a metric of which nothing is kept secret.
    pub(crate) fn of(state: State<'_>, metric: &Metric) -> Option<Self> {
        let recorded = state.cube.metric(&metric.id)?;
        recorded.confidential(state.as_of).next()?;
        Some(Self::default())
    }

    /// Adds what one series came to from these of its cells, and how much of that is in the term.
    pub(crate) fn add(&mut self, metric: &Metric, series: &SeriesKey, used: &[(i32, Cell)], share: &Share) {
        let numbers: Vec<i32> = used
            .iter()
            .filter(|(_, cell)| cell.status.missing.is_none())
            .map(|(period, _)| *period)
            .collect();
        let days = |period: i32| {
            Exact::from_integer(
                Period::from_ordinal(metric.frequency, period)
                    .map_or(0, Period::days)
                    .into(),
            )
        };
        let all_days = numbers
            .iter()
            .fold(Exact::from_integer(0), |sum, period| &sum + &days(*period));
        for &period in &numbers {
            let in_series = match metric.time {
                TimeOperator::Sum => Some(Exact::from_integer(1)),
                TimeOperator::Average => days(period).checked_div(&all_days),
                _ if numbers.len() == 1 => Some(Exact::from_integer(1)),
                TimeOperator::Last | TimeOperator::First | TimeOperator::Min | TimeOperator::Max => None,
            };
            let weight = match (in_series, share) {
                (Some(weight), Share::All) => Weight::Times(weight),
                (Some(weight), Share::Part(part)) => Weight::Times(&weight * part),
                (None, _) | (_, Share::Unknown | Share::Nothing) => Weight::Otherwise,
            };
            let series = series.clone();
            self.weights
                .entry(Place { series, period })
                .and_modify(|earlier| *earlier = earlier.plus(&weight))
                .or_insert(weight);
        }
    }

    /// The term as it may be told: without a number when a confidential one could be derived from it.
    pub(crate) fn protect(&self, state: State<'_>, metric: &Metric, read: &mut TermValue) {
        if read.value.outcome.is_ok() && !self.protection(state, metric).allows(self) {
            read.value.withhold();
        }
    }

    /// What has to be kept secret of all that was read.
    pub(crate) fn protection(&self, state: State<'_>, metric: &Metric) -> Protection {
        Protection {
            blocks: self.blocks(state, metric),
        }
    }

    /// The blocks that may have a corner among what was read.
    fn blocks(&self, state: State<'_>, metric: &Metric) -> Vec<Block> {
        let Some(recorded) = state.cube.metric(&metric.id) else {
            return Vec::new();
        };
        let areas: BTreeSet<&AreaId> = self.weights.keys().map(|place| &place.series.area).collect();
        let periods: BTreeSet<i32> = self.weights.keys().map(|place| place.period).collect();
        let blocks = Blocks::new(state, metric, recorded);
        recorded
            .confidential(state.as_of)
            .filter(|(series, period)| blocks.reaches(series.key(), *period, &areas, &periods))
            .map(|(series, period)| blocks.around(series.key(), period))
            .collect()
    }

    /// Whether the term stays the same when the numbers move along the signs of a block.
    fn is_balanced(&self, block: &Block) -> bool {
        let mut sum = Exact::from_integer(0);
        for (corner, sign) in block {
            match self.weights.get(corner) {
                None => {}
                Some(Weight::Times(weight)) => sum = &sum + &(weight * sign),
                Some(Weight::Otherwise) => return false,
            }
        }
        sum.sign().is_eq()
    }
}

impl Protection {
    /// Whether a part of what was read may be told.
    pub(crate) fn allows(&self, part: &Form) -> bool {
        self.blocks.iter().all(|block| part.is_balanced(block))
    }

    /// Whether a recorded number may be told. Which of those that may not is the confidential one is not told either.
    pub(crate) fn allows_cell(&self, series: &SeriesKey, period: i32) -> bool {
        let place = Place {
            series: series.clone(),
            period,
        };
        self.blocks.iter().all(|block| !block.contains_key(&place))
    }
}

impl Weight {
    fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Times(one), Self::Times(other)) => Self::Times(one + other),
            _ => Self::Otherwise,
        }
    }
}

/// Takes the number out of a cell.
pub(crate) fn redact(cell: &mut Cell) {
    cell.value = 0;
    cell.status.missing = Some(MissingReason::Suppressed);
    cell.status.qualifier = Qualifier::Exact;
    // which of them is confidential and which the complement is not told either
    cell.status.confidential = false;
}
