//! Every area lies, at each time, under at most one area that exists then and is of a level above.

use std::collections::BTreeMap;

use almanac_model::AreaId;
use jiff::civil::Date;

use crate::load::{AreaRow, Draft, Subject};
use crate::{Area, Catalog};

/// Checks what the lines of `areas.csv` say together.
pub(super) fn check_areas(catalog: &Catalog, draft: &Draft<'_>) {
    let mut of_area: BTreeMap<&str, Vec<&AreaRow<'_>>> = BTreeMap::new();
    for row in draft.area_rows {
        check_dates(row, draft);
        check_parent(row, catalog, draft);
        of_area.entry(&row.area).or_default().push(row);
    }
    for rows in of_area.values() {
        check_same_area(rows, draft);
    }
    check_codes(draft);
    check_cycles(catalog, draft);
}

fn check_dates(row: &AreaRow<'_>, draft: &Draft<'_>) {
    if row.from.zip(row.to).is_some_and(|(from, to)| from >= to) {
        let message = format!("area {:?} ends before it begins", row.area);
        draft.problems.report(
            row.place,
            message,
            "write as valid_to the first day on which it is no longer so",
        );
    }
}

/// The lines of one area say the same of it and do not overlap.
fn check_same_area(rows: &[&AreaRow<'_>], draft: &Draft<'_>) {
    for (index, row) in rows.iter().enumerate() {
        for earlier in &rows[..index] {
            if (&row.code, &row.name, &row.level) != (&earlier.code, &earlier.name, &earlier.level) {
                draft.problems.report(
                    row.place,
                    format!(
                        "area {:?} has another code, name or level at {}",
                        row.area,
                        earlier.place.origin()
                    ),
                    "write the same in both lines, or give the later unit another area id",
                );
            }
            if let Some(day) = first_common_day(row, earlier) {
                let earlier_line = earlier.place.origin();
                let message = if row.parent == earlier.parent {
                    format!(
                        "area {:?} is valid twice on {day}, here and at {earlier_line}",
                        row.area
                    )
                } else {
                    let (one, other) = (shown(&earlier.parent), shown(&row.parent));
                    format!(
                        "area {:?} has two parents on {day}: {one} (at {earlier_line}) and {other}",
                        row.area
                    )
                };
                draft
                    .problems
                    .report(row.place, message, "end one line where the other begins");
            }
        }
    }
}

fn shown(parent: &str) -> String {
    if parent.is_empty() {
        "none".to_owned()
    } else {
        format!("{parent:?}")
    }
}

fn first_common_day(left: &AreaRow<'_>, right: &AreaRow<'_>) -> Option<Date> {
    let from = left.from?.max(right.from?);
    let before_end = |row: &AreaRow<'_>| row.to.is_none_or(|to| from < to);
    (before_end(left) && before_end(right)).then_some(from)
}

/// The parent exists as long as the line says, and is of a level above.
fn check_parent(row: &AreaRow<'_>, catalog: &Catalog, draft: &Draft<'_>) {
    let Some(parent) = catalog.area(&row.parent) else {
        return;
    };
    if let (Some(own), Some(above)) = (
        catalog.level_rank(&row.level),
        catalog.level_rank(parent.level.as_str()),
    ) && above >= own
    {
        draft.problems.report(
            row.place,
            format!(
                "area {:?}, a {}, lies under {:?}, a {}",
                row.area, row.level, row.parent, parent.level
            ),
            "name a parent of a level above",
        );
    }
    if let Some(from) = row.from
        && let Some(day) = first_day_without(parent, from, row.to)
    {
        draft.problems.report(
            row.place,
            format!(
                "area {:?} lies under {:?}, which does not exist on {day}",
                row.area, row.parent
            ),
            "give the area another parent from that day on, or correct the dates",
        );
    }
}

/// The first day from `from` until before `to` on which an area does not exist. Its stretches are in order.
fn first_day_without(area: &Area, from: Date, to: Option<Date>) -> Option<Date> {
    let mut day = from;
    for stretch in &area.parents {
        if stretch.holds_on(day) {
            day = stretch.to?;
        }
    }
    to.is_none_or(|to| day < to).then_some(day)
}

/// At one time an official code belongs to one area of a level.
fn check_codes(draft: &Draft<'_>) {
    let mut seen: BTreeMap<(&str, &str), Vec<&AreaRow<'_>>> = BTreeMap::new();
    for row in draft.area_rows {
        let same_code = seen.entry((&row.level, &row.code)).or_default();
        let mut others = same_code.iter().filter(|other| other.area != row.area);
        if let Some((other, day)) = others.find_map(|other| Some((other, first_common_day(row, other)?))) {
            let (code, other, line) = (&row.code, &other.area, other.place.origin());
            let message = format!(
                "areas {other:?} (at {line}) and {:?} both have the code {code:?} on {day}",
                row.area
            );
            draft.problems.report(
                row.place,
                message,
                "give each its own code, or end one where the other begins",
            );
        }
        same_code.push(row);
    }
}

/// No area lies, over however many steps, under itself.
fn check_cycles(catalog: &Catalog, draft: &Draft<'_>) {
    for area in catalog.areas() {
        let mut path = vec![&area.id];
        if find_way_back(catalog, &area.id, &mut path) {
            // a cycle is told once, at its least area
            if path.iter().any(|on_path| *on_path < &area.id) {
                continue;
            }
            let mut steps: Vec<String> = path.iter().map(ToString::to_string).collect();
            steps.push(area.id.to_string());
            if let Some(place) = draft.names.place(Subject::Area, area.id.as_str()) {
                let message = format!("area {:?} lies under itself: {}", area.id.as_str(), steps.join(" -> "));
                draft.problems.report(place, message, "correct the parents");
            }
        }
    }
}

/// Extends the path upwards until it comes back to its beginning.
fn find_way_back<'a>(catalog: &'a Catalog, start: &AreaId, path: &mut Vec<&'a AreaId>) -> bool {
    let last = path.last().and_then(|last| catalog.area(last.as_str()));
    for parent in last
        .into_iter()
        .flat_map(|area| area.parents.iter().filter_map(|stretch| stretch.parent.as_ref()))
    {
        if parent == start {
            return true;
        }
        if !path.contains(&parent) {
            path.push(parent);
            if find_way_back(catalog, start, path) {
                return true;
            }
            path.pop();
        }
    }
    false
}
