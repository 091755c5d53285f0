//! Which area lies under which, and when.

use std::collections::HashMap;

use almanac_model::{AreaId, LevelId};
use foldhash::fast::RandomState;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::table::Table;
use crate::{Area, Catalog, Transition};

/// The hierarchy turned round: from an area to what lies under it. Areas are named by their position in the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hierarchy {
    children: Vec<Vec<Stretch>>,
    /// All areas under which one lies at some time, itself first.
    pub(crate) ancestors: Vec<Vec<usize>>,
    /// The days on which a transition moved an area, or a part of it, out or in.
    transition_days: Vec<Vec<Date>>,
    /// All days on which anything changed, sorted.
    pub(crate) change_days: Vec<Date>,
    /// How many areas of each level there are, of all times.
    of_level: HashMap<LevelId, usize, RandomState>,
    /// Of all this.
    digest: [u8; 32],
}

/// The time in which an area lies under another.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    child: usize,
    from: Date,
    to: Date,
}

/// A time from a day until the day before another.
#[derive(Clone, Copy)]
struct Window {
    from: Date,
    to: Date,
}

impl Window {
    fn intersect(self, from: Date, to: Date) -> Option<Self> {
        let both = Self {
            from: self.from.max(from),
            to: self.to.min(to),
        };
        (both.from < both.to).then_some(both)
    }
}

impl Hierarchy {
    /// The hierarchy of these areas. It may still have mistakes in it, cycles included.
    pub(crate) fn new(areas: &Table<AreaId, Area>, transitions: &[Transition]) -> Self {
        let mut hierarchy = Self {
            children: vec![Vec::new(); areas.len()],
            transition_days: vec![Vec::new(); areas.len()],
            ..Self::default()
        };
        for (child, area) in areas.items().iter().enumerate() {
            *hierarchy.of_level.entry(area.level.clone()).or_default() += 1;
            for stretch in &area.parents {
                hierarchy
                    .change_days
                    .extend([Some(stretch.from), stretch.to].iter().flatten());
                let parent = stretch.parent.as_ref();
                if let Some(parent) = parent.and_then(|parent| areas.position(parent.as_str())) {
                    hierarchy.children[parent].push(Stretch {
                        child,
                        from: stretch.from,
                        to: stretch.to.unwrap_or(Date::MAX),
                    });
                }
            }
            hierarchy.ancestors.push(ancestors(areas, child));
        }
        for transition in transitions {
            hierarchy.change_days.push(transition.date);
            for area in [&transition.from, &transition.to] {
                if let Some(position) = areas.position(area.as_str()) {
                    hierarchy.transition_days[position].push(transition.date);
                }
            }
        }
        hierarchy.change_days.sort_unstable();
        hierarchy.change_days.dedup();
        hierarchy.digest = digest(areas, &hierarchy.change_days);
        hierarchy
    }

    fn collect_descendants(&self, areas: &[Area], position: usize, wanted: &Wanted<'_>, found: &mut Vec<usize>) {
        if areas[position].level == *wanted.level {
            found.push(position);
            return;
        }
        for stretch in &self.children[position] {
            if stretch.from <= wanted.day && wanted.day < stretch.to {
                self.collect_descendants(areas, stretch.child, wanted, found);
            }
        }
    }

    /// The days in the window, its ends included, on which something under an area changed.
    fn collect_changes(&self, position: usize, window: Window, found: &mut Vec<Date>) {
        found.extend(
            self.transition_days[position]
                .iter()
                .filter(|&&day| window.from <= day && day <= window.to),
        );
        for stretch in &self.children[position] {
            if let Some(inner) = window.intersect(stretch.from, stretch.to) {
                found.extend([inner.from, inner.to]);
                self.collect_changes(stretch.child, inner, found);
            }
        }
    }
}

struct Wanted<'a> {
    level: &'a LevelId,
    day: Date,
}

/// What tells hierarchies apart: the areas, their levels, when each lies under which, and when anything changes.
fn digest(areas: &Table<AreaId, Area>, change_days: &[Date]) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut put = |text: &str| {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    };
    for area in areas.items() {
        put(area.id.as_str());
        put(area.level.as_str());
        for stretch in &area.parents {
            put(stretch.parent.as_ref().map_or("", AreaId::as_str));
            put(&stretch.from.to_string());
            put(&stretch.to.unwrap_or(Date::MAX).to_string());
        }
    }
    for day in change_days {
        put(&day.to_string());
    }
    digest.finalize().into()
}

