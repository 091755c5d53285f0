//! Rules 17 and 18: what became of a unit, piece by piece, day by day.
//!
//! A unit is followed through every day on which anything changed. It is where it was until a transition moves it, or
//! until one of the units that lay under it lies elsewhere. Forwards the published weights say how large a piece is.
//! Backwards nothing does: what was put together from several cannot be taken apart.

use std::collections::BTreeSet;

use almanac_catalog::{Extent, Transition};
use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use super::Oracle;
use super::region::{Lies, Region};

/// How much of a unit of one day lies in an area of another day.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Share {
    Nothing,
    /// By published weights.
    Part(Exact),
    All,
    /// A part of which nobody published how large it is.
    Unknown,
}

/// Where a piece of a unit lies, and which share of the unit it is. What went nobody knows where lies in what no longer is.
struct Piece {
    place: AreaId,
    size: Option<Exact>,
}

impl Oracle<'_> {
    /// How much of a unit, as it was on a day, lies in a region as that is on another day.
    pub(super) fn share(&self, unit: &AreaId, day: Date, region: &Region, boundaries: Date) -> Share {
        let pieces = self.pieces(unit, day, boundaries);
        let (mut inside, mut sum) = (0, Some(Exact::from_integer(0)));
        for piece in &pieces {
            match self.lies_in(&piece.place, region, boundaries) {
                Lies::Outside => {}
                Lies::Across => return Share::Unknown,
                Lies::Inside => {
                    inside += 1;
                    sum = sum.zip(piece.size.as_ref()).map(|(sum, size)| &sum + size);
                }
            }
        }
        match sum {
            _ if inside == 0 => Share::Nothing,
            _ if inside == pieces.len() => Share::All,
            Some(sum) => Share::Part(sum),
            None => Share::Unknown,
        }
    }

    /// Whether a region had the same territory from one day to the other: on no day in between anything left it or came to
    /// it.
    pub(super) fn same_territory(&self, region: &Region, one: Date, other: Date) -> bool {
        let (from, to) = (one.min(other), one.max(other));
        let exists = |day| region.areas.iter().any(|area| self.catalog.is_valid_at(area, day));
        match (exists(from), exists(to)) {
            (true, true) => {}
            (before, after) => return before == after,
        }
        let mut days = self.change_days(from, to);
        days.extend(self.code_change_days(region, from, to));
        let there = |day: Date| self.catalog.areas().filter(move |unit| unit.is_valid_at(day));
        days.into_iter().all(|day| {
            there(eve(day)).all(|unit| self.stays(&unit.id, region, day))
                && (region.codes.is_empty() || there(day).all(|unit| self.keeps_codes(&unit.id, region, day)))
        })
    }

    /// Whether what lies in a unit itself, beside the units under it, belongs to a region as much as it did before. That of
    /// a new unit was a part of the unit above, unless transitions or the units under it tell more.
    fn keeps_codes(&self, unit: &AreaId, region: &Region, day: Date) -> bool {
        let before = if self.catalog.is_valid_at(unit, eve(day)) {
            BTreeSet::from([unit.clone()])
        } else if self.arriving(unit, day).is_empty() && self.units_under(unit, day).is_empty() {
            self.above_before(unit, day)
        } else {
            BTreeSet::new()
        };
        let now = self.is_of(unit, region, day);
        before.iter().all(|origin| self.is_of(origin, region, eve(day)) == now)
    }

    /// Whether a day left a unit inside a region, or not inside.
    fn stays(&self, unit: &AreaId, region: &Region, day: Date) -> bool {
        let before = self.lies_in(unit, region, eve(day));
        if before == Lies::Across && self.leaving(unit, day).is_empty() {
            // the units under it tell
            return true;
        }
        let inside = |place: &AreaId| self.lies_in(place, region, day) == Lies::Inside;
        let pieces = self.pieces(unit, eve(day), day);
        pieces
            .iter()
            .all(|piece| inside(&piece.place) == (before == Lies::Inside))
    }

    /// The days after one and until another on which anything changed, anywhere.
    pub(super) fn change_days(&self, after: Date, until: Date) -> BTreeSet<Date> {
        let stretches = self.catalog.areas().flat_map(|area| &area.parents);
        let edges = stretches.flat_map(|stretch| [Some(stretch.from), stretch.to]);
        let transitions = self.catalog.transitions().iter();
        let all = edges.flatten().chain(transitions.map(|transition| transition.date));
        all.filter(|day| *day > after && *day <= until).collect()
    }

    /// In which pieces a unit of one day lies on another.
    fn pieces(&self, unit: &AreaId, day: Date, on: Date) -> Vec<Piece> {
        if on < day {
            return unpublished(self.origins(unit, day, on));
        }
        for change in self.change_days(day, on) {
            let leaving = self.leaving(unit, change);
            if !leaving.is_empty() {
                let divided = self.divided(unit, change, &leaving).into_iter();
                return divided.flat_map(|piece| self.pieces_of(&piece, change, on)).collect();
            }
            // nothing is published of the unit itself, so it is where the units under it are
            let under = self.units_under(unit, day);
            let places = under.iter().flat_map(|below| self.pieces(below, day, change));
            let exists = self.catalog.is_valid_at(unit, change);
            let together = places
                .map(|piece| piece.place)
                .all(|place| self.catalog.lies_under(&place, unit, change));
            if !exists && under.is_empty() {
                let above = self.above_after(unit, change);
                if above.is_empty() {
                    break;
                }
                return unpublished(above.iter().flat_map(|above| self.places(above, change, on)).collect());
            }
            if !exists || !together {
                return unpublished(
                    under
                        .into_iter()
                        .flat_map(|below| self.places(below, day, on))
                        .collect(),
                );
            }
        }
        vec![Piece {
            place: unit.clone(),
            size: Some(Exact::from_integer(1)),
        }]
    }

    /// In which pieces a piece lies on a later day.
    fn pieces_of(&self, piece: &Piece, day: Date, on: Date) -> Vec<Piece> {
        let size = |part: Option<Exact>| Some(piece.size.as_ref()? * &part?);
        let sized = |part: Piece| Piece {
            place: part.place,
            size: size(part.size),
        };
        self.pieces(&piece.place, day, on).into_iter().map(sized).collect()
    }

    fn places(&self, unit: &AreaId, day: Date, on: Date) -> BTreeSet<AreaId> {
        self.pieces(unit, day, on)
            .into_iter()
            .map(|piece| piece.place)
            .collect()
    }

    /// What the transitions of a day made of a unit: what they moved, and what stayed, if it goes on.
    fn divided(&self, unit: &AreaId, day: Date, leaving: &[&Transition]) -> Vec<Piece> {
        let mut rest = Some(Exact::from_integer(1));
        let mut pieces = Vec::new();
        for transition in leaving {
            let size = match &transition.extent {
                Extent::Whole => Some(Exact::from_integer(1)),
                Extent::Part(weight) => weight.as_ref().map(|weight| weight.share.exact().clone()),
            };
            rest = rest.zip(size.clone()).map(|(rest, size)| &rest - &size);
            pieces.push(Piece {
                place: transition.to.clone(),
                size,
            });
        }
        let nothing_stays = rest.as_ref().is_some_and(|rest| *rest <= Exact::from_integer(0));
        if self.catalog.is_valid_at(unit, day) && !nothing_stays {
            pieces.push(Piece {
                place: unit.clone(),
                size: rest,
            });
        }
        pieces
    }

    /// Where a unit went of which nothing is published and under which nothing lies: it stays in the unit above.
    fn above_after(&self, unit: &AreaId, day: Date) -> BTreeSet<AreaId> {
        let mut above = self.catalog.parent_at(unit, eve(day));
        while let Some(unit) = above {
            let leaving = self.leaving(unit, day);
            if !leaving.is_empty() {
                return self
                    .divided(unit, day, &leaving)
                    .into_iter()
                    .map(|piece| piece.place)
                    .collect();
            }
            if self.catalog.is_valid_at(unit, day) {
                return BTreeSet::from([unit.clone()]);
            }
            above = self.catalog.parent_at(unit, eve(day));
        }
        BTreeSet::new()
    }

    /// The units of an earlier day of which a unit was made, wholly or in part.
    fn origins(&self, unit: &AreaId, day: Date, on: Date) -> BTreeSet<AreaId> {
        for change in self.change_days(on, day).into_iter().rev() {
            let before = |units: BTreeSet<AreaId>| {
                units
                    .iter()
                    .flat_map(|unit| self.origins(unit, eve(change), on))
                    .collect()
            };
            if !self.arriving(unit, change).is_empty() {
                return before(self.made_of(unit, change));
            }
            let under = self.units_under(unit, day);
            let mut origins = under.iter().flat_map(|below| self.origins(below, day, eve(change)));
            let existed = self.catalog.is_valid_at(unit, eve(change));
            let together = origins.all(|origin| self.catalog.lies_under(&origin, unit, eve(change)));
            if !existed && under.is_empty() {
                let above = self.above_before(unit, change);
                if above.is_empty() {
                    break;
                }
                return before(above);
            }
            if !existed || !together {
                return under
                    .into_iter()
                    .flat_map(|below| self.origins(below, day, on))
                    .collect();
            }
        }
        BTreeSet::from([unit.clone()])
    }

    fn made_of(&self, unit: &AreaId, day: Date) -> BTreeSet<AreaId> {
        let mut origins: BTreeSet<AreaId> = self
            .arriving(unit, day)
            .into_iter()
            .map(|one| one.from.clone())
            .collect();
        if self.catalog.is_valid_at(unit, eve(day)) {
            origins.insert(unit.clone());
        }
        origins
    }

    /// Of what a unit was made of which nothing is published and under which nothing lies: of the unit above.
    fn above_before(&self, unit: &AreaId, day: Date) -> BTreeSet<AreaId> {
        let mut above = self.catalog.parent_at(unit, day);
        while let Some(unit) = above {
            if !self.arriving(unit, day).is_empty() {
                return self.made_of(unit, day);
            }
            if self.catalog.is_valid_at(unit, eve(day)) {
                return BTreeSet::from([unit.clone()]);
            }
            above = self.catalog.parent_at(unit, day);
        }
        BTreeSet::new()
    }

    fn leaving(&self, unit: &AreaId, day: Date) -> Vec<&Transition> {
        let all = self.catalog.transitions().iter();
        all.filter(|one| one.from == *unit && one.date == day).collect()
    }

    fn arriving(&self, unit: &AreaId, day: Date) -> Vec<&Transition> {
        let all = self.catalog.transitions().iter();
        all.filter(|one| one.to == *unit && one.date == day).collect()
    }

    fn units_under(&self, unit: &AreaId, day: Date) -> Vec<&AreaId> {
        let all = self.catalog.areas().map(|area| &area.id);
        all.filter(|below| self.catalog.parent_at(below, day) == Some(unit))
            .collect()
    }
}

fn eve(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

fn unpublished(places: BTreeSet<AreaId>) -> Vec<Piece> {
    places.into_iter().map(|place| Piece { place, size: None }).collect()
}
