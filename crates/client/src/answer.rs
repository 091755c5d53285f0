//! What the query service answers.

use almanac_catalog::{ContentHash, Documentation, Label, Unit};
use almanac_model::{CompletenessSummary, ExpectedReport, Figure, LogId, MetricId, PeriodRange, ReportId, Revision};
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
    /// The hash of that catalogue's content.
    pub catalog_version: ContentHash,
    /// The day on whose boundaries the figures are; `None` when they are on those of each period's end.
    pub on_boundaries_of: Option<Date>,
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
