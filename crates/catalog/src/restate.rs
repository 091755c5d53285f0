//! Restating figures on other boundaries: how much of an area of one day lies in an area of another day.
//!
//! Later boundaries are reached through transitions, forwards: all of a unit went into another, or a part of it with a
//! published weight, or a part of which nobody published how large it was. Earlier boundaries are reached backwards, and
//! there a unit that was put together from several cannot be taken apart again: weights are shares of what was, not of
//! what became of it.

mod steps;

use std::collections::BTreeSet;

use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use self::steps::{Piece, eve};
use crate::{Area, Catalog, Codes, Region, Within};

/// How much of an area lies in another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Share {
    /// Nothing.
    Nothing,
    /// A part, by published weights.
    Part(Exact),
    /// All.
    All,
    /// A part, and nobody published how large it is.
    Unknown,
}

impl Catalog {
    /// How much of `area`, as it was on `day`, lies in `within` as that is on `boundaries`.
    #[must_use]
    pub fn share_in(&self, area: &AreaId, day: Date, within: &AreaId, boundaries: Date) -> Share {
        let region = Region {
            areas: vec![within.clone()],
            codes: Codes::new(),
        };
        self.share_in_region(area, day, &region, boundaries)
    }

    /// How much of `area`, as it was on `day`, lies in a region as that is on `boundaries`.
    #[must_use]
    pub fn share_in_region(&self, area: &AreaId, day: Date, region: &Region, boundaries: Date) -> Share {
        if boundaries < day {
            return self.share_backwards(area, day, region, boundaries);
        }
        let destinations = self.destinations(area, day, boundaries);
        let count = destinations.len();
        let mut weights = Vec::new();
        for Piece { place, weight, .. } in destinations {
            match self.lies(&place, region, boundaries) {
                Within::Outside => {}
                Within::Inside => weights.push(weight),
                Within::Divided => return Share::Unknown,
            }
        }
        if weights.is_empty() {
            return Share::Nothing;
        }
        if weights.len() == count {
            return Share::All;
        }
        let weights: Option<Vec<Exact>> = weights.into_iter().collect();
        weights.map_or(Share::Unknown, |weights| {
            Share::Part(weights.iter().fold(Exact::from_integer(0), |sum, weight| &sum + weight))
        })
    }

    /// The days after `from` and until `to` on which any boundary changed.
    #[must_use]
    pub fn change_days(&self, from: Date, to: Date) -> Vec<Date> {
        let all = &self.hierarchy.change_days;
        let first = all.partition_point(|day| *day <= from);
        all[first..].iter().copied().take_while(|day| *day <= to).collect()
    }

    /// The number of the stretch of days in which a day lies and no boundary changed: on days with the same number the same areas
    /// exist, and each lies under the same ones.
    #[must_use]
    pub fn boundary_epoch(&self, day: Date) -> usize {
        self.hierarchy.change_days.partition_point(|change| *change <= day)
    }

    /// Whether any boundary changed after `from` and until `to`.
    #[must_use]
    pub fn changes_between(&self, from: Date, to: Date) -> bool {
        let all = &self.hierarchy.change_days;
        let next = all.partition_point(|day| *day <= from);
        all.get(next).is_some_and(|day| *day <= to)
    }

    /// Whether the territory of an area stayed the same from one day to the other.
    #[must_use]
    pub fn same_extent(&self, area: &AreaId, one: Date, other: Date) -> bool {
        if !self.changes_between(one.min(other), one.max(other)) {
            return true;
        }
        let region = Region {
            areas: vec![area.clone()],
            codes: Codes::new(),
        };
        self.same_region(&region, one, other)
    }

    /// Whether the territory of a region stayed the same from one day to the other: its areas together, and what of them has
    /// the codes.
    #[must_use]
    pub fn same_region(&self, region: &Region, one: Date, other: Date) -> bool {
        let (from, to) = (one.min(other), one.max(other));
        let there = |day| region.areas.iter().any(|area| self.is_valid_at(area, day));
        match (there(from), there(to)) {
            (true, true) => {}
            // what does not exist has no territory
            (before, after) => return before == after,
        }
        let mut days = BTreeSet::from_iter(self.change_days(from, to));
        days.extend(self.code_changes(region, from, to));
        let mut days = days.into_iter();
        days.all(|day| !self.border_moved(region, day) && !self.codes_moved(region, day))
    }

    /// The days after `from` and until `to` on which an area was given another code of a region's groupings.
    fn code_changes(&self, region: &Region, from: Date, to: Date) -> BTreeSet<Date> {
        let groupings = region.codes.keys().filter_map(|id| self.grouping(id.as_str()));
        let stretches = groupings.flat_map(|grouping| grouping.members.values().flatten());
        let days = stretches.flat_map(|stretch| [stretch.from, stretch.to]).flatten();
        days.filter(|day| from < *day && *day <= to).collect()
    }

    /// Whether anything left a region, or came to it, on a day on which areas changed.
    fn border_moved(&self, region: &Region, day: Date) -> bool {
        let eve = eve(day);
        let changes = |unit: &&Area| {
            let mut stretches = unit.parents.iter();
            // an area that came to be with another code takes a part out of those above it
            !region.codes.is_empty()
                || stretches.any(|stretch| stretch.from == day || stretch.to == Some(day))
                || self.departures(&unit.id, day).next().is_some()
        };
        let there = self.areas().filter(|unit| unit.is_valid_at(eve));
        there.filter(changes).any(|unit| {
            let before = self.lies(&unit.id, region, eve);
            // of what is divided the areas under it tell, unless it is moved itself
            let told = before == Within::Divided && self.departures(&unit.id, day).next().is_none();
            let mut pieces = self.destinations(&unit.id, eve, day).into_iter();
            let inside = |place: &AreaId| self.within(place, region, day) == Within::Inside;
            !told && pieces.any(|piece| inside(&piece.place) != (before == Within::Inside))
        })
    }

    /// Whether an area came into a region or left it by its own code: what lies in it beside the areas under it went with
    /// that, whatever codes those have. What lies in a new one was a part of the area above.
    fn codes_moved(&self, region: &Region, day: Date) -> bool {
        if region.codes.is_empty() {
            return false;
        }
        let eve = eve(day);
        let there = self.areas().filter(|unit| unit.is_valid_at(day));
        there.into_iter().any(|unit| {
            let now = self.belongs_itself(&unit.id, region, day);
            let was_other = |origin: &AreaId| self.belongs_itself(origin, region, eve) != now;
            if unit.is_valid_at(eve) {
                was_other(&unit.id)
            } else {
                self.part_of_before(&unit.id, day).iter().any(was_other)
            }
        })
    }

    fn share_backwards(&self, area: &AreaId, day: Date, region: &Region, boundaries: Date) -> Share {
        let origins = self.origins(area, day, boundaries);
        let places: Vec<Within> = origins
            .iter()
            .map(|origin| self.lies(origin, region, boundaries))
            .collect();
        if places.iter().all(|place| *place == Within::Outside) {
            Share::Nothing
        } else if places.iter().all(|place| *place == Within::Inside) {
            Share::All
        } else {
            Share::Unknown
        }
    }

    /// How a place lies to a region: divided, too, when an area of the region is only a part of it.
    fn lies(&self, place: &AreaId, region: &Region, day: Date) -> Within {
        let mut areas = region.areas.iter();
        match self.within(place, region, day) {
            Within::Outside if areas.any(|area| area != place && self.lies_under(area, place, day)) => Within::Divided,
            within => within,
        }
    }
}
