//! The complement of a confidential number: the corners of its block.
//!
//! The axes are taken in one order: area (another under the same parent), each dimension (another code), reporter, time
//! (another sub-period of the same quarter or year, where the metric's time operator adds or averages). What cannot be added
//! has no axis but time. Of each axis the next coordinate in the order of the catalogue is taken with which all corners hold
//! numbers. Axes without one are left out; as many as possible are kept, the first in the order before the later ones.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, SumOperator, TimeOperator};
use almanac_cube::{MetricCube, SeriesKey};
use almanac_model::{AreaId, DimensionId, Exact, Granularity, Period};

use super::Place;
use crate::question::State;

/// The corners with their signs. Along the time of an average they are turned by the days of each period, so that a block
/// that lies wholly in an average is zero in it.
pub(super) type Block = BTreeMap<Place, Exact>;

/// So many combinations are looked at for the block of one number; the best of them is taken.
const MAX_TRIES: usize = 10_000;

/// Finds the blocks of one metric.
pub(super) struct Blocks<'a> {
    pub(super) state: State<'a>,
    pub(super) metric: &'a Metric,
    pub(super) recorded: &'a MetricCube,
}

#[derive(Clone, Copy)]
enum Axis {
    Area,
    /// The position in the codes of a series.
    Dimension(usize),
    Reporter,
    Time,
}

/// The looking for one block.
struct Search<'a> {
    /// For each axis the places that its complements make of the confidential one, the preferred first.
    complements: &'a [(Axis, Vec<Place>)],
    tries: usize,
    best: Vec<Place>,
    axes: usize,
}

impl Blocks<'_> {
    /// Whether the block of a confidential number may have a corner in these areas and periods.
    pub(super) fn reaches(
        &self,
        series: &SeriesKey,
        period: i32,
        areas: &BTreeSet<&AreaId>,
        periods: &BTreeSet<i32>,
    ) -> bool {
        let Some(own) = self.period(period) else { return false };
        let near_in_time = match self.containers().last().filter(|_| self.has_time_axis()) {
            None => periods.contains(&period),
            Some(container) => Period::containing(container, own.start())
                .parts(self.metric.frequency)
                .is_some_and(|parts| {
                    periods
                        .range(parts.first().ordinal()..=parts.last().ordinal())
                        .next()
                        .is_some()
                }),
        };
        let day = own.last_day();
        let parent = |area| self.state.catalog.parent_at(area, day);
        let above = parent(&series.area);
        near_in_time
            && (areas.contains(&series.area) || above.is_some() && areas.iter().any(|area| parent(area) == above))
    }

    /// The block of a confidential number.
    pub(super) fn around(&self, series: &SeriesKey, period: i32) -> Block {
        let place = Place {
            series: series.clone(),
            period,
        };
        let complements: Vec<(Axis, Vec<Place>)> = self
            .axes()
            .into_iter()
            .map(|axis| (axis, self.complements(axis, &place)))
            .filter(|(_, complements)| !complements.is_empty())
            .collect();
        let mut search = Search {
            complements: &complements,
            tries: 0,
            best: vec![place.clone()],
            axes: 0,
        };
        search.extend(self, 0, 0, vec![place]);
        let signed = search.best.into_iter().enumerate();
        signed
            .map(|(index, corner)| self.signed(corner, index.count_ones()))
            .collect()
    }

    /// A corner so many steps away from the confidential number.
    fn signed(&self, corner: Place, steps: u32) -> (Place, Exact) {
        let sign = Exact::from_integer(if steps.is_multiple_of(2) { 1 } else { -1 });
        let days = self.period(corner.period).map_or(1, Period::days);
        let scaled = (self.metric.time == TimeOperator::Average)
            .then(|| sign.checked_div(&Exact::from_integer(days.into())))
            .flatten();
        (corner, scaled.unwrap_or(sign))
    }

    fn axes(&self) -> Vec<Axis> {
        let mut axes = Vec::new();
        if self.metric.sum == SumOperator::Sum {
            axes.push(Axis::Area);
            axes.extend((0..self.metric.dimensions.len()).map(Axis::Dimension));
            axes.push(Axis::Reporter);
        }
        if self.has_time_axis() {
            axes.push(Axis::Time);
        }
        axes
    }

    fn has_time_axis(&self) -> bool {
        matches!(self.metric.time, TimeOperator::Sum | TimeOperator::Average)
    }

    /// The places beside a confidential one along an axis that hold numbers, the preferred first.
    fn complements(&self, axis: Axis, place: &Place) -> Vec<Place> {
        let moved = |change: &dyn Fn(&mut Place)| {
            let mut other = place.clone();
            change(&mut other);
            other
        };
        let others: Vec<Place> = match axis {
            Axis::Area => {
                let siblings = self.siblings(place);
                let areas = after(&siblings, &place.series.area);
                areas
                    .map(|area| moved(&|other| other.series.area = area.clone()))
                    .collect()
            }
            Axis::Dimension(index) => {
                let codes = self.codes(index);
                let Some(own) = place.series.codes.get(index) else {
                    return Vec::new();
                };
                let codes = after(&codes, own);
                codes
                    .map(|code| moved(&|other| other.series.codes[index] = code.clone()))
                    .collect()
            }
            Axis::Reporter => {
                let series = self.recorded.series_of(&place.series.area);
                let reporters: BTreeSet<_> = series.map(|series| series.key().reporter.clone()).collect();
                let reporters: Vec<_> = reporters.into_iter().collect();
                let reporters = after(&reporters, &place.series.reporter);
                reporters
                    .map(|one| moved(&|other| other.series.reporter = one.clone()))
                    .collect()
            }
            Axis::Time => {
                let periods = self.periods(place.period);
                periods
                    .into_iter()
                    .map(|period| moved(&|other| other.period = period))
                    .collect()
            }
        };
        others.into_iter().filter(|other| self.holds_number(other)).collect()
    }

    /// The areas under the same parent, by id, itself included.
    fn siblings(&self, place: &Place) -> Vec<AreaId> {
        let catalog = self.state.catalog;
        let level = catalog.area(place.series.area.as_str()).map(|area| &area.level);
        let Some((level, period)) = level.zip(self.period(place.period)) else {
            return Vec::new();
        };
        let day = period.last_day();
        let Some(parent) = catalog.parent_at(&place.series.area, day) else {
            return Vec::new();
        };
        let under = catalog.descendants_at(parent, level, day).into_iter();
        under
            .filter(|area| catalog.parent_at(area, day) == Some(parent))
            .cloned()
            .collect()
    }

    /// The codes of a dimension in the order of the catalogue.
    fn codes(&self, index: usize) -> Vec<almanac_model::Code> {
        let mut dimensions: Vec<&DimensionId> = self.metric.dimensions.iter().collect();
        dimensions.sort();
        let dimension = dimensions
            .get(index)
            .and_then(|id| self.state.catalog.dimension(id.as_str()));
        dimension.map_or_else(Vec::new, |dimension| {
            dimension.codes.iter().map(|item| item.code.clone()).collect()
        })
    }

    /// The other sub-periods of the shortest longer period, then those of the next longer one.
    fn periods(&self, own: i32) -> Vec<i32> {
        let mut found = Vec::new();
        for container in self.containers() {
            let longer = self
                .period(own)
                .map(|period| Period::containing(container, period.start()));
            let Some(parts) = longer.and_then(|longer| longer.parts(self.metric.frequency)) else {
                continue;
            };
            let parts: Vec<i32> = parts.iter().map(Period::ordinal).collect();
            let new: Vec<i32> = after(&parts, &own)
                .filter(|part| !found.contains(*part))
                .copied()
                .collect();
            found.extend(new);
        }
        found
    }

    /// The longer periods, of the metric's calendar, into which its periods roll up and in which a complement is looked for.
    fn containers(&self) -> impl Iterator<Item = Granularity> {
        let frequency = self.metric.frequency;
        let longer: &[Granularity] = match frequency.standard() {
            Granularity::Day => &[Granularity::Month, Granularity::Quarter],
            Granularity::Month => &[Granularity::Quarter, Granularity::Year],
            Granularity::Quarter | Granularity::Half => &[Granularity::Year],
            Granularity::Week | Granularity::Year | Granularity::Custom(..) => &[],
        };
        let in_calendar = move |longer: &Granularity| longer.in_calendar(frequency.calendar());
        longer.iter().filter_map(in_calendar)
    }

    fn period(&self, ordinal: i32) -> Option<Period> {
        Period::from_ordinal(self.metric.frequency, ordinal)
    }

    fn holds_number(&self, place: &Place) -> bool {
        let series = self.recorded.series(&place.series);
        series
            .and_then(|series| series.cell(place.period, self.state.as_of))
            .is_some_and(|cell| cell.status.missing.is_none())
    }
}

