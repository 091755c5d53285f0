//! What a check found.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::Severity;
use almanac_model::{AreaId, FigureFlag, MissingReason, Period, Qualifier, Quality, RuleId};

use crate::question::RefusalReason;

/// A check that did not end in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which rule.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub area: AreaId,
    /// When.
    pub period: Period,
    /// The codes of the dimensions that the rule groups by.
    pub dimensions: BTreeMap<String, String>,
    /// What was found.
    pub kind: FindingKind,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// The rule does not hold.
    Violation(Box<Violation>),
    /// Whether it holds is not known.
    Unchecked(Unchecked),
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The value that is judged.
    pub left: RuleSide,
    /// What it is judged by: the right side of an identity, the bound of a range, the value of the earlier period, the median.
    pub right: RuleSide,
    /// Left minus right in their unit; for a jump the change in percent, for an outlier the modified z-score.
    pub difference: String,
    /// The greatest difference that is in order, in the same unit.
    pub limit: String,
    /// All of it in a sentence.
    pub message: String,
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Unchecked {
    /// Why.
    pub reason: UncheckedReason,
    /// What is there of the sides.
    pub sides: Vec<RuleSide>,
    /// All of it in a sentence.
    pub message: String,
}

/// Why a check could not be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UncheckedReason {
    /// A side has no value.
    Missing,
    /// A question for a side would be refused.
    Refused(RefusalReason),
    /// The two periods do not compare: boundaries or the definition changed between them.
    NotComparable,
    /// A side is a bound or rounded, and it does not decide.
    Bounded,
    /// The earlier value is zero or negative: there is no change in percent.
    BaseNotPositive,
    /// Too few values to tell what is usual.
    TooFewValues,
}

/// One side of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSide {
    /// What it is: a formula, or words such as `max`.
    pub formula: String,
    /// Its period.
    pub period: Option<Period>,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// How final it is.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// What to know before using it.
    pub flags: BTreeSet<FigureFlag>,
}
