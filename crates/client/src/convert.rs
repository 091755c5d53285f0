//! Answers as they come, into what the client gives back.

mod explanation;

use std::str::FromStr;

use almanac_catalog::Unit;
use almanac_model::{LogId, PeriodRange, Release, Revision};
use almanac_wire::pb::{ingest as ingest_pb, query as pb, shared};
use almanac_wire::{
    Calendars, FigureDecodeError, documentation_from_proto, figure_from_proto, label_from_proto, timestamp_from_proto,
};

use crate::{AnswerError, AnsweredAt, Report, ReportLine, ReportSection};

pub(crate) use self::explanation::{explanation, vintage};

pub(crate) fn parsed<T: FromStr>(field: &'static str, text: &str) -> Result<T, AnswerError> {
    text.parse().map_err(|_| AnswerError::Malformed {
        field,
        text: text.to_owned(),
    })
}

/// A text that is empty when there is nothing.
pub(crate) fn optional<T: FromStr>(field: &'static str, text: &str) -> Result<Option<T>, AnswerError> {
    (!text.is_empty()).then(|| parsed(field, text)).transpose()
}

pub(crate) fn log_id(text: &str) -> Result<LogId, AnswerError> {
    parsed("log_id", text)
}

pub(crate) fn release(release: ingest_pb::Release) -> Result<Release, AnswerError> {
    let malformed = AnswerError::Malformed {
        field: "release",
        text: release.name.clone(),
    };
    Release::try_from(release).map_err(|_| malformed)
}

pub(crate) fn answered_at(at: Option<pb::AnsweredAt>) -> Result<AnsweredAt, AnswerError> {
    let pb::AnsweredAt {
        revision,
        log_id: log,
        revision_time,
        catalog_revision,
        calendars: _,
        catalog_version,
        on_boundaries_of,
    } = at.ok_or(AnswerError::Absent { field: "answered_at" })?;
    Ok(AnsweredAt {
        revision: Revision(revision),
        log_id: log_id(&log)?,
        revision_time: revision_time.as_ref().and_then(timestamp_from_proto),
        catalog_revision: Revision(catalog_revision),
        catalog_version: parsed("catalog_version", &catalog_version)?,
        on_boundaries_of: optional("on_boundaries_of", &on_boundaries_of)?,
    })
}

/// The calendars in which the periods of an answer are written.
pub(crate) fn calendars(at: Option<&pb::AnsweredAt>) -> Result<Calendars, AnswerError> {
    let rules = at.map_or(&[][..], |at| &at.calendars);
    Ok(Calendars::from_proto(rules).map_err(FigureDecodeError::from)?)
}

/// What one text of a question's periods stood for.
pub(crate) fn resolved(text: &str, calendars: &Calendars) -> Result<PeriodRange, AnswerError> {
    range("resolved_periods", text, calendars)
}

fn range(field: &'static str, text: &str, calendars: &Calendars) -> Result<PeriodRange, AnswerError> {
    calendars.period_range(text).map_err(|_| AnswerError::Malformed {
        field,
        text: text.to_owned(),
    })
}

pub(crate) fn report(report: pb::GetReportResponse) -> Result<Report, AnswerError> {
    let pb::GetReportResponse {
        report: id,
        documentation,
        sections,
        answered_at: at,
    } = report;
    let calendars = calendars(at.as_ref())?;
    let sections = sections.into_iter().map(|one| section(one, &calendars));
    Ok(Report {
        id: parsed("report", &id)?,
        documentation: documentation_from_proto(documentation),
        sections: sections.collect::<Result<_, _>>()?,
        answered_at: answered_at(at)?,
    })
}

fn section(section: pb::ReportSection, calendars: &Calendars) -> Result<ReportSection, AnswerError> {
    let pb::ReportSection { label, lines } = section;
    let lines = lines.into_iter().map(|one| line(one, calendars));
    Ok(ReportSection {
        label: label_from_proto(label),
        lines: lines.collect::<Result<_, _>>()?,
    })
}

fn line(line: pb::ReportLine, calendars: &Calendars) -> Result<ReportLine, AnswerError> {
    let pb::ReportLine {
        id,
        label,
        figure,
        unit: of_unit,
    } = line;
    let figure = figure_from_proto(figure.ok_or(AnswerError::Absent { field: "figure" })?, calendars)?;
    Ok(ReportLine {
        id,
        label: label_from_proto(label),
        unit: unit(of_unit)?,
        figure,
    })
}

fn unit(unit: Option<shared::Unit>) -> Result<Unit, AnswerError> {
    let shared::Unit { id, label, percentage } = unit.unwrap_or_default();
    Ok(Unit {
        id: parsed("unit", &id)?,
        label: label_from_proto(label),
        percentage,
    })
}
