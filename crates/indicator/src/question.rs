//! What can be asked, and why it may be refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use almanac_catalog::{Catalog, DenominatorJoin, Formula, MeasureId};
use almanac_cube::Cube;
use almanac_model::{AreaId, Code, Decimal, DimensionId, IndicatorId, LevelId, Period, Revision};
use jiff::civil::Date;

use crate::ranking::Ranking;

/// Codes by dimension or grouping of areas; one that is not named narrows nothing.
pub type Filters = BTreeMap<DimensionId, BTreeSet<Code>>;

/// What a question is answered from: one state of the log.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The definitions in force.
    pub catalog: &'a Catalog,
    /// The recorded values.
    pub cube: &'a Cube,
    /// Nothing recorded after this revision is seen.
    pub as_of: Revision,
}

/// Which figures.
#[derive(Clone, Debug)]
pub struct Question {
    /// Indicators and metrics.
    pub measures: Vec<MeasureId>,
    /// Formulas that are not in the catalogue; their figures come after those of the measures.
    pub formulas: Vec<AdHocFormula>,
    /// Areas.
    pub areas: AreaSelection,
    /// Periods.
    pub periods: Vec<Period>,
    /// For each period the index of what named it in the request, which may name several at once. Where it is empty each
    /// period was named by itself.
    pub period_places: Vec<usize>,
    /// What to break down by.
    pub group_by: Vec<GroupKey>,
    /// Which codes.
    pub filters: Filters,
    /// All or nothing: a figure that lacks a part is missing.
    pub strict: bool,
    /// Restate figures on the boundaries of this day; `None`: on those of each period's end.
    pub on_boundaries_of: Option<Date>,
    /// What each figure is compared with.
    pub comparisons: Vec<Comparing>,
    /// The areas as one sum instead of one by one.
    pub combine_areas: bool,
    /// Of what each figure is told as a part; `None`: of nothing.
    pub share_of: Option<ShareOf>,
    /// The order of the figures, and their ranks.
    pub ranking: Ranking,
}

impl Question {
    /// The periods, each with the place in the request that names it.
    pub(crate) fn placed_periods(&self) -> impl Iterator<Item = (usize, Period)> {
        let place = |index: usize| self.period_places.get(index).copied().unwrap_or(index);
        let periods = self.periods.iter().enumerate();
        periods.map(move |(index, period)| (place(index), *period))
    }

    /// The place in the request that names a period.
    pub(crate) fn place_of(&self, period: Period) -> Option<usize> {
        let index = self.periods.iter().position(|own| *own == period)?;
        Some(self.period_places.get(index).copied().unwrap_or(index))
    }

    /// Asks for one figure, on the boundaries of its period's end, compared with nothing.
    #[must_use]
    pub fn one(measure: MeasureId, area: AreaId, period: Period) -> Self {
        Self {
            measures: vec![measure],
            formulas: Vec::new(),
            areas: AreaSelection::List(vec![area]),
            periods: vec![period],
            period_places: Vec::new(),
            group_by: Vec::new(),
            filters: Filters::new(),
            strict: false,
            on_boundaries_of: None,
            comparisons: Vec::new(),
            combine_areas: false,
            share_of: None,
            ranking: Ranking::default(),
        }
    }
}

/// A formula that comes with a question and is computed like an indicator of the catalogue. It has no declared range, and
/// its unit is what the units of its terms come to.
#[derive(Clone, Debug, PartialEq)]
pub struct AdHocFormula {
    /// By what its figures are known; not the id of anything in the catalogue.
    pub id: IndicatorId,
    /// The formula, as [`Catalog::formula`] has checked it.
    pub formula: Formula,
    /// What its result is multiplied by.
    pub per: Decimal,
    /// With how many decimals it is printed.
    pub decimals: u8,
    /// Terms that count as zero when they are missing.
    pub optional: BTreeSet<MeasureId>,
    /// Which period of the denominator stands against a period of the numerator.
    pub denominator: DenominatorJoin,
}

/// One comparison of a figure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparing {
    /// With what.
    pub base: Base,
    /// One of the keys that are grouped by: how much each of its codes contributed to the growth of their total.
    pub contribution_of: Option<GroupKey>,
    /// Only what both periods have.
    pub like_for_like: bool,
}

