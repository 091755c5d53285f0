//! Evaluating a plan for one area, period and combination of codes.

use std::collections::BTreeMap;

use almanac_catalog::{DenominatorJoin, Operator};
use almanac_model::{AreaId, Coverage, Exact, FigureFlag, Granularity, LevelId, MissingReason, Period};

use crate::breaks::flag_break;
use crate::expected::coverage;
use crate::plan::{Node, Plan, QuotientNode};
use crate::question::State;
use crate::reading::{Contribution, Narrowing, read_term};
use crate::territory::{Territory, levels_read};
use crate::value::Value;

/// One evaluation of a plan. It remembers what it read.
pub(crate) struct Evaluation<'a> {
    state: State<'a>,
    plan: &'a Plan<'a>,
    /// What each term reads, in the order of the plan's terms.
    narrowings: &'a [Narrowing],
    pub(crate) readings: Vec<Reading>,
}

/// One term that was read for the result.
pub(crate) struct Reading {
    /// The index of the term.
    pub(crate) term: usize,
    pub(crate) period: Period,
    pub(crate) value: Value,
    pub(crate) contributions: Vec<Contribution>,
}

/// The result, and both sides when the formula is a quotient.
pub(crate) struct Result {
    pub(crate) value: Value,
    pub(crate) quotient: Option<QuotientValue>,
}

/// A division and its two sides.
pub(crate) struct QuotientValue {
    value: Value,
    pub(crate) numerator: Value,
    pub(crate) denominator: Value,
    pub(crate) denominator_period: Period,
}

/// Where and when a formula is evaluated.
#[derive(Clone)]
struct Target {
    territory: Territory,
    period: Period,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(state: State<'a>, plan: &'a Plan<'a>, narrowings: &'a [Narrowing]) -> Self {
        Self {
            state,
            plan,
            narrowings,
            readings: Vec::new(),
        }
    }

    /// The value of the plan for a territory and a period.
    pub(crate) fn run(&mut self, territory: &Territory, period: Period) -> Result {
        let target = Target {
            territory: territory.clone(),
            period,
        };
        let mut result = self.scaled(&self.plan.root, &target);
        flag_break(self.plan, &self.readings, period, &mut result.value);
        result
    }

    /// A node that may be a division times constant factors, of which both sides are kept.
    fn scaled(&mut self, node: &Node, target: &Target) -> Result {
        match node {
            Node::Quotient(quotient) => {
                let quotient = self.quotient(quotient, target);
                Result {
                    value: quotient.value.clone(),
                    quotient: Some(quotient),
                }
            }
            Node::Binary(operator, inner, factor) if node.quotient().is_some() => {
                let inner = self.scaled(inner, target);
                let factor = self.node(factor, target);
                Result {
                    value: apply(*operator, inner.value, factor),
                    quotient: inner.quotient,
                }
            }
            _ => Result {
                value: self.node(node, target),
                quotient: None,
            },
        }
    }

    /// Reports received and expected behind everything that was read for a territory; each report counts once.
    pub(crate) fn coverage(&self, territory: &Territory) -> Option<Coverage> {
        let mut selections: BTreeMap<_, Vec<&Narrowing>> = BTreeMap::new();
        for reading in &self.readings {
            let metric = self.plan.terms[reading.term].metric;
            selections
                .entry((&metric.id, reading.period))
                .or_default()
                .push(&self.narrowings[reading.term]);
        }
        let each = selections.into_iter().filter_map(|((id, period), narrowings)| {
            coverage(
                self.state,
                self.state.catalog.metric(id.as_str())?,
                &narrowings,
                territory,
                period,
            )
        });
        each.reduce(|sum, one| Coverage {
            reported: sum.reported + one.reported,
            expected: sum.expected + one.expected,
        })
    }

    fn node(&mut self, node: &Node, target: &Target) -> Value {
        match node {
            Node::Constant(number) => Value::number(Exact::from(*number)),
            Node::Term(term) => self.term(*term, target),
            Node::Negate(inner) => self.node(inner, target).negate(),
            Node::OrZero(inner) => self.node(inner, target).or_zero(),
            Node::Quotient(quotient) => self.quotient(quotient, target).value,
            Node::Binary(operator, left, right) => {
                let left = self.node(left, target);
                apply(*operator, left, self.node(right, target))
            }
        }
    }

    fn term(&mut self, term: usize, target: &Target) -> Value {
        let metric = self.plan.terms[term].metric;
        let read = read_term(
            self.state,
            metric,
            &self.narrowings[term],
            &target.territory,
            target.period,
        );
        let reading = Reading {
            term,
            period: target.period,
            value: read.value.clone(),
            contributions: read.contributions,
        };
        self.readings.push(reading);
        read.value
    }

