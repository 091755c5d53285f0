//! A measure made ready: its formula with other indicators written out, over terms that are plain metrics.

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_catalog::{
    Catalog, DenominatorJoin, Formula, MeasureId, Metric, Operator, Range, Reference, TimeFunction, TimeOperator,
};
use almanac_model::{Decimal, LevelId, TimeUnit};

use crate::answer::measure_text;
use crate::operand::ToldSide;
use crate::question::{AdHocFormula, Filters};

/// A measure made ready.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'c> {
    pub(crate) measure: MeasureId,
    /// The id of the measure.
    pub(crate) name: Arc<str>,
    pub(crate) root: Node,
    /// The terms in the order of the formula.
    pub(crate) terms: Vec<Term<'c>>,
    /// The same formula as text: its references are the terms.
    pub(crate) formula: Formula,
    /// The id of a unit, or what the units of an ad-hoc formula come to.
    pub(crate) unit: Arc<str>,
    pub(crate) decimals: u8,
    pub(crate) range: Range,
}

/// A metric, narrowed as the formula says.
#[derive(Clone, Debug)]
pub(crate) struct Term<'c> {
    pub(crate) metric: &'c Metric,
    pub(crate) filter: Filters,
}

/// A formula over terms.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Constant(Decimal),
    /// The term with this index.
    Term(usize),
    Negate(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Quotient(Box<QuotientNode>),
    Over(Box<OverNode>),
    /// Zero when missing.
    OrZero(Box<Node>),
}

/// A division: the one operation that joins two periods.
#[derive(Clone, Debug)]
pub(crate) struct QuotientNode {
    pub(crate) numerator: Node,
    pub(crate) denominator: Node,
    pub(crate) join: DenominatorJoin,
    /// What figures say of numerator and denominator.
    pub(crate) told: [ToldSide; 2],
    /// The terms of both.
    pub(crate) terms: [Vec<usize>; 2],
    /// The coarsest level by which these are collected; `None` when one of them is, or was, by several.
    pub(crate) coarsest: Option<LevelId>,
    /// Whether both read their terms for no other stretch than they are asked for.
    pub(crate) is_flat: bool,
}

/// A formula over other periods.
#[derive(Clone, Debug)]
pub(crate) struct OverNode {
    pub(crate) function: TimeFunction,
    pub(crate) inner: Node,
    /// Of a window, whether the values of its periods add up to that of all of them: flows, their sums and their multiples.
    pub(crate) adds_over_time: bool,
    /// As it is written, with indicators written out.
    pub(crate) text: String,
}

impl<'c> Plan<'c> {
    /// The plan of a measure; `None` when the catalogue does not define it.
    pub(crate) fn of(measure: &MeasureId, catalog: &'c Catalog) -> Option<Self> {
        let mut writer = Writer {
            catalog,
            terms: Vec::new(),
        };
        let whole = Reference {
            measure: measure.clone(),
            filter: Filters::new(),
        };
        let (root, formula) = writer.reference(&whole, &Filters::new())?;
        let (unit, decimals, range) = match measure {
            MeasureId::Metric(id) => {
                let metric = catalog.metric(id.as_str())?;
                (&metric.unit, metric.decimals, metric.range)
            }
            MeasureId::Indicator(id) => {
                let indicator = catalog.indicator(id.as_str())?;
                (&indicator.unit, indicator.decimals, indicator.range)
            }
        };
        Some(Self {
            name: measure_text(measure).into(),
            measure: measure.clone(),
            root,
            terms: writer.terms,
            formula,
            unit: unit.as_str().into(),
            decimals,
            range,
        })
    }

    /// The plan of one side of a rule; `None` when it names no measure of the catalogue. It has the unit of the first one, and
    /// no range of its own.
    pub(crate) fn of_side(formula: &Formula, catalog: &'c Catalog) -> Option<Self> {
        let first = formula.references().first().copied()?;
        let plain = Self::of(&first.measure, catalog)?;
        if *formula == Formula::Reference(first.clone()) && first.filter.is_empty() {
            return Some(plain);
        }
        let mut writer = Writer {
            catalog,
            terms: Vec::new(),
        };
        let none_optional = BTreeSet::new();
        let (root, formula) = writer.formula(formula, &Filters::new(), DenominatorJoin::SamePeriod, &none_optional)?;
        Some(Self {
            root,
            terms: writer.terms,
            formula,
            range: Range::default(),
            ..plain
        })
    }

