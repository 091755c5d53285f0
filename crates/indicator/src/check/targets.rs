//! Areas in which a term cannot be read: of a finer level than it is collected, or with boundaries that changed.

use almanac_catalog::{Catalog, Kind, Metric, SumOperator, TimeOperator};
use almanac_model::{AreaId, LevelId, Period, PeriodRange};
use jiff::civil::Date;

use super::{Reaches, Refusals};
use crate::question::RefusalReason;
use crate::reach::{Reach, Read};
use crate::territory::levels_read;

/// An area and a period that are asked for, and what is read of a term for them.
pub(super) struct Target<'a> {
    pub(super) area: &'a AreaId,
    pub(super) asked: Period,
    pub(super) read: &'a Read,
}

impl Target<'_> {
    pub(super) fn check(&self, catalog: &Catalog, metric: &Metric, found: &mut Refusals) {
        let hull = self.read.hull();
        let Some(area) = catalog.area(self.area.as_str()) else {
            return;
        };
        if metric.level_for(hull.last()).is_none() {
            let message = format!("{} was not collected at the end of {}", metric.id, hull.last());
            found.add("periods", RefusalReason::NotCollectedThen, message);
            return;
        }
        if !catalog.is_valid_at(self.area, self.asked.last_day()) {
            return;
        }
        let rank = |level: &str| catalog.level_rank(level).unwrap_or(0);
        for (collected, period) in self.levels(metric) {
            let (asked, finest) = (rank(area.level.as_str()), rank(collected.as_str()));
            if asked > finest {
                let message = format!(
                    "{} is collected by {collected} in {period}; {} is a {}, which is finer: ask for a {collected}",
                    metric.id, area.id, area.level
                );
                found.add("areas", RefusalReason::AreaTooFine, message);
            } else if asked < finest && metric.sum == SumOperator::None {
                let message = format!(
                    "{} is collected by {collected} and cannot be added: there is no figure for {}, a {}",
                    metric.id, area.id, area.level
                );
                found.add("areas", RefusalReason::NotAdditive, message);
            }
        }
        self.check_levels(metric, found);
        self.check_territory(catalog, metric, found);
    }

    /// The collection levels at the ends of the periods that are read, each with one of them.
    fn levels<'m>(&self, metric: &'m Metric) -> Vec<(&'m LevelId, Period)> {
        let hull = self.read.hull();
        // a stretch counts with the level at its end, each period of a window with its own
        let ends = hull.iter().filter(|period| period.end() >= self.read.first.end());
        let mut found: Vec<(&LevelId, Period)> = Vec::new();
        if metric.levels.len() == 1 {
            found.extend(metric.level_for(hull.last()).map(|level| (level, hull.last())));
            return found;
        }
        for period in ends {
            let Some(level) = metric.level_for(period) else {
                continue;
            };
            if found.iter().all(|(known, _)| *known != level) {
                found.push((level, period));
            }
        }
        found
    }

    /// An average, a least or a greatest value over two collection levels would be of different series. What a function makes
    /// of several periods is of whole areas: each of those may have a level of its own.
    fn check_levels(&self, metric: &Metric, found: &mut Refusals) {
        if !matches!(
            metric.time,
            TimeOperator::Average | TimeOperator::Min | TimeOperator::Max
        ) {
            return;
        }
        let levels = |span: PeriodRange| {
            let parts = span.parts(metric.frequency)?;
            let levels = levels_read(metric, parts);
            (levels.len() > 1).then_some((span, levels))
        };
        if let Some((span, levels)) = self.read.stretches().find_map(levels) {
            let levels: Vec<&str> = levels.into_iter().map(LevelId::as_str).collect();
            let message = format!(
                "{} was collected by {} within {span}; ask for periods in which the level is the same",
                metric.id,
                levels.join(" and by ")
            );
            found.add("periods", RefusalReason::LevelChange, message);
        }
    }

    /// What is put together from several periods, or stands for another one, needs one territory in all of them, from the
    /// first day that counts to the end of the period that is asked for.
    fn check_territory(&self, catalog: &Catalog, metric: &Metric, found: &mut Refusals) {
        let (first, last) = (self.read.first, self.read.last);
        let asked = PeriodRange::from(self.asked);
        if first == asked && last == asked {
            return check_boundaries(catalog, metric, self.area, asked, found);
        }
        let counts_from = |span: PeriodRange| {
            if is_of_its_end(metric, span) {
                span.last_day()
            } else {
                span.start()
            }
        };
        // a window of years to date begins with a period, and goes on with stretches that hold it too
        let longer = self.read.longer.iter().copied().map(counts_from);
        let from = longer.fold(counts_from(first).min(asked.last_day()), Date::min);
        let to = last.end().max(asked.end());
        if let Some(day) = catalog.boundary_changes(self.area, from, to).first() {
            let (area, read, asked) = (self.area, self.read.hull(), self.asked);
            let message = format!(
                "the territory of {area} changed on {day}, and the figure of {asked} would be put together from {read}; \
                 ask for periods that do not reach beyond {day}, or restate with on_boundaries_of"
            );
            found.add("periods", RefusalReason::BoundaryChange, message);
        }
    }

    /// A restated average, least or greatest value of a period is read on the boundaries of its end only.
    pub(super) fn check_restated(&self, catalog: &Catalog, metric: &Metric, found: &mut Refusals) {
        if matches!(metric.time, TimeOperator::Sum | TimeOperator::Last) {
            return;
        }
        for stretch in self.read.stretches() {
            check_boundaries(catalog, metric, self.area, stretch, found);
        }
    }
}

