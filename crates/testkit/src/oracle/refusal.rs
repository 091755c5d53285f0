//! Rules 2, 4 and 17: what no question may ask for, of one area and period.

use almanac_catalog::{Kind, Metric, SumOperator, TimeOperator};
use almanac_model::{AreaId, MissingReason, Period};

use super::Oracle;
use super::figure::Asked;
use super::region::{Lies, Region};
use super::series::sub_periods;
use super::term::{Filter, level_of, levels_in};

impl Oracle<'_> {
    /// Why a figure cannot be asked for, as a base of a comparison tells it.
    pub(super) fn refused(&self, asked: &Asked<'_>) -> Option<MissingReason> {
        let restated = asked.question.on_boundaries_of.is_some();
        let terms = self.terms_of(asked);
        let reasons: Vec<MissingReason> = terms
            .iter()
            .flat_map(|term| asked.area.areas().iter().map(move |area| (&term.metric, area)))
            .flat_map(|(metric, area)| {
                if restated {
                    return self.refused_restated(metric, area, asked.period);
                }
                let mut reasons = self.refused_plain(metric, area, asked.period);
                reasons.extend(self.refused_codes(metric, area, asked));
                reasons
            })
            .collect();
        let order = [
            MissingReason::NotAdditive,
            MissingReason::NotRestatable,
            MissingReason::NotCollected,
        ];
        order.into_iter().find(|reason| reasons.contains(reason))
    }

    /// On the boundaries of its own time, a figure needs a level that was collected and a territory that lasted.
    fn refused_plain(&self, metric: &Metric, area: &AreaId, period: Period) -> Vec<MissingReason> {
        let rank = |level: &str| self.catalog.level_rank(level);
        let Some(collected) = level_of(metric, period) else {
            return vec![MissingReason::NotCollected];
        };
        if !self.catalog.is_valid_at(area, period.last_day()) {
            return Vec::new();
        }
        let asked = self
            .catalog
            .area(area.as_str())
            .and_then(|area| rank(area.level.as_str()));
        let mut reasons = Vec::new();
        if asked > rank(collected.as_str()) {
            reasons.push(MissingReason::NotCollected);
        }
        if asked < rank(collected.as_str()) && metric.sum == SumOperator::None {
            reasons.push(MissingReason::NotAdditive);
        }
        let mut levels = levels_in(metric, &sub_periods(metric, period));
        levels.sort();
        levels.dedup();
        let of_all = matches!(
            metric.time,
            TimeOperator::Average | TimeOperator::Min | TimeOperator::Max
        );
        if of_all && levels.len() > 1 {
            reasons.push(MissingReason::NotRestatable);
        }
        if self.is_cut(metric, area, period) {
            reasons.push(MissingReason::NotRestatable);
        }
        reasons
    }

    /// Codes of groupings may not divide the units at which a metric is collected.
    fn refused_codes(&self, metric: &Metric, area: &AreaId, asked: &Asked<'_>) -> Option<MissingReason> {
        let day = asked.period.last_day();
        let parts = sub_periods(metric, asked.period);
        let levels = if parts.is_empty() {
            level_of(metric, asked.period).cloned().into_iter().collect()
        } else {
            levels_in(metric, &parts)
        };
        let units = self.catalog.areas().filter(|unit| levels.contains(&unit.level));
        let mut under = units.filter(|unit| self.catalog.lies_under(&unit.id, area, day));
        let divided = under.any(|unit| {
            let codes = self.codes_asked(asked);
            let mut each = codes.into_iter();
            each.any(|(grouping, codes)| {
                let region = Region {
                    areas: Vec::new(),
                    codes: Filter::from([(grouping, codes)]),
                };
                self.has_codes(&unit.id, &region, day) == Lies::Across
            })
        });
        divided.then_some(MissingReason::NotCollected)
    }

    /// Only sums and last values can be restated when a boundary changed inside the period.
    fn refused_restated(&self, metric: &Metric, area: &AreaId, period: Period) -> Vec<MissingReason> {
        let restatable = matches!(metric.time, TimeOperator::Sum | TimeOperator::Last);
        let cut = !restatable && self.is_cut(metric, area, period);
        cut.then_some(MissingReason::NotRestatable).into_iter().collect()
    }

    /// Whether a boundary changed between the parts of a period that one value is made of.
    fn is_cut(&self, metric: &Metric, area: &AreaId, period: Period) -> bool {
        let only_last = metric.kind == Kind::Stock && metric.time == TimeOperator::Last;
        let one_part = metric.frequency == period.granularity();
        let mut days = self.change_days(period.start(), period.last_day()).into_iter();
        !only_last && !one_part && days.any(|day| self.is_touched(area, day))
    }

    /// Whether a day changed an area: it or a unit under it came, went, moved, gave or was given a part.
    fn is_touched(&self, area: &AreaId, day: jiff::civil::Date) -> bool {
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
