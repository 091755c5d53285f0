//! Rules compare what has one unit, and break down by dimensions that everything in them has.

use super::formulas::check_expression;
use super::units::shown;
use crate::Catalog;
use crate::load::{Draft, ReadRule, report_formula};

/// Checks the formulas and the dimensions of all rules.
pub(super) fn check_rules(catalog: &Catalog, draft: &Draft<'_>) {
    for read in draft.rules {
        let mut units = Vec::new();
        for (expression, place) in &read.formulas {
            let mut errors = Vec::new();
            units.push(check_expression(catalog, expression, &mut errors));
            for error in &errors {
                report_formula(*place, error, draft.problems);
            }
        }
        if let ([Some(left), Some(right)], [_, (_, place)]) = (units.as_slice(), read.formulas.as_slice())
            && left != right
        {
            let message = format!("{} compares {} with {}", read.what, shown(left), shown(right));
            draft.problems.report(*place, message, "compare formulas of one unit");
        }
        check_dimensions(catalog, read, draft);
    }
}

/// Every term has to have what the rule breaks down by, and must not choose its codes itself: otherwise one side would be
/// the same in every group.
fn check_dimensions(catalog: &Catalog, read: &ReadRule<'_>, draft: &Draft<'_>) {
    let Some(rule) = &read.rule else { return };
    let references = rule
        .check
        .formulas()
        .into_iter()
        .flat_map(|formula| formula.references());
    for reference in references.filter(|reference| catalog.is_complete(&reference.measure)) {
        let dimensions = catalog.dimensions_of(&reference.measure);
        for dimension in &rule.group_by {
            let fault = if !dimensions.contains(dimension) {
                "does not have"
            } else if reference.filter.contains_key(dimension) {
                "narrows itself"
            } else {
                continue;
            };
            let message = format!(
                "{} groups by \"{dimension}\", which {} {fault}",
                read.what, reference.measure
            );
            draft
                .problems
                .report(read.group_by, message, "take it out of \"group_by\"");
        }
    }
}
