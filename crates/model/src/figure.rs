//! One figure of an answer: a value and everything that has to be known to use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::{Comparison, FigureArea, FigureRank, FigureShare, MissingReason, Period, Qualifier, Quality};

/// The value of an indicator or a metric for an area and a period.
///
/// Answers have many of them: texts that figures have in common are shared, and what most of them lack takes no place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Figure {
    /// The id of the indicator or metric.
    pub measure: Arc<str>,
    /// Where.
    pub area: FigureArea,
    /// When.
    pub period: Period,
    /// The codes of the dimensions that were grouped by.
    pub dimensions: BTreeMap<String, String>,
    /// The number, rounded and printed, or why there is none.
    pub value: Result<String, MissingReason>,
    /// What one of it is: the id of a unit or, for a formula that came with the question, what the units of its terms come
    /// to, such as "item / inhabitant".
    pub unit: Arc<str>,
    /// The weakest quality of its inputs; `None` when nothing was recorded.
    pub quality: Option<Quality>,
    /// How the number is bounded.
    pub qualifier: Qualifier,
    /// What was divided by what, when the formula is a quotient.
    pub quotient: Option<Box<Quotient>>,
    /// Reports received and expected; `None` when the catalogue expects none.
    pub coverage: Option<Coverage>,
    /// What to know before using it.
    pub flags: BTreeSet<FigureFlag>,
    /// The last day of the earliest value that stood in for an absent one.
    pub carried_from: Option<Date>,
    /// What it is compared with, as asked.
    pub comparisons: Vec<Comparison>,
    /// Which part of a total it is; `None` when that was not asked.
    pub share: Option<Box<FigureShare>>,
    /// Where it stands among others; `None` when that was not asked, and when there is no number to rank it by.
    pub rank: Option<Box<FigureRank>>,
}

/// Both sides of a division.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quotient {
    /// What was divided.
    pub numerator: Operand,
    /// What it was divided by.
    pub denominator: Operand,
}

/// One side of a division.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operand {
    /// The formula of this side.
    pub formula: Arc<str>,
    /// The number, printed, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The period whose value it is.
    pub period: Period,
    /// The sources of its metrics' definitions and its reporters.
    pub sources: Arc<[String]>,
    /// How final it is.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
}

/// Reports received and expected: one for each series and period that the catalogue expects of a reporter.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Coverage {
    /// How many came, with a number or with a reason why there is none.
    pub reported: u32,
    /// How many were expected; what was reported as unable to exist is not.
    pub expected: u32,
}

/// What to know before using a figure.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum FigureFlag {
    /// Some of the sub-periods have no value.
    PartialPeriod,
    /// Some of the expected series have no value.
    PartialCoverage,
    /// An earlier value of a stock stands in for an absent one.
    CarriedForward,
    /// Areas that lack the numerator or the denominator were left out of both.
    Unmatched,
    /// The value is outside the declared range.
    OutOfRange,
    /// Put together from areas of other boundaries.
    Restated,
    /// The denominator is of another period than the figure.
    DenominatorOtherPeriod,
    /// A total since the start of the year is less than an earlier one of the same year.
    CumulativeDecreased,
    /// A metric was defined or measured in another way in a part of what it rests on.
    Break,
}
