//! A figure as a part of a total.

use std::collections::BTreeSet;

use crate::{FigureFlag, MissingReason, NoPercent, Qualifier, Quality};

/// Which part of a total a figure is. It is computed before rounding; the shares of all parts are not made to be 100.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FigureShare {
    /// What the total is over: `area`, `reporter`, a dimension or a grouping of areas.
    pub of: String,
    /// The total, printed like the figure, or why there is none.
    pub total: Result<String, MissingReason>,
    /// How the total is bounded.
    pub total_qualifier: Qualifier,
    /// How final the total is; `None` when nothing was recorded.
    pub total_quality: Option<Quality>,
    /// What to know of the total before using it.
    pub total_flags: BTreeSet<FigureFlag>,
    /// The figure in percent of the total, with two decimals.
    pub percent: Result<String, NoPercent>,
}
