//! Provinces, districts and communes, some of which begin, end or move to another parent.

use super::genes::{Choices, Gene};

/// The levels, from the top.
pub(super) const LEVELS: [&str; 3] = ["province", "district", "commune"];
/// The days on which areas and definitions change; the first day of a week, months, quarters, a year, and a day within.
pub(super) const CHANGE_DAYS: [&str; 5] = ["2017-07-01", "2017-04-01", "2018-01-01", "2017-06-12", "2017-06-15"];
const ALWAYS: &str = "2000-01-01";
/// After all days, as texts compare.
const NEVER: &str = "9999-12-31";

/// An area and the days between which it exists. Days are ISO texts, which compare as days do.
#[derive(Clone, Debug)]
pub(super) struct AreaSketch {
    pub(super) id: String,
    pub(super) level: usize,
    from: &'static str,
    to: &'static str,
}

/// The areas and their file.
pub(super) fn territory(genes: &[Gene]) -> (Vec<AreaSketch>, String) {
    let mut areas: Vec<AreaSketch> = Vec::new();
    let mut text = "area,code,name_vi,level,parent,valid_from,valid_to\n".to_owned();
    for gene in genes {
        let mut choices = Choices::of(gene);
        let wanted = choices.of_values([2, 1, 2, 1, 2, 1, 2, 2, 0]);
        // an area needs a parent of the level above, so the first is a province and the second a district
        let level = (0..=wanted)
            .rev()
            .find(|&level| level == 0 || areas.iter().any(|area| area.level + 1 == level))
            .unwrap_or(0);
        add_area(level, &mut choices, &mut areas, &mut text);
    }
    (areas, text)
}

fn add_area(level: usize, choices: &mut Choices<'_>, areas: &mut Vec<AreaSketch>, text: &mut String) {
    let possible: Vec<AreaSketch> = areas.iter().filter(|area| area.level + 1 == level).cloned().collect();
    let parent = choices.one(&possible).cloned();
    let (begins, ends) = match choices.below(12) {
        10 => (choices.of_values(CHANGE_DAYS), NEVER),
        11 => (ALWAYS, choices.of_values(CHANGE_DAYS)),
        _ => (ALWAYS, NEVER),
    };
    let within = |above: Option<&AreaSketch>, from: &'static str, to: &'static str| {
        above.map_or((from, to), |above| (from.max(above.from), to.min(above.to)))
    };
    let (from, mut to) = within(parent.as_ref(), begins, ends);
    if from >= to {
        return;
    }
    let id = format!("{}{}", &LEVELS[level][..1], areas.len());
    let mut row = |parent: Option<&AreaSketch>, from: &str, to: &str| {
        let (level, parent) = (LEVELS[level], parent.map_or("", |parent| parent.id.as_str()));
        let to = if to == NEVER { "" } else { to };
        text.extend([format!("{id},{id},{id},{level},{parent},{from},{to}\n")]);
    };
    let day = choices.of_values(CHANGE_DAYS);
    let other = choices
        .one(&possible)
        .filter(|other| Some(&other.id) != parent.as_ref().map(|parent| &parent.id));
    let new_parent = other.filter(|other| from < day && day < to && other.from <= day && day < other.to);
    if let Some(new_parent) = new_parent.filter(|_| choices.once_in(4)) {
        row(parent.as_ref(), from, day);
        (_, to) = within(Some(new_parent), day, ends);
        row(Some(new_parent), day, to);
    } else {
        row(parent.as_ref(), from, to);
    }
    areas.push(AreaSketch { id, level, from, to });
}
