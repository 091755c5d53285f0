//! Levels, units, dimensions and their codes.

use std::collections::BTreeSet;

use almanac_model::Code;

use super::fields::Fields;
use crate::{CodeItem, Dimension, Level, Unit};

pub(super) fn read_level(fields: &mut Fields<'_>) -> Option<Level> {
    let (id, label) = (fields.id("id"), fields.label("label"));
    Some(Level { id: id?, label: label? })
}

pub(super) fn read_unit(fields: &mut Fields<'_>) -> Option<Unit> {
    let (id, label, percentage) = (fields.id("id"), fields.label("label"), fields.flag("percentage"));
    Some(Unit {
        id: id?,
        label: label?,
        percentage: percentage?,
    })
}

/// A dimension, or what a grouping has in common with one.
pub(super) fn read_dimension(fields: &mut Fields<'_>) -> Option<Dimension> {
    let (id, documentation) = (fields.id("id"), fields.documentation());
    let mut seen = BTreeSet::new();
    let codes = fields.required_tables(
        "codes",
        "[ { code = \"...\", label = { vi = \"...\", en = \"...\" } } ]",
    );
    let codes = codes
        .into_iter()
        .filter_map(|mut item| {
            let code = read_code(&mut item, &mut seen);
            item.refuse_the_rest();
            code
        })
        .collect();
    Some(Dimension {
        id: id?,
        documentation: documentation?,
        codes,
    })
}

fn read_code(item: &mut Fields<'_>, seen: &mut BTreeSet<Code>) -> Option<CodeItem> {
    let (code, label) = (item.id::<Code>("code"), item.label("label"));
    let code = code?;
    if code.as_str() == "_T" {
        item.report(
            "code",
            "the code \"_T\" stands for the total",
            "leave it out: totals are computed",
        );
    }
    if !seen.insert(code.clone()) {
        let message = format!("the code {:?} stands in this dimension already", code.as_str());
        item.report("code", message, "give one of them another code");
    }
    Some(CodeItem { code, label: label? })
}
