//! Whose series belong to a figure: the areas under those asked for, or what they were before a change of boundaries.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use almanac_catalog::{Catalog, Codes, Metric, Region, Share, Within};
use almanac_model::{AreaId, DimensionId, FigureArea, LevelId, Period, PeriodRange};
use jiff::civil::Date;

use crate::answer::Group;
use crate::expected::relevant_periods;
use crate::question::{GroupKey, Question, State};

/// The areas that a figure is about, taken together, and of them only what has the codes of groupings that are asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Territory {
    region: Rc<Region>,
    /// Absent: as the areas lie at the end of the period that is read.
    restated: Option<Restated>,
}

/// How areas are put together from the areas of other days.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Restated {
    /// The day whose areas and codes they are.
    boundaries: Date,
    /// Only what lies in these areas of that day, when parts of the territory are left out.
    sources: Option<(Date, Vec<AreaId>)>,
}

/// A stretch of sub-periods in which no boundary changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) parts: PeriodRange,
    /// The day whose hierarchy holds.
    pub(crate) day: Date,
}

/// The codes of groupings that a question asks for, and of a group of its figures.
pub(crate) fn grouping_codes(catalog: &Catalog, question: &Question, group: &Group) -> Codes {
    let is_grouping = |id: &DimensionId| catalog.grouping(id.as_str()).is_some();
    let filters = question.filters.iter().filter(|(id, _)| is_grouping(id));
    let mut codes: Codes = filters.map(|(id, codes)| (id.clone(), codes.clone())).collect();
    for (key, text) in group {
        if let GroupKey::Dimension(id) = key
            && is_grouping(id)
        {
            codes.insert(id.clone(), text.parse().into_iter().collect());
        }
    }
    codes
}

impl Territory {
    /// The territory of a figure of a question.
    pub(crate) fn of(state: State<'_>, question: &Question, area: &FigureArea, group: &Group) -> Self {
        Self {
            region: Rc::new(Region {
                areas: area.areas().to_vec(),
                codes: grouping_codes(state.catalog, question, group),
            }),
            restated: question.on_boundaries_of.map(|boundaries| Restated {
                boundaries,
                sources: None,
            }),
        }
    }

    /// The areas, and the codes of groupings that narrow them.
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// The day whose areas and codes they are, when it is restated.
    pub(crate) fn boundaries(&self) -> Option<Date> {
        self.restated.as_ref().map(|restated| restated.boundaries)
    }

    pub(crate) const fn is_restated(&self) -> bool {
        self.restated.is_some()
    }

