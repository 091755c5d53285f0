//! The vocabulary of official figures: ids, decimals, periods, events, revisions, quality.
//!
//! Everything here is pure: no IO, no clock, no async. Inside the domain an invalid value cannot exist, because every
//! type is made by a function that refuses what it cannot mean.

mod batch;
mod calendar;
mod comparison;
mod completeness;
mod decimal;
mod event;
mod exact;
mod figure;
mod figure_area;
mod granularity;
mod id;
mod period;
mod rank;
mod revision;
mod share;
mod status;
mod time_unit;

pub use batch::{Batch, BatchBuilder, BatchExtra, BatchRow, BatchSeries, BatchShapeError};
pub use calendar::{Calendar, CalendarError, ClosingDay, YearName};
pub use comparison::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, NoPercent, PERCENTAGE_POINT, TargetSetting,
};
pub use completeness::{Completeness, CompletenessSummary, ExpectedReport, RecordedReport, ReportStatus};
pub use decimal::{Decimal, DecimalError};
pub use event::{Correction, CorrectionReason, Event, EventTime, Measure};
pub use exact::Exact;
pub use figure::{Coverage, Figure, FigureFlag, Operand, Quotient};
pub use figure_area::FigureArea;
pub use granularity::{Granularity, MonthUnit};
pub use id::{
    AreaId, Code, DimensionId, IdError, IndicatorId, LevelId, MetricId, ReleaseName, ReportId, ReporterId, RuleId,
    UnitId,
};
pub use period::{NotWhole, Period, PeriodError, PeriodRange, ReferenceDay};
pub use rank::{FigureRank, RankAmong};
pub use revision::{LogId, Release, Revision};
pub use share::FigureShare;
pub use status::{MissingReason, Qualifier, Quality, Status};
pub use time_unit::TimeUnit;
