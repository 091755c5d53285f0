//! A figure against another one: that of another period, or a target.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{MissingReason, Period, Qualifier, Quality, ReporterId, Revision};

/// A figure against the figure of another period, or against its target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// With what.
    pub kind: ComparisonKind,
    /// The period it is compared with; `None` when the calendar has none, such as 29 February last year.
    pub base_period: Option<Period>,
    /// The figure of that period. Like for like: what of it is there in both periods.
    pub base: Result<String, MissingReason>,
    /// How the base is bounded.
    pub base_qualifier: Qualifier,
    /// How final the base is; `None` when nothing was recorded.
    pub base_quality: Option<Quality>,
    /// How far they are apart; `None` when one of them is missing.
    pub change: Option<Change>,
    /// Compound annual growth in percent, with two decimals.
    pub cagr: Result<String, NoPercent>,
    /// How many percentage points of the total's growth the figure contributed, with two decimals; `None` when that was
    /// not asked.
    pub contribution: Option<Result<String, NoPercent>>,
    /// What of the figure is there in both periods; `None` when that was not asked.
    pub like: Option<Result<String, MissingReason>>,
    /// Who set the target and when; `None` without one.
    pub target: Option<TargetSetting>,
    /// What to know before using it.
    pub flags: BTreeSet<ComparisonFlag>,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ComparisonKind {
    /// The period before.
    PreviousPeriod,
    /// The same period of the year before.
    SamePeriodLastYear,
    /// A period that was named.
    Base,
    /// The plan's figure for the same area, period and codes.
    Target,
}

/// What to know before using a comparison.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ComparisonFlag {
    /// The territory is another one: growth would tell of boundaries.
    NotComparable,
    /// One of the two lacks parts.
    Partial,
    /// One of the two is a bound or rounded, so that the change is not exact.
    Bounded,
    /// Only what both periods have is compared, and something was left out for it.
    LikeForLike,
}

/// How far two values are apart. All of it is computed before rounding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    /// The value minus the base, with the figure's decimals.
    pub absolute: String,
    /// What one of `absolute` is.
    pub unit: ChangeUnit,
    /// The same in percent of the base, with two decimals.
    pub percent: Result<String, NoPercent>,
    /// The value where the base is 100, with two decimals. Against a target: the rate of achievement.
    pub index: Result<String, NoPercent>,
}

/// What one of an absolute change is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChangeUnit {
    /// That of the figure: the id of a unit, or what the units of a formula come to.
    Figure(String),
    /// The figure is a percentage: 45 % after 40 % are 5 points more, not 5 %.
    PercentagePoint,
}

/// Who set a target, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetSetting {
    /// Who recorded it.
    pub reporter: ReporterId,
    /// The revision that recorded it.
    pub revision: Revision,
    /// When that was recorded; `None` where the log's times are not known.
    pub time: Option<Timestamp>,
}

/// Why there is no percentage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoPercent {
    /// The base is zero.
    BaseZero,
    /// The base is negative.
    BaseNegative,
    /// The later value is not positive, so that there is no yearly factor from one to the other.
    NotPositive,
    /// The base is not more than one year and at most a hundred before, or days and weeks do not make up years.
    Span,
    /// One of the values is missing.
    Missing,
}

impl ChangeUnit {
    /// As answers write it: the figure's unit, or `percentage_point`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Figure(unit) => unit,
            Self::PercentagePoint => PERCENTAGE_POINT,
        }
    }
}

/// How answers write that a change is in percentage points.
pub const PERCENTAGE_POINT: &str = "percentage_point";
