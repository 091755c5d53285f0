//! Rule 26: divisions, both sides of which have to be of the same areas.

use almanac_catalog::{Formula, Operator};
use almanac_model::{AreaId, FigureFlag, LevelId, PeriodRange};

use super::Oracle;
use super::formula::{Evaluated, EvaluatedSides, Scope};
use super::series::sub_periods;
use super::term::levels_in;
use super::territory::Territory;
use super::value::Value;

impl Oracle<'_> {
    pub(super) fn quotient(&self, numerator: &Formula, denominator: &Formula, scope: &Scope) -> Evaluated {
        let denominator_span = self.denominator_span(denominator, scope);
        let (territory, left_out) = self.matched_territory(numerator, denominator, scope, denominator_span);
        let above = scope.with(territory.clone());
        let after = scope.after(&self.scope_terms(numerator, scope));
        let numerator = self.formula_value(numerator, &above).value;
        let below = after.with(territory).at(denominator_span);
        let denominator = self.denominator_value(denominator, &below, scope);
        self.notice_divisor(&denominator);
        let mut value = Value::combine(Operator::Divide, &numerator, &denominator);
        if left_out {
            value.flags.insert(FigureFlag::Unmatched);
        }
        let same_days = denominator_span.start() == scope.span.start() && denominator_span.end() == scope.span.end();
        if !same_days {
            value.flags.insert(FigureFlag::DenominatorOtherPeriod);
        }
        Evaluated {
            value,
            sides: Some(EvaluatedSides {
                numerator,
                denominator,
                denominator_period: denominator_span.last(),
            }),
        }
    }

    /// The part of the territory that has both sides, and whether some that has only one was left out.
    fn matched_territory(
        &self,
        numerator: &Formula,
        denominator: &Formula,
        scope: &Scope,
        denominator_span: PeriodRange,
    ) -> (Territory, bool) {
        let parts = self.parts(numerator, denominator, scope, denominator_span);
        if parts.len() < 2 {
            return (scope.territory.clone(), false);
        }
        let day = scope.span.last_day();
        let numerator_terms = self.scope_terms(numerator, scope);
        let sides: Vec<(bool, bool)> = parts
            .iter()
            .map(|part| {
                let above = scope.with(scope.territory.narrowed(day, vec![part.clone()]));
                let after = above.after(&numerator_terms).at(denominator_span);
                let below = self.denominator_value(denominator, &after, &above);
                (
                    !self.formula_value(numerator, &above).value.is_lacking(),
                    !below.is_lacking(),
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

    /// The areas of the coarsest level at which anything of the two sides was collected; none when a side is a number.
    fn parts(
        &self,
        numerator: &Formula,
        denominator: &Formula,
        scope: &Scope,
        denominator_span: PeriodRange,
    ) -> Vec<AreaId> {
        let names_none = |side: &Formula| self.scope_terms(side, scope).is_empty();
        if names_none(numerator) || names_none(denominator) {
            return Vec::new();
        }
        let mut levels = self.levels_read(numerator, scope);
        let day = scope.span.last_day();
        match self.averaged(denominator, scope, denominator_span) {
            None => levels.extend(self.levels_read(denominator, &scope.at(denominator_span))),
            Some(parts) => {
                let counts = parts
                    .iter()
                    .filter(|part| self.is_comparable(&scope.territory, part.last_day(), day));
                levels.extend(counts.flat_map(|part| self.levels_read(denominator, &scope.at(part.into()))));
            }
        }
        let coarsest = levels
            .into_iter()
            .min_by_key(|level| self.catalog.level_rank(level.as_str()));
        let units = coarsest.map_or_else(Vec::new, |level| self.units(&scope.territory, &[level], day));
        units.into_iter().map(|(unit, _)| unit).collect()
    }

    /// The levels at which what a formula reads was collected.
    fn levels_read(&self, formula: &Formula, scope: &Scope) -> Vec<LevelId> {
        let reads = self.reads(formula, scope).list;
        let levels = reads.iter().flat_map(|read| {
            let metric = &read.term.metric;
            levels_in(metric, &sub_periods(metric, read.span))
        });
        levels.collect()
    }
}
