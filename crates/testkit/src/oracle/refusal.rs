//! Rules 2, 4 and 17: what no question may ask for, of one area and period.

use almanac_catalog::{Kind, Metric, SumOperator, TimeOperator};
use almanac_indicator::RefusalReason;
use almanac_model::{AreaId, MissingReason, PeriodRange};
use jiff::civil::Date;

use super::Oracle;
use super::figure::Asked;
use super::reads::{MAX_READS, Read, Reads};
use super::region::{Lies, Region};
use super::series::sub_periods;
use super::term::{Filter, level_of, levels_in};

impl Oracle<'_> {
    /// Why a figure cannot be asked for, as a base of a comparison tells it.
    pub(super) fn refused(&self, asked: &Asked<'_>) -> Option<MissingReason> {
        let reasons = self.refusals(asked);
        let told = |reason: &RefusalReason| match reason {
            RefusalReason::PeriodNotWhole => MissingReason::CannotExist,
            RefusalReason::NotAdditive => MissingReason::NotAdditive,
            RefusalReason::BoundaryChange | RefusalReason::LevelChange => MissingReason::NotRestatable,
            _ => MissingReason::NotCollected,
        };
        let order = [
            MissingReason::CannotExist,
            MissingReason::NotAdditive,
            MissingReason::NotRestatable,
            MissingReason::NotCollected,
        ];
        order
            .into_iter()
            .find(|wanted| reasons.iter().any(|reason| told(reason) == *wanted))
    }

    /// Why the figure of an area and a period cannot be asked for, whatever else the question is: all that is read for it has
    /// to be of whole periods, and to be collected in a territory that lasts.
    pub(super) fn refusals(&self, asked: &Asked<'_>) -> Vec<RefusalReason> {
        let reads = self.reads_of(asked);
        let mut reasons = reads.not_whole.clone();
        let restated = asked.question.on_boundaries_of.is_some();
        for read in &reads.list {
            let metric = &read.term.metric;
            for area in asked.area.areas() {
                if restated {
                    reasons.extend(self.refused_restated(metric, area, read.span));
                } else {
                    reasons.extend(self.refused_plain(read, &reads, area, asked));
                    // an area that is gone has no number, however it was divided in an earlier period of a window
                    let exists = self.catalog.is_valid_at(area, asked.period.last_day());
                    let mut stretches = [asked.period.into(), read.span.last().into()].into_iter();
                    let divided = exists && stretches.any(|span| self.is_divided(metric, area, asked, span));
                    reasons.extend(divided.then_some(RefusalReason::GroupingTooFine));
                }
            }
        }
        if reads.list.len() > MAX_READS {
            reasons.push(RefusalReason::TooManyPeriods);
        }
        reasons
    }

    /// On the boundaries of its own time, a figure needs a level that was collected and a territory that lasted.
    fn refused_plain(&self, read: &Read, reads: &Reads, area: &AreaId, asked: &Asked<'_>) -> Vec<RefusalReason> {
        let (metric, span) = (&read.term.metric, read.span);
        let rank = |level: &str| self.catalog.level_rank(level);
        // what ends with a time in which nothing was collected has no level and no boundaries either
        if level_of(metric, reads.end_of(read)).is_none() {
            return vec![RefusalReason::NotCollectedThen];
        }
        if !self.catalog.is_valid_at(area, asked.period.last_day()) {
            return Vec::new();
        }
        let asked_rank = self
            .catalog
            .area(area.as_str())
            .and_then(|area| rank(area.level.as_str()));
        let mut reasons = Vec::new();
        // an earlier period of a window may have nothing
        if let Some(collected) = level_of(metric, span.last()) {
            if asked_rank > rank(collected.as_str()) {
                reasons.push(RefusalReason::AreaTooFine);
            }
            if asked_rank < rank(collected.as_str()) && metric.sum == SumOperator::None {
                reasons.push(RefusalReason::NotAdditive);
            }
        }
        let mut levels = levels_in(metric, &sub_periods(metric, span));
        levels.sort();
        levels.dedup();
        let of_all = matches!(
            metric.time,
            TimeOperator::Average | TimeOperator::Min | TimeOperator::Max
        );
        if of_all && levels.len() > 1 {
            reasons.push(RefusalReason::LevelChange);
        }
        let cut = if span == PeriodRange::from(asked.period) {
            self.is_cut(metric, area, span)
        } else {
            self.is_other_until(metric, area, span, asked.period.into())
        };
        if cut {
            reasons.push(RefusalReason::BoundaryChange);
        }
        reasons
    }

    /// Codes of groupings may not divide the units at which a metric is collected.
    fn is_divided(&self, metric: &Metric, area: &AreaId, asked: &Asked<'_>, span: PeriodRange) -> bool {
        let day = span.last_day();
        let parts = sub_periods(metric, span);
        let levels = if parts.is_empty() {
            level_of(metric, span.last()).cloned().into_iter().collect()
        } else {
            levels_in(metric, &parts)
        };
        let units = self.catalog.areas().filter(|unit| levels.contains(&unit.level));
        let mut under = units.filter(|unit| self.catalog.lies_under(&unit.id, area, day));
        under.any(|unit| {
            let codes = self.codes_asked(asked);
            let mut each = codes.into_iter();
            each.any(|(grouping, codes)| {
                let region = Region {
                    areas: Vec::new(),
                    codes: Filter::from([(grouping, codes)]),
                };
                self.has_codes(&unit.id, &region, day) == Lies::Across
            })
        })
    }

    /// Only sums and last values can be restated when a boundary changed inside the period.
    fn refused_restated(&self, metric: &Metric, area: &AreaId, span: PeriodRange) -> Option<RefusalReason> {
        let restatable = matches!(metric.time, TimeOperator::Sum | TimeOperator::Last);
        let cut = !restatable && self.is_cut(metric, area, span);
        cut.then_some(RefusalReason::BoundaryChange)
    }

    /// Whether a boundary changed between the parts of a stretch that one value is made of.
    fn is_cut(&self, metric: &Metric, area: &AreaId, span: PeriodRange) -> bool {
        !counts_with_its_end(metric, span) && self.is_touched_within(area, span.start(), span.last_day())
    }

    /// Whether a boundary changed between what is read and the end of the period that is asked for, which it stands for.
    fn is_other_until(&self, metric: &Metric, area: &AreaId, span: PeriodRange, asked: PeriodRange) -> bool {
        let since = if counts_with_its_end(metric, span) {
            span.last_day()
        } else {
            span.start()
        };
        let until = span.last_day().max(asked.last_day());
        self.is_touched_within(area, since.min(asked.last_day()), until)
    }

    fn is_touched_within(&self, area: &AreaId, after: Date, until: Date) -> bool {
        let mut days = self.change_days(after, until).into_iter();
        days.any(|day| self.is_touched(area, day))
    }

    /// Whether a day changed an area: it or a unit under it came, went, moved, gave or was given a part.
    fn is_touched(&self, area: &AreaId, day: Date) -> bool {
        let eve = day.yesterday().unwrap_or(day);
        let mut concerned = self.catalog.areas().filter(|unit| {
            self.catalog.lies_under(&unit.id, area, eve) || self.catalog.lies_under(&unit.id, area, day)
        });
        concerned.any(|unit| {
            let begun_or_ended = unit.is_valid_at(eve) != unit.is_valid_at(day);
            let moved = self.catalog.parent_at(&unit.id, eve) != self.catalog.parent_at(&unit.id, day);
            let mut transitions = self.catalog.transitions().iter().filter(|one| one.date == day);
            begun_or_ended || moved || transitions.any(|one| one.from == unit.id || one.to == unit.id)
        })
    }
}

/// Whether only the end of a stretch counts, since a level is asked for or since there is nothing else in it.
fn counts_with_its_end(metric: &Metric, span: PeriodRange) -> bool {
    let only_last = metric.kind == Kind::Stock && metric.time == TimeOperator::Last;
    only_last || metric.frequency == span.granularity() && span.first() == span.last()
}
