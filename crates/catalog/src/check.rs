//! The checks that need all definitions at once.

mod areas;
mod expectations;
mod formulas;
mod groupings;
mod reports;
mod rules;
mod targets;
mod transitions;
mod units;

use crate::Catalog;
use crate::load::Draft;

/// Reports what is wrong between definitions. The catalogue may be incomplete: what could not be read is not in it, and
/// was reported when it was read.
pub(crate) fn check(catalog: &Catalog, draft: &Draft<'_>) {
    areas::check_areas(catalog, draft);
    transitions::check_transitions(catalog, draft);
    groupings::check_groupings(catalog, draft);
    formulas::check_formulas(catalog, draft);
    targets::check_targets(catalog, draft);
    expectations::check_expectations(catalog, draft);
    reports::check_reports(catalog, draft);
    rules::check_rules(catalog, draft);
}