    /// The plan of a formula that came with a question; `None` when the catalogue does not define what it names.
    pub(crate) fn of_formula(asked: &AdHocFormula, catalog: &'c Catalog) -> Option<Self> {
        let mut writer = Writer {
            catalog,
            terms: Vec::new(),
        };
        let AdHocFormula {
            id,
            formula,
            per,
            decimals,
            optional,
            denominator,
        } = asked;
        let (node, text) = writer.formula(formula, &Filters::new(), *denominator, optional)?;
        let (root, text) = scaled(node, text, *per);
        Some(Self {
            name: id.as_str().into(),
            measure: MeasureId::Indicator(id.clone()),
            root,
            terms: writer.terms,
            formula: text,
            unit: catalog.unit_text(formula, *per).into(),
            decimals: *decimals,
            range: Range::default(),
        })
    }

    /// The terms that have the dimension.
    pub(crate) fn terms_with<'p>(&'p self, dimension: &'p str) -> impl Iterator<Item = &'p Term<'c>> {
        let has = move |term: &&Term<'_>| term.metric.dimensions.iter().any(|own| own.as_str() == dimension);
        self.terms.iter().filter(has)
    }
}

impl Node {
    /// The outermost division, which a constant factor (`per`) may scale.
    pub(crate) fn quotient(&self) -> Option<&QuotientNode> {
        match self {
            Self::Quotient(quotient) => Some(quotient),
            Self::Binary(Operator::Multiply, left, right) if matches!(**right, Self::Constant(_)) => left.quotient(),
            _ => None,
        }
    }

    /// The indexes of its terms.
    pub(crate) fn terms(&self) -> Vec<usize> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Term(index) => vec![*index],
            Self::Negate(inner) | Self::OrZero(inner) => inner.terms(),
            Self::Binary(_, left, right) => [left.terms(), right.terms()].concat(),
            Self::Quotient(quotient) => quotient.terms.concat(),
            Self::Over(over) => over.inner.terms(),
        }
    }

    /// Whether it reads its terms for the stretch that it is asked for, and for no other.
    fn is_flat(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Term(_) => true,
            Self::Negate(inner) | Self::OrZero(inner) => inner.is_flat(),
            Self::Binary(_, left, right) => left.is_flat() && right.is_flat(),
            Self::Quotient(_) | Self::Over(_) => false,
        }
    }

    /// Whether the values of several periods of a unit add up to that of all of them.
    fn adds_over_time(&self, terms: &[Term<'_>], unit: TimeUnit) -> bool {
        match self {
            Self::Constant(_) | Self::OrZero(_) => false,
            Self::Term(index) => terms[*index].metric.time == TimeOperator::Sum,
            Self::Negate(inner) => inner.adds_over_time(terms, unit),
            Self::Binary(Operator::Multiply, left, right) => match (&**left, &**right) {
                (Self::Constant(_), factor) | (factor, Self::Constant(_)) => factor.adds_over_time(terms, unit),
                _ => false,
            },
            Self::Binary(_, left, right) => left.adds_over_time(terms, unit) && right.adds_over_time(terms, unit),
            Self::Quotient(quotient) => {
                matches!(quotient.denominator, Self::Constant(_)) && quotient.numerator.adds_over_time(terms, unit)
            }
            Self::Over(over) => match over.function {
                TimeFunction::Shift { unit: by, .. } => moves_alike(by, unit) && over.inner.adds_over_time(terms, unit),
                _ => false,
            },
        }
    }
}

/// Whether a shift moves all periods of a unit by as much, so that it leaves none out and takes none twice: months have more
/// or fewer days, and some years have a week 53.
const fn moves_alike(by: TimeUnit, unit: TimeUnit) -> bool {
    match unit {
        TimeUnit::Day => matches!(by, TimeUnit::Day | TimeUnit::Week),
        TimeUnit::Week => matches!(by, TimeUnit::Week),
        TimeUnit::Month | TimeUnit::Quarter | TimeUnit::Half | TimeUnit::Year => true,
    }
}

/// Writes indicators out. The catalogue has checked that no formula leads back to itself.
struct Writer<'c> {
    catalog: &'c Catalog,
    terms: Vec<Term<'c>>,
}