/// Whether nothing changes in all that is read of a term: it is collected by one level, and no boundary moves. Then whether an
/// area can be asked for is the same in each period; see [`is_read_whole`].
pub(super) fn is_steady(catalog: &Catalog, metric: &Metric, term: usize, reaches: &Reaches<'_>) -> bool {
    let of_reach = |(asked, reach): (&Period, &Reach<'_>)| {
        let reads = reach.reads.iter().filter(move |read| read.term == term);
        let read = reads.flat_map(|read| read.longer.iter().chain([&read.first, &read.last]));
        let days = read.map(|span| (span.start(), span.end()));
        days.chain([(asked.start(), asked.end())]).collect::<Vec<_>>()
    };
    let days: Vec<(Date, Date)> = reaches.iter().flat_map(of_reach).collect();
    let from = days.iter().map(|(from, _)| *from).min();
    let to = days.iter().map(|(_, to)| *to).max();
    let is_quiet = from
        .zip(to)
        .is_some_and(|(from, to)| !catalog.changes_between(from, to));
    metric.only_level().is_some() && is_quiet
}

/// Whether a metric that is collected by one level can be read for an area: of that level, or above it where figures add up.
pub(super) fn is_read_whole(catalog: &Catalog, metric: &Metric, area: &AreaId) -> bool {
    let asked = catalog.area(area.as_str()).map(|area| &area.level);
    let collected = metric.only_level();
    let rank = |level: &LevelId| catalog.level_rank(level.as_str());
    asked.zip(collected).is_some_and(|(asked, collected)| {
        asked == collected || (rank(asked) < rank(collected) && metric.sum == SumOperator::Sum)
    })
}

/// Whether a stretch counts with its end only.
fn is_of_its_end(metric: &Metric, span: PeriodRange) -> bool {
    let last_only = metric.kind == Kind::Stock && metric.time == TimeOperator::Last;
    last_only || (metric.frequency == span.granularity() && span.first() == span.last())
}

/// What is put together from the parts of a period needs one territory in all of them. Only the last value does not.
fn check_boundaries(catalog: &Catalog, metric: &Metric, area: &AreaId, span: PeriodRange, found: &mut Refusals) {
    if is_of_its_end(metric, span) {
        return;
    }
    if let Some(day) = catalog.boundary_changes(area, span.start(), span.end()).first() {
        let message = format!(
            "the territory of {area} changed on {day}, inside {span}; ask for periods that end before {day} or \
             begin with it, or restate with on_boundaries_of"
        );
        found.add("periods", RefusalReason::BoundaryChange, message);
    }
}
