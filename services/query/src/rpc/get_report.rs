//! `GetReport`: a report of the catalogue, filled.

use almanac_catalog::Report;
use almanac_indicator::{FilledLine, FilledReport, FilledSection, State, fill_report};
use almanac_model::{AreaId, Period};
use almanac_wire::pb::query as pb;
use almanac_wire::{documentation_to_proto, figure_to_proto, label_to_proto, unit_to_proto};
use tonic::Request;

use super::{Answered, Query, for_one_figure};
use crate::answer::{answered_at, respond};
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::names::Names;
use crate::replica::{Moment, Replica};
use crate::shared::Work;
use crate::{ask, reason};

pub(super) async fn answer(query: &Query, request: Request<pb::GetReportRequest>) -> Answered<pb::GetReportResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, mistakes) = query.open(request.read_at.as_ref(), until).await?;
    let (report, area, period) = asked(&request, &moment, mistakes)?;
    let compute = move |_: &Replica, state: State<'_>| fill_report(state, &report, &area, period);
    let filled = query
        .replica
        .compute(&moment, Work::Large, compute)
        .await?
        .map_err(for_one_figure)?;
    let response = filled_to_proto(request.report, filled, &moment);
    Ok(respond(response, &moment, (query.clock)()))
}

fn asked(
    request: &pb::GetReportRequest,
    moment: &Moment,
    mut mistakes: Mistakes,
) -> Result<(Report, AreaId, Period), QueryError> {
    let mut names = Names::at(moment, &mut mistakes);
    let report = names.report("report", &request.report);
    let target = ask::area_and_period(&request.area, &request.period, &mut names);
    if let Some((report, (_, period))) = report.zip(target.as_ref())
        && period.granularity() != report.granularity
    {
        let wanted = Period::containing(report.granularity, period.last_day());
        mistakes.add("period", reason::REPORT_GRANULARITY, || {
            format!(
                "report {} is by {}; {period} is {}: ask for {wanted}",
                report.id,
                report.granularity,
                period.granularity().with_article()
            )
        });
    }
    mistakes.refuse_any()?;
    let (report, (area, period)) = report.zip(target).ok_or(QueryError::Broken)?;
    Ok((report.clone(), area, period))
}

fn filled_to_proto(report: String, filled: FilledReport, moment: &Moment) -> pb::GetReportResponse {
    let FilledReport {
        documentation,
        sections,
    } = filled;
    let line = |FilledLine { id, label, figure }: FilledLine| pb::ReportLine {
        id,
        label: Some(label_to_proto(&label)),
        unit: figure
            .unit
            .parse()
            .ok()
            .map(|unit| unit_to_proto(&unit, &moment.catalog)),
        figure: Some(figure_to_proto(figure)),
    };
    let section = |FilledSection { label, lines }: FilledSection| pb::ReportSection {
        label: Some(label_to_proto(&label)),
        lines: lines.into_iter().map(line).collect(),
    };
    pb::GetReportResponse {
        report,
        documentation: Some(documentation_to_proto(&documentation)),
        sections: sections.into_iter().map(section).collect(),
        answered_at: Some(answered_at(moment)),
    }
}
