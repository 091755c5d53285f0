//! What a catalogue defines, after it was loaded and checked.
//!
//! A value of these types comes only out of a [`crate::Catalog`], so every name in it is defined there.

mod dated;
mod grouping;
mod proportion;
mod report;
mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use almanac_model::{
    AreaId, Calendar, Code, Decimal, DimensionId, Granularity, IndicatorId, LevelId, MetricId, ReporterId, UnitId,
};
use jiff::civil::Date;

pub use self::grouping::{Grouping, Membership};
pub use self::proportion::Proportion;
pub use self::report::{Report, ReportLine, ReportSection};
pub use self::rule::{Against, Among, Direction, LEAST_SAMPLE, Relation, Rule, RuleCheck, Severity, Tolerance};
use crate::formula::Formula;

/// A text in the catalogue's two languages.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Label {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What everything in a catalogue carries: how it is called, what it means, who says so, who answers for it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Documentation {
    /// The name that people read.
    pub label: Label,
    /// What is counted and what is not, in sentences.
    pub definition: Label,
    /// The law, circular or handbook that the definition rests on.
    pub source: String,
    /// The body that answers for the definition.
    pub owner: String,
}

/// A calendar of another rule than the standard one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomCalendar {
    /// Its id, which stands before its periods: `health:2017-Q3`.
    pub id: String,
    /// When its months close and its years begin.
    pub rule: Calendar,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
}

/// A unit of measure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its name, in the singular.
    pub label: Label,
    /// Whether it is a percentage, so that its differences are percentage points.
    pub percentage: bool,
}

/// A dimension and its codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dimension {
    /// Its id.
    pub id: DimensionId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// Its codes in the order in which they are published.
    pub codes: Vec<CodeItem>,
}

/// One code of a dimension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodeItem {
    /// The code.
    pub code: Code,
    /// Its name.
    pub label: Label,
}

/// Whether a metric counts what happened in a period or how much there is at an instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Happened during a period: items sent, permits issued.
    Flow,
    /// A level at an instant, the end of its period: subscriptions, offices, inhabitants.
    Stock,
}

/// How events become the value of a series in a period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// Each event adds; `event_id` tells a retry from a second event.
    Tally,
    /// One value per series and period; a later one supersedes it.
    Report,
}

/// How the values of a series inside a longer period become one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimeOperator {
    /// The sum; for flows only.
    Sum,
    /// The value of the last sub-period; for stocks, the default.
    Last,
    /// The value of the first sub-period.
    First,
    /// The average weighted by days; days without a value are in neither side.
    Average,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// How series are put together along areas, dimensions and reporters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SumOperator {
    /// They add.
    Sum,
    /// They cannot be added (distinct persons): only figures recorded at that very level exist.
    None,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its id.
    pub id: MetricId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// Flow or stock.
    pub kind: Kind,
    /// Tally or report.
    pub method: Method,
    /// What one of it is.
    pub unit: UnitId,
    /// How many decimals a value has at most.
    pub decimals: u8,
    /// Its dimensions, in the order in which they are published. Every event gives a code for each.
    pub dimensions: Vec<DimensionId>,
    /// The finest period for which values exist, in the calendar in which it is reported.
    pub frequency: Granularity,
    /// Whether a recorded value is the total since the start of the calendar's year, so that figures are differences.
    pub cumulative: bool,
    /// Along time.
    pub time: TimeOperator,
    /// Along areas, dimensions and reporters.
    pub sum: SumOperator,
    /// The area levels at which it is collected, with their dates, without overlap.
    pub levels: Vec<CollectionLevel>,
    /// For how many periods of `frequency` a stock's last value stands in for an absent one; 0 is not at all.
    pub carry_forward: u32,
    /// The values that can be right.
    pub range: Range,
    /// The metric or indicator that its values are the plan's figures for; they never enter a total.
    pub target_of: Option<MeasureId>,
    /// The days from which it is defined or measured in another way, in their order, each once.
    pub breaks: Vec<Break>,
}

/// A change of what a metric counts or how: figures before and after it do not compare.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Break {
    /// The first day of the new definition.
    pub date: Date,
    /// What changed.
    pub label: Label,
    /// The law, circular or handbook that changed it.
    pub source: String,
}

