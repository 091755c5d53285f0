//! `transitions.csv`: what became of areas.

use almanac_model::AreaId;

use super::document::TRANSITIONS;
use super::names::{Names, Subject};
use super::rows::{Columns, Row, each_row};
use crate::problem::{Located, Place, Problems};
use crate::{CatalogFiles, Extent, Proportion, Transition, Weight};

const COLUMNS: Columns = Columns {
    all: &["from_area", "to_area", "date", "extent", "weight", "weight_source"],
    optional: &["weight", "weight_source"],
};

/// A line of `transitions.csv`.
#[derive(Debug)]
pub(crate) struct TransitionRow<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) transition: Option<Transition>,
}

/// The lines of `transitions.csv`; their names and weights are read, but not yet held against the areas.
pub(super) fn transition_rows<'a>(
    files: &'a CatalogFiles,
    names: &Names<'_>,
    problems: &Problems,
) -> Vec<TransitionRow<'a>> {
    let mut rows = Vec::new();
    each_row(files, TRANSITIONS, &COLUMNS, problems, |row| {
        let located = |column| Located {
            value: row.required(column),
            place: row.place,
        };
        let area = |column| {
            let text = located(column);
            (!text.value.is_empty()).then(|| names.resolve::<AreaId>(Subject::Area, text, problems))?
        };
        let (from, to, date) = (area("from_area"), area("to_area"), row.required_date("date"));
        let extent = read_extent(row);
        let transition = || {
            Some(Transition {
                from: from?.value,
                to: to?.value,
                date: date?,
                extent: extent?,
            })
        };
        rows.push(TransitionRow {
            place: row.place,
            transition: transition(),
        });
    });
    rows
}

fn read_extent(row: &Row<'_, '_>) -> Option<Extent> {
    let weight = read_weight(row);
    match row.required("extent") {
        "whole" => {
            if weight.is_some() {
                row.problems.report(
                    row.place,
                    "a whole area has a weight",
                    "leave the weight out, or write \"part\"",
                );
            }
            Some(Extent::Whole)
        }
        "part" => Some(Extent::Part(weight)),
        "" => None,
        other => {
            row.problems.report(
                row.place,
                format!("\"extent\" is {other:?}"),
                "write \"whole\" or \"part\"",
            );
            None
        }
    }
}

fn read_weight(row: &Row<'_, '_>) -> Option<Weight> {
    let (share, source) = (row.get("weight"), row.get("weight_source"));
    if share.is_empty() {
        if !source.is_empty() {
            row.problems.report(
                row.place,
                "\"weight_source\" stands without a weight",
                "write the weight, or leave it out",
            );
        }
        return None;
    }
    if source.is_empty() {
        let remedy = "write what it is a share of and who says so";
        row.problems
            .report(row.place, "\"weight\" stands without \"weight_source\"", remedy);
    }
    let parsed = Proportion::parse(share);
    if parsed.is_none() {
        row.problems.report(
            row.place,
            format!("\"weight\" is {share:?}"),
            "write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000",
        );
    }
    Some(Weight {
        share: parsed?,
        source: source.to_owned(),
    })
}
