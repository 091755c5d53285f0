//! Divisions: both sides have to be of the same areas and of periods that belong together.

use almanac_catalog::{DenominatorJoin, Formula, Operator};
use almanac_model::{AreaId, FigureFlag, LevelId, Period};

use super::Oracle;
use super::formula::{Evaluated, EvaluatedSides, Scope};
use super::series::sub_periods;
use super::term::{Term, levels_in};
use super::territory::Territory;
use super::value::Value;

impl Oracle<'_> {
    pub(super) fn quotient(&self, numerator: &Formula, denominator: &Formula, scope: &Scope<'_>) -> Evaluated {
        let denominator_period = self.denominator_period(denominator, scope);
        let (territory, left_out) = self.matched_territory(numerator, denominator, scope, denominator_period);
        let below = scope.after(&self.scope_terms(numerator, scope));
        let numerator = self
            .formula_value(numerator, &scope.with(territory.clone(), scope.period))
            .value;
        let denominator = self
            .formula_value(denominator, &below.with(territory, denominator_period))
            .value;
        let mut value = Value::combine(Operator::Divide, &numerator, &denominator);
        if left_out {
            value.flags.insert(FigureFlag::Unmatched);
        }
        if denominator_period != scope.period {
            value.flags.insert(FigureFlag::DenominatorOtherPeriod);
        }
        Evaluated {
            value,
            sides: Some(EvaluatedSides {
                numerator,
                denominator,
                denominator_period,
            }),
        }
    }

    /// The period whose denominator stands against the scope's period: the first candidate that has one.
    fn denominator_period(&self, denominator: &Formula, scope: &Scope<'_>) -> Period {
        let DenominatorJoin::LatestOnOrBefore { limit } = scope.indicator.denominator else {
            return scope.period;
        };
        let candidates = self.candidates(denominator, scope, limit);
        let whole = self.whole();
        let has_one = |period: &Period| {
            let scope = scope.with(scope.territory.clone(), *period);
            !whole.formula_value(denominator, &scope).value.is_lacking()
        };
        let found = candidates.iter().copied().find(has_one);
        found.or(candidates.first().copied()).unwrap_or(scope.period)
    }

    /// The periods whose denominator may stand in, the preferred first.
    fn candidates(&self, denominator: &Formula, scope: &Scope<'_>, limit: u32) -> Vec<Period> {
        let terms = self.scope_terms(denominator, scope);
        let Some(coarsest) = terms.iter().map(|term| term.metric.frequency).max() else {
            return vec![scope.period];
        };
        let itself = coarsest.divides(scope.period.granularity());
        let latest_end = if itself {
            scope.period.start()
        } else {
            scope.period.end()
        };
        let containing = Period::containing(coarsest, scope.period.last_day());
        let back = (0..=limit.cast_signed()).map(|places| containing.offset(-places));
        let before = back.filter(|period| period.end() <= latest_end);
        let all = itself.then_some(scope.period).into_iter().chain(before);
        // what was counted on other boundaries does not stand against the areas of the scope
        let day = scope.period.last_day();
        all.filter(|period| self.is_comparable(&scope.territory, period.last_day(), day))
            .collect()
    }

    /// The part of the territory that has both sides, and whether some that has only one was left out.
    fn matched_territory(
        &self,
        numerator: &Formula,
        denominator: &Formula,
        scope: &Scope<'_>,
        denominator_period: Period,
    ) -> (Territory, bool) {
        let above = self.scope_terms(numerator, scope);
        let below = self.scope_terms(denominator, scope);
        let parts = self.parts(&above, &below, scope, denominator_period);
        if above.is_empty() || below.is_empty() || parts.len() < 2 {
            return (scope.territory.clone(), false);
        }
        let day = scope.period.last_day();
        let after = scope.after(&above);
        let has = |side: &Formula, scope: &Scope<'_>, part: &AreaId, period: Period| {
            let scope = scope.with(scope.territory.narrowed(day, vec![part.clone()]), period);
            !self.formula_value(side, &scope).value.is_lacking()
        };
        let sides: Vec<(bool, bool)> = parts
            .iter()
            .map(|part| {
                (
                    has(numerator, scope, part, scope.period),
                    has(denominator, &after, part, denominator_period),
                )
            })
            .collect();
        let never_both = sides.iter().all(|&(above, below)| !(above && below));
        let one_absent = sides.iter().all(|&(above, _)| !above) || sides.iter().all(|&(_, below)| !below);
        if never_both && one_absent {
            return (scope.territory.clone(), false);
        }
        let kept = parts.iter().zip(&sides).filter(|(_, (above, below))| above == below);
        let kept: Vec<AreaId> = kept.map(|(part, _)| part.clone()).collect();
        let left_out = kept.len() < parts.len();
        if scope.territory.is_restated() && !left_out {
            // the parts are those of the period's end; a restated sum has more, of the boundaries before
            return (scope.territory.clone(), false);
        }
        (scope.territory.narrowed(day, kept), left_out)
    }

    /// The areas of the coarsest level at which any term of the two sides is collected.
    fn parts(&self, above: &[Term], below: &[Term], scope: &Scope<'_>, denominator_period: Period) -> Vec<AreaId> {
        let levels_of = |terms: &[Term], period: Period| -> Vec<LevelId> {
            let levels = |term: &Term| levels_in(&term.metric, &sub_periods(&term.metric, period));
            terms.iter().flat_map(levels).collect()
        };
        let mut levels = levels_of(above, scope.period);
        levels.extend(levels_of(below, denominator_period));
        let Some(coarsest) = levels
            .into_iter()
            .min_by_key(|level| self.catalog.level_rank(level.as_str()))
        else {
            return Vec::new();
        };
        let units = self.units(&scope.territory, &[coarsest], scope.period.last_day());
        units.into_iter().map(|(unit, _)| unit).collect()
    }

    fn scope_terms(&self, formula: &Formula, scope: &Scope<'_>) -> Vec<Term> {
        self.terms(formula, &scope.filter, scope.reporter.as_ref())
    }
}