    /// Whether it is all of its areas, as they lie at the end of the period that is read.
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_restated() && self.region.codes.is_empty()
    }

    /// Its areas, if it is all of them.
    pub(crate) fn plain_areas(&self) -> Option<&[AreaId]> {
        self.is_plain().then_some(self.region.areas.as_slice())
    }

    /// Whether there is no such area on that day.
    pub(crate) fn is_void(&self, state: State<'_>, day: Date) -> bool {
        let day = self.restated.as_ref().map_or(day, |restated| restated.boundaries);
        let areas = &self.region.areas;
        !areas.is_empty() && areas.iter().all(|area| !state.catalog.is_valid_at(area, day))
    }

    /// The areas whose series belong to it, at the collection levels of a metric, with how much of each.
    pub(crate) fn collecting<'a>(
        &self,
        state: State<'a>,
        metric: &Metric,
        stretch: Stretch,
    ) -> BTreeMap<&'a AreaId, Share> {
        let levels = levels_read(metric, stretch.parts);
        self.areas_of(state, &levels, stretch.day)
    }

    /// The same, one after the other.
    pub(crate) fn each_collecting<'a>(
        &self,
        state: State<'a>,
        metric: &Metric,
        stretch: Stretch,
    ) -> Vec<(&'a AreaId, Share)> {
        if let (Some([area]), Some(level)) = (self.plain_areas(), metric.only_level()) {
            let own = state.catalog.area(area.as_str()).filter(|own| own.level == *level);
            if let Some(own) = own.filter(|own| own.is_valid_at(stretch.day)) {
                return vec![(&own.id, Share::All)];
            }
            let units = state.catalog.descendants_at(area, level, stretch.day);
            return units.into_iter().map(|unit| (unit, Share::All)).collect();
        }
        self.collecting(state, metric, stretch).into_iter().collect()
    }

    /// The areas of some levels that it was made of on a day.
    fn areas_of<'a>(&self, state: State<'a>, levels: &BTreeSet<&LevelId>, day: Date) -> BTreeMap<&'a AreaId, Share> {
        let share = |unit: &AreaId| match &self.restated {
            None => match state.catalog.has_codes(unit, &self.region.codes, day) {
                Within::Inside => Share::All,
                Within::Outside => Share::Nothing,
                Within::Divided => Share::Unknown,
            },
            Some(restated) if !restated.keeps(state, unit, day) => Share::Nothing,
            Some(restated) => state
                .catalog
                .share_in_region(unit, day, &self.region, restated.boundaries),
        };
        let units = self.units(state, levels, day).into_iter();
        units
            .map(|unit| (unit, share(unit)))
            .filter(|(_, share)| *share != Share::Nothing)
            .collect()
    }

    /// The areas of some levels that may belong to it on a day; some of them more than once.
    fn units<'a>(&self, state: State<'a>, levels: &BTreeSet<&LevelId>, day: Date) -> Vec<&'a AreaId> {
        let catalog = state.catalog;
        if self.is_restated() {
            let all = catalog.areas();
            let units = all.filter(|unit| levels.contains(&unit.level) && unit.is_valid_at(day));
            return units.map(|unit| &unit.id).collect();
        }
        let under = |area| {
            levels
                .iter()
                .flat_map(move |level| catalog.descendants_at(area, level, day))
        };
        self.region.areas.iter().flat_map(under).collect()
    }

    /// It, cut into areas of a level.
    pub(crate) fn parts(&self, state: State<'_>, level: &LevelId, day: Date) -> Vec<AreaId> {
        self.areas_of(state, &BTreeSet::from([level]), day)
            .into_keys()
            .cloned()
            .collect()
    }

    /// What is left of it when only some of its parts of a day are kept.
    pub(crate) fn restricted_to(&self, parts: Vec<AreaId>, day: Date) -> Self {
        let mut left = self.clone();
        match &mut left.restated {
            None => Rc::make_mut(&mut left.region).areas = parts,
            Some(restated) => restated.sources = Some((day, parts)),
        }
        left
    }

    /// Whether it has the same extent on both days, so that what was counted on one stands against the other. Of several
    /// areas none may have changed.
    pub(crate) fn is_same_on(&self, state: State<'_>, one: Date, other: Date) -> bool {
        let Region { areas, codes } = self.region.as_ref();
        self.is_restated()
            || areas.iter().all(|area| state.catalog.same_extent(area, one, other))
                && (codes.is_empty() || state.catalog.same_region(&self.region, one, other))
    }

    /// Whether it was another on that day than on the boundaries that it is restated on.
    pub(crate) fn was_other_on(&self, state: State<'_>, day: Date) -> bool {
        let same = |restated: &Restated| state.catalog.same_region(&self.region, day, restated.boundaries);
        self.restated.as_ref().is_some_and(|restated| !same(restated))
    }

    /// The sub-periods of a stretch, cut where boundaries changed. A restated sum reads each part on its own boundaries;
    /// everything else is read on those of its end.
    pub(crate) fn stretches(
        &self,
        state: State<'_>,
        span: PeriodRange,
        parts: PeriodRange,
        sums: bool,
    ) -> Vec<Stretch> {
        if !self.is_restated() || !sums {
            return vec![Stretch {
                parts,
                day: span.last_day(),
            }];
        }
        let changes = state.catalog.change_days(span.start(), span.last_day());
        let epoch = |part: &Period| changes.partition_point(|change| *change <= part.last_day());
        let mut stretches: Vec<Stretch> = Vec::new();
        for part in parts.iter() {
            let last = stretches.last_mut();
            match last.filter(|stretch| epoch(&stretch.parts.last()) == epoch(&part)) {
                Some(stretch) => {
                    *stretch = Stretch {
                        parts: stretch.parts.until(part),
                        day: part.last_day(),
                    }
                }
                None => stretches.push(Stretch {
                    parts: part.into(),
                    day: part.last_day(),
                }),
            }
        }
        stretches
    }
}

impl Restated {
    /// Whether an area of a day belongs to the parts that are kept.
    fn keeps(&self, state: State<'_>, unit: &AreaId, day: Date) -> bool {
        self.sources.as_ref().is_none_or(|(since, areas)| {
            let outside = |source| state.catalog.share_in(unit, day, source, *since) == Share::Nothing;
            !areas.iter().all(outside)
        })
    }
}

/// The levels at which the values that a figure rests on were collected: of each sub-period that counts, its own. A stock
/// that was counted by province and later by district is not counted twice.
pub(crate) fn levels_read(metric: &Metric, parts: PeriodRange) -> BTreeSet<&LevelId> {
    if let Some(only) = metric.only_level() {
        return BTreeSet::from([only]);
    }
    relevant_periods(metric, parts)
        .iter()
        .filter_map(|part| metric.level_for(part))
        .collect()
}
