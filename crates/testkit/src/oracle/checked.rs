//! What a check of a rule says, whoever made it. Texts are left out.

use std::collections::{BTreeMap, BTreeSet};

use almanac_indicator::{Finding, FindingKind, RuleSide, UncheckedReason};
use almanac_model::{AreaId, FigureFlag, MissingReason, Period, Qualifier, Quality, RuleId};

/// All that some checks said.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What was found.
    pub found: Vec<Found>,
    /// The checks that ended in order.
    pub in_order: usize,
}

/// A check that did not end in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which rule.
    pub rule: RuleId,
    /// Where.
    pub area: AreaId,
    /// When.
    pub period: Period,
    /// The codes that it groups by.
    pub group: BTreeMap<String, String>,
    /// What.
    pub outcome: Outcome,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The rule does not hold.
    Violated(Box<Violated>),
    /// Whether it holds is not known.
    Unknown {
        /// Each reason that there is; one of them is told.
        reasons: Vec<UncheckedReason>,
        /// What is there of the sides.
        sides: Vec<Judged>,
    },
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Violated {
    /// What was judged.
    pub left: Judged,
    /// By what.
    pub right: Judged,
    /// How far they are apart.
    pub difference: String,
    /// How far they may be.
    pub limit: String,
}

/// One side of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judged {
    /// Of a figure its period.
    pub period: Option<Period>,
    /// The printed number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The weakest quality of what it was computed from.
    pub quality: Option<Quality>,
    /// How the number is bounded.
    pub qualifier: Qualifier,
    /// What to know before using it.
    pub flags: BTreeSet<FigureFlag>,
}

impl Found {
    /// Whether somebody else found the same: where several reasons are true, one of them.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let told = match (&self.outcome, &other.outcome) {
            (Outcome::Unknown { reasons, sides }, Outcome::Unknown { reasons: told, .. }) => Outcome::Unknown {
                reasons: told.iter().filter(|reason| reasons.contains(reason)).copied().collect(),
                sides: sides.clone(),
            },
            (outcome, _) => outcome.clone(),
        };
        *other
            == Self {
                outcome: told,
                ..self.clone()
            }
    }
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            area: finding.area.clone(),
            period: finding.period,
            group: finding.dimensions.clone(),
            outcome: match &finding.kind {
                FindingKind::Violation(violation) => Outcome::Violated(Box::new(Violated {
                    left: (&violation.left).into(),
                    right: (&violation.right).into(),
                    difference: violation.difference.clone(),
                    limit: violation.limit.clone(),
                })),
                FindingKind::Unchecked(unchecked) => Outcome::Unknown {
                    reasons: vec![unchecked.reason],
                    sides: unchecked.sides.iter().map(Judged::from).collect(),
                },
            },
        }
    }
}

impl From<&RuleSide> for Judged {
    fn from(side: &RuleSide) -> Self {
        Self {
            period: side.period,
            value: side.value.clone(),
            quality: side.quality,
            qualifier: side.qualifier,
            flags: side.flags.clone(),
        }
    }
}

impl From<String> for Judged {
    /// A number that is no figure: a bound, a median.
    fn from(number: String) -> Self {
        Self {
            period: None,
            value: Ok(number),
            quality: None,
            qualifier: Qualifier::Exact,
            flags: BTreeSet::new(),
        }
    }
}
