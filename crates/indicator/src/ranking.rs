//! The order of figures, the first of them, and the rank of each (rules 27 and 29).
//!
//! Numbers are compared only where they are of one kind: inside each indicator and period. So indicators stay in the order of
//! the question, and before the first number of `order_by` figures are put by period, unless a key before it does so.
//! What the keys leave equal stays in the order of an answer that was not ordered, so that there is one order only.
//!
//! ```text
//! Ranking     what is asked for, and why it is refused                      this file, refuse.rs
//! Survey      the numbers of all figures, looked up some at a time          survey.rs
//! Standings   the order, the first ones, the rank of each                   standings.rs, sort.rs, place.rs
//! ```
//!
//! Numbers are compared before rounding. Only those that are published are looked at: a suppressed one is missing here as it
//! is in the answer, so it is last in each order, has no rank and counts in none. See `suppression.rs`.
//!
//! **What it costs.** The first figure of an order is known only when all are computed. So a page of ordered or ranked figures
//! costs the numbers of all figures of the question, and then the figures of the page; pages after it cost the same again
//! where the standings are not kept. [`MAX_RANKED`] bounds that.

mod place;
mod refuse;
mod sort;
mod standings;
mod survey;

use std::fmt;

use almanac_model::RankAmong;

pub(crate) use self::place::rank_of_one;
pub(crate) use self::refuse::{refuse_ranking, refuse_too_many_ranked};
pub use self::standings::Standings;
pub use self::survey::Survey;
use crate::question::{Base, GroupKey, Question};

/// The most figures that are ordered or ranked at once. Ordering goes through all of them for each page.
pub const MAX_RANKED: usize = 10_000;

/// In which order figures are answered, and how they are ranked. By default in that of the question, and not at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ranking {
    /// Inside each indicator, the first key before the others.
    pub order_by: Vec<OrderKey>,
    /// Only figures that are among so many first ones by the first number of `order_by`; equal ones are all kept.
    pub top: Option<u32>,
    /// Each figure is told its rank among these.
    pub rank_among: Option<RankAmong>,
}

/// One key of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrderKey {
    /// What is compared.
    pub by: OrderBy,
    /// The greatest first.
    pub descending: bool,
}

/// What figures are ordered by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OrderBy {
    /// The ids of areas.
    Area,
    /// The earlier period first, and of those that begin on one day the shorter.
    Period,
    /// The codes of what is grouped by, in the order of the catalogue.
    Group(GroupKey),
    /// A number of the figure.
    Number(OrderNumber),
}

/// A number of a figure. Where there is none, the figure comes last in both directions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderNumber {
    /// Its value.
    Value,
    /// What a comparison gives, by the position of the comparison in the question.
    Compared(usize, ComparedNumber),
    /// Its part of the total.
    SharePercent,
}

/// A number of a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ComparedNumber {
    /// The figure minus the base.
    Change,
    /// The same in percent of the base. Index and yearly growth have this order too.
    GrowthPercent,
    /// The figure in percent of the target.
    AchievementPercent,
    /// The points that it contributed to the growth of the total.
    ContributionPoints,
}

impl Ranking {
    /// Whether the figures cannot be answered one by one.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self != Self::default()
    }

    /// The position of the first key that is a number.
    fn first_number(&self) -> Option<usize> {
        self.order_by
            .iter()
            .position(|key| matches!(key.by, OrderBy::Number(_)))
    }

    /// By which number figures are ranked, and whether the greatest is the first: the first number of the order, or the value
    /// from the greatest on.
    fn ranked_by(&self) -> (OrderNumber, bool) {
        let mut numbers = self.order_by.iter().filter_map(|key| match key.by {
            OrderBy::Number(number) => Some((number, key.descending)),
            _ => None,
        });
        numbers.next().unwrap_or((OrderNumber::Value, true))
    }
}

impl OrderBy {
    /// Everything that the figures of a question can be ordered by.
    #[must_use]
    pub fn all_of(question: &Question) -> Vec<Self> {
        let mut all = vec![Self::Number(OrderNumber::Value), Self::Area, Self::Period];
        all.extend(question.group_by.iter().cloned().map(Self::Group));
        for (index, comparing) in question.comparisons.iter().enumerate() {
            let with = |number| Self::Number(OrderNumber::Compared(index, number));
            all.extend([ComparedNumber::Change, ComparedNumber::GrowthPercent].map(with));
            all.extend((comparing.base == Base::Target).then(|| with(ComparedNumber::AchievementPercent)));
            let contributes = comparing.contribution_of.is_some();
            all.extend(contributes.then(|| with(ComparedNumber::ContributionPoints)));
        }
        let share = question.share_of.as_ref();
        all.extend(share.map(|_| Self::Number(OrderNumber::SharePercent)));
        all
    }
}

/// The name of the field, as figures have it. Without a position a comparison is the first.
impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Area => f.write_str("area"),
            Self::Period => f.write_str("period"),
            Self::Group(key) => key.fmt(f),
            Self::Number(OrderNumber::Value) => f.write_str("value"),
            Self::Number(OrderNumber::SharePercent) => f.write_str("share.percent"),
            Self::Number(OrderNumber::Compared(0, number)) => f.write_str(number.as_str()),
            Self::Number(OrderNumber::Compared(index, number)) => {
                write!(f, "comparisons[{index}].{}", number.as_str())
            }
        }
    }
}

impl ComparedNumber {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::GrowthPercent => "growth_percent",
            Self::AchievementPercent => "achievement_percent",
            Self::ContributionPoints => "contribution_points",
        }
    }
}

/// As requests write it: ascending without a word.
impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { " desc" } else { "" };
        write!(f, "{}{direction}", self.by)
    }
}
