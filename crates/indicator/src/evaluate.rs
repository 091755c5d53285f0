//! Evaluating a plan for one area, period and combination of codes.

mod matching;
mod quotient;

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use almanac_catalog::{Metric, Operator, TimeFunction, WindowOperator};
use almanac_model::{Coverage, Exact, FigureFlag, MissingReason, Period, PeriodRange, ReporterId};

pub(crate) use self::quotient::QuotientValue;
use crate::alike::Counterparts;
use crate::breaks::flag_break;
use crate::expected::{Steady, coverage};
use crate::notes::{LackingPeriod, Notes};
use crate::plan::{Node, OverNode, Plan};
use crate::question::State;
use crate::reach::{Spans, spans};
use crate::reading::{Contribution, Keep, Narrowing, read_alike, read_term};
use crate::territory::Territory;
use crate::value::Value;
use crate::window::{Part, over_window};

/// One evaluation of a plan. It remembers what it read.
pub(crate) struct Evaluation<'a> {
    state: State<'a>,
    pub(crate) plan: &'a Plan<'a>,
    /// What each term reads, in the order of the plan's terms.
    narrowings: &'a [Narrowing],
    /// What is read is held against these periods, and only what they have too is taken.
    counterparts: Option<&'a Counterparts>,
    keep: Keep,
    pub(crate) readings: Vec<Reading<'a>>,
    /// What the formula is an operation on, from the left: terms, and functions as a whole.
    pub(crate) operands: Vec<Operand>,
    /// Inside how many functions it is.
    depth: usize,
    pub(crate) notes: Notes,
}

/// What the formula is an operation on.
pub(crate) struct Operand {
    pub(crate) value: Value,
    /// The places of the readings that it was made of.
    pub(crate) readings: Range<usize>,
}

/// One term that was read for the result.
pub(crate) struct Reading<'a> {
    /// The index of the term.
    pub(crate) term: usize,
    pub(crate) span: PeriodRange,
    pub(crate) territory: Territory,
    pub(crate) value: Value,
    /// Who recorded the values behind it, by their places among the reporters of the metric.
    pub(crate) reporters: Rc<BTreeSet<usize>>,
    /// The values themselves, if the evaluation keeps them.
    pub(crate) contributions: Vec<Contribution>,
    /// What was read, where the same series are expected all the time.
    steady: Option<Steady<'a>>,
}

/// The result, and both sides when the formula is a quotient.
pub(crate) struct Result {
    pub(crate) value: Value,
    pub(crate) quotient: Option<QuotientValue>,
}

/// Where and when a formula is evaluated.
#[derive(Clone)]
struct Target {
    territory: Territory,
    /// A period, or a stretch of them that is read like one.
    span: PeriodRange,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(state: State<'a>, plan: &'a Plan<'a>, narrowings: &'a [Narrowing]) -> Self {
        Self {
            state,
            plan,
            narrowings,
            counterparts: None,
            keep: Keep::Total,
            readings: Vec::with_capacity(plan.terms.len()),
            operands: Vec::with_capacity(plan.terms.len()),
            depth: 0,
            notes: Notes::default(),
        }
    }

    /// The evaluation, but that it keeps the contributions of what it reads.
    pub(crate) fn with_contributions(self) -> Self {
        Self {
            keep: Keep::Contributions,
            ..self
        }
    }

    /// An evaluation of what other periods have too. It keeps the contributions of what it reads.
    pub(crate) fn alike(
        state: State<'a>,
        plan: &'a Plan<'a>,
        narrowings: &'a [Narrowing],
        counterparts: &'a Counterparts,
    ) -> Self {
        Self {
            counterparts: Some(counterparts),
            ..Self::new(state, plan, narrowings)
        }
    }