    fn quotient(&mut self, quotient: &QuotientNode, target: &Target) -> QuotientValue {
        let denominator_period = self.denominator_period(quotient, target);
        let (territory, unmatched) = self.matched_territory(quotient, target, denominator_period);
        let above = Target {
            territory: territory.clone(),
            period: target.period,
        };
        let numerator = self.node(&quotient.numerator, &above);
        let denominator = self.node(
            &quotient.denominator,
            &Target {
                territory,
                period: denominator_period,
            },
        );
        let mut value = numerator.clone().divide(denominator.clone());
        if unmatched {
            value.lineage.flags.insert(FigureFlag::Unmatched);
        }
        if denominator_period != target.period {
            value.lineage.flags.insert(FigureFlag::DenominatorOtherPeriod);
        }
        QuotientValue {
            value,
            numerator,
            denominator,
            denominator_period,
        }
    }

    /// A value that is only looked at: what it reads is not part of the result.
    fn peek(&self, node: &Node, target: &Target) -> Value {
        Self::new(self.state, self.plan, self.narrowings).node(node, target)
    }

    /// The period whose denominator stands against the numerator's period: the declared join rule.
    fn denominator_period(&self, quotient: &QuotientNode, target: &Target) -> Period {
        let DenominatorJoin::LatestOnOrBefore { limit } = quotient.join else {
            return target.period;
        };
        let metrics = quotient
            .denominator
            .terms()
            .into_iter()
            .map(|term| self.plan.terms[term].metric);
        let Some(frequency) = metrics.map(|metric| metric.frequency).max() else {
            return target.period;
        };
        let mut candidates = join_candidates(target.period, frequency, limit);
        // the inhabitants of an area with other boundaries are no denominator, however recent
        let day = target.period.last_day();
        candidates.retain(|period| target.territory.is_same_on(self.state, period.last_day(), day));
        let at = |period: &Period| Target {
            period: *period,
            ..target.clone()
        };
        let found = candidates
            .iter()
            .find(|period| !self.peek(&quotient.denominator, &at(period)).is_lacking());
        found.or(candidates.first()).copied().unwrap_or(target.period)
    }

    /// What has both sides, and whether something was left out because it has only one of them.
    fn matched_territory(
        &self,
        quotient: &QuotientNode,
        target: &Target,
        denominator_period: Period,
    ) -> (Territory, bool) {
        let parts = self.matching_parts(quotient, target, denominator_period);
        if parts.len() < 2 {
            return (target.territory.clone(), false);
        }
        let day = target.period.last_day();
        let (mut kept, mut only_numerator, mut only_denominator, mut both) = (Vec::new(), 0, 0, 0);
        for part in parts {
            let territory = target.territory.restricted_to(vec![part.clone()], day);
            let at = |period| Target {
                territory: territory.clone(),
                period,
            };
            let numerator = self.peek(&quotient.numerator, &at(target.period));
            let denominator = self.peek(&quotient.denominator, &at(denominator_period));
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
    fn matching_parts(&self, quotient: &QuotientNode, target: &Target, denominator_period: Period) -> Vec<AreaId> {
        let levels_of = |node: &Node, period: Period| {
            let terms = node.terms().into_iter().map(|term| self.plan.terms[term].metric);
            let parts = terms.filter_map(|metric| Some((metric, period.parts(metric.frequency)?)));
            parts
                .flat_map(|(metric, parts)| levels_read(metric, parts))
                .collect::<Vec<_>>()
        };
        // a constant is on no area's side
        if quotient.numerator.terms().is_empty() || quotient.denominator.terms().is_empty() {
            return Vec::new();
        }
        let numerator = levels_of(&quotient.numerator, target.period);
        let denominator = levels_of(&quotient.denominator, denominator_period);
        let rank = |level: &&LevelId| self.state.catalog.level_rank(level.as_str());
        let coarsest = numerator.into_iter().chain(denominator).min_by_key(rank);
        coarsest.map_or_else(Vec::new, |level| {
            target.territory.parts(self.state, level, target.period.last_day())
        })
    }
}

fn apply(operator: Operator, left: Value, right: Value) -> Value {
    match operator {
        Operator::Add => left.add(right),
        Operator::Subtract => left.subtract(right),
        Operator::Multiply => left.multiply(right),
        Operator::Divide => left.divide(right),
    }
}

/// The periods in which to look for a denominator, the best first: the period itself where its parts make it up, then
/// those of the denominator's own frequency that ended by then, at most `limit` back.
fn join_candidates(period: Period, frequency: Granularity, limit: u32) -> Vec<Period> {
    let itself = frequency.divides(period.granularity()).then_some(period);
    let deadline = if itself.is_some() { period.start() } else { period.end() };
    let newest = Period::containing(frequency, period.last_day());
    let back = (0..=i32::try_from(limit).unwrap_or(i32::MAX)).map(|places| newest.offset(-places));
    itself
        .into_iter()
        .chain(back.filter(|earlier| earlier.end() <= deadline))
        .collect()
}

/// Makes a result with lacking parts missing: for who wants all or nothing.
pub(crate) fn all_or_nothing(value: &mut Value) {
    const LACKS: [FigureFlag; 3] = [
        FigureFlag::PartialPeriod,
        FigureFlag::PartialCoverage,
        FigureFlag::Unmatched,
    ];
    if value.outcome.is_ok() && LACKS.iter().any(|flag| value.lineage.flags.contains(flag)) {
        value.outcome = Err(MissingReason::Incomplete);
    }
}