/// Everything above an area at some time, itself first.
fn ancestors(areas: &Table<AreaId, Area>, position: usize) -> Vec<usize> {
    let mut found = vec![position];
    let mut next = 0;
    while let Some(&position) = found.get(next) {
        next += 1;
        for stretch in &areas.items()[position].parents {
            let parent = stretch.parent.as_ref();
            if let Some(parent) = parent.and_then(|parent| areas.position(parent.as_str()))
                && !found.contains(&parent)
            {
                found.push(parent);
            }
        }
    }
    found
}

impl Catalog {
    /// The same in catalogues in which the same areas lie under one another at the same times.
    #[must_use]
    pub const fn hierarchy_digest(&self) -> &[u8; 32] {
        &self.hierarchy.digest
    }

    /// The area under which an area lies on that day; `None` at the top, and when it does not exist then.
    #[must_use]
    pub fn parent_at(&self, area: &AreaId, day: Date) -> Option<&AreaId> {
        let stretches = &self.area(area.as_str())?.parents;
        stretches.iter().find(|stretch| stretch.holds_on(day))?.parent.as_ref()
    }

    /// The areas that lie directly under an area on that day.
    pub(crate) fn units_under(&self, area: &AreaId, day: Date) -> Vec<&AreaId> {
        let position = self.areas.position(area.as_str());
        let stretches = position.map_or(&[][..], |position| &self.hierarchy.children[position]);
        let below = stretches.iter().filter(|one| one.from <= day && day < one.to);
        below.map(|one| &self.areas.items()[one.child].id).collect()
    }

    /// Whether an area exists on that day.
    #[must_use]
    pub fn is_valid_at(&self, area: &AreaId, day: Date) -> bool {
        self.area(area.as_str()).is_some_and(|area| area.is_valid_at(day))
    }

    /// The areas of a level that lie under an area on that day, itself included when it is of that level; by id.
    #[must_use]
    pub fn descendants_at(&self, area: &AreaId, level: &LevelId, day: Date) -> Vec<&AreaId> {
        let mut found = Vec::new();
        if self.is_valid_at(area, day)
            && let Some(position) = self.areas.position(area.as_str())
        {
            let wanted = Wanted { level, day };
            self.hierarchy
                .collect_descendants(self.areas.items(), position, &wanted, &mut found);
        }
        // positions are in the order of the ids
        found.sort_unstable();
        found
            .into_iter()
            .map(|position| &self.areas.items()[position].id)
            .collect()
    }

    /// How many areas a level has, counted over all times: never fewer than lie under an area on some day.
    #[must_use]
    pub fn areas_of_level(&self, level: &LevelId) -> usize {
        self.hierarchy.of_level.get(level).copied().unwrap_or_default()
    }

    /// Whether an area lies under another, or is it, on that day.
    #[must_use]
    pub fn lies_under(&self, area: &AreaId, ancestor: &AreaId, day: Date) -> bool {
        let mut above = Some(area).filter(|area| self.is_valid_at(area, day));
        while let Some(area) = above.filter(|area| *area != ancestor) {
            above = self.parent_at(area, day);
        }
        above.is_some()
    }

    /// Whether an area lies under another, or is it, at some time: what counts for a reporter's rights.
    #[must_use]
    pub fn lies_under_at_any_date(&self, area: &AreaId, ancestor: &AreaId) -> bool {
        self.ancestors_at_any_date(area.as_str()).any(|above| above == ancestor)
    }

    /// The areas under which an area lies at some time, itself first.
    pub(crate) fn ancestors_at_any_date(&self, area: &str) -> impl Iterator<Item = &AreaId> {
        let position = self.areas.position(area);
        let ancestors = position.map_or(&[][..], |position| &self.hierarchy.ancestors[position]);
        ancestors.iter().map(|&position| &self.areas.items()[position].id)
    }

    /// The days after `from` and before `to` on which an area, or an area under it, changed its extent, its parent or
    /// began or ceased to be. A flow over a period with such a day inside cannot be answered with the hierarchy of the
    /// period's end.
    #[must_use]
    pub fn boundary_changes(&self, area: &AreaId, from: Date, to: Date) -> Vec<Date> {
        let first = self.hierarchy.change_days.partition_point(|&day| day <= from);
        let quiet = self.hierarchy.change_days.get(first).is_none_or(|&day| day >= to);
        let Some(position) = self.areas.position(area.as_str()) else {
            return Vec::new();
        };
        if quiet {
            return Vec::new();
        }
        let mut found = Vec::new();
        for stretch in &self.areas.items()[position].parents {
            found.extend([Some(stretch.from), stretch.to].iter().flatten());
        }
        self.hierarchy
            .collect_changes(position, Window { from, to }, &mut found);
        found.retain(|&day| from < day && day < to);
        found.sort_unstable();
        found.dedup();
        found
    }
}