impl Search<'_> {
    /// Tries each complement along the axes from `next` on, and leaving the axis out, beside the corners that are chosen.
    /// Corner `i` is the one moved along the chosen axes whose bits are set in `i`.
    fn extend(&mut self, blocks: &Blocks<'_>, next: usize, chosen: usize, corners: Vec<Place>) {
        if chosen > self.axes {
            self.axes = chosen;
            self.best.clone_from(&corners);
        }
        let complements = self.complements;
        let Some((axis, others)) = complements.get(next) else {
            return;
        };
        for other in others {
            // nothing more can be won
            if self.tries >= MAX_TRIES || chosen + (complements.len() - next) <= self.axes {
                return;
            }
            self.tries += 1;
            let beside: Vec<Place> = corners.iter().map(|corner| corner.moved(*axis, other)).collect();
            if beside.iter().all(|corner| blocks.holds_number(corner)) {
                self.extend(blocks, next + 1, chosen + 1, [corners.clone(), beside].concat());
            }
        }
        self.extend(blocks, next + 1, chosen, corners);
    }
}

impl Place {
    /// The place with the coordinate of another along one axis.
    fn moved(&self, axis: Axis, other: &Self) -> Self {
        let mut place = self.clone();
        match axis {
            Axis::Area => place.series.area.clone_from(&other.series.area),
            Axis::Dimension(index) => place.series.codes[index].clone_from(&other.series.codes[index]),
            Axis::Reporter => place.series.reporter.clone_from(&other.series.reporter),
            Axis::Time => place.period = other.period,
        }
        place
    }
}

/// The others of a list, from the one after `own` on and round to the one before it.
fn after<'a, T: PartialEq>(list: &'a [T], own: &T) -> impl Iterator<Item = &'a T> {
    let position = list.iter().position(|one| one == own);
    let (before, rest) = list.split_at(position.unwrap_or(0));
    let skipped = usize::from(position.is_some());
    rest.iter().skip(skipped).chain(before)
}
