//! Rules 17 and 26: of which territory a value is, and how much of each unit belongs to it.

use almanac_catalog::{Metric, TimeOperator};
use almanac_model::{AreaId, Period, PeriodRange};
use jiff::civil::Date;

use super::Oracle;
use super::boundaries::Share;
use super::region::Region;
use super::series::sub_periods;
use super::term::Filter;

/// Of which territory a value is.
#[derive(Clone, Debug)]
pub(super) enum Territory {
    /// A region as it lies on the last day of whatever period is read.
    Current(Region),
    /// A region as it lies on one day, put together from what was counted on the boundaries of other days.
    Restated {
        region: Region,
        boundaries: Date,
        /// Only what lies in one of these areas of that day, for each of the list.
        only: Vec<(Date, Vec<AreaId>)>,
    },
}

/// Sub-periods of one metric that are read on the boundaries of one day.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) parts: Vec<Period>,
    pub(super) day: Date,
}

impl Territory {
    pub(super) fn of(region: Region, boundaries: Option<Date>) -> Self {
        match boundaries {
            None => Self::Current(region),
            Some(boundaries) => Self::Restated {
                region,
                boundaries,
                only: Vec::new(),
            },
        }
    }

    pub(super) const fn is_restated(&self) -> bool {
        matches!(self, Self::Restated { .. })
    }

    /// What of it lies in areas of a day.
    pub(super) fn narrowed(&self, day: Date, areas: Vec<AreaId>) -> Self {
        let mut narrowed = self.clone();
        match &mut narrowed {
            Self::Current(region) => region.areas = areas,
            Self::Restated { only, .. } => only.push((day, areas)),
        }
        narrowed
    }
}

impl Oracle<'_> {
    /// Whether there is no such area: on the last day of what is read, or on the day on whose boundaries it is restated.
    pub(super) fn is_void(&self, territory: &Territory, last_day: Date) -> bool {
        let (region, day) = match territory {
            Territory::Current(region) => (region, last_day),
            Territory::Restated { region, boundaries, .. } => (region, *boundaries),
        };
        let mut areas = region.areas.iter();
        areas.len() > 0 && areas.all(|area| !self.catalog.is_valid_at(area, day))
    }

    /// How much of a unit of a day belongs to a territory.
    pub(super) fn share_of(&self, territory: &Territory, unit: &AreaId, day: Date) -> Share {
        match territory {
            Territory::Current(region) => self.share_today(unit, region, day),
            Territory::Restated {
                region,
                boundaries,
                only,
            } => {
                let touches = |(since, areas): &(Date, Vec<AreaId>)| {
                    let kept = Region {
                        areas: areas.clone(),
                        codes: Filter::new(),
                    };
                    self.share(unit, day, &kept, *since) != Share::Nothing
                };
                if self.catalog.is_valid_at(unit, day) && only.iter().all(touches) {
                    self.share(unit, day, region, *boundaries)
                } else {
                    Share::Nothing
                }
            }
        }
    }

    /// The units of some levels that belong to a territory, with how much of each.
    pub(super) fn units(
        &self,
        territory: &Territory,
        levels: &[almanac_model::LevelId],
        day: Date,
    ) -> Vec<(AreaId, Share)> {
        let of_level = self.catalog.areas().filter(|area| levels.contains(&area.level));
        let shares = of_level.map(|area| (area.id.clone(), self.share_of(territory, &area.id, day)));
        shares.filter(|(_, share)| *share != Share::Nothing).collect()
    }

    /// The sub-periods of a period in runs that are read on the same boundaries. The parts of a restated sum are each read
    /// on the boundaries of their own time; everything else on those of the period's end.
    pub(super) fn runs(&self, metric: &Metric, territory: &Territory, span: PeriodRange) -> Vec<Run> {
        let parts = sub_periods(metric, span);
        if !territory.is_restated() || metric.time != TimeOperator::Sum {
            let day = span.last_day();
            return vec![Run { parts, day }];
        }
        let mut runs: Vec<Run> = Vec::new();
        for part in parts {
            let day = part.last_day();
            match runs.last_mut() {
                Some(run) if self.change_days(run.day, day).is_empty() => {
                    run.parts.push(part);
                    run.day = day;
                }
                _ => runs.push(Run { parts: vec![part], day }),
            }
        }
        runs
    }

    /// Whether a territory is put together from other boundaries than those of a day.
    pub(super) fn is_restated_from(&self, territory: &Territory, day: Date) -> bool {
        match territory {
            Territory::Current(_) => false,
            Territory::Restated { region, boundaries, .. } => !self.same_territory(region, day, *boundaries),
        }
    }

    /// Whether what was counted in a territory on one day stands against it on another. Of several areas none may have
    /// changed.
    pub(super) fn is_comparable(&self, territory: &Territory, one: Date, other: Date) -> bool {
        let Territory::Current(region) = territory else {
            return true;
        };
        let mut each = region.areas.iter().map(|area| Region {
            areas: vec![area.clone()],
            codes: Filter::new(),
        });
        each.all(|area| self.same_territory(&area, one, other)) && self.same_territory(region, one, other)
    }
}
