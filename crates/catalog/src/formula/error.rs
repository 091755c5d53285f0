//! What is wrong with a formula, and where in it.

use std::fmt;

use super::parse::{MAX_BYTES, MAX_DEPTH, MAX_OPERATIONS};
use crate::suggest;

/// A mistake in a formula. Its text says what is wrong and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct FormulaError {
    /// The byte of the formula, from 1, at which it was found.
    pub column: usize,
    /// What is wrong.
    pub fault: FormulaFault,
}

/// What is wrong with a formula.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FormulaFault {
    /// Something else should stand here.
    #[error("the formula has {found} where {expected} is expected")]
    Syntax {
        /// What stands there, in quotes, or "its end".
        found: String,
        /// What could.
        expected: &'static str,
    },
    /// A function takes something else here.
    #[error("the formula has {found} where {expected} is expected")]
    Call {
        /// What stands there, in quotes, or "its end".
        found: String,
        /// What could.
        expected: &'static str,
        /// The function as it is written right.
        example: &'static str,
    },
    /// A parenthesis after a name that is no function.
    #[error("there is no function {name:?}")]
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// A number of periods that no function takes.
    #[error("the formula counts {found} periods; from 1 to {most} can be counted here")]
    Periods {
        /// What stands there.
        found: String,
        /// The greatest number.
        most: u32,
    },
    /// A sum over time of a level: twelve month-ends are not a year.
    #[error("moving_sum adds {metric} over time, which is a stock")]
    StockSummed {
        /// The metric.
        metric: String,
    },
    /// Longer than any formula a person can check.
    #[error("the formula has {bytes} bytes; at most {MAX_BYTES} are read")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Parentheses or signs inside each other without end.
    #[error("the formula is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// More operations than a person can check.
    #[error("the formula has more than {MAX_OPERATIONS} operations")]
    TooManyOperations,
    /// A name that is neither a metric nor an indicator.
    #[error("the formula names {name:?}, which is neither a metric nor an indicator")]
    UnknownMeasure {
        /// The name.
        name: String,
        /// The nearest that are defined.
        nearest: Vec<String>,
    },
    /// A filter on a dimension that the term does not have.
    #[error("{measure} has no dimension {dimension:?}")]
    UnknownDimension {
        /// The metric or indicator.
        measure: String,
        /// The dimension.
        dimension: String,
        /// The dimensions it has.
        dimensions: Vec<String>,
    },
    /// A filter on a grouping of areas.
    #[error("{grouping:?} is a grouping of areas, and a formula is about one territory")]
    Grouping {
        /// The grouping.
        grouping: String,
    },
    /// A code that the dimension does not have.
    #[error("dimension {dimension} has no code {code:?}")]
    UnknownCode {
        /// The dimension.
        dimension: String,
        /// The code.
        code: String,
        /// The nearest codes.
        nearest: Vec<String>,
        /// All codes.
        codes: Vec<String>,
    },
    /// A dimension that was filtered before, in the same braces.
    #[error("dimension {dimension:?} is filtered twice")]
    DuplicateDimension {
        /// The dimension.
        dimension: String,
    },
    /// A plan's figure among what is measured.
    #[error("{measure} is a target of {of}, and targets never enter a formula")]
    Target {
        /// The metric.
        measure: String,
        /// What it is a target of.
        of: String,
    },
    /// A sum or difference of things that are not of one kind.
    #[error("'{sign}' stands between {left} and {right}")]
    DifferentUnits {
        /// `+` or `-`.
        sign: char,
        /// The unit of what is on its left.
        left: String,
        /// The unit of what is on its right.
        right: String,
    },
}

impl FormulaError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match &self.fault {
            FormulaFault::Syntax { .. } => {
                "write it like \"post.items{direction='sent'} / (population.inhabitants - 1)\"".to_owned()
            }
            FormulaFault::Call { example, .. } => format!("write it like \"{example}\""),
            FormulaFault::UnknownFunction { .. } => {
                "the functions are shift, ytd, moving_sum, moving_avg, moving_min, moving_max, min, max and avg; after a \
                 metric or an indicator stands no parenthesis"
                    .to_owned()
            }
            FormulaFault::Periods { .. } => "count in a longer unit, or fewer periods".to_owned(),
            FormulaFault::StockSummed { .. } => {
                "write moving_avg, moving_min or moving_max: a level of each month does not add up to one of the year"
                    .to_owned()
            }
            FormulaFault::TooLong { .. } | FormulaFault::TooDeep | FormulaFault::TooManyOperations => {
                "define a part of it as an indicator of its own".to_owned()
            }
            FormulaFault::UnknownMeasure { nearest, .. } => {
                suggest::remedy(nearest, "name a defined metric or indicator")
            }
            FormulaFault::UnknownDimension { dimensions, .. } if dimensions.is_empty() => {
                "leave the filter out: it has no dimensions".to_owned()
            }
            FormulaFault::UnknownDimension { dimensions, .. } => format!("filter by {}", quoted(dimensions)),
            FormulaFault::Grouping { grouping } => {
                format!("leave the filter out, and filter or group_by {grouping} in the question")
            }
            FormulaFault::UnknownCode { code, .. } if code == "_T" => {
                "leave the filter out: what is not filtered is summed over".to_owned()
            }
            FormulaFault::UnknownCode { nearest, codes, .. } => {
                suggest::remedy(nearest, format!("its codes are {}", codes.join(", ")))
            }
            FormulaFault::DuplicateDimension { dimension } => {
                format!("give all its codes at once, as in {dimension} in ('a', 'b')")
            }
            FormulaFault::Target { of, .. } => {
                format!("name {of}, and compare it with its target by COMPARISON_KIND_TARGET")
            }
            FormulaFault::DifferentUnits { .. } => "add and subtract only what has one unit".to_owned(),
        }
    }
}

fn quoted(names: &[String]) -> String {
    suggest::alternatives(names.iter().map(String::as_str))
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}; {}", self.column, self.fault, self.remedy())
    }
}
