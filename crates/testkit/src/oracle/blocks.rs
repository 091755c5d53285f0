//! Rule 20: which numbers a secret is moved against, so that as many totals as possible stay what they are.
//!
//! Along each axis over which figures add up one complement stands beside the secret: another area, another code of each
//! dimension, another reporter, another sub-period. All corners of the block that they span have to hold numbers. Of all such
//! blocks the one along the most axes is taken, and of these the first in the order that `suppression/complement.rs` of the
//! engine tells. Any of them would keep the secret; which one it is decides only what else is withheld.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Metric, SumOperator, TimeOperator};
use almanac_model::{AreaId, Exact, Granularity, Period, ReporterId};

use super::Oracle;
use super::records::Place;
use super::secrets::Block;

/// The places of one metric that hold numbers, each with whether it is a secret.
pub(super) type Numbers = BTreeMap<Place, bool>;

/// One step along an axis.
#[derive(Clone, Debug)]
enum Step {
    /// To an area, and to its reporter.
    Area(AreaId, ReporterId),
    Code(almanac_model::DimensionId, almanac_model::Code),
    Reporter(ReporterId),
    Period(Period),
}

/// A block without signs: which step was taken along each axis, by its place in the order, and all corners. Corner `i` is the
/// secret moved along the axes whose bits are set in `i`, of those along which a step was taken.
#[derive(Clone, Debug)]
struct Corners {
    steps: Vec<Option<usize>>,
    places: Vec<Place>,
}

impl Step {
    fn from(&self, place: &Place) -> Place {
        let mut place = place.clone();
        match self {
            Self::Area(area, reporter) => {
                place.series.area = area.clone();
                place.series.reporter = reporter.clone();
            }
            Self::Code(dimension, code) => {
                place.series.codes.insert(dimension.clone(), code.clone());
            }
            Self::Reporter(reporter) => place.series.reporter = reporter.clone(),
            Self::Period(period) => place.period = *period,
        }
        place
    }
}

