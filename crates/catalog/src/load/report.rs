//! Reports: lists of figures published together.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{Code, DimensionId, ReportId};

use super::calendar::granularity;
use super::fields::Fields;
use super::names::{Names, Subject};
use crate::{CustomCalendar, Report, ReportLine, ReportSection};

pub(super) fn read_report(fields: &mut Fields<'_>, names: &Names<'_>, calendars: &[CustomCalendar]) -> Option<Report> {
    let (id, documentation) = (fields.id::<ReportId>("id"), fields.documentation());
    let granularity = granularity(fields, "granularity", names, calendars);
    let mut line_ids = BTreeSet::new();
    let mut sections = Vec::new();
    for mut section in fields.required_tables("section", "a [[report.section]]") {
        let label = section.label("label");
        let lines = section.required_tables("line", "a [[report.section.line]]");
        section.refuse_the_rest();
        let lines: Vec<ReportLine> = lines
            .into_iter()
            .filter_map(|mut line| {
                let read = read_line(&mut line, names, &mut line_ids);
                line.refuse_the_rest();
                read
            })
            .collect();
        if let Some(label) = label {
            sections.push(ReportSection { label, lines });
        }
    }
    Some(Report {
        id: id?,
        documentation: documentation?,
        granularity: granularity?,
        sections,
    })
}

fn read_line(fields: &mut Fields<'_>, names: &Names<'_>, seen: &mut BTreeSet<String>) -> Option<ReportLine> {
    // the alphabet of a report's own id
    let (id, label) = (fields.id::<ReportId>("id"), fields.label("label"));
    let measure = fields.required_text("measure");
    let measure = measure.and_then(|measure| names.resolve_measure(measure, fields.problems()));
    let filter = fields
        .table("filter")
        .map(|filter| read_filter(&filter, names))
        .unwrap_or_default();
    let id = id?.to_string();
    if !seen.insert(id.clone()) {
        fields.report(
            "id",
            format!("the line {id:?} stands in this report already"),
            "give one of them another id",
        );
    }
    Some(ReportLine {
        id,
        label: label?,
        measure: measure?,
        filter,
    })
}

fn read_filter(fields: &Fields<'_>, names: &Names<'_>) -> BTreeMap<DimensionId, BTreeSet<Code>> {
    let mut filter = BTreeMap::new();
    for (name, value) in fields.entries() {
        let subject = if names.defines(Subject::Grouping, name.value) {
            Subject::Grouping
        } else {
            Subject::Dimension
        };
        let Some(dimension) = names.resolve::<DimensionId>(subject, name, fields.problems()) else {
            continue;
        };
        let mut codes = BTreeSet::new();
        for text in fields.texts_of(name.value, value) {
            if names.check_code(name.value, text.value, text.place, fields.problems()) {
                codes.extend(Code::new(text.value));
            }
        }
        filter.insert(dimension.value, codes);
    }
    filter
}
