//! What became of an area from day to day: every day on which anything changed is a step of its own, so that what moved
//! once is followed from where it went.

use std::collections::BTreeSet;

use almanac_model::{AreaId, Exact};
use jiff::civil::Date;

use crate::{Catalog, Extent, Transition};

/// A piece of an area, followed through the days.
pub(super) struct Piece {
    /// The area in which it lies. One that no longer is, when nobody knows more.
    pub(super) place: AreaId,
    /// How much of the area that is followed it is; `None` when that was not published.
    pub(super) weight: Option<Exact>,
    /// The pieces under it, wherever they lie now. The place holds all of them, or else they stand for it.
    below: Vec<Piece>,
}

impl Catalog {
    /// Where an area of one day lies on a later one.
    pub(super) fn destinations(&self, area: &AreaId, day: Date, on: Date) -> Vec<Piece> {
        let dates = self.change_days(day, on);
        if dates.is_empty() {
            return vec![Piece::alone(area)];
        }
        let mut pieces = vec![self.piece(area, day, Some(Exact::from_integer(1)))];
        for date in dates {
            pieces = pieces.into_iter().flat_map(|piece| self.step(piece, date)).collect();
        }
        pieces
    }

    /// The areas of an earlier day of which an area was made, wholly or in part.
    pub(super) fn origins(&self, area: &AreaId, day: Date, on: Date) -> BTreeSet<AreaId> {
        let dates = self.change_days(on, day);
        if dates.is_empty() {
            return BTreeSet::from([area.clone()]);
        }
        let mut pieces = vec![self.piece(area, day, None)];
        for date in dates.into_iter().rev() {
            pieces = pieces
                .into_iter()
                .flat_map(|piece| self.step_back(piece, date))
                .collect();
        }
        pieces.into_iter().map(|piece| piece.place).collect()
    }

    /// A piece that lies all over an area of a day.
    fn piece(&self, area: &AreaId, day: Date, weight: Option<Exact>) -> Piece {
        let under = self.units_under(area, day).into_iter();
        Piece {
            place: area.clone(),
            weight,
            below: under.map(|unit| self.piece(unit, day, None)).collect(),
        }
    }

    /// Where a piece went on a day: what the transitions say of its area, or else where the units under it went. How an area
    /// is divided among those was not published.
    fn step(&self, piece: Piece, date: Date) -> Vec<Piece> {
        let Piece { place, weight, below } = piece;
        if self.departures(&place, date).next().is_some() {
            let parts = self.divide(&place, date).into_iter();
            let product = |part: Option<Exact>| Some(weight.as_ref()? * &part?);
            return parts.map(|(to, part)| self.piece(&to, date, product(part))).collect();
        }
        let below: Vec<Piece> = below.into_iter().flat_map(|piece| self.step(piece, date)).collect();
        let exists = self.is_valid_at(&place, date);
        if !exists && below.is_empty() {
            let above = self.place_above(&place, date);
            if above.is_empty() {
                return vec![Piece { place, weight, below }];
            }
            return above.iter().map(|place| self.piece(place, date, None)).collect();
        }
        self.held(place, weight, below, date)
    }

    /// Of what a piece was made on a day, as [`Self::step`] tells where it went.
    fn step_back(&self, piece: Piece, date: Date) -> Vec<Piece> {
        let Piece { place, weight, below } = piece;
        let before = |places: BTreeSet<AreaId>| {
            let places = places.into_iter();
            places.map(|place| self.piece(&place, eve(date), None)).collect()
        };
        if self.arrivals(&place, date).next().is_some() {
            return before(self.put_together(&place, date));
        }
        let below: Vec<Piece> = below
            .into_iter()
            .flat_map(|piece| self.step_back(piece, date))
            .collect();
        let existed = self.is_valid_at(&place, eve(date));
        if !existed && below.is_empty() {
            let above = self.origin_above(&place, date);
            return if above.is_empty() {
                vec![Piece { place, weight, below }]
            } else {
                before(above)
            };
        }
        self.held(place, weight, below, eve(date))
    }