/// At which level a metric is collected in which time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CollectionLevel {
    /// The level.
    pub level: LevelId,
    /// From this day; absent: always.
    pub from: Option<Date>,
    /// Until the day before this one; absent: for ever.
    pub to: Option<Date>,
}

/// The values that can be right; both ends are included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The least.
    pub min: Option<Decimal>,
    /// The greatest.
    pub max: Option<Decimal>,
}

/// A level of the area hierarchy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Level {
    /// Its id.
    pub id: LevelId,
    /// Its name.
    pub label: Label,
}

/// A territorial unit over the time in which it kept its extent and its parent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Area {
    /// Its identity.
    pub id: AreaId,
    /// The official code, which a later unit may be given again.
    pub code: String,
    /// Its name; areas have one in the language of the country.
    pub name: String,
    /// Its level.
    pub level: LevelId,
    /// Where it lies, with dates. One stretch for most areas.
    pub parents: Vec<DatedParent>,
}

/// The parent of an area in a stretch of time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatedParent {
    /// The area above; absent at the top.
    pub parent: Option<AreaId>,
    /// The first day.
    pub from: Date,
    /// The first day on which it is no longer so; absent: it is so.
    pub to: Option<Date>,
}

/// What became of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The area that was.
    pub from: AreaId,
    /// The area that it, or a part of it, went into.
    pub to: AreaId,
    /// The first day of the new order.
    pub date: Date,
    /// How much of it.
    pub extent: Extent,
}

/// How much of an area a transition moved.
#[derive(Clone, Debug, PartialEq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A part. Without a weight its figures cannot be restated.
    Part(Option<Weight>),
}

/// A published share of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// How much of it.
    pub share: Proportion,
    /// What it is a share of and who says so, such as "inhabitants, resolution 1252".
    pub source: String,
}

/// Who may send which events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reporter {
    /// Its id.
    pub id: ReporterId,
    /// Its name.
    pub label: Label,
    /// The metrics it may report.
    pub metrics: BTreeSet<MetricId>,
    /// The areas under which it may report (the areas themselves included).
    pub areas: BTreeSet<AreaId>,
}

/// Reports that ought to come: one value for each series and period.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expectation {
    /// From whom.
    pub reporter: ReporterId,
    /// Of what.
    pub metric: MetricId,
    /// Under which areas, each at the metric's collection level.
    pub areas: BTreeSet<AreaId>,
    /// For which combinations of codes, each sorted by dimension.
    pub cells: Vec<BTreeMap<DimensionId, Code>>,
    /// For periods that begin on this day or later.
    pub from: Date,
    /// For periods that end before this day; absent: for ever.
    pub to: Option<Date>,
    /// The civil days after a period's last day by which its report is due; absent: nobody says when, and no report is
    /// on time or late.
    pub due_days: Option<u32>,
}

/// A formula with a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Its id.
    pub id: IndicatorId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// How it is computed, before `per`.
    pub formula: Formula,
    /// The formula's result is multiplied by it: 100 for a percentage or "per 100 inhabitants".
    pub per: Decimal,
    /// What one of it is.
    pub unit: UnitId,
    /// With how many decimals it is printed.
    pub decimals: u8,
    /// The values that can be right.
    pub range: Range,
    /// Terms that count as zero when they are missing; all other missing terms make the result missing.
    pub optional: BTreeSet<MeasureId>,
    /// Which period of the denominator stands against a period of the numerator.
    pub denominator: DenominatorJoin,
}

/// Which period of the denominator stands against a period of the numerator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DenominatorJoin {
    /// The same.
    SamePeriod,
    /// The latest value at or before the end of the period, at most so many periods of the denominator's frequency back.
    LatestOnOrBefore {
        /// How many periods back.
        limit: u32,
    },
    /// The average, weighted by days, over the periods of the denominator's frequency in the year in which the period ends;
    /// those without a value are in neither side.
    YearAverage,
}

/// What can be asked for by name: an indicator, or a metric itself.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MeasureId {
    /// A formula.
    Indicator(IndicatorId),
    /// A plain metric.
    Metric(MetricId),
}

impl MeasureId {
    /// The id as text. Metrics and indicators share one name space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Indicator(id) => id.as_str(),
            Self::Metric(id) => id.as_str(),
        }
    }
}

impl fmt::Display for MeasureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Dimension {
    /// The code, if the dimension has it.
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&CodeItem> {
        self.codes.iter().find(|item| item.code.as_str() == code)
    }
}
