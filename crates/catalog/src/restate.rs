//! Restating figures on other boundaries: how much of an area of one day lies in an area of another day.
//!
//! Later boundaries are reached through transitions, forwards: all of a unit went into another, or a part of it with a
//! published weight, or a part of which nobody published how large it was. Earlier boundaries are reached backwards, and
//! there a unit that was put together from several cannot be taken apart again: weights are shares of what was, not of
//! what became of it.

use std::collections::BTreeSet;

use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use crate::{Area, Catalog, Codes, Extent, Region, Transition, Within};

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

/// An area of the later day, and how much of the earlier area went into it; `None` when that was not published.
type Destination = (AreaId, Option<Exact>);

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
        for (place, weight) in destinations {
            match self.within(&place, region, boundaries) {
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

    /// Whether the territory of an area is the same on both days.
    #[must_use]
    pub fn same_extent(&self, area: &AreaId, one: Date, other: Date) -> bool {
        self.same_extent_where(|unit, day| self.lies_under(unit, area, day), one, other)
    }

    /// Whether the territory of a region is the same on both days: its areas together, and what of them has the codes.
    #[must_use]
    pub fn same_region(&self, region: &Region, one: Date, other: Date) -> bool {
        self.same_extent_where(|unit, day| self.within(unit, region, day), one, other)
    }

    fn same_extent_where<P: PartialEq>(&self, place: impl Fn(&AreaId, Date) -> P, one: Date, other: Date) -> bool {
        let (from, to) = (one.min(other), one.max(other));
        let stays = |unit: &Area| {
            let on_both_days = unit.is_valid_at(from) && unit.is_valid_at(to);
            !on_both_days || place(&unit.id, from) == place(&unit.id, to)
        };
        if !self.areas().all(stays) {
            return false;
        }
        let moved = |transition: &&Transition| transition.date > from && transition.date <= to;
        self.transitions.iter().filter(moved).all(|transition| {
            let eve = transition.date.yesterday().unwrap_or(transition.date);
            place(&transition.from, eve) == place(&transition.to, transition.date)
        })
    }

    /// Where an area of one day lies on a later one.
    fn destinations(&self, area: &AreaId, day: Date, on: Date) -> Vec<Destination> {
        let later = self
            .transitions
            .iter()
            .filter(|one| one.from == *area && one.date > day && one.date <= on);
        match later.clone().map(|one| one.date).min() {
            Some(date) => {
                let steps = self.steps(area, date, later.filter(|one| one.date == date));
                steps
                    .into_iter()
                    .flat_map(|(place, weight)| self.weighted(&place, weight.as_ref(), date, on))
                    .collect()
            }
            None if self.is_valid_at(area, on) => self.destinations_of_lasting(area, day, on),
            None => self.destinations_of_dissolved(area, on),
        }
    }

    /// A unit that goes on lies where it was, unless units under it went elsewhere: then it lies where all of them are, and
    /// how it is divided among them was not published.
    fn destinations_of_lasting(&self, area: &AreaId, day: Date, on: Date) -> Vec<Destination> {
        let itself = || vec![(area.clone(), Some(Exact::from_integer(1)))];
        if self.change_days(day, on).is_empty() {
            return itself();
        }
        let places = self.places_of(&self.units_under(area, day), day, on);
        let stayed = places.iter().all(|place| self.lies_under(place, area, on));
        if stayed { itself() } else { unweighted(places) }
    }

    fn units_under(&self, area: &AreaId, day: Date) -> Vec<&AreaId> {
        let below = self.areas().filter(|unit| self.parent_at(&unit.id, day) == Some(area));
        below.map(|unit| &unit.id).collect()
    }

    fn places_of(&self, units: &[&AreaId], day: Date, on: Date) -> BTreeSet<AreaId> {
        let destinations = units.iter().flat_map(|unit| self.destinations(unit, day, on));
        destinations.map(|(place, _)| place).collect()
    }

    fn weighted(&self, place: &AreaId, weight: Option<&Exact>, date: Date, on: Date) -> Vec<Destination> {
        let onwards = self.destinations(place, date, on).into_iter();
        onwards
            .map(|(place, part)| (place, weight.zip(part).map(|(weight, part)| weight * &part)))
            .collect()
    }

    /// What one day's transitions did to an area. What did not move stays in it, if it goes on.
    fn steps<'a>(
        &self,
        area: &AreaId,
        date: Date,
        transitions: impl Iterator<Item = &'a Transition>,
    ) -> Vec<Destination> {
        let mut rest = Some(Exact::from_integer(1));
        let mut steps = Vec::new();
        for transition in transitions {
            let weight = match &transition.extent {
                Extent::Whole => Some(Exact::from_integer(1)),
                Extent::Part(weight) => weight.as_ref().map(|weight| weight.share.exact().clone()),
            };
            rest = rest.zip(weight.as_ref()).map(|(rest, weight)| &rest - weight);
            steps.push((transition.to.clone(), weight));
        }
        let moved_whole = rest.as_ref().is_some_and(|rest| !rest.sign().is_gt());
        if self.is_valid_at(area, date) && !moved_whole {
            steps.push((area.clone(), rest));
        }
        steps
    }

    /// A unit that ceased without a transition of its own, such as a district when districts were abolished: it lies where
    /// the units under it went, or else where the unit above it went. How it was divided among them was not published.
    fn destinations_of_dissolved(&self, area: &AreaId, on: Date) -> Vec<Destination> {
        let Some(end) = self.area(area.as_str()).and_then(Area::ends) else {
            return Vec::new();
        };
        let Ok(eve) = end.yesterday() else { return Vec::new() };
        let under = self.units_under(area, eve);
        if under.is_empty() {
            return unweighted(self.place_above(area, eve, on));
        }
        unweighted(self.places_of(&under, eve, on))
    }

    /// Where the nearest unit above is that goes on, or of which a transition tells.
    fn place_above(&self, area: &AreaId, eve: Date, on: Date) -> BTreeSet<AreaId> {
        let mut above = self.parent_at(area, eve);
        while let Some(unit) = above {
            if self.is_valid_at(unit, on) {
                return BTreeSet::from([unit.clone()]);
            }
            if self
                .transitions
                .iter()
                .any(|one| one.from == *unit && one.date > eve && one.date <= on)
            {
                return self.places_of(&[unit], eve, on);
            }
            above = self.parent_at(unit, eve);
        }
        BTreeSet::new()
    }

    fn share_backwards(&self, area: &AreaId, day: Date, region: &Region, boundaries: Date) -> Share {
        let origins = self.origins(area, day, boundaries);
        let places: Vec<Within> = origins
            .iter()
            .map(|origin| self.within(origin, region, boundaries))
            .collect();
        if places.iter().all(|place| *place == Within::Outside) {
            Share::Nothing
        } else if places.iter().all(|place| *place == Within::Inside) {
            Share::All
        } else {
            Share::Unknown
        }
    }

    /// The areas of an earlier day of which an area was made, wholly or in part.
    fn origins(&self, area: &AreaId, day: Date, on: Date) -> BTreeSet<AreaId> {
        let before = self
            .transitions
            .iter()
            .filter(|one| one.to == *area && one.date > on && one.date <= day);
        let Some(date) = before.clone().map(|one| one.date).max() else {
            return self.origins_of_untouched(area, day, on);
        };
        let eve = date.yesterday().unwrap_or(date);
        let came = before.filter(|one| one.date == date).map(|one| &one.from);
        let stayed = self.is_valid_at(area, eve).then_some(area);
        came.chain(stayed)
            .flat_map(|origin| self.origins(origin, eve, on))
            .collect()
    }

    /// Without a transition of its own an area is what it was, unless units under it came from elsewhere.
    fn origins_of_untouched(&self, area: &AreaId, day: Date, on: Date) -> BTreeSet<AreaId> {
        let lasts = self.is_valid_at(area, on);
        let below = self.units_under(area, day);
        if lasts && (below.is_empty() || self.change_days(on, day).is_empty()) {
            return BTreeSet::from([area.clone()]);
        }
        let origins: BTreeSet<AreaId> = below.into_iter().flat_map(|unit| self.origins(unit, day, on)).collect();
        if lasts && origins.iter().all(|origin| self.lies_under(origin, area, on)) {
            return BTreeSet::from([area.clone()]);
        }
        origins
    }
}

/// Places of which nobody published the sizes.
fn unweighted(places: BTreeSet<AreaId>) -> Vec<Destination> {
    places.into_iter().map(|place| (place, None)).collect()
}
