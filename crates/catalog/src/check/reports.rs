//! Every line of a report can be filled.

use almanac_model::DimensionId;

use crate::load::{Draft, Subject};
use crate::{Catalog, MeasureId, Report, ReportLine};

/// Checks the lines of all reports against what they show.
pub(super) fn check_reports(catalog: &Catalog, draft: &Draft<'_>) {
    for report in catalog.reports() {
        let lines = report.sections.iter().flat_map(|section| &section.lines);
        for line in lines {
            check_line(report, line, catalog, draft);
        }
    }
}

fn check_line(report: &Report, line: &ReportLine, catalog: &Catalog, draft: &Draft<'_>) {
    let Some(place) = draft.names.place(Subject::Report, report.id.as_str()) else {
        return;
    };
    let (id, measure) = (&line.id, &line.measure);
    if !catalog.is_complete(measure) {
        return;
    }
    let dimensions = catalog.dimensions_of(measure);
    // a grouping narrows the areas, whatever the measure
    let has = |id: &DimensionId| dimensions.contains(id) || catalog.grouping(id.as_str()).is_some();
    for dimension in line.filter.keys().filter(|&dimension| !has(dimension)) {
        draft.problems.report(
            place,
            format!(
                "line {id:?} of report {:?} filters {measure} by \"{dimension}\", which it does not have",
                report.id.as_str()
            ),
            "leave the filter out",
        );
    }
    if let MeasureId::Metric(metric) = measure
        && let Some(metric) = catalog.metric(metric.as_str())
        && !metric.frequency.divides(report.granularity)
    {
        let (frequency, granularity) = (metric.frequency, report.granularity);
        draft.problems.report(
            place,
            format!(
                "line {id:?} of report {:?} wants {measure} by {granularity}; it exists by {frequency}",
                report.id.as_str()
            ),
            "give the report a granularity that consists of whole periods of the metric",
        );
    }
}
