//! Parts of the country that figures are about: areas taken together, narrowed to codes of groupings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use almanac_model::{AreaId, Code, DimensionId};
use jiff::civil::Date;

use crate::hierarchy::Hierarchy;
use crate::table::Table;
use crate::{Area, Catalog, Grouping};

/// Codes by grouping.
pub type Codes = BTreeMap<DimensionId, BTreeSet<Code>>;

/// Areas taken together; of them only what has one of the codes of each grouping.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Region {
    /// The areas.
    pub areas: Vec<AreaId>,
    /// The codes, by grouping; a grouping that is not there narrows nothing.
    pub codes: Codes,
}

/// Whether an area belongs to a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Within {
    /// It does not.
    Outside,
    /// All of it does.
    Inside,
    /// Areas under it have other codes than itself, and only some of them belong to the region.
    Divided,
}

/// By grouping, the listed areas that lie at some time under an area.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListedBelow(HashMap<DimensionId, HashMap<AreaId, Vec<AreaId>>>);

impl ListedBelow {
    pub(crate) fn new(groupings: &[Grouping], hierarchy: &Hierarchy, areas: &Table<AreaId, Area>) -> Self {
        let below = |grouping: &Grouping| {
            let mut below: HashMap<AreaId, Vec<AreaId>> = HashMap::new();
            for listed in grouping.members.keys() {
                let ancestors = areas
                    .position(listed.as_str())
                    .map(|position| &hierarchy.ancestors[position]);
                for &above in ancestors.into_iter().flatten() {
                    let above = &areas.items()[above].id;
                    if above != listed {
                        below.entry(above.clone()).or_default().push(listed.clone());
                    }
                }
            }
            (grouping.dimension.id.clone(), below)
        };
        Self(groupings.iter().map(below).collect())
    }
}

impl Catalog {
    /// The code of an area on that day: its own, or that of its nearest ancestor that has one; `None` when no grouping has
    /// that id or the area belongs to no code of it.
    #[must_use]
    pub fn code_on(&self, grouping: &str, area: &AreaId, day: Date) -> Option<&Code> {
        let grouping = self.grouping(grouping)?;
        let mut above = std::iter::successors(Some(area), |area| self.parent_at(area, day));
        above.find_map(|area| grouping.listed_on(area, day))
    }

    /// The codes of an area and of all that lies under it on that day; `None` among them where there is no code. More than
    /// one when the grouping is finer than the area.
    #[must_use]
    pub fn codes_within(&self, grouping: &str, area: &AreaId, day: Date) -> BTreeSet<Option<&Code>> {
        let mut codes = BTreeSet::from([self.code_on(grouping, area, day)]);
        let below = self.listed_below.0.get(grouping).and_then(|below| below.get(area));
        if let Some((below, grouping)) = below.zip(self.grouping(grouping)) {
            let there = below.iter().filter(|listed| self.lies_under(listed, area, day));
            codes.extend(there.filter_map(|listed| grouping.listed_on(listed, day)).map(Some));
        }
        codes
    }

    /// Whether an area belongs to a region on that day.
    #[must_use]
    pub fn within(&self, area: &AreaId, region: &Region, day: Date) -> Within {
        if region.areas.iter().any(|above| self.lies_under(area, above, day)) {
            self.has_codes(area, &region.codes, day)
        } else {
            Within::Outside
        }
    }

    /// Whether what lies in an area beside the areas under it belongs to a region on that day.
    pub(crate) fn belongs_itself(&self, area: &AreaId, region: &Region, day: Date) -> bool {
        let mut codes = region.codes.iter();
        region.areas.iter().any(|above| self.lies_under(area, above, day))
            && codes.all(|(grouping, wanted)| {
                let code = self.code_on(grouping.as_str(), area, day);
                code.is_some_and(|code| wanted.contains(code))
            })
    }

    /// Whether an area has one of the codes of each grouping on that day.
    #[must_use]
    pub fn has_codes(&self, area: &AreaId, codes: &Codes, day: Date) -> Within {
        let mut within = Within::Inside;
        for (grouping, wanted) in codes {
            let found = self.codes_within(grouping.as_str(), area, day);
            let has = found.iter().flatten().filter(|code| wanted.contains(**code)).count();
            if has == 0 {
                return Within::Outside;
            }
            if has < found.len() {
                within = Within::Divided;
            }
        }
        within
    }
}
