//! Reports: figures that are published together.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{Code, DimensionId, Granularity, ReportId};

use super::{Documentation, Label, MeasureId};

/// A list of figures published together.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// What period it covers, in which calendar.
    pub granularity: Granularity,
    /// Its parts.
    pub sections: Vec<ReportSection>,
}

/// A part of a report with its own heading.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportSection {
    /// The heading.
    pub label: Label,
    /// Its figures.
    pub lines: Vec<ReportLine>,
}

/// One figure of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportLine {
    /// Its id, unique in the report.
    pub id: String,
    /// How the report calls it.
    pub label: Label,
    /// The indicator or metric.
    pub measure: MeasureId,
    /// Which codes of the dimensions.
    pub filter: BTreeMap<DimensionId, BTreeSet<Code>>,
}
