//! A grouping of areas beside the hierarchy: urban and rural.

use std::collections::BTreeSet;

use super::genes::{Choices, Gene};
use super::metrics::DOCUMENTATION;
use super::territory::{AreaSketch, CHANGE_DAYS};

/// The grouping; no metric has it as a dimension.
pub(super) const GROUPING: &str = "zone";
const CODES: [&str; 2] = ["urban", "rural"];

/// `groupings.toml` and `groupings.csv`: nothing when no area is listed.
pub(super) fn groupings(genes: &[Gene], areas: &[AreaSketch]) -> Option<(String, String)> {
    let mut rows = "grouping,code,area,from,to\n".to_owned();
    let mut listed = BTreeSet::new();
    for gene in genes {
        let mut choices = Choices::of(gene);
        let Some(area) = choices.one(areas).filter(|area| listed.insert(area.id.clone())) else {
            continue;
        };
        let id = &area.id;
        let code = choices.of_values(CODES);
        let day = choices.of_values(CHANGE_DAYS);
        if choices.once_in(3) && area.exists_around(day) {
            let other = choices.of_values(["rural", "urban"]);
            rows.extend([format!(
                "{GROUPING},{code},{id},,{day}\n{GROUPING},{other},{id},{day},\n"
            )]);
        } else {
            rows.extend([format!("{GROUPING},{code},{id},,\n")]);
        }
    }
    let codes = CODES.map(|code| format!("{{ code = \"{code}\", label = {{ vi = \"x\", en = \"x\" }} }}"));
    let toml = format!(
        "[[grouping]]\nid = \"{GROUPING}\"\n{DOCUMENTATION}codes = [{}]\n",
        codes.join(", ")
    );
    (!listed.is_empty()).then_some((toml, rows))
}
