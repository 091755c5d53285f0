//! Filling a report of the catalogue: a list of figures that are published together.

use almanac_catalog::{Documentation, Label, Report, ReportLine};
use almanac_model::{AreaId, Figure, Period};

use crate::answer::answer;
use crate::question::{Question, Refusal, State};

/// A filled report.
#[derive(Clone, Debug)]
pub struct FilledReport {
    /// Label, definition, source, owner.
    pub documentation: Documentation,
    /// Its parts.
    pub sections: Vec<FilledSection>,
}

/// A part of a report.
#[derive(Clone, Debug)]
pub struct FilledSection {
    /// The heading.
    pub label: Label,
    /// The lines.
    pub lines: Vec<FilledLine>,
}

/// One line of a report.
#[derive(Clone, Debug)]
pub struct FilledLine {
    /// Its id.
    pub id: String,
    /// How the report calls it.
    pub label: Label,
    /// The figure.
    pub figure: Figure,
}

/// Fills a report for an area and a period. A line that cannot be answered refuses the report: the lines belong together.
pub fn fill_report(
    state: State<'_>,
    report: &Report,
    area: &AreaId,
    period: Period,
) -> Result<FilledReport, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut sections = Vec::new();
    for section in &report.sections {
        let mut lines = Vec::new();
        for line in &section.lines {
            match fill_line(state, line, area, period) {
                Ok(figure) => lines.extend(figure.map(|figure| FilledLine {
                    id: line.id.clone(),
                    label: line.label.clone(),
                    figure,
                })),
                Err(refused) => refusals.extend(refused),
            }
        }
        sections.push(FilledSection {
            label: section.label.clone(),
            lines,
        });
    }
    if refusals.is_empty() {
        Ok(FilledReport {
            documentation: report.documentation.clone(),
            sections,
        })
    } else {
        refusals.dedup();
        Err(refusals)
    }
}

fn fill_line(
    state: State<'_>,
    line: &ReportLine,
    area: &AreaId,
    period: Period,
) -> Result<Option<Figure>, Vec<Refusal>> {
    let question = Question {
        filters: line.filter.clone(),
        ..Question::one(line.measure.clone(), area.clone(), period)
    };
    Ok(answer(state, &question, 0, 1)?.figures.pop())
}
