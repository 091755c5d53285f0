//! Provinces, districts and communes, some of which begin, end, move to another parent, or go into others.

use std::collections::BTreeSet;

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

impl AreaSketch {
    /// Whether it exists before a day and after it.
    pub(super) fn exists_around(&self, day: &str) -> bool {
        self.from < day && day < self.to
    }
}

/// The territory as files.
#[derive(Debug, Default)]
pub(super) struct Territory {
    pub(super) areas: Vec<AreaSketch>,
    pub(super) areas_csv: String,
    pub(super) transitions_csv: String,
}

/// Areas, and what became of some of them.
pub(super) fn territory(genes: &[Gene], changes: &[Gene]) -> Territory {
    let mut territory = Territory {
        areas_csv: "area,code,name_vi,level,parent,valid_from,valid_to\n".to_owned(),
        transitions_csv: "from_area,to_area,date,extent,weight,weight_source\n".to_owned(),
        ..Territory::default()
    };
    for gene in genes {
        let mut choices = Choices::of(gene);
        let wanted = choices.of_values([2, 1, 2, 1, 2, 1, 2, 2, 0]);
        // an area needs a parent of the level above, so the first is a province and the second a district
        let level = (0..=wanted)
            .rev()
            .find(|&level| level == 0 || territory.areas.iter().any(|area| area.level + 1 == level))
            .unwrap_or(0);
        territory.add_area(level, &mut choices);
    }
    let mut divided = BTreeSet::new();
    for gene in changes {
        territory.add_change(&mut Choices::of(gene), &mut divided);
    }
    territory
}

impl Territory {
    fn add_area(&mut self, level: usize, choices: &mut Choices<'_>) {
        let above = |area: &&AreaSketch| area.level + 1 == level;
        let possible: Vec<AreaSketch> = self.areas.iter().filter(above).cloned().collect();
        let parent = choices.one(&possible).cloned();
        let (begins, ends) = match choices.below(12) {
            9 | 10 => (choices.of_values(CHANGE_DAYS), NEVER),
            7 | 8 | 11 => (ALWAYS, choices.of_values(CHANGE_DAYS)),
            _ => (ALWAYS, NEVER),
        };
        let within = |above: Option<&AreaSketch>, from: &'static str, to: &'static str| {
            above.map_or((from, to), |above| (from.max(above.from), to.min(above.to)))
        };
        let (from, mut to) = within(parent.as_ref(), begins, ends);
        if from >= to {
            return;
        }
        let id = format!("{}{}", &LEVELS[level][..1], self.areas.len());
        let mut row = |parent: Option<&AreaSketch>, from: &str, to: &str| {
            let (level, parent) = (LEVELS[level], parent.map_or("", |parent| parent.id.as_str()));
            let to = if to == NEVER { "" } else { to };
            self.areas_csv
                .extend([format!("{id},{id},{id},{level},{parent},{from},{to}\n")]);
        };
        let outlives_parent = to < ends;
        // what outlives the unit above it mostly goes to another
        let day = if outlives_parent {
            to
        } else {
            choices.of_values(CHANGE_DAYS)
        };
        let other = choices
            .one(&possible)
            .filter(|other| Some(&other.id) != parent.as_ref().map(|parent| &parent.id));
        let new_parent = other.filter(|other| from < day && day < ends && other.from <= day && day < other.to);
        let moves = choices.once_in(4) || (outlives_parent && choices.below(4) != 3);
        if let Some(new_parent) = new_parent.filter(|_| moves && day <= to) {
            row(parent.as_ref(), from, day);
            (_, to) = within(Some(new_parent), day, ends);
            row(Some(new_parent), day, to);
        } else {
            row(parent.as_ref(), from, to);
        }
        self.areas.push(AreaSketch { id, level, from, to });
    }

    /// What became of one area on one day: all of it went into another when it ended, or parts of it went into one or two.
    fn add_change(&mut self, choices: &mut Choices<'_>, divided: &mut BTreeSet<(String, &'static str)>) {
        let ending: Vec<&AreaSketch> = self.areas.iter().filter(|area| area.to != NEVER).collect();
        let all: Vec<&AreaSketch> = self.areas.iter().collect();
        let anything = choices.below(4) == 3 || ending.is_empty();
        let wanted = choices.one(if anything { &all } else { &ending });
        let Some(&area) = wanted else { return };
        let day = if area.to == NEVER {
            choices.of_values(CHANGE_DAYS)
        } else {
            area.to
        };
        let fits = |other: &&&AreaSketch| {
            other.id != area.id && other.level == area.level && other.from <= day && day < other.to
        };
        let possible: Vec<&AreaSketch> = all.iter().filter(fits).copied().collect();
        let existed = area.from < day && day <= area.to;
        if possible.is_empty() || !existed || !divided.insert((area.id.clone(), day)) {
            return;
        }
        let mut row = |to: &AreaSketch, extent: &str| {
            self.transitions_csv
                .extend([format!("{},{},{day},{extent}\n", area.id, to.id)]);
        };
        let at = choices.below(possible.len());
        if area.to == day && choices.below(2) == 0 {
            row(possible[at], "whole,,");
            return;
        }
        let weights = choices.of_values([
            ["0.25", "0.75"],
            ["0.5", "0.5"],
            ["", ""],
            ["0.4", ""],
            ["0.125", "0.375"],
        ]);
        let count = choices.of_values([1, 2]);
        for (other, weight) in possible
            .iter()
            .cycle()
            .skip(at)
            .take(count.min(possible.len()))
            .zip(weights)
        {
            let source = if weight.is_empty() { "" } else { "resolution" };
            row(other, &format!("part,{weight},{source}"));
        }
    }
}
