//! Definitions: what is counted, where, by whom, and what is computed from it.
//!
//! A catalogue is a folder of texts ([`CatalogFiles`]). [`Catalog::load`] reads them, checks everything in them at once
//! and answers either with all mistakes ([`Problem`]) or with a [`Catalog`] in which every name is defined, every
//! formula adds only what can be added and every area lies where it is said to lie. A later version of a catalogue may
//! not change what recorded figures mean: [`compatibility`] tells where it would.
//!
//! # Formulas
//!
//! An indicator's `formula` is arithmetic over metrics and other indicators; so is a formula that comes with a question.
//!
//! | written | meaning |
//! |---|---|
//! | `a + b`, `a - b`, `a * b`, `a / b`, `-a`, `(a)`, `1.5` | as taught; only what has one unit is added or subtracted |
//! | `post.items{direction='sent'}`, `post.items{direction in ('sent', 'received')}` | only these codes |
//! | `shift(x, -1 year)` | `x` one year earlier; units are year, half, quarter, month, week and day, also in the plural |
//! | `ytd(x)` | `x` from the beginning of the year in which the period ends until the period's end, read like one period |
//! | `moving_sum(x, 12 months)`, `moving_avg`, `moving_min`, `moving_max` | over the last so many periods of that unit |
//! | `avg(x by month)`, `min(x by month)`, `max(x by month)` | over the months of which the period consists |
//!
//! A function keeps the unit, takes any formula and stands wherever a metric can.
//!
//! - *shift* keeps a period whole or is refused: a year by 12 months, not by one; a week by weeks, or by years as ISO 8601
//!   counts them. Where the calendar has no such period (29 February, week 53) the value is missing: it cannot exist.
//! - *ytd* of a flow is its sum since the year began, of a stock its time operator over that stretch, of a ratio the ratio of
//!   both sides' years to date. The year of a week is that of ISO 8601.
//! - *Windows* end with the period, which has to end together with a period of the unit. Averages are weighted by days.
//!   A period without a value is left out (of both sides of an average) and the figure flagged `PARTIAL_PERIOD`, unless there
//!   could be none; so a strict figure is missing. Of flows, their sums, differences and multiples `moving_sum` is the flow
//!   over the window, as if that were one period. No `moving_sum` adds a stock.
//! - A window of a ratio is made of the ratios of its periods: `moving_avg(a / b, 12 months)` is the average of twelve ratios.
//!   The ratio of a year's sums is `moving_sum(a, 12 months) / moving_sum(b, 12 months)`.
//! - Units and years are those of the calendar of the period that is asked for: of `health:2017-03` those of `health`. Days
//!   and weeks belong to no calendar.
//! - No function reaches over a change of boundaries, except on the boundaries of one day.
//!
//! A `denominator` joins by `"same_period"` (the default), `{ latest_on_or_before = 2 }` (the latest value, at most two of its
//! own periods back) or `"year_average"`: the average, weighted by days, over the denominator's own periods in the year, of
//! their calendar, in which the period ends; of days, of the calendar of the period.
//!
//! Nothing here reads a clock or does IO, except [`CatalogFiles::read_dir`].

mod calendar;
mod catalog;
mod check;
mod compatibility;
mod definition;
mod files;
mod formula;
mod hierarchy;
mod load;
mod lookup;
mod problem;
mod region;
mod restate;
mod suggest;
mod table;
mod validate;

pub use catalog::Catalog;
pub use compatibility::compatibility;
pub use definition::{
    Against, Among, Area, Break, CodeItem, CollectionLevel, CustomCalendar, DatedParent, DenominatorJoin, Dimension,
    Direction, Documentation, Expectation, Extent, Grouping, Indicator, Kind, LEAST_SAMPLE, Label, Level, MeasureId,
    Membership, Method, Metric, Proportion, Range, Relation, Report, ReportLine, ReportSection, Reporter, Rule,
    RuleCheck, Severity, SumOperator, TimeOperator, Tolerance, Transition, Unit, Weight,
};
pub use files::{CatalogFiles, ContentHash, ContentHashError, ReadError};
pub use formula::{Formula, FormulaError, FormulaFault, Operator, Reference, TimeFunction, WindowOperator};
pub use problem::Problem;
pub use region::{Codes, Region, Within};
pub use restate::Share;
pub use validate::{CheckedEvent, SeriesRules, Violation, ViolationReason};
