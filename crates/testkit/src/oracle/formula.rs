//! Formulas, read recursively as the catalogue has them.

use std::collections::BTreeSet;

use almanac_catalog::{DenominatorJoin, Formula, MeasureId, Operator, Reference};
use almanac_model::{Decimal, Exact, Period, PeriodRange, ReporterId};

use super::Oracle;
use super::term::{Filter, Term};
use super::territory::Territory;
use super::value::Value;

/// A formula with what is declared of it, in the catalogue or with the question.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) formula: Formula,
    /// The formula's result is multiplied by it.
    pub(super) per: Decimal,
    /// Terms that are zero when they are missing.
    pub(super) optional: BTreeSet<MeasureId>,
    pub(super) denominator: DenominatorJoin,
}

/// For what a formula is evaluated.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) territory: Territory,
    /// A period, or several that are read as one.
    pub(super) span: PeriodRange,
    /// The codes to which everything is narrowed that has their dimension.
    pub(super) filter: Filter,
    /// The reporter to whom everything is narrowed that the reporter may report.
    pub(super) reporter: Option<ReporterId>,
    /// How many terms of the whole formula stand before it.
    pub(super) place: usize,
    /// Whose formula it is: it says which terms are optional and how denominators join.
    pub(super) definition: Definition,
}

/// A value and, when it comes from a division, both sides of it.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    pub(super) value: Value,
    pub(super) sides: Option<EvaluatedSides>,
}

#[derive(Clone, Debug)]
pub(super) struct EvaluatedSides {
    pub(super) numerator: Value,
    pub(super) denominator: Value,
    pub(super) denominator_period: Period,
}

impl From<Value> for Evaluated {
    fn from(value: Value) -> Self {
        Self { value, sides: None }
    }
}

impl Scope {
    /// The same to the right of some terms.
    pub(super) fn after(&self, terms: &[Term]) -> Self {
        Self {
            place: self.place + terms.len(),
            ..self.clone()
        }
    }

    /// The same in another territory.
    pub(super) fn with(&self, territory: Territory) -> Self {
        Self {
            territory,
            ..self.clone()
        }
    }

    /// The same of another stretch.
    pub(super) fn at(&self, span: PeriodRange) -> Self {
        Self { span, ..self.clone() }
    }

    /// The same of a formula that this one names, under filters.
    pub(super) fn of(&self, definition: Definition, filter: Filter) -> Self {
        Self {
            filter,
            definition,
            ..self.clone()
        }
    }
}

impl Oracle<'_> {
    /// A definition: its formula, times its factor.
    pub(super) fn definition_value(&self, scope: &Scope) -> Evaluated {
        let Evaluated { value, sides } = self.formula_value(&scope.definition.formula, scope);
        let per = Value::number(Exact::from(scope.definition.per));
        Evaluated {
            value: Value::combine(Operator::Multiply, &value, &per),
            sides,
        }
    }

    pub(super) fn formula_value(&self, formula: &Formula, scope: &Scope) -> Evaluated {
        match formula {
            Formula::Constant(number) => Value::number(Exact::from(*number)).into(),
            Formula::Negate(inner) => self.formula_value(inner, scope).value.negated().into(),
            Formula::Reference(reference) => self.reference_value(reference, scope),
            Formula::Over(function, inner) => self.function_value(*function, inner, scope).into(),
            Formula::Binary(Operator::Divide, numerator, denominator) => self.quotient(numerator, denominator, scope),
            Formula::Binary(operator, left, right) => {
                let before = self.scope_terms(left, scope);
                let left = self.formula_value(left, scope);
                let right_value = self.formula_value(right, &scope.after(&before)).value;
                let value = Value::combine(*operator, &left.value, &right_value);
                let scaled = *operator == Operator::Multiply && matches!(**right, Formula::Constant(_));
                Evaluated {
                    value,
                    sides: left.sides.filter(|_| scaled),
                }
            }
        }
    }

    fn reference_value(&self, reference: &Reference, scope: &Scope) -> Evaluated {
        let filter = narrowed(&scope.filter, &reference.filter);
        let evaluated = match &reference.measure {
            MeasureId::Metric(id) => {
                let Some(metric) = self.catalog.metric(id.as_str()) else {
                    unreachable!("a checked formula names what is defined")
                };
                let term = Term {
                    place: scope.place,
                    ..self.term(metric, &filter, scope.reporter.as_ref())
                };
                self.term_value(&term, &scope.territory, scope.span).into()
            }
            MeasureId::Indicator(id) => {
                let Some(indicator) = self.catalog.indicator(id.as_str()) else {
                    unreachable!("a checked formula names what is defined")
                };
                self.definition_value(&scope.of(indicator.into(), filter))
            }
        };
        if scope.definition.optional.contains(&reference.measure) {
            evaluated.value.or_zero().into()
        } else {
            evaluated
        }
    }

    /// All terms of a formula in a scope.
    pub(super) fn scope_terms(&self, formula: &Formula, scope: &Scope) -> Vec<Term> {
        self.terms(formula, &scope.filter, scope.reporter.as_ref())
    }

    /// All terms of a formula from the left, with the filters that reach them.
    pub(super) fn terms(&self, formula: &Formula, filter: &Filter, reporter: Option<&ReporterId>) -> Vec<Term> {
        let mut found = Vec::new();
        for reference in formula.references() {
            let filter = narrowed(filter, &reference.filter);
            match &reference.measure {
                MeasureId::Metric(id) => {
                    let metric = self.catalog.metric(id.as_str());
                    found.extend(metric.map(|metric| self.term(metric, &filter, reporter)));
                }
                MeasureId::Indicator(id) => {
                    let indicator = self.catalog.indicator(id.as_str());
                    let inner = indicator.map(|indicator| self.terms(&indicator.formula, &filter, reporter));
                    found.extend(inner.into_iter().flatten());
                }
            }
        }
        found
    }

    /// A metric with what narrows it: the codes of its own dimensions, and a reporter that may report it.
    pub(super) fn term(
        &self,
        metric: &almanac_catalog::Metric,
        filter: &Filter,
        reporter: Option<&ReporterId>,
    ) -> Term {
        let own = filter
            .iter()
            .filter(|(dimension, _)| metric.dimensions.contains(dimension));
        let may_report = |id: &&ReporterId| {
            let reporter = self.catalog.reporter(id.as_str());
            reporter.is_some_and(|reporter| reporter.metrics.contains(&metric.id))
        };
        Term {
            place: 0,
            metric: metric.clone(),
            filter: own
                .map(|(dimension, codes)| (dimension.clone(), codes.clone()))
                .collect(),
            reporter: reporter.filter(may_report).cloned(),
        }
    }
}

/// Both filters at once: of a dimension that both narrow, the codes that both want.
pub(super) fn narrowed(outer: &Filter, inner: &Filter) -> Filter {
    let mut both = outer.clone();
    for (dimension, codes) in inner {
        let wanted = both.entry(dimension.clone()).or_insert_with(|| codes.clone());
        wanted.retain(|code| codes.contains(code));
    }
    both
}
