//! Expected reports and how many of them are there, both ways.

use almanac_model::{
    Code, Completeness, CompletenessSummary, DimensionId, ExpectedReport, RecordedReport, ReportStatus, Revision,
};

use crate::figure::{FigureDecodeError, day, id, known};
use crate::pb::query as pb;
use crate::{Calendars, period_from_proto, timestamp_from_proto, timestamp_to_proto};

/// The status as protobuf has it.
#[must_use]
pub const fn report_status_to_proto(status: ReportStatus) -> pb::ReportStatus {
    match status {
        ReportStatus::OnTime => pb::ReportStatus::OnTime,
        ReportStatus::Late => pb::ReportStatus::Late,
        ReportStatus::Reported => pb::ReportStatus::Reported,
        ReportStatus::Overdue => pb::ReportStatus::Overdue,
        ReportStatus::NotYetDue => pb::ReportStatus::NotYetDue,
        ReportStatus::Missing => pb::ReportStatus::Missing,
        ReportStatus::CannotExist => pb::ReportStatus::CannotExist,
    }
}

/// The status that protobuf has; `None` when none is given.
#[must_use]
pub const fn report_status_from_proto(status: pb::ReportStatus) -> Option<ReportStatus> {
    match status {
        pb::ReportStatus::Unspecified => None,
        pb::ReportStatus::OnTime => Some(ReportStatus::OnTime),
        pb::ReportStatus::Late => Some(ReportStatus::Late),
        pb::ReportStatus::Reported => Some(ReportStatus::Reported),
        pb::ReportStatus::Overdue => Some(ReportStatus::Overdue),
        pb::ReportStatus::NotYetDue => Some(ReportStatus::NotYetDue),
        pb::ReportStatus::Missing => Some(ReportStatus::Missing),
        pb::ReportStatus::CannotExist => Some(ReportStatus::CannotExist),
    }
}

/// The counts as protobuf has them.
#[must_use]
pub fn completeness_to_proto(summary: CompletenessSummary) -> pb::CompletenessSummary {
    let CompletenessSummary {
        reporter,
        metric,
        period,
        counts,
    } = summary;
    let Completeness {
        expected,
        reported,
        on_time,
        late,
        missing,
        overdue,
        not_yet_due,
        cannot_exist,
    } = counts;
    let count = |number| Some(i32::try_from(number).unwrap_or(i32::MAX));
    pb::CompletenessSummary {
        reporter: reporter.to_string(),
        metric: metric.to_string(),
        period: period.to_string(),
        expected: count(expected),
        reported: count(reported),
        on_time: count(on_time),
        late: count(late),
        missing: count(missing),
        overdue: count(overdue),
        not_yet_due: count(not_yet_due),
        cannot_exist: count(cannot_exist),
    }
}

/// The counts that were received, with the calendars of the answer.
pub fn completeness_from_proto(
    summary: &pb::CompletenessSummary,
    calendars: &Calendars,
) -> Result<CompletenessSummary, FigureDecodeError> {
    let pb::CompletenessSummary {
        reporter,
        metric,
        period,
        expected,
        reported,
        on_time,
        late,
        missing,
        overdue,
        not_yet_due,
        cannot_exist,
    } = summary;
    let count = |number: &Option<i32>| number.unwrap_or_default().unsigned_abs();
    Ok(CompletenessSummary {
        reporter: id("summary.reporter", reporter)?,
        metric: id("summary.metric", metric)?,
        period: period_from_proto("summary.period", period, calendars)?,
        counts: Completeness {
            expected: count(expected),
            reported: count(reported),
            on_time: count(on_time),
            late: count(late),
            missing: count(missing),
            overdue: count(overdue),
            not_yet_due: count(not_yet_due),
            cannot_exist: count(cannot_exist),
        },
    })
}

/// The report as protobuf has it.
#[must_use]
pub fn expected_report_to_proto(report: ExpectedReport) -> pb::ExpectedReport {
    let ExpectedReport {
        reporter,
        metric,
        area,
        codes,
        period,
        due,
        status,
        recorded,
    } = report;
    let revision = |of: fn(&RecordedReport) -> Revision| recorded.as_ref().map(of).unwrap_or_default().0;
    pb::ExpectedReport {
        reporter: reporter.to_string(),
        metric: metric.to_string(),
        area: area.to_string(),
        dimensions: codes
            .into_iter()
            .map(|(dimension, code)| (dimension.to_string(), code.to_string()))
            .collect(),
        period: period.to_string(),
        due_date: due.map(|day| day.to_string()).unwrap_or_default(),
        status: report_status_to_proto(status).into(),
        first_revision: revision(|recorded| recorded.first),
        last_revision: revision(|recorded| recorded.last),
        first_record_time: recorded
            .and_then(|recorded| recorded.first_time)
            .map(timestamp_to_proto),
    }
}

/// The report that was received, with the calendars of the answer.
pub fn expected_report_from_proto(
    report: pb::ExpectedReport,
    calendars: &Calendars,
) -> Result<ExpectedReport, FigureDecodeError> {
    let pb::ExpectedReport {
        reporter,
        metric,
        area,
        dimensions,
        period,
        due_date,
        status,
        first_revision,
        first_record_time,
        last_revision,
    } = report;
    let codes = dimensions.iter().map(|(dimension, code)| {
        let dimension: DimensionId = id("report.dimensions", dimension)?;
        let code: Code = id("report.dimensions", code)?;
        Ok((dimension, code))
    });
    let status = report_status_from_proto(known("report.status", status)?);
    Ok(ExpectedReport {
        reporter: id("report.reporter", &reporter)?,
        metric: id("report.metric", &metric)?,
        area: id("report.area", &area)?,
        codes: codes.collect::<Result<_, FigureDecodeError>>()?,
        period: period_from_proto("report.period", &period, calendars)?,
        due: day("report.due_date", &due_date)?,
        status: status.ok_or(FigureDecodeError::Unknown {
            field: "report.status",
            number: 0,
        })?,
        recorded: (first_revision > 0).then(|| RecordedReport {
            first: Revision(first_revision),
            first_time: first_record_time.as_ref().and_then(timestamp_from_proto),
            last: Revision(last_revision),
        }),
    })
}