    /// A piece whose place holds all that is under it; or else what is under it.
    fn held(&self, place: AreaId, weight: Option<Exact>, below: Vec<Piece>, day: Date) -> Vec<Piece> {
        let within = |piece: &Piece| self.lies_under(&piece.place, &place, day);
        if self.is_valid_at(&place, day) && below.iter().all(within) {
            return vec![Piece { place, weight, below }];
        }
        below
    }

    /// What one day's transitions did to an area. What did not move stays in it, if it goes on.
    fn divide(&self, area: &AreaId, date: Date) -> Vec<(AreaId, Option<Exact>)> {
        let mut rest = Some(Exact::from_integer(1));
        let mut places = Vec::new();
        for transition in self.departures(area, date) {
            let weight = match &transition.extent {
                Extent::Whole => Some(Exact::from_integer(1)),
                Extent::Part(weight) => weight.as_ref().map(|weight| weight.share.exact().clone()),
            };
            rest = rest.zip(weight.as_ref()).map(|(rest, weight)| &rest - weight);
            places.push((transition.to.clone(), weight));
        }
        let moved_whole = rest.as_ref().is_some_and(|rest| !rest.sign().is_gt());
        if self.is_valid_at(area, date) && !moved_whole {
            places.push((area.clone(), rest));
        }
        places
    }

    fn put_together(&self, area: &AreaId, date: Date) -> BTreeSet<AreaId> {
        let came = self.arrivals(area, date).map(|transition| &transition.from);
        let stayed = self.is_valid_at(area, eve(date)).then_some(area);
        came.chain(stayed).cloned().collect()
    }

    /// A unit that ceased, with no word of where it went and nothing under it, stayed in the unit above, wherever that is.
    fn place_above(&self, area: &AreaId, date: Date) -> BTreeSet<AreaId> {
        let above = std::iter::successors(Some(area), |unit| self.parent_at(unit, eve(date)));
        for unit in above.skip(1) {
            if self.departures(unit, date).next().is_some() {
                return self.divide(unit, date).into_iter().map(|(place, _)| place).collect();
            }
            if self.is_valid_at(unit, date) {
                return BTreeSet::from([unit.clone()]);
            }
        }
        BTreeSet::new()
    }

    /// Of which areas a new one was a part on the eve, when neither transitions nor the areas under it tell.
    pub(super) fn part_of_before(&self, area: &AreaId, date: Date) -> BTreeSet<AreaId> {
        if self.arrivals(area, date).next().is_some() || !self.units_under(area, date).is_empty() {
            return BTreeSet::new();
        }
        self.origin_above(area, date)
    }

    /// A unit that came to be, with no word of what it was made of and nothing under it, was a part of the unit above.
    fn origin_above(&self, area: &AreaId, date: Date) -> BTreeSet<AreaId> {
        let above = std::iter::successors(Some(area), |unit| self.parent_at(unit, date));
        for unit in above.skip(1) {
            if self.arrivals(unit, date).next().is_some() {
                return self.put_together(unit, date);
            }
            if self.is_valid_at(unit, eve(date)) {
                return BTreeSet::from([unit.clone()]);
            }
        }
        BTreeSet::new()
    }

    pub(super) fn departures(&self, area: &AreaId, date: Date) -> impl Iterator<Item = &Transition> {
        let all = self.transitions.iter();
        all.filter(move |one| one.date == date && one.from == *area)
    }

    fn arrivals(&self, area: &AreaId, date: Date) -> impl Iterator<Item = &Transition> {
        let all = self.transitions.iter();
        all.filter(move |one| one.date == date && one.to == *area)
    }
}

impl Piece {
    /// All of an area that nothing happened to.
    fn alone(area: &AreaId) -> Self {
        Self {
            place: area.clone(),
            weight: Some(Exact::from_integer(1)),
            below: Vec::new(),
        }
    }
}

/// The day before.
pub(super) fn eve(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}
