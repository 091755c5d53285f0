//! What the query service answers.

use std::collections::BTreeMap;

use almanac_catalog::{Documentation, Label, Unit};
use almanac_model::{
    AreaId, CompletenessSummary, ExpectedReport, Figure, LogId, MetricId, MissingReason, Period, PeriodRange,
    Qualifier, Quality, ReportId, ReporterId, Revision, UnitId,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// At which state of the log an answer was computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AnsweredAt {
    /// The revision: ask again as of it for the same answer.
    pub revision: Revision,
    /// The log that the revision belongs to.
    pub log_id: LogId,
    /// When that revision was recorded: how old the newest data in the answer are.
    pub revision_time: Option<Timestamp>,
    /// The revision from which the catalogue that was used is in force.
    pub catalog_revision: Revision,
}

/// Figures, all of one revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Figures {
    /// In the order of indicators, areas, periods and codes.
    pub figures: Vec<Figure>,
    /// What each text of the question's periods stood for.
    pub resolved_periods: Vec<PeriodRange>,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// Which expected reports are there, all of one revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CompletenessAnswer {
    /// Counts by metric, period and reporter, of all statuses.
    pub summaries: Vec<CompletenessSummary>,
    /// By metric, period asked for, reporter, area, codes and period.
    pub reports: Vec<ExpectedReport>,
    /// Metrics asked for of which no report is listed for some period or for any.
    pub unlisted: Vec<MetricId>,
    /// The day by which overdue was decided.
    pub on: Date,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// A filled report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// Its parts.
    pub sections: Vec<ReportSection>,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// A part of a report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportSection {
    /// The heading.
    pub label: Label,
    /// The lines.
    pub lines: Vec<ReportLine>,
}

/// One line of a report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportLine {
    /// Its id, unique in the report.
    pub id: String,
    /// How the report calls it.
    pub label: Label,
    /// The figure.
    pub figure: Figure,
    /// What one of it is.
    pub unit: Unit,
}

/// What a figure was made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation {
    /// The figure.
    pub figure: Figure,
    /// The formula, with other indicators written out.
    pub formula: String,
    /// The formula with the terms' values put in.
    pub substituted: String,
    /// The terms of the formula, in its order.
    pub terms: Vec<Term>,
    /// At which state of the log.
    pub answered_at: AnsweredAt,
}

/// One term of a formula: a metric, narrowed to some codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Term {
    /// The term as the formula writes it.
    pub expression: String,
    /// The metric's label, definition and source.
    pub documentation: Documentation,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The metric's unit.
    pub unit: UnitId,
    /// The period that was read, or the periods that were read like one.
    pub period: PeriodRange,
    /// The recorded values behind it, at most 1,000.
    pub contributions: Vec<Contribution>,
    /// How many there are.
    pub contribution_count: u32,
}

/// One recorded value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contribution {
    /// Where.
    pub area: AreaId,
    /// The code of each dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Who reported it.
    pub reporter: ReporterId,
    /// The period it was reported for.
    pub period: Period,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// How final it is.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// The revision that recorded it. For a tally: the last one that added to it.
    pub revision: Revision,
    /// When it was recorded.
    pub record_time: Option<Timestamp>,
}
