//! Functions of formulas: the same formula over other periods.

use std::fmt;

use almanac_model::TimeUnit;

use super::Formula;

/// Over which periods a formula is computed instead of the one that is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimeFunction {
    /// `shift(x, -1 year)`: the period so many units earlier, or later when the number is positive.
    Shift {
        /// How many.
        count: i32,
        /// Of what.
        unit: TimeUnit,
    },
    /// `ytd(x)`: from the beginning of the year in which the period ends to the period's end, as if that were one period.
    YearToDate,
    /// `moving_avg(x, 12 months)`: each of the last so many periods that end with the period.
    Moving {
        /// What makes one value of them.
        operator: WindowOperator,
        /// How many.
        count: u16,
        /// Of what.
        unit: TimeUnit,
    },
    /// `avg(x by month)`: each of the periods of that unit of which the period consists.
    By {
        /// What makes one value of them; never a sum, which a formula of flows is without it.
        operator: WindowOperator,
        /// The unit.
        unit: TimeUnit,
    },
}

/// How the values of several periods become one. Periods without a value are left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WindowOperator {
    /// They add.
    Sum,
    /// Their average, weighted by days.
    Average,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl WindowOperator {
    /// As functions are named after it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

impl TimeFunction {
    pub(super) fn write(self, inner: &Formula, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shift { count, unit } => write!(f, "shift({inner}, {count} {})", named(count.unsigned_abs(), unit)),
            Self::YearToDate => write!(f, "ytd({inner})"),
            Self::Moving { operator, count, unit } => {
                let operator = operator.name();
                write!(f, "moving_{operator}({inner}, {count} {})", named(count.into(), unit))
            }
            Self::By { operator, unit } => write!(f, "{}({inner} by {unit})", operator.name()),
        }
    }
}

fn named(count: u32, unit: TimeUnit) -> &'static str {
    if count == 1 { unit.name() } else { unit.plural() }
}
