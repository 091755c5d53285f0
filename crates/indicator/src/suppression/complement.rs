//! The complement of a confidential number: the corners of its block.
//!
//! The axes are taken in one order: area (another under the same parent, of the same reporter if there is one), each dimension (another code), reporter, time
//! (another sub-period of the same longer period, where the metric's time operator adds or averages). What cannot be added
//! has no axis but time. Of each axis the next coordinate in the order of the catalogue is taken with which all corners hold
//! numbers. Axes without one are left out; as many as possible are kept, the first in the order before the later ones.
//!
//! Totals are asked for beside the hierarchy too: by groupings of areas, and by weeks and the periods of several calendars.
//! A total with one of two corners in it is withheld, so the areas come first that have the same codes of groupings, and the
//! sub-periods that lie in the same longer periods of most kinds. This only saves totals: the signed sum protects, whatever
//! is chosen here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use almanac_catalog::{Metric, SumOperator, TimeOperator};
use almanac_cube::{MetricCube, SeriesKey};
use almanac_model::{AreaId, DimensionId, Exact, Granularity, Period, ReporterId};
use jiff::civil::Date;

use super::Place;
use crate::question::State;

/// The corners with their signs. Along the time of an average they are turned by the days of each period, so that a block
/// that lies wholly in an average is zero in it.
pub(super) type Block = BTreeMap<Place, Exact>;

/// So many combinations are looked at for the block of one number; the best of them is taken.
const MAX_TRIES: usize = 10_000;

/// Finds the blocks of one metric.
pub(super) struct Blocks<'a> {
    state: State<'a>,
    metric: &'a Metric,
    recorded: &'a MetricCube,
    /// The kinds of period into which those of the metric roll up, the shortest first.
    longer: Vec<Granularity>,
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

impl<'a> Blocks<'a> {
    pub(super) fn new(state: State<'a>, metric: &'a Metric, recorded: &'a MetricCube) -> Self {
        let own = state.catalog.calendars().map(|calendar| Some(calendar.rule));
        let calendars: Vec<_> = std::iter::once(None).chain(own).collect();
        let in_each = |kind: Granularity| calendars.iter().filter_map(move |calendar| kind.in_calendar(*calendar));
        let frequency = metric.frequency;
        let is_longer = |kind: &Granularity| frequency != *kind && frequency.divides(*kind);
        let longer = Granularity::ALL.into_iter().flat_map(in_each).filter(is_longer);
        Self {
            state,
            metric,
            recorded,
            longer: longer.collect(),
        }
    }

    /// Whether the block of a confidential number may have a corner in these areas and periods.
    pub(super) fn reaches(
        &self,
        series: &SeriesKey,
        period: i32,
        areas: &BTreeSet<&AreaId>,
        periods: &BTreeSet<i32>,
    ) -> bool {
        let Some(own) = self.period(period) else { return false };
        let near_in_time = periods.contains(&period)
            || self.has_time_axis()
                && self
                    .around_in_time(own)
                    .any(|near| periods.range(near).next().is_some());
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
                let of = |area: &AreaId, reporter: &ReporterId| {
                    moved(&|other| {
                        other.series.area = area.clone();
                        other.series.reporter = reporter.clone();
                    })
                };
                let own = &place.series.reporter;
                let of_own = siblings.iter().map(|area| of(area, own));
                let of_others = siblings.iter().flat_map(|area| {
                    let reporters = self.reporters(area).into_iter().filter(|reporter| *reporter != own);
                    reporters.map(move |reporter| of(area, reporter))
                });
                of_own.chain(of_others).collect()
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
                let reporters: Vec<_> = self.reporters(&place.series.area).into_iter().cloned().collect();
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

    /// The other areas under the same parent: those first that have its codes of the most groupings, then by id.
    fn siblings(&self, place: &Place) -> Vec<AreaId> {
        let catalog = self.state.catalog;
        let own = &place.series.area;
        let level = catalog.area(own.as_str()).map(|area| &area.level);
        let Some((level, period)) = level.zip(self.period(place.period)) else {
            return Vec::new();
        };
        let day = period.last_day();
        let Some(parent) = catalog.parent_at(own, day) else {
            return Vec::new();
        };
        let under = catalog.descendants_at(parent, level, day).into_iter();
        let siblings: Vec<AreaId> = under
            .filter(|area| catalog.parent_at(area, day) == Some(parent))
            .cloned()
            .collect();
        let mut others: Vec<AreaId> = after(&siblings, own).cloned().collect();
        if catalog.groupings().len() > 0 {
            others.sort_by_cached_key(|other| self.codes_apart(own, other, day));
        }
        others
    }

    /// The number of groupings that tell two areas apart.
    fn codes_apart(&self, one: &AreaId, other: &AreaId, day: Date) -> usize {
        let catalog = self.state.catalog;
        let apart = |id: &DimensionId| {
            catalog.codes_within(id.as_str(), one, day) != catalog.codes_within(id.as_str(), other, day)
        };
        let ids = catalog.groupings().map(|grouping| &grouping.dimension.id);
        ids.filter(|id| apart(id)).count()
    }

    /// Who reported anything of an area.
    fn reporters(&self, area: &AreaId) -> BTreeSet<&'a ReporterId> {
        self.recorded
            .series_of(area)
            .map(|series| &series.key().reporter)
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

    /// The other sub-periods of the longer periods around one: those first that the fewest kinds of period tell apart from
    /// it, then the shortest longer period before the next one.
    fn periods(&self, own: i32) -> Vec<i32> {
        let Some(period) = self.period(own) else {
            return Vec::new();
        };
        let (mut seen, mut found) = (BTreeSet::from([own]), Vec::new());
        for around in self.around_in_time(period) {
            let parts: Vec<i32> = around.collect();
            found.extend(after(&parts, &own).copied().filter(|part| seen.insert(*part)));
        }
        let longer: Vec<_> = self.around_in_time(period).collect();
        found.sort_by_cached_key(|part| longer.iter().filter(|longer| !longer.contains(part)).count());
        found
    }

    /// The longer periods around one, of each kind into which the metric's periods roll up, as ordinals of its frequency;
    /// the shortest first. Days make up those of every calendar.
    fn around_in_time(&self, own: Period) -> impl Iterator<Item = RangeInclusive<i32>> {
        let frequency = self.metric.frequency;
        let parts = move |kind| Period::containing(kind, own.start()).parts(frequency);
        let ordinals = move |kind| parts(kind).map(|parts| parts.first().ordinal()..=parts.last().ordinal());
        self.longer.iter().copied().filter_map(ordinals)
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
            let is_new = |corner: &Place| !corners.contains(corner) && blocks.holds_number(corner);
            if beside.iter().all(is_new) {
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
            // the first axis: nothing was moved along that of the reporters yet
            Axis::Area => {
                place.series.area.clone_from(&other.series.area);
                place.series.reporter.clone_from(&other.series.reporter);
            }
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