impl<'c> Writer<'c> {
    /// A reference under the filters of the references that led to it.
    fn reference(&mut self, reference: &Reference, outer: &Filters) -> Option<(Node, Formula)> {
        let filter = narrowed(&reference.filter, outer);
        match &reference.measure {
            MeasureId::Metric(id) => Some(self.term(self.catalog.metric(id.as_str())?, filter)),
            MeasureId::Indicator(id) => {
                let indicator = self.catalog.indicator(id.as_str())?;
                let (node, formula) =
                    self.formula(&indicator.formula, &filter, indicator.denominator, &indicator.optional)?;
                Some(scaled(node, formula, indicator.per))
            }
        }
    }

    fn term(&mut self, metric: &'c Metric, filter: Filters) -> (Node, Formula) {
        let filter: Filters = filter
            .into_iter()
            .filter(|(id, _)| metric.dimensions.contains(id))
            .collect();
        let measure = MeasureId::Metric(metric.id.clone());
        let text = Formula::Reference(Reference {
            measure,
            filter: filter.clone(),
        });
        self.terms.push(Term { metric, filter });
        (Node::Term(self.terms.len() - 1), text)
    }

    fn formula(
        &mut self,
        formula: &Formula,
        filter: &Filters,
        join: DenominatorJoin,
        optional: &BTreeSet<MeasureId>,
    ) -> Option<(Node, Formula)> {
        match formula {
            Formula::Constant(number) => Some((Node::Constant(*number), formula.clone())),
            Formula::Reference(reference) => {
                let (node, text) = self.reference(reference, filter)?;
                let is_optional = optional.contains(&reference.measure);
                Some((
                    if is_optional {
                        Node::OrZero(Box::new(node))
                    } else {
                        node
                    },
                    text,
                ))
            }
            Formula::Negate(inner) => {
                let (node, text) = self.formula(inner, filter, join, optional)?;
                Some((Node::Negate(Box::new(node)), Formula::Negate(Box::new(text))))
            }
            Formula::Over(function, inner) => {
                let (inner, text) = self.formula(inner, filter, join, optional)?;
                let text = Formula::Over(*function, Box::new(text));
                let node = Node::Over(Box::new(OverNode {
                    function: *function,
                    adds_over_time: match function {
                        TimeFunction::Moving { unit, .. } => inner.adds_over_time(&self.terms, *unit),
                        _ => false,
                    },
                    inner,
                    text: text.to_string(),
                }));
                Some((node, text))
            }
            Formula::Binary(operator, left, right) => {
                let (left, left_text) = self.formula(left, filter, join, optional)?;
                let (right, right_text) = self.formula(right, filter, join, optional)?;
                let node = match operator {
                    Operator::Divide => Node::Quotient(Box::new(QuotientNode {
                        told: [&left_text, &right_text].map(ToldSide::new),
                        coarsest: self.coarsest(left.terms().into_iter().chain(right.terms())),
                        terms: [left.terms(), right.terms()],
                        is_flat: left.is_flat() && right.is_flat(),
                        numerator: left,
                        denominator: right,
                        join,
                    })),
                    _ => Node::Binary(*operator, Box::new(left), Box::new(right)),
                };
                Some((
                    node,
                    Formula::Binary(*operator, Box::new(left_text), Box::new(right_text)),
                ))
            }
        }
    }

    fn coarsest(&self, terms: impl Iterator<Item = usize>) -> Option<LevelId> {
        let mut coarsest = None;
        for term in terms {
            let level = self.terms[term].metric.only_level()?;
            let rank = self.catalog.level_rank(level.as_str())?;
            if coarsest.is_none_or(|(other, _)| rank < other) {
                coarsest = Some((rank, level));
            }
        }
        coarsest.map(|(_, level)| level.clone())
    }
}

/// Both filters at once.
fn narrowed(inner: &Filters, outer: &Filters) -> Filters {
    let mut both = inner.clone();
    for (dimension, codes) in outer {
        both.entry(dimension.clone())
            .and_modify(|own| own.retain(|code| codes.contains(code)))
            .or_insert_with(|| codes.clone());
    }
    both
}

fn scaled(node: Node, formula: Formula, per: Decimal) -> (Node, Formula) {
    if per == Decimal::new(1, 0) {
        return (node, formula);
    }
    let node = Node::Binary(Operator::Multiply, Box::new(node), Box::new(Node::Constant(per)));
    let formula = Formula::Binary(Operator::Multiply, Box::new(formula), Box::new(Formula::Constant(per)));
    (node, formula)
}
