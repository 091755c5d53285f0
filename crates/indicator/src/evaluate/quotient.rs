//! Divisions: which period of the denominator stands against a period of the numerator (rule 25).

use almanac_catalog::{DenominatorJoin, WindowOperator};
use almanac_model::{FigureFlag, MissingReason, Period, PeriodRange};

use super::{Evaluation, Target};
use crate::plan::QuotientNode;
use crate::reach::{denominator_frequency, denominator_year, join_candidates, year_parts};
use crate::value::Value;
use crate::window::over_window;

/// A division and its two sides.
pub(crate) struct QuotientValue {
    pub(super) value: Value,
    pub(crate) numerator: Value,
    pub(crate) denominator: Value,
    pub(crate) denominator_span: PeriodRange,
}

impl Evaluation<'_> {
    pub(super) fn quotient(&mut self, quotient: &QuotientNode, target: &Target) -> QuotientValue {
        let denominator_span = self.denominator_span(quotient, target);
        let (territory, unmatched) = self.matched_territory(quotient, target, denominator_span);
        let above = Target {
            territory,
            span: target.span,
        };
        let numerator = self.node(&quotient.numerator, &above);
        let from = self.readings.len();
        let denominator = self.denominator(quotient, &above.at(denominator_span), target);
        if denominator.outcome.as_ref().is_ok_and(|number| number.sign().is_eq()) {
            self.notes.zero_denominators.push(from..self.readings.len());
        }
        let mut value = numerator.clone().divide(denominator.clone());
        if unmatched {
            value.lineage.flags.insert(FigureFlag::Unmatched);
        }
        if !denominator_span.same_days(target.span) {
            value.lineage.flags.insert(FigureFlag::DenominatorOtherPeriod);
            self.notes.other_period.push(from..self.readings.len());
        }
        QuotientValue {
            value,
            numerator,
            denominator,
            denominator_span,
        }
    }

    /// The denominator over the stretch that the join rule chose.
    pub(super) fn denominator(&mut self, quotient: &QuotientNode, below: &Target, numerator: &Target) -> Value {
        let Some(parts) = year_parts(self.plan, quotient, below.span) else {
            return self.node(&quotient.denominator, below);
        };
        self.as_operand(|inside| {
            let part = |period| inside.part(period, |inside| inside.of_the_year(quotient, below, period, numerator));
            let parts = parts.iter().map(part).collect();
            over_window(WindowOperator::Average, parts)
        })
    }

    /// One part of a year's denominator. The inhabitants of an area with other boundaries are no denominator.
    fn of_the_year(&mut self, quotient: &QuotientNode, below: &Target, period: Period, numerator: &Target) -> Value {
        let (then, now) = (period.last_day(), numerator.span.last_day());
        if below.territory.is_void(self.state, then) {
            Value::missing(MissingReason::CannotExist)
        } else if numerator.territory.is_same_on(self.state, then, now) {
            self.node(&quotient.denominator, &below.at(period.into()))
        } else {
            Value::missing(MissingReason::NoRecord)
        }
    }

    /// The stretch whose denominator stands against the numerator's: the declared join rule.
    fn denominator_span(&self, quotient: &QuotientNode, target: &Target) -> PeriodRange {
        let Some(frequency) = denominator_frequency(self.plan, quotient) else {
            return target.span;
        };
        let limit = match quotient.join {
            DenominatorJoin::SamePeriod => return target.span,
            DenominatorJoin::YearAverage => return denominator_year(frequency, target.span).into(),
            DenominatorJoin::LatestOnOrBefore { limit } => limit,
        };
        // the inhabitants of an area with other boundaries are no denominator, however recent
        let day = target.span.last_day();
        let is_same = |span: &PeriodRange| target.territory.is_same_on(self.state, span.last_day(), day);
        let mut newest = None;
        for span in join_candidates(target.span, frequency, limit).filter(is_same) {
            // like for like too: both figures keep the denominators that they have
            let mut whole = Self::new(self.state, self.plan, self.narrowings);
            if !whole.node(&quotient.denominator, &target.at(span)).is_lacking() {
                return span;
            }
            newest.get_or_insert(span);
        }
        newest.unwrap_or(target.span)
    }
}
