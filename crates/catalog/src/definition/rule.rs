//! Rules that recorded figures are checked against: data of the catalogue, run as queries.

use almanac_model::{Decimal, DimensionId, RuleId};

use crate::{Documentation, Formula, Range};

/// The values among which one can stand out, itself included: fewer say nothing about what is usual.
pub const LEAST_SAMPLE: u8 = 5;

/// What has to hold of figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// How bad it is when it does not hold.
    pub severity: Severity,
    /// It is checked for each combination of the codes of these dimensions.
    pub group_by: Vec<DimensionId>,
    /// What has to hold.
    pub check: RuleCheck,
}

/// How bad it is when a rule does not hold.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// One of the figures is wrong.
    Error,
    /// Somebody ought to look at it.
    Warning,
}

/// What has to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleCheck {
    /// Two formulas of one unit stand in a relation: parts = whole.
    Identity {
        /// The formula on the left.
        left: Formula,
        /// What the left is to the right.
        relation: Relation,
        /// The formula on the right.
        right: Formula,
        /// How far they may be from it.
        tolerance: Tolerance,
    },
    /// A value lies within bounds, both included.
    Range {
        /// Of what.
        measure: Formula,
        /// The bounds; at least one is there.
        range: Range,
    },
    /// A value is not too far from that of an earlier period.
    Jump {
        /// Of what.
        measure: Formula,
        /// Which earlier period.
        against: Against,
        /// The greatest change that is in order, in percent of the earlier value.
        most_percent: Decimal,
        /// Which changes are judged.
        direction: Direction,
    },
    /// A value does not stand out by its modified z-score.
    Outlier {
        /// Of what.
        measure: Formula,
        /// Among which values.
        among: Among,
        /// The greatest score that is in order.
        threshold: Decimal,
    },
}

/// What the left side of an identity is to the right one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Not more.
    AtMost,
    /// Not less.
    AtLeast,
}

/// How far two sides may be from their relation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// So much, in their unit.
    Absolute(Decimal),
    /// So many percent of the right side.
    Percent(Decimal),
}

/// The earlier period of a jump.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Against {
    /// The period before.
    PreviousPeriod,
    /// The same period of the year before.
    SamePeriodLastYear,
}

/// Which changes are judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Growth only.
    Up,
    /// Decline only.
    Down,
    /// Both.
    Both,
}

/// Among which values one may stand out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Among {
    /// The same area and codes, in so many periods that end with the one that is judged.
    Periods(u32),
    /// All areas of its level in the same period.
    Areas,
}

impl RuleCheck {
    /// The formulas that it reads.
    #[must_use]
    pub fn formulas(&self) -> Vec<&Formula> {
        match self {
            Self::Identity { left, right, .. } => vec![left, right],
            Self::Range { measure, .. } | Self::Jump { measure, .. } | Self::Outlier { measure, .. } => vec![measure],
        }
    }
}

impl Relation {
    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
        }
    }
}
