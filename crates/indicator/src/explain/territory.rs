//! The areas that a term was read from, and the changes of boundaries that give them their weights.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Catalog, Extent, Region, Share, Transition};
use almanac_model::{AreaId, PeriodRange};
use jiff::civil::Date;

use super::observed::Observed;
use crate::reading::Selection;

/// So many areas are listed in one explanation; the rest is counted.
pub const MAX_AREAS: usize = 2_000;

/// What was read in a stretch of time in which no boundary changed.
#[derive(Clone, Debug)]
pub struct StretchRead {
    /// Its sub-periods.
    pub parts: PeriodRange,
    /// The day whose boundaries hold.
    pub day: Date,
    /// The areas whose series were read.
    pub areas: Vec<AreaRead>,
    /// How many areas there are.
    pub area_count: usize,
}

/// An area whose series were read.
#[derive(Clone, Debug)]
pub struct AreaRead {
    /// Which.
    pub area: AreaId,
    /// How much of it belongs to the figure.
    pub share: Share,
    /// Who published the weights, when only a part of it does.
    pub sources: BTreeSet<String>,
}

/// The areas of a stretch. Transitions that a restated territory rests on are noted.
pub(super) fn stretch_read(
    selection: &Selection<'_, '_>,
    areas: &BTreeMap<&AreaId, Share>,
    areas_left: &mut usize,
    term: usize,
    observed: &mut Observed,
) -> StretchRead {
    let (catalog, day) = (selection.state.catalog, selection.stretch.day);
    let territory = selection.territory;
    let moves = territory
        .boundaries()
        .map(|boundaries| Moves::between(catalog, day, boundaries));
    observed.undivided(term, areas);
    if let (Some(moves), Some(boundaries)) = (&moves, territory.boundaries())
        && territory.was_other_on(selection.state, day)
    {
        let told = observed.restated_count();
        observed.moved(day, moved(catalog, territory.region(), day, boundaries));
        observed.transitions(moves.across(catalog, territory.region()));
        observed.transitions(moves.behind(catalog, areas.keys().copied()));
        if observed.restated_count() == told {
            // no change of boundaries is behind it: the areas themselves were others, or not there
            observed.moved(day, territory.region().areas.iter());
        }
    }
    let read = |(area, share): (&&AreaId, &Share)| AreaRead {
        area: (*area).clone(),
        share: share.clone(),
        sources: match (share, &moves) {
            (Share::Part(_), Some(moves)) => moves.sources(catalog, area),
            _ => BTreeSet::new(),
        },
    };
    let listed: Vec<AreaRead> = areas.iter().take(*areas_left).map(read).collect();
    *areas_left -= listed.len();
    StretchRead {
        parts: selection.stretch.parts,
        day,
        areas: listed,
        area_count: areas.len(),
    }
}

/// The areas that belonged to a region on one of two days only, although they are there on both.
fn moved<'a>(catalog: &'a Catalog, region: &Region, one: Date, other: Date) -> impl Iterator<Item = &'a AreaId> {
    let lasting = catalog
        .areas()
        .filter(move |unit| unit.is_valid_at(one) && unit.is_valid_at(other));
    lasting
        .map(|unit| &unit.id)
        .filter(move |unit| catalog.within(unit, region, one) != catalog.within(unit, region, other))
}

/// The changes of boundaries between two days, found from the day that is read.
struct Moves<'a> {
    /// Each with the area that it begins at, seen from the day that is read.
    by_area: BTreeMap<&'a AreaId, Vec<&'a Transition>>,
    forwards: bool,
}

impl<'a> Moves<'a> {
    fn between(catalog: &'a Catalog, day: Date, boundaries: Date) -> Self {
        let forwards = day <= boundaries;
        let (from, to) = (day.min(boundaries), day.max(boundaries));
        let mut by_area: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for one in catalog
            .transitions()
            .iter()
            .filter(|one| one.date > from && one.date <= to)
        {
            let area = if forwards { &one.from } else { &one.to };
            by_area.entry(area).or_default().push(one);
        }
        Self { by_area, forwards }
    }

    /// The changes that took something into a region or out of it.
    fn across(&self, catalog: &Catalog, region: &Region) -> Vec<&'a Transition> {
        let crosses = |one: &&Transition| {
            let eve = one.date.yesterday().unwrap_or(one.date);
            catalog.within(&one.from, region, eve) != catalog.within(&one.to, region, one.date)
        };
        self.by_area.values().flatten().copied().filter(crosses).collect()
    }

    /// The changes behind several areas, each once, the earliest first.
    fn behind<'b>(&self, catalog: &Catalog, areas: impl Iterator<Item = &'b AreaId>) -> Vec<&'a Transition> {
        let seeds: BTreeSet<&AreaId> = areas.collect();
        let mut open: Vec<&AreaId> = self
            .by_area
            .keys()
            .copied()
            .filter(|area| self.is_about(catalog, area, &seeds))
            .collect();
        let mut seen: BTreeSet<&AreaId> = open.iter().copied().collect();
        let mut found = Vec::new();
        while let Some(area) = open.pop() {
            for one in self.by_area.get(area).into_iter().flatten().copied() {
                found.push(one);
                let next = if self.forwards { &one.to } else { &one.from };
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        found.sort_by_key(|one| (one.date, &one.from, &one.to));
        found
    }

    /// Whether what happened to an area happened to one of those read: it is one of them, or lies under one.
    fn is_about(&self, catalog: &Catalog, area: &AreaId, seeds: &BTreeSet<&AreaId>) -> bool {
        let on = |one: &&Transition| {
            if self.forwards {
                one.date.yesterday().unwrap_or(one.date)
            } else {
                one.date
            }
        };
        let days: BTreeSet<Date> = self.by_area.get(area).into_iter().flatten().map(on).collect();
        days.into_iter().any(|day| {
            let mut above = Some(area);
            while let Some(unit) = above {
                if seeds.contains(unit) {
                    return true;
                }
                above = catalog.parent_at(unit, day);
            }
            false
        })
    }

    fn sources(&self, catalog: &Catalog, area: &AreaId) -> BTreeSet<String> {
        let weight = |one: &Transition| match &one.extent {
            Extent::Part(Some(weight)) => Some(weight.source.clone()),
            Extent::Whole | Extent::Part(None) => None,
        };
        self.behind(catalog, std::iter::once(area))
            .into_iter()
            .filter_map(weight)
            .collect()
    }
}
