//! Restating figures on other boundaries: how much of an area of one day lies in an area of another day.
//!
//! Later boundaries are reached through transitions, forwards: all of a unit went into another, or a part of it with a
//! published weight, or a part of which nobody published how large it was. Earlier boundaries are reached backwards, and
//! there a unit that was put together from several cannot be taken apart again: weights are shares of what was, not of
//! what became of it.

mod steps;

use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use self::steps::Piece;
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
            match self.within(&place, region, boundaries) {
                Within::Outside if self.is_part_of(region, &place, boundaries) => return Share::Unknown,
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
        let all = self.hierarchy.change_days.iter().copied();
        all.filter(|day| *day > from && *day <= to).collect()
    }

    /// Whether the territory of an area stayed the same from one day to the other.
    #[must_use]
    pub fn same_extent(&self, area: &AreaId, one: Date, other: Date) -> bool {
        self.same_extent_where(
            std::slice::from_ref(area),
            |unit, day| self.lies_under(unit, area, day),
            one,
            other,
        )
    }

    /// Whether the territory of a region is the same on both days: its areas together, and what of them has the codes.
    #[must_use]
    pub fn same_region(&self, region: &Region, one: Date, other: Date) -> bool {
        self.same_extent_where(&region.areas, |unit, day| self.within(unit, region, day), one, other)
    }

    fn same_extent_where<P: PartialEq>(
        &self,
        areas: &[AreaId],
        place: impl Fn(&AreaId, Date) -> P,
        one: Date,
        other: Date,
    ) -> bool {
        let (from, to) = (one.min(other), one.max(other));
        let there = |day| areas.iter().any(|area| self.is_valid_at(area, day));
        match (there(from), there(to)) {
            (true, true) => {}
            // what does not exist has no territory
            (before, after) => return before == after,
        }
        let stays = |unit: &Area| {
            let on_both_days = unit.is_valid_at(from) && unit.is_valid_at(to);
            !on_both_days || place(&unit.id, from) == place(&unit.id, to)
        };
        let mut days = self.change_days(from, to).into_iter();
        self.areas().all(stays) && days.all(|day| !self.border_moved(&place, day))
    }

    /// Whether anything left a territory, or came to it, on a day.
    fn border_moved<P: PartialEq>(&self, place: &impl Fn(&AreaId, Date) -> P, day: Date) -> bool {
        let eve = day.yesterday().unwrap_or(day);
        let begins = |unit: &&Area| unit.parents.iter().any(|stretch| stretch.from == day);
        let lasting = |unit: &&Area| unit.is_valid_at(eve);
        let mut moved = self.areas().filter(begins).filter(lasting);
        let mut transitions = self.transitions.iter().filter(|transition| transition.date == day);
        moved.any(|unit| place(&unit.id, eve) != place(&unit.id, day))
            || transitions.any(|transition| place(&transition.from, eve) != place(&transition.to, day))
    }

    fn share_backwards(&self, area: &AreaId, day: Date, region: &Region, boundaries: Date) -> Share {
        let origins = self.origins(area, day, boundaries);
        let places: Vec<Within> = origins
            .iter()
            .map(|origin| match self.within(origin, region, boundaries) {
                Within::Outside if self.is_part_of(region, origin, boundaries) => Within::Divided,
                within => within,
            })
            .collect();
        if places.iter().all(|place| *place == Within::Outside) {
            Share::Nothing
        } else if places.iter().all(|place| *place == Within::Inside) {
            Share::All
        } else {
            Share::Unknown
        }
    }

    /// Whether an area of a region is only a part of a place.
    fn is_part_of(&self, region: &Region, place: &AreaId, day: Date) -> bool {
        let mut areas = region.areas.iter();
        areas.any(|area| area != place && self.lies_under(area, place, day))
    }
}
