//! Rules 17 and 19: what lies in several areas together, narrowed to codes of groupings of areas.

use std::collections::BTreeSet;

use almanac_catalog::{Grouping, Membership};
use almanac_model::{AreaId, Code};
use jiff::civil::Date;

use super::Oracle;
use super::boundaries::Share;
use super::term::Filter;

/// Areas taken together; of them only what has one of the codes of each grouping.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    pub(super) areas: Vec<AreaId>,
    /// The codes by grouping.
    pub(super) codes: Filter,
}

/// How a unit lies to a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lies {
    Inside,
    Outside,
    /// A part of it lies inside.
    Across,
}

impl Oracle<'_> {
    /// How a unit lies to a region on a day.
    pub(super) fn lies_in(&self, unit: &AreaId, region: &Region, day: Date) -> Lies {
        let mut areas = region.areas.iter();
        if areas.clone().any(|area| self.catalog.lies_under(unit, area, day)) {
            self.has_codes(unit, region, day)
        } else if areas.any(|area| self.catalog.lies_under(area, unit, day)) {
            Lies::Across
        } else {
            Lies::Outside
        }
    }

    /// How much of a unit belongs to a region on one and the same day.
    pub(super) fn share_today(&self, unit: &AreaId, region: &Region, day: Date) -> Share {
        let under = region.areas.iter().any(|area| self.catalog.lies_under(unit, area, day));
        match self.has_codes(unit, region, day) {
            _ if !under => Share::Nothing,
            Lies::Inside => Share::All,
            Lies::Outside => Share::Nothing,
            Lies::Across => Share::Unknown,
        }
    }

    /// Whether a unit, and all that lies under it, has one of the codes of each grouping.
    pub(super) fn has_codes(&self, unit: &AreaId, region: &Region, day: Date) -> Lies {
        let mut lies = Lies::Inside;
        for (id, wanted) in &region.codes {
            let Some(grouping) = self.catalog.grouping(id.as_str()) else {
                continue;
            };
            let codes = self.codes(grouping, unit, day);
            let with_code = codes.iter().flatten().filter(|code| wanted.contains(*code)).count();
            if with_code == 0 {
                return Lies::Outside;
            }
            if with_code < codes.len() {
                lies = Lies::Across;
            }
        }
        lies
    }

    /// The codes of a unit and of all that lies under it.
    pub(super) fn codes(&self, grouping: &Grouping, unit: &AreaId, day: Date) -> BTreeSet<Option<Code>> {
        let all = self.catalog.areas();
        let under = all.filter(|area| self.catalog.lies_under(&area.id, unit, day));
        under.map(|area| self.code(grouping, &area.id, day)).collect()
    }

    /// Whether what lies in a unit itself belongs to a region, whatever the codes of the units under it.
    pub(super) fn is_of(&self, unit: &AreaId, region: &Region, day: Date) -> bool {
        let under = region.areas.iter().any(|area| self.catalog.lies_under(unit, area, day));
        let mut codes = region.codes.iter();
        under
            && codes.all(|(id, wanted)| {
                let grouping = self.catalog.grouping(id.as_str());
                let code = grouping.and_then(|grouping| self.code(grouping, unit, day));
                code.is_some_and(|code| wanted.contains(&code))
            })
    }

    /// The code of a unit, or of the nearest one above it that has one.
    fn code(&self, grouping: &Grouping, unit: &AreaId, day: Date) -> Option<Code> {
        let mut area = Some(unit);
        while let Some(here) = area {
            let listed = grouping.members.get(here).into_iter().flatten();
            let holds = |one: &&Membership| one.from.is_none_or(|from| from <= day) && one.to.is_none_or(|to| day < to);
            if let Some(membership) = listed.clone().find(holds) {
                return Some(membership.code.clone());
            }
            area = self.catalog.parent_at(here, day);
        }
        None
    }

    /// The days after one and until another on which an area was given another code of the region's groupings.
    pub(super) fn code_change_days(&self, region: &Region, after: Date, until: Date) -> BTreeSet<Date> {
        let groupings = region.codes.keys().filter_map(|id| self.catalog.grouping(id.as_str()));
        let stretches = groupings.flat_map(|grouping| grouping.members.values().flatten());
        let edges = stretches.flat_map(|stretch| [stretch.from, stretch.to]).flatten();
        edges.filter(|day| *day > after && *day <= until).collect()
    }
}
