//! In one grouping an area has at most one code at a time, and only while it exists.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::load::{Draft, GroupingRow, Subject};
use crate::{Area, Catalog, Membership};

/// Checks the lines of `groupings.csv`, and that every grouping has some.
pub(super) fn check_groupings(catalog: &Catalog, draft: &Draft<'_>) {
    let mut of_area: BTreeMap<_, Vec<&GroupingRow<'_>>> = BTreeMap::new();
    for row in draft.grouping_rows {
        check_dates(row, catalog, draft);
        of_area.entry((&row.grouping, &row.area)).or_default().push(row);
    }
    for rows in of_area.values() {
        check_same_area(rows, draft);
    }
    for grouping in catalog.groupings() {
        let id = grouping.dimension.id.as_str();
        if grouping.members.is_empty()
            && let Some(place) = draft.names.place(Subject::Grouping, id)
        {
            draft.problems.report(
                place,
                format!("grouping {id:?} has no areas"),
                "list them in groupings.csv, under the header grouping,code,area,from,to",
            );
        }
    }
}

fn check_dates(row: &GroupingRow<'_>, catalog: &Catalog, draft: &Draft<'_>) {
    let Membership { from, to, .. } = row.membership;
    let area = row.area.as_str();
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        draft.problems.report(
            row.place,
            format!("the code of area {area:?} ends before it begins"),
            "write as \"to\" the first day on which it is no longer so",
        );
    } else if catalog
        .area(area)
        .is_some_and(|area| !exists_within(area, &row.membership))
    {
        draft.problems.report(
            row.place,
            format!("area {area:?} has a code for a time in which it does not exist"),
            "correct the dates, or name the area that existed then",
        );
    }
}

fn exists_within(area: &Area, membership: &Membership) -> bool {
    let ends = membership.to.unwrap_or(Date::MAX);
    let begins = membership.from.unwrap_or(Date::MIN);
    let mut stretches = area.parents.iter();
    stretches.any(|stretch| stretch.from < ends && stretch.to.is_none_or(|to| begins < to))
}

fn check_same_area(rows: &[&GroupingRow<'_>], draft: &Draft<'_>) {
    for (index, row) in rows.iter().enumerate() {
        for earlier in rows[..index]
            .iter()
            .filter(|earlier| overlap(&earlier.membership, &row.membership))
        {
            let (area, grouping) = (row.area.as_str(), row.grouping.as_str());
            let (one, other) = (&earlier.membership.code, &row.membership.code);
            let message = format!(
                "area {area:?} has two codes of grouping {grouping:?} at the same time: \"{one}\" (at {}) and \"{other}\"",
                earlier.place.origin()
            );
            draft
                .problems
                .report(row.place, message, "end one line where the other begins, or keep one");
        }
    }
}

fn overlap(one: &Membership, other: &Membership) -> bool {
    let begins_before_end =
        |one: &Membership, other: &Membership| one.from.zip(other.to).is_none_or(|(from, to)| from < to);
    begins_before_end(one, other) && begins_before_end(other, one)
}
