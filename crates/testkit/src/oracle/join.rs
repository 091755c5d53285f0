//! Rule 25: which denominator stands against a numerator: that of the same period, the latest known, the average of the year.

use almanac_catalog::{DenominatorJoin, Formula, WindowOperator};
use almanac_model::{Granularity, MissingReason, Period, PeriodRange};

use super::Oracle;
use super::formula::Scope;
use super::function::over_periods;
use super::stretch::year_of;
use super::value::Value;

/// The year over which a denominator is averaged: of its own calendar, the one in which a stretch ends. Days are of every
/// calendar, so theirs is that of the stretch.
pub(super) fn denominator_year(frequency: Granularity, span: PeriodRange) -> Period {
    let is_daily = frequency == Granularity::Day;
    year_of(if is_daily { span.granularity() } else { frequency }, span.last_day())
}

impl Oracle<'_> {
    /// The stretch whose denominator stands against the scope's.
    pub(super) fn denominator_span(&self, denominator: &Formula, scope: &Scope) -> PeriodRange {
        let Some(coarsest) = self.coarsest_frequency(denominator, scope) else {
            return scope.span;
        };
        match scope.definition.denominator {
            DenominatorJoin::SamePeriod => scope.span,
            DenominatorJoin::YearAverage => denominator_year(coarsest, scope.span).into(),
            DenominatorJoin::LatestOnOrBefore { limit } => {
                let candidates = self.candidates(coarsest, scope, limit);
                let whole = self.whole();
                let value = |span: &PeriodRange| whole.formula_value(denominator, &scope.at(*span)).value;
                let has_one = |span: &PeriodRange| !value(span).is_lacking();
                let found = candidates.iter().copied().find(has_one);
                found.or(candidates.first().copied()).unwrap_or(scope.span)
            }
        }
    }

    /// The stretches whose denominator may stand in, the preferred first.
    fn candidates(&self, coarsest: Granularity, scope: &Scope, limit: u32) -> Vec<PeriodRange> {
        let itself = coarsest.divides(scope.span.granularity());
        let latest_end = if itself { scope.span.start() } else { scope.span.end() };
        let containing = Period::containing(coarsest, scope.span.last_day());
        let back = (0..=limit.cast_signed()).map(|places| containing.offset(-places));
        let before = back.filter(|period| period.end() <= latest_end);
        let all = itself
            .then_some(scope.span)
            .into_iter()
            .chain(before.map(PeriodRange::from));
        // what was counted on other boundaries does not stand against the areas of the scope
        let day = scope.span.last_day();
        all.filter(|span| self.is_comparable(&scope.territory, span.last_day(), day))
            .collect()
    }

    /// The periods over which a denominator of a year is averaged; `None` when it is read like anything else.
    pub(super) fn averaged(&self, denominator: &Formula, scope: &Scope, year: PeriodRange) -> Option<PeriodRange> {
        let is_averaged = scope.definition.denominator == DenominatorJoin::YearAverage;
        let coarsest = self.coarsest_frequency(denominator, scope).filter(|_| is_averaged)?;
        year.parts(coarsest)
    }

    /// The denominator over a stretch that stands against a numerator. The parts of a year in which the area had other
    /// boundaries are no denominator of it.
    pub(super) fn denominator_value(&self, denominator: &Formula, below: &Scope, above: &Scope) -> Value {
        let Some(parts) = self.averaged(denominator, below, below.span) else {
            return self.formula_value(denominator, below).value;
        };
        let part = |period: Period| {
            let day = period.last_day();
            let value = if self.is_void(&below.territory, day) {
                Value::missing(MissingReason::CannotExist)
            } else if self.is_comparable(&above.territory, day, above.span.last_day()) {
                self.formula_value(denominator, &below.at(period.into())).value
            } else {
                Value::missing(MissingReason::NoRecord)
            };
            (period, value)
        };
        over_periods(WindowOperator::Average, parts.iter().map(part).collect())
    }

    /// The coarsest frequency of the metrics of a formula; `None` when it names none.
    pub(super) fn coarsest_frequency(&self, formula: &Formula, scope: &Scope) -> Option<Granularity> {
        let terms = self.scope_terms(formula, scope);
        terms.iter().map(|term| term.metric.frequency).max()
    }
}