impl Oracle<'_> {
    /// Everything of a metric that is a number, when a secret was ever among it.
    pub(super) fn numbers(&self, metric: &Metric) -> Numbers {
        let places = self.places_with_secrets(metric);
        let record = |place: &Place| self.record(metric, &place.series, place.period);
        let with_record = places.into_iter().filter_map(|place| Some((record(&place)?, place)));
        let numbers = with_record.filter(|(record, _)| record.is_number());
        numbers.map(|(record, place)| (place, record.is_secret)).collect()
    }

    /// The block of a secret, with the signs of its corners: opposite ones where one step leads from one to the other. In an
    /// average each sub-period counts with its days, so there it moves the less the longer it is.
    pub(super) fn block(&self, metric: &Metric, numbers: &Numbers, secret: &Place) -> Block {
        let axes: Vec<Vec<Step>> = self.axes(metric, numbers, secret);
        let mut all = vec![Corners {
            steps: Vec::new(),
            places: vec![secret.clone()],
        }];
        for axis in &axes {
            all = all.iter().flat_map(|block| longer(block, axis, numbers)).collect();
        }
        let order = |block: &Corners| {
            let taken = block.steps.iter().flatten().count();
            let steps = block.steps.iter().map(|step| step.unwrap_or(usize::MAX));
            (Reverse(taken), steps.collect::<Vec<_>>())
        };
        let best = all.into_iter().min_by_key(order);
        let corners = best.map_or_else(|| vec![secret.clone()], |best| best.places);
        let signed = corners.into_iter().enumerate().map(|(index, place)| {
            let sign = Exact::from_integer(if index.count_ones().is_multiple_of(2) { 1 } else { -1 });
            let days = match metric.time {
                TimeOperator::Average => place.period.days().into(),
                _ => 1,
            };
            let step = sign.checked_div(&Exact::from_integer(days)).unwrap_or(sign);
            (place, step)
        });
        signed.collect()
    }

    /// The steps along each axis, the preferred first: areas, dimensions by id, reporters, time. What cannot be added has
    /// only time, and only sums and averages have that.
    fn axes(&self, metric: &Metric, numbers: &Numbers, secret: &Place) -> Vec<Vec<Step>> {
        let mut axes = Vec::new();
        if metric.sum == SumOperator::Sum {
            axes.push(self.areas_beside(numbers, secret));
            for (dimension, own) in &secret.series.codes {
                let codes = self.catalog.dimension(dimension.as_str());
                let codes = codes.map_or(&[][..], |dimension| &dimension.codes);
                let codes: Vec<_> = codes.iter().map(|item| item.code.clone()).collect();
                let others = after(&codes, own).into_iter();
                axes.push(others.map(|code| Step::Code(dimension.clone(), code)).collect());
            }
            let reporters: Vec<ReporterId> = self.catalog.reporters().map(|one| one.id.clone()).collect();
            let others = after(&sorted(reporters), &secret.series.reporter).into_iter();
            axes.push(others.map(Step::Reporter).collect());
        }
        if matches!(metric.time, TimeOperator::Sum | TimeOperator::Average) {
            let others = self.periods_beside(metric.frequency, secret.period).into_iter();
            axes.push(others.map(Step::Period).collect());
        }
        axes
    }

    /// The areas under the same one: first those with its codes of the most groupings. Of its own reporter before others.
    fn areas_beside(&self, numbers: &Numbers, secret: &Place) -> Vec<Step> {
        let own = &secret.series.area;
        let day = secret.period.last_day();
        let parent = self.catalog.parent_at(own, day);
        let level = self.catalog.area(own.as_str()).map(|area| &area.level);
        let beside = self.catalog.areas().filter(|area| {
            let is_there = area.is_valid_at(day) && Some(&area.level) == level;
            is_there && parent.is_some() && self.catalog.parent_at(&area.id, day) == parent
        });
        let mut areas = after(&sorted(beside.map(|area| area.id.clone()).collect()), own);
        areas.sort_by_key(|area| {
            let mut groupings: Vec<_> = self.catalog.groupings().collect();
            groupings.retain(|grouping| self.codes(grouping, area, day) != self.codes(grouping, own, day));
            groupings.len()
        });
        let mine = &secret.series.reporter;
        let mut steps: Vec<Step> = areas
            .iter()
            .map(|area| Step::Area(area.clone(), mine.clone()))
            .collect();
        for area in &areas {
            let reporters: BTreeSet<&ReporterId> = numbers
                .keys()
                .filter(|place| place.series.area == *area && place.series.reporter != *mine)
                .map(|place| &place.series.reporter)
                .collect();
            steps.extend(
                reporters
                    .into_iter()
                    .map(|other| Step::Area(area.clone(), other.clone())),
            );
        }
        steps
    }

    /// The other sub-periods of the longer periods around one, the shortest first: before all, those that lie in the same
    /// longer periods of the most kinds.
    fn periods_beside(&self, frequency: Granularity, own: Period) -> Vec<Period> {
        let calendars = self.catalog.calendars().map(|calendar| Some(calendar.rule));
        let calendars: Vec<_> = std::iter::once(None).chain(calendars).collect();
        let mut around: Vec<Vec<Period>> = Vec::new();
        for kind in Granularity::ALL {
            for calendar in &calendars {
                let kind = kind.in_calendar(*calendar);
                let longer = kind.filter(|kind| frequency != *kind && frequency.divides(*kind));
                let parts = longer.and_then(|kind| Period::containing(kind, own.start()).parts(frequency));
                around.extend(parts.map(|parts| parts.iter().collect()));
            }
        }
        let mut found: Vec<Period> = Vec::new();
        for parts in &around {
            for part in after(parts, &own) {
                if !found.contains(&part) {
                    found.push(part);
                }
            }
        }
        found.sort_by_key(|part| around.iter().filter(|parts| !parts.contains(part)).count());
        found
    }
}

/// A block with each step along one more axis that leads to numbers, and without any.
fn longer(block: &Corners, axis: &[Step], numbers: &Numbers) -> Vec<Corners> {
    let with = |places: Vec<Place>, step: Option<usize>| {
        let mut longer = block.clone();
        longer.places.extend(places);
        longer.steps.push(step);
        longer
    };
    let mut found = Vec::new();
    for (index, step) in axis.iter().enumerate() {
        let beside: Vec<Place> = block.places.iter().map(|place| step.from(place)).collect();
        let is_new = |place: &Place| !block.places.contains(place) && numbers.contains_key(place);
        if beside.iter().all(is_new) {
            found.push(with(beside, Some(index)));
        }
    }
    found.push(with(Vec::new(), None));
    found
}

/// The others of a list, from the one after `own` on and round to the one before it.
fn after<T: Clone + PartialEq>(list: &[T], own: &T) -> Vec<T> {
    let position = list.iter().position(|one| one == own).unwrap_or(0);
    let (before, rest) = list.split_at(position);
    let others = rest.iter().chain(before).filter(|one| *one != own);
    others.cloned().collect()
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}
