//! Reporters, and the reports that are expected of them.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{Code, DimensionId, MetricId};

use super::fields::Fields;
use super::names::{Names, Subject};
use crate::{Expectation, Metric, Reporter, suggest};

/// Not broken down by the source (SDMX): not expected unless it is listed.
const NOT_BROKEN_DOWN: &str = "_X";

/// Ten years: longer than any report may take.
const MAX_DUE_DAYS: u32 = 3_660;

type Cell = BTreeMap<DimensionId, Code>;

pub(super) fn read_reporter(fields: &mut Fields<'_>, names: &Names<'_>) -> Option<Reporter> {
    let (id, label) = (fields.id("id"), fields.label("label"));
    let metrics = fields.required_references(names, Subject::Metric, "metrics");
    let areas = fields.required_references(names, Subject::Area, "areas");
    Some(Reporter {
        id: id?,
        label: label?,
        metrics: metrics.into_iter().map(|metric| metric.value).collect(),
        areas: areas.into_iter().map(|area| area.value).collect(),
    })
}

pub(super) fn read_expectation(fields: &mut Fields<'_>, names: &Names<'_>, metrics: &[Metric]) -> Option<Expectation> {
    let reporter = fields.reference(names, Subject::Reporter, "reporter");
    let metric = fields.reference::<MetricId>(names, Subject::Metric, "metric");
    let areas = fields.required_references(names, Subject::Area, "areas");
    let (from, to) = (fields.required_date("from"), fields.date("to"));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        fields.report(
            "to",
            "the expectation ends before it begins",
            "write the first day on which nothing is expected",
        );
    }
    // asked for in any case, so that it is known as a key
    let due_days = fields
        .count("due_days", 0, MAX_DUE_DAYS)
        .filter(|_| fields.has("due_days"));
    let listed = fields.has("cells");
    let tables = fields.tables("cells");
    let metric = metrics
        .iter()
        .find(|known| metric.as_ref().is_some_and(|metric| metric.value == known.id))?;
    let cells = if listed {
        listed_cells(fields, tables, metric, names)
    } else {
        all_cells(metric, names)
    };
    Some(Expectation {
        reporter: reporter?.value,
        metric: metric.id.clone(),
        areas: areas.into_iter().map(|area| area.value).collect(),
        cells,
        from: from?,
        to,
        due_days,
    })
}

fn listed_cells(fields: &Fields<'_>, tables: Vec<Fields<'_>>, metric: &Metric, names: &Names<'_>) -> Vec<Cell> {
    if tables.is_empty() {
        let message = "\"cells\" of the expectation is empty";
        fields.report(
            "cells",
            message,
            "list the combinations, or leave it out for all of them",
        );
    }
    let mut seen = BTreeSet::new();
    for table in tables {
        let cell = read_cell(&table, metric, names);
        if !seen.insert(cell) {
            let message = "this combination of codes stands in \"cells\" already";
            fields.problems().report(table.place(), message, "list it once");
        }
    }
    seen.into_iter().collect()
}

/// One combination: exactly one code for each dimension of the metric.
fn read_cell(table: &Fields<'_>, metric: &Metric, names: &Names<'_>) -> Cell {
    let problems = table.problems();
    let mut cell = Cell::new();
    for (name, value) in table.entries() {
        let Some(dimension) = metric
            .dimensions
            .iter()
            .find(|dimension| dimension.as_str() == name.value)
        else {
            let near = suggest::nearest(name.value, metric.dimensions.iter().map(DimensionId::as_str));
            let message = format!("metric {} has no dimension {:?}", metric.id, name.value);
            problems.report(name.place, message, suggest::remedy(&near, "leave it out"));
            continue;
        };
        let code = value.get_ref().as_str().unwrap_or_default();
        if names.check_code(dimension.as_str(), code, name.place, problems)
            && let Ok(code) = Code::new(code)
        {
            cell.insert(dimension.clone(), code);
        }
    }
    for dimension in &metric.dimensions {
        if !table.has(dimension.as_str()) {
            let message = format!("this combination has no code for {:?}", dimension.as_str());
            problems.report(table.place(), message, "give one for each dimension of the metric");
        }
    }
    cell
}

/// Every combination of the codes of the metric's dimensions, except those that are not broken down.
fn all_cells(metric: &Metric, names: &Names<'_>) -> Vec<Cell> {
    let mut cells = vec![Cell::new()];
    for dimension in &metric.dimensions {
        let codes = names.codes(dimension.as_str()).unwrap_or_default();
        let codes: Vec<Code> = codes
            .iter()
            .filter(|code| **code != NOT_BROKEN_DOWN)
            .filter_map(|code| Code::new(code).ok())
            .collect();
        cells = cells
            .iter()
            .flat_map(|cell| {
                codes.iter().map(move |code| {
                    let mut cell = cell.clone();
                    cell.insert(dimension.clone(), code.clone());
                    cell
                })
            })
            .collect();
    }
    cells.sort();
    cells
}

impl Names<'_> {
    /// Whether a dimension or grouping has a code; if not, the nearest ones are told.
    pub(super) fn check_code(
        &self,
        dimension: &str,
        code: &str,
        place: crate::problem::Place<'_>,
        problems: &crate::problem::Problems,
    ) -> bool {
        let Some(codes) = self.codes(dimension) else {
            return false;
        };
        let known = codes.contains(&code);
        if !known {
            let near = suggest::nearest(code, codes.iter().copied());
            let otherwise = format!("its codes are {}", codes.join(", "));
            let word = if self.defines(Subject::Grouping, dimension) {
                "grouping"
            } else {
                "dimension"
            };
            let message = format!("{word} {dimension} has no code {code:?}");
            problems.report(place, message, suggest::remedy(&near, otherwise));
        }
        known
    }
}
