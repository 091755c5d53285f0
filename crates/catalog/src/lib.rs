//! Definitions: what is counted, where, by whom, and what is computed from it.
//!
//! A catalogue is a folder of texts ([`CatalogFiles`]). [`Catalog::load`] reads them, checks everything in them at once
//! and answers either with all mistakes ([`Problem`]) or with a [`Catalog`] in which every name is defined, every
//! formula adds only what can be added and every area lies where it is said to lie. A later version of a catalogue may
//! not change what recorded figures mean: [`compatibility`] tells where it would.
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
    Area, Break, CodeItem, CollectionLevel, CustomCalendar, DatedParent, DenominatorJoin, Dimension, Documentation,
    Expectation, Extent, Grouping, Indicator, Kind, Label, Level, MeasureId, Membership, Method, Metric, Proportion,
    Range, Report, ReportLine, ReportSection, Reporter, SumOperator, TimeOperator, Transition, Unit, Weight,
};
pub use files::{CatalogFiles, ContentHash, ContentHashError, ReadError};
pub use formula::{Formula, FormulaError, FormulaFault, Operator, Reference};
pub use problem::Problem;
pub use region::{Codes, Region, Within};
pub use restate::Share;
pub use validate::{CheckedEvent, Violation, ViolationReason};