    /// The value of the plan for a territory and a period.
    pub(crate) fn run(&mut self, territory: &Territory, period: Period) -> Result {
        let target = Target {
            territory: territory.clone(),
            span: period.into(),
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
        if let [only] = self.readings.as_slice() {
            return self.coverage_of(self.plan.terms[only.term].metric, &[only], territory);
        }
        let mut of_metrics: Vec<(&Metric, Vec<&Reading<'_>>)> = Vec::new();
        for reading in &self.readings {
            let metric = self.plan.terms[reading.term].metric;
            match of_metrics.iter_mut().find(|(other, _)| other.id == metric.id) {
                Some((_, readings)) => readings.push(reading),
                None => of_metrics.push((metric, vec![reading])),
            }
        }
        let each = of_metrics
            .into_iter()
            .filter_map(|(metric, readings)| self.coverage_of(metric, &readings, territory));
        each.reduce(|sum, one| Coverage {
            reported: sum.reported + one.reported,
            expected: sum.expected + one.expected,
        })
    }

    /// Who recorded the values behind a reading.
    pub(crate) fn reporters(&self, reading: &Reading<'_>) -> impl Iterator<Item = &'a ReporterId> {
        let metric = self.plan.terms[reading.term].metric;
        let known = self.state.cube.metric(&metric.id);
        let known = known.map_or(&[][..], |recorded| recorded.reporters());
        reading.reporters.iter().filter_map(|place| known.get(*place))
    }

    fn coverage_of(&self, metric: &Metric, readings: &[&Reading<'_>], territory: &Territory) -> Option<Coverage> {
        if let [only] = readings
            && only.territory == *territory
            && let Some(steady) = &only.steady
        {
            return steady.coverage();
        }
        let selections = readings.iter();
        let selections = selections.map(|reading| (&self.narrowings[reading.term], reading.span));
        coverage(self.state, metric, &selections.collect::<Vec<_>>(), territory)
    }

    fn node(&mut self, node: &Node, target: &Target) -> Value {
        match node {
            Node::Constant(number) => Value::number(Exact::from(*number)),
            Node::Term(term) => self.term(*term, target),
            Node::Negate(inner) => self.node(inner, target).negate(),
            Node::OrZero(inner) => self.node(inner, target).or_zero(),
            Node::Quotient(quotient) => self.quotient(quotient, target).value,
            Node::Over(over) => self.as_operand(|inside| inside.over(over, target)),
            Node::Binary(operator, left, right) => {
                let left = self.node(left, target);
                apply(*operator, left, self.node(right, target))
            }
        }
    }

    fn term(&mut self, term: usize, target: &Target) -> Value {
        let (metric, narrowing) = (self.plan.terms[term].metric, &self.narrowings[term]);
        let (territory, span) = (&target.territory, target.span);
        let read = match self.counterparts {
            None => read_term(self.state, metric, narrowing, territory, span, self.keep),
            Some(counterparts) => {
                let other = counterparts.span(term, span);
                read_alike(self.state, metric, narrowing, territory, span, other)
            }
        };
        let reading = Reading {
            term,
            span: target.span,
            territory: target.territory.clone(),
            value: read.value.clone(),
            reporters: read.reporters,
            contributions: read.contributions,
            steady: read.steady,
        };
        self.readings.push(reading);
        self.operand(&read.value, self.readings.len() - 1);
        read.value
    }

    /// Keeps what the formula itself is an operation on, with the readings from a place on.
    fn operand(&mut self, value: &Value, from: usize) {
        if self.depth == 0 {
            self.operands.push(Operand {
                value: value.clone(),
                readings: from..self.readings.len(),
            });
        }
    }

    /// Something that is one operand of the formula, whatever it is made of.
    fn as_operand(&mut self, compute: impl FnOnce(&mut Self) -> Value) -> Value {
        let from = self.readings.len();
        self.depth += 1;
        let value = compute(self);
        self.depth -= 1;
        self.operand(&value, from);
        value
    }

    /// A formula over the periods that its function says.
    fn over(&mut self, over: &OverNode, target: &Target) -> Value {
        let operator = match over.function {
            TimeFunction::Shift { .. } | TimeFunction::YearToDate => WindowOperator::Sum,
            TimeFunction::Moving { operator, .. } | TimeFunction::By { operator, .. } => operator,
        };
        match spans(over, target.span) {
            Spans::Once(span) => self.node(&over.inner, &target.at(span)),
            Spans::Each(periods) => {
                let part = |period| self.part(period, |inside| inside.node(&over.inner, &target.at(period.into())));
                let parts = periods.iter().map(part).collect();
                over_window(operator, parts)
            }
            // what a function cannot be computed for is refused before
            Spans::Nowhere | Spans::Refused => {
                self.notes.nowhere.push(target.span);
                Value::missing(MissingReason::CannotExist)
            }
        }
    }

    /// One period of a window.
    fn part(&mut self, period: Period, compute: impl FnOnce(&mut Self) -> Value) -> Part {
        let from = self.readings.len();
        let value = compute(self);
        if let Err(reason) = value.outcome
            && reason != MissingReason::CannotExist
            && value.is_lacking()
        {
            self.notes.lacking.push(LackingPeriod {
                period: period.into(),
                reason,
                reading: Some(from).filter(|from| *from < self.readings.len()),
            });
        }
        Part {
            days: period.days(),
            value,
        }
    }

    /// A value that is only looked at: what it reads is not part of the result.
    fn peek(&self, node: &Node, target: &Target) -> Value {
        self.aside().node(node, target)
    }

    /// An evaluation of the same that keeps what it reads to itself.
    fn aside(&self) -> Self {
        Self {
            counterparts: self.counterparts,
            ..Self::new(self.state, self.plan, self.narrowings)
        }
    }
}

impl Target {
    /// The same territory over another stretch.
    fn at(&self, span: PeriodRange) -> Self {
        Self {
            territory: self.territory.clone(),
            span,
        }
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
