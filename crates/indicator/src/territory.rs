//! Whose series belong to a figure: the areas under those asked for, or what they were before a change of boundaries.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, Share};
use almanac_model::{AreaId, LevelId, Period, PeriodRange};
use jiff::civil::Date;

use crate::expected::relevant_periods;
use crate::question::State;

/// The areas that a figure is about, taken together.
#[derive(Clone, Debug)]
pub(crate) enum Territory {
    /// Areas as they lie at the end of the period that is read.
    Current(Vec<AreaId>),
    /// An area of one day, restated from the areas of other days.
    Restated {
        area: AreaId,
        boundaries: Date,
        /// Only what lies in these areas of that day, when parts of the territory are left out.
        sources: Option<(Date, Vec<AreaId>)>,
    },
}

/// A stretch of sub-periods in which no boundary changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) parts: PeriodRange,
    /// The day whose hierarchy holds.
    pub(crate) day: Date,
}

impl Territory {
    /// The territory of an area; on the boundaries of a day, or as it is at the end of each period.
    pub(crate) fn of(area: &AreaId, boundaries: Option<Date>) -> Self {
        match boundaries {
            None => Self::Current(vec![area.clone()]),
            Some(boundaries) => Self::Restated {
                area: area.clone(),
                boundaries,
                sources: None,
            },
        }
    }

    pub(crate) const fn is_restated(&self) -> bool {
        matches!(self, Self::Restated { .. })
    }

    /// Whether there is no such area on that day.
    pub(crate) fn is_void(&self, state: State<'_>, day: Date) -> bool {
        match self {
            Self::Current(areas) => !areas.is_empty() && areas.iter().all(|area| !state.catalog.is_valid_at(area, day)),
            Self::Restated { area, boundaries, .. } => !state.catalog.is_valid_at(area, *boundaries),
        }
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

    /// The areas of some levels that it was made of on a day.
    fn areas_of<'a>(&self, state: State<'a>, levels: &BTreeSet<&LevelId>, day: Date) -> BTreeMap<&'a AreaId, Share> {
        let catalog = state.catalog;
        match self {
            Self::Current(areas) => {
                let under = |area| {
                    levels
                        .iter()
                        .flat_map(move |level| catalog.descendants_at(area, level, day))
                };
                areas.iter().flat_map(under).map(|area| (area, Share::All)).collect()
            }
            Self::Restated {
                area,
                boundaries,
                sources,
            } => {
                let kept = |unit: &AreaId| {
                    sources.as_ref().is_none_or(|(since, areas)| {
                        let outside = |source| catalog.share_in(unit, day, source, *since) == Share::Nothing;
                        !areas.iter().all(outside)
                    })
                };
                let units = catalog
                    .areas()
                    .filter(|unit| levels.contains(&unit.level) && unit.is_valid_at(day));
                units
                    .filter(|unit| kept(&unit.id))
                    .map(|unit| (&unit.id, catalog.share_in(&unit.id, day, area, *boundaries)))
                    .filter(|(_, share)| *share != Share::Nothing)
                    .collect()
            }
        }
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
        match self {
            Self::Current(_) => Self::Current(parts),
            Self::Restated { area, boundaries, .. } => Self::Restated {
                area: area.clone(),
                boundaries: *boundaries,
                sources: Some((day, parts)),
            },
        }
    }

    /// Whether it has the same extent on both days, so that what was counted on one stands against the other.
    pub(crate) fn is_same_on(&self, state: State<'_>, one: Date, other: Date) -> bool {
        match self {
            Self::Current(areas) => areas.iter().all(|area| state.catalog.same_extent(area, one, other)),
            Self::Restated { .. } => true,
        }
    }

    /// Whether it was another on that day than on the boundaries that it is restated on.
    pub(crate) fn was_other_on(&self, state: State<'_>, day: Date) -> bool {
        match self {
            Self::Current(_) => false,
            Self::Restated { area, boundaries, .. } => !state.catalog.same_extent(area, day, *boundaries),
        }
    }

    /// The sub-periods of a period, cut where boundaries changed. A restated sum reads each part on its own boundaries;
    /// everything else is read on those of the period's end.
    pub(crate) fn stretches(&self, state: State<'_>, period: Period, parts: PeriodRange, sums: bool) -> Vec<Stretch> {
        if !self.is_restated() || !sums {
            return vec![Stretch {
                parts,
                day: period.last_day(),
            }];
        }
        let changes = state.catalog.change_days(period.start(), period.last_day());
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

/// The levels at which the values that a figure rests on were collected: of each sub-period that counts, its own. A stock
/// that was counted by province and later by district is not counted twice.
pub(crate) fn levels_read(metric: &Metric, parts: PeriodRange) -> BTreeSet<&LevelId> {
    relevant_periods(metric, parts)
        .into_iter()
        .filter_map(|part| metric.level_for(part))
        .collect()
}
