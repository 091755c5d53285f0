//! The days from which a metric is defined or measured in another way.

use super::fields::Fields;
use crate::Break;

/// The breaks of a metric, in the order of their days.
pub(super) fn read_breaks(fields: &mut Fields<'_>) -> Vec<Break> {
    let mut breaks: Vec<Break> = Vec::new();
    for mut item in fields.tables("breaks") {
        let (date, label) = (item.required_date("date"), item.label("label"));
        let source = item.required_text("source");
        item.refuse_the_rest();
        let (Some(date), Some(label), Some(source)) = (date, label, source) else {
            continue;
        };
        if breaks.iter().any(|other| other.date == date) {
            let message = format!("{} has two breaks on {date}", fields.what());
            item.report("date", message, "say in one what changed");
        }
        breaks.push(Break {
            date,
            label,
            source: source.value.to_owned(),
        });
    }
    breaks.sort_by_key(|one| one.date);
    breaks
}
