//! Both sides of a division over the same areas (rule 26): an area that lacks one of them leaves both.

use std::collections::BTreeSet;

use almanac_catalog::DenominatorJoin;
use almanac_model::{AreaId, LevelId, Period, PeriodRange};

use super::{Evaluation, Target};
use crate::notes::Side;
use crate::plan::{Node, QuotientNode};
use crate::reach::{Follow, Read, reach, year_parts};
use crate::territory::{Territory, levels_read};

impl<'a> Evaluation<'a> {
    /// What has both sides, and whether something was left out because it has only one of them.
    pub(super) fn matched_territory(
        &mut self,
        quotient: &QuotientNode,
        target: &Target,
        denominator_span: PeriodRange,
    ) -> (Territory, bool) {
        let parts = self.matching_parts(quotient, target, denominator_span);
        if parts.len() < 2 {
            return (target.territory.clone(), false);
        }
        let day = target.span.last_day();
        let (mut kept, mut only_numerator, mut only_denominator, mut both) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for part in parts {
            let above = Target {
                territory: target.territory.restricted_to(vec![part.clone()], day),
                span: target.span,
            };
            let numerator = self.peek(&quotient.numerator, &above);
            let denominator = self.aside().denominator(quotient, &above.at(denominator_span), &above);
            match (numerator.is_lacking(), denominator.is_lacking()) {
                (false, true) => only_numerator.push(part),
                (true, false) => only_denominator.push(part),
                (missing, _) => {
                    both += usize::from(!missing);
                    kept.push(part);
                }
            }
        }
        let left_out = !(only_numerator.is_empty() && only_denominator.is_empty());
        // one side is lacking everywhere: the whole is missing, and the answer shows the side that is there
        let one_side_only = both == 0 && (only_numerator.is_empty() || only_denominator.is_empty());
        // parts are those of the period's end: a restated sum also has what was there before
        let all_of_it = target.territory.is_restated() && !left_out;
        if all_of_it || one_side_only {
            return (target.territory.clone(), false);
        }
        let term = |side: &Node| side.terms().first().copied().unwrap_or_default();
        let (above, below) = (term(&quotient.numerator), term(&quotient.denominator));
        self.notes.leave_out(only_denominator, Side::Numerator, above);
        self.notes.leave_out(only_numerator, Side::Denominator, below);
        (target.territory.restricted_to(kept, day), left_out)
    }

    /// The areas in which both sides are collected: those of the coarsest level among the terms. A term that changed its
    /// level inside the period counts with the coarser one, so that no series is left out. None where there is nothing to match.
    fn matching_parts(&self, quotient: &QuotientNode, target: &Target, denominator_span: PeriodRange) -> Vec<AreaId> {
        let levels_of = |node, span| {
            let reads = reach(self.plan, node, span, Follow::Asked).reads;
            let levels = reads.iter().flat_map(|read| self.levels_of(read));
            levels.collect::<Vec<_>>()
        };
        // a constant is on no area's side
        if quotient.terms.iter().any(Vec::is_empty) || self.is_one_part(quotient, target, denominator_span) {
            return Vec::new();
        }
        let numerator = levels_of(&quotient.numerator, target.span);
        let day = target.span.last_day();
        let denominator: Vec<&LevelId> = match year_parts(self.plan, quotient, denominator_span) {
            None => levels_of(&quotient.denominator, denominator_span),
            Some(parts) => {
                let same = |part: &Period| target.territory.is_same_on(self.state, part.last_day(), day);
                let parts = parts.iter().filter(same);
                parts
                    .flat_map(|part| levels_of(&quotient.denominator, part.into()))
                    .collect()
            }
        };
        let rank = |level: &&LevelId| self.state.catalog.level_rank(level.as_str());
        let coarsest = numerator.into_iter().chain(denominator).min_by_key(rank);
        coarsest.map_or_else(Vec::new, |level| target.territory.parts(self.state, level, day))
    }

    /// Whether it is plain that there is one area of the coarsest level: the one that is asked for.
    fn is_one_part(&self, quotient: &QuotientNode, target: &Target, denominator_span: PeriodRange) -> bool {
        let Some([area]) = target.territory.plain_areas() else {
            return false;
        };
        if !quotient.is_flat || quotient.join == DenominatorJoin::YearAverage {
            return false;
        }
        let divides = |terms: &[usize], span: PeriodRange| {
            let mut metrics = terms.iter().map(|term| self.plan.terms[*term].metric);
            metrics.all(|metric| metric.frequency.divides(span.granularity()))
        };
        let [above, below] = &quotient.terms;
        let asked = self.state.catalog.area(area.as_str()).map(|area| &area.level);
        asked.is_some()
            && asked == quotient.coarsest.as_ref()
            && divides(above, target.span)
            && divides(below, denominator_span)
    }

    /// The levels at which what a term rests on was collected: of each stretch for which it is read.
    fn levels_of(&self, read: &Read) -> BTreeSet<&'a LevelId> {
        let metric = self.plan.terms[read.term].metric;
        read.stretches()
            .filter_map(|stretch| stretch.parts(metric.frequency))
            .flat_map(|parts| levels_read(metric, parts))
            .collect()
    }
}