impl From<Base> for Comparing {
    fn from(base: Base) -> Self {
        Self {
            base,
            contribution_of: None,
            like_for_like: false,
        }
    }
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Base {
    /// The period before.
    PreviousPeriod,
    /// The same period of the year before.
    SamePeriodLastYear,
    /// This period.
    Period(Period),
    /// The plan's figure for the same area, period and codes.
    Target,
}

/// What a total is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ShareOf {
    /// One of the keys that are grouped by.
    Key(GroupKey),
    /// All areas of the question, without those that lie under another one of them.
    Areas,
}

/// Which areas.
#[derive(Clone, Debug)]
pub enum AreaSelection {
    /// These.
    List(Vec<AreaId>),
    /// All of a level that lie under an area at the end of each period.
    Under {
        /// The area above.
        area: AreaId,
        /// The level.
        level: LevelId,
    },
}

/// What figures can be broken down by.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum GroupKey {
    /// The codes of a dimension or of a grouping of areas.
    Dimension(DimensionId),
    /// Who reported.
    Reporter,
}

/// Why a question has no answer. Never a guess instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The field of the question.
    pub field: String,
    /// What to branch on.
    pub reason: RefusalReason,
    /// What is wrong and how to mend it.
    pub message: String,
}

/// Why a question has no answer, for programs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalReason {
    /// The period is finer than the metric is reported.
    PeriodTooFine,
    /// The metric's periods do not add up to the period: weeks to months.
    PeriodNotDivisible,
    /// The area is finer than the metric is collected.
    AreaTooFine,
    /// A grouping divides the areas at which the metric is collected.
    GroupingTooFine,
    /// The metric was not collected at that time.
    NotCollectedThen,
    /// A boundary changed inside the period.
    BoundaryChange,
    /// The collection level changed inside the period.
    LevelChange,
    /// Distinct persons and the like cannot be summed.
    NotAdditive,
    /// No metric of the measure has the dimension.
    DimensionNotUsed,
    /// The formula itself fixes the dimension.
    DimensionFixed,
    /// A function of the formula cannot keep the period whole: a year shifted by a month.
    PeriodNotWhole,
    /// A formula reads more values for one figure than are read.
    TooManyPeriods,
    /// The base of a comparison is of another granularity.
    BaseGranularity,
    /// The catalogue has no target of the measure.
    NoTarget,
    /// What is to be a part of a total is not grouped by.
    NotGrouped,
    /// The figures have nothing of that name to be ordered by.
    UnknownOrderKey,
    /// What is to be among the first is not ordered by a number.
    NotOrdered,
    /// Two parts of the question exclude each other.
    Conflict,
    /// More figures than one question may ask for.
    TooManyFigures,
    /// One figure is to be looked at, and the question asks for no such figure.
    NoSuchFigure,
    /// One figure is to be looked at, and the question asks for several.
    SeveralFigures,
}

impl RefusalReason {
    /// The `UPPER_SNAKE` name that clients see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PeriodTooFine => "PERIOD_TOO_FINE",
            Self::PeriodNotDivisible => "PERIOD_NOT_DIVISIBLE",
            Self::AreaTooFine => "AREA_TOO_FINE",
            Self::GroupingTooFine => "GROUPING_TOO_FINE",
            Self::NotCollectedThen => "NOT_COLLECTED_THEN",
            Self::BoundaryChange => "BOUNDARY_CHANGE",
            Self::LevelChange => "LEVEL_CHANGE",
            Self::NotAdditive => "NOT_ADDITIVE",
            Self::DimensionNotUsed => "DIMENSION_NOT_USED",
            Self::DimensionFixed => "DIMENSION_FIXED",
            Self::PeriodNotWhole => "PERIOD_NOT_WHOLE",
            Self::TooManyPeriods => "TOO_MANY_PERIODS",
            Self::BaseGranularity => "BASE_GRANULARITY",
            Self::NoTarget => "NO_TARGET",
            Self::NotGrouped => "NOT_GROUPED",
            Self::UnknownOrderKey => "UNKNOWN_ORDER_KEY",
            Self::NotOrdered => "NOT_ORDERED",
            Self::Conflict => "CONFLICT",
            Self::TooManyFigures => "TOO_MANY_FIGURES",
            Self::NoSuchFigure => "NO_SUCH_FIGURE",
            Self::SeveralFigures => "SEVERAL_FIGURES",
        }
    }
}

impl fmt::Display for ShareOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Areas => f.write_str("area"),
        }
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimension(dimension) => dimension.fmt(f),
            Self::Reporter => f.write_str("reporter"),
        }
    }
}
