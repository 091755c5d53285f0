//! Both sides of a division over the same areas (rule 26): an area that lacks one of them leaves both.

use almanac_model::{AreaId, LevelId, PeriodRange};

use super::{Evaluation, Target};
use crate::plan::QuotientNode;
use crate::reach::{Follow, reach};
use crate::territory::{Territory, levels_read};

impl Evaluation<'_> {
    /// What has both sides, and whether something was left out because it has only one of them.
    pub(super) fn matched_territory(
        &self,
        quotient: &QuotientNode,
        target: &Target,
        denominator_span: PeriodRange,
    ) -> (Territory, bool) {
        let parts = self.matching_parts(quotient, target, denominator_span);
        if parts.len() < 2 {
            return (target.territory.clone(), false);
        }
        let day = target.span.last_day();
        let (mut kept, mut only_numerator, mut only_denominator, mut both) = (Vec::new(), 0, 0, 0);
        for part in parts {
            let above = Target {
                territory: target.territory.restricted_to(vec![part.clone()], day),
                span: target.span,
            };
            let numerator = self.peek(&quotient.numerator, &above);
            let denominator = self.aside().denominator(quotient, &above.at(denominator_span), &above);
            match (numerator.is_lacking(), denominator.is_lacking()) {
                (false, false) => both += 1,
                (false, true) => only_numerator += 1,
                (true, false) => only_denominator += 1,
                (true, true) => {}
            }
            if numerator.is_lacking() == denominator.is_lacking() {
                kept.push(part);
            }
        }
        let left_out = only_numerator + only_denominator > 0;
        // one side is lacking everywhere: the whole is missing, and the answer shows the side that is there
        let one_side_only = both == 0 && (only_numerator == 0 || only_denominator == 0);
        // parts are those of the period's end: a restated sum also has what was there before
        let all_of_it = target.territory.is_restated() && !left_out;
        if all_of_it || one_side_only {
            return (target.territory.clone(), false);
        }
        (target.territory.restricted_to(kept, day), left_out)
    }

    /// The areas in which both sides are collected: those of the coarsest level among the terms. A term that changed its
    /// level inside the period counts with the coarser one, so that no series is left out.
    fn matching_parts(&self, quotient: &QuotientNode, target: &Target, denominator_span: PeriodRange) -> Vec<AreaId> {
        let levels_of = |node, span| {
            let reads = reach(self.plan, node, span, Follow::Asked).reads.into_iter();
            let parts = reads.filter_map(|read| {
                let metric = self.plan.terms[read.term].metric;
                Some((metric, read.hull().parts(metric.frequency)?))
            });
            parts
                .flat_map(|(metric, parts)| levels_read(metric, parts))
                .collect::<Vec<_>>()
        };
        // a constant is on no area's side
        if quotient.numerator.terms().is_empty() || quotient.denominator.terms().is_empty() {
            return Vec::new();
        }
        let numerator = levels_of(&quotient.numerator, target.span);
        let denominator = levels_of(&quotient.denominator, denominator_span);
        let rank = |level: &&LevelId| self.state.catalog.level_rank(level.as_str());
        let coarsest = numerator.into_iter().chain(denominator).min_by_key(rank);
        coarsest.map_or_else(Vec::new, |level| {
            target.territory.parts(self.state, level, target.span.last_day())
        })
    }
}
