//! What became of areas fits the times in which they exist.

use std::collections::BTreeMap;

use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use crate::load::{Draft, TransitionRow};
use crate::{Area, Catalog, Extent, Transition};

/// Checks every line of `transitions.csv`, and those of one area and day together.
pub(super) fn check_transitions(catalog: &Catalog, draft: &Draft<'_>) {
    let mut together: BTreeMap<(&AreaId, Date), Vec<(&TransitionRow<'_>, &Transition)>> = BTreeMap::new();
    for row in draft.transition_rows {
        let Some(transition) = &row.transition else { continue };
        check_one(row, transition, catalog, draft);
        let same = together.entry((&transition.from, transition.date)).or_default();
        same.push((row, transition));
    }
    for rows in together.values() {
        check_together(rows, draft);
    }
}

fn check_one(row: &TransitionRow<'_>, transition: &Transition, catalog: &Catalog, draft: &Draft<'_>) {
    let report = |message: String, remedy: &str| draft.problems.report(row.place, message, remedy);
    let Transition { from, to, date, extent } = transition;
    if from == to {
        report(
            format!("area \"{from}\" goes into itself"),
            "name the area that it went into",
        );
        return;
    }
    let areas = catalog.area(from.as_str()).zip(catalog.area(to.as_str()));
    let Some((source, target)) = areas else { return };
    if *extent == Extent::Whole && !ends_on(source, *date) {
        let end = source
            .ends()
            .map_or_else(|| "never".to_owned(), |end| format!("on {end}"));
        report(
            format!("all of area \"{from}\" goes into \"{to}\" on {date}, but it ends {end}"),
            "date the transition with the area's valid_to, or write \"part\"",
        );
    }
    let existed = date.yesterday().is_ok_and(|before| source.is_valid_at(before));
    if *extent != Extent::Whole && !existed {
        report(
            format!("a part of area \"{from}\" goes into \"{to}\" on {date}, before which it does not exist"),
            "date the transition within the area's validity",
        );
    }
    if !target.is_valid_at(*date) {
        report(
            format!("area \"{from}\" goes into \"{to}\" on {date}, when \"{to}\" does not exist"),
            "date the transition within the validity of the area that receives",
        );
    }
}

fn ends_on(area: &Area, date: Date) -> bool {
    area.ends() == Some(date)
}

/// All of an area goes to one place, or parts of it go to several and are together at most all of it.
fn check_together(rows: &[(&TransitionRow<'_>, &Transition)], draft: &Draft<'_>) {
    let mut sum = Exact::from_integer(0);
    for (index, (row, transition)) in rows.iter().enumerate() {
        let Transition { from, to, date, .. } = transition;
        let mut earlier = rows[..index].iter().map(|(_, earlier)| earlier);
        if earlier.clone().any(|earlier| earlier.to == *to) {
            let message = format!("area \"{from}\" goes into \"{to}\" on {date} twice");
            draft.problems.report(row.place, message, "keep one of the lines");
        } else if earlier.any(|earlier| [&earlier.extent, &transition.extent].contains(&&Extent::Whole)) {
            let message = format!("all of area \"{from}\" goes elsewhere on {date} as well");
            draft
                .problems
                .report(row.place, message, "write \"part\" in each of its lines, or keep one");
        }
        if let Extent::Part(Some(weight)) = &transition.extent {
            sum = &sum + weight.share.exact();
        }
    }
    if sum > Exact::from_integer(1)
        && let Some((row, Transition { from, date, .. })) = rows.last()
    {
        let sum = sum.to_decimal_string(4);
        let message = format!("the parts of area \"{from}\" on {date} have weights of {sum} together");
        draft
            .problems
            .report(row.place, message, "give shares of at most 1 in sum");
    }
}
