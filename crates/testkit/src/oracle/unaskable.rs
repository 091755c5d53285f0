//! Rules 2, 9 and 10: what no question may ask for, whatever the area: periods that what is read does not make up, and totals
//! over dimensions that have none.

use almanac_catalog::{Metric, SumOperator};
use almanac_indicator::{GroupKey, Question, RefusalReason};
use almanac_model::DimensionId;

use super::Oracle;
use super::figure::Asked;
use super::measure::Body;
use super::reads::Read;
use super::term::{Filter, Term};

impl Oracle<'_> {
    /// Why figures of a question cannot be asked for; nothing where it may be answered.
    #[must_use]
    pub fn refusals_of(&self, question: &Question) -> Vec<RefusalReason> {
        let mut reasons = Vec::new();
        for measure in &self.measures(question) {
            let groups = self.groups(measure, question);
            for (area, period) in &self.targets(question) {
                for group in &groups {
                    reasons.extend(self.all_refusals(&Asked {
                        question,
                        measure,
                        area,
                        period: *period,
                        group,
                    }));
                }
            }
        }
        reasons
    }

    /// All reasons why a figure cannot be asked for.
    pub(super) fn all_refusals(&self, asked: &Asked<'_>) -> Vec<RefusalReason> {
        let mut reasons = self.refusals(asked);
        reasons.extend(self.reads_of(asked).list.iter().filter_map(not_made_up));
        let terms = self.terms_written(asked);
        for key in &asked.question.group_by {
            let GroupKey::Dimension(dimension) = key else { continue };
            let chosen = |term: &Term| term.filter.contains_key(dimension);
            reasons.extend(terms.iter().any(chosen).then_some(RefusalReason::DimensionFixed));
        }
        for term in &terms {
            let mut dimensions = term.metric.dimensions.iter();
            let adds = term.metric.sum == SumOperator::Sum;
            let is_summed = |dimension: &DimensionId| !adds && !one_code(asked, &terms, &term.metric, dimension);
            reasons.extend(dimensions.any(is_summed).then_some(RefusalReason::NotAdditive));
        }
        reasons
    }

    /// The terms of a measure with the filters that its formula itself has.
    fn terms_written(&self, asked: &Asked<'_>) -> Vec<Term> {
        match &asked.measure.body {
            Body::Metric(metric) => vec![self.term(metric, &Filter::new(), None)],
            Body::Formula(definition) => self.terms(&definition.formula, &Filter::new(), None),
        }
    }
}

/// Whether a figure is of one code of a dimension: grouped by it, filtered by one, or narrowed to one by the formula.
fn one_code(asked: &Asked<'_>, terms: &[Term], metric: &Metric, dimension: &DimensionId) -> bool {
    let of_metric = terms.iter().filter(|term| term.metric.id == metric.id);
    let mut filters = of_metric.map(|term| &term.filter).chain([&asked.question.filters]);
    asked
        .question
        .group_by
        .contains(&GroupKey::Dimension(dimension.clone()))
        || filters.any(|filter| filter.get(dimension).is_some_and(|codes| codes.len() == 1))
}

/// Why the sub-periods of a metric do not come to what is read of it.
fn not_made_up(read: &Read) -> Option<RefusalReason> {
    let (metric, kind) = (&read.term.metric, read.kind);
    if !metric.frequency.divides(kind) {
        return Some(if kind.is_finer_than(metric.frequency) {
            RefusalReason::PeriodTooFine
        } else {
            RefusalReason::PeriodNotDivisible
        });
    }
    // targets of months are no target of a year
    let is_target_of_part = metric.target_of.is_some() && kind != metric.frequency;
    is_target_of_part.then_some(RefusalReason::PeriodNotDivisible)
}
