//! A measure made ready: its formula with other indicators written out, over terms that are plain metrics.

use almanac_catalog::{Catalog, DenominatorJoin, Formula, MeasureId, Metric, Operator, Range, Reference};
use almanac_model::{Decimal, UnitId};

use crate::question::Filters;

/// A measure made ready.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'c> {
    pub(crate) measure: MeasureId,
    pub(crate) root: Node,
    /// The terms in the order of the formula.
    pub(crate) terms: Vec<Term<'c>>,
    /// The same formula as text: its references are the terms.
    pub(crate) formula: Formula,
    pub(crate) unit: UnitId,
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
    /// Zero when missing.
    OrZero(Box<Node>),
}

/// A division: the one operation that joins two periods.
#[derive(Clone, Debug)]
pub(crate) struct QuotientNode {
    pub(crate) numerator: Node,
    pub(crate) denominator: Node,
    pub(crate) join: DenominatorJoin,
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
                (metric.unit.clone(), metric.decimals, metric.range)
            }
            MeasureId::Indicator(id) => {
                let indicator = catalog.indicator(id.as_str())?;
                (indicator.unit.clone(), indicator.decimals, indicator.range)
            }
        };
        Some(Self {
            measure: measure.clone(),
            root,
            terms: writer.terms,
            formula,
            unit,
            decimals,
            range,
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
            Self::Quotient(quotient) => [quotient.numerator.terms(), quotient.denominator.terms()].concat(),
        }
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
                let (node, formula) = self.formula(&indicator.formula, &filter, indicator.denominator, indicator)?;
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
        owner: &almanac_catalog::Indicator,
    ) -> Option<(Node, Formula)> {
        match formula {
            Formula::Constant(number) => Some((Node::Constant(*number), formula.clone())),
            Formula::Reference(reference) => {
                let (node, text) = self.reference(reference, filter)?;
                let optional = owner.optional.contains(&reference.measure);
                Some((if optional { Node::OrZero(Box::new(node)) } else { node }, text))
            }
            Formula::Negate(inner) => {
                let (node, text) = self.formula(inner, filter, join, owner)?;
                Some((Node::Negate(Box::new(node)), Formula::Negate(Box::new(text))))
            }
            Formula::Binary(operator, left, right) => {
                let (left, left_text) = self.formula(left, filter, join, owner)?;
                let (right, right_text) = self.formula(right, filter, join, owner)?;
                let node = match operator {
                    Operator::Divide => Node::Quotient(Box::new(QuotientNode {
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
