//! What one figure was made of.

use almanac_catalog::{DenominatorJoin, Documentation, Formula, MeasureId};
use almanac_model::{AreaId, Figure, FigureArea, MissingReason, Period, PeriodRange, UnitId};

use crate::answer::{Group, evaluate_figure, narrowings};
use crate::check::check;
use crate::evaluate::{Evaluation, Reading};
use crate::plan::{Node, Plan};
use crate::question::{Filters, Question, Refusal, State};
use crate::reading::Contribution;

/// Values are printed with at most so many decimals: more than any metric has.
const PRINTED_DECIMALS: u8 = 12;

/// A figure and everything behind it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The figure.
    pub figure: Figure,
    /// The formula with other indicators written out.
    pub formula: String,
    /// The formula with the values of its terms and functions put in; one without a value stays as it is written.
    pub substituted: String,
    /// What was read, in the order of the formula: a term inside a function as often as the function reads it.
    pub terms: Vec<TermExplanation>,
}

/// One term of a formula.
#[derive(Clone, Debug)]
pub struct TermExplanation {
    /// As the formula writes it.
    pub expression: String,
    /// The metric's documentation.
    pub documentation: Documentation,
    /// The number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The metric's unit.
    pub unit: UnitId,
    /// The metric's decimals, which the contributions are scaled by.
    pub decimals: u8,
    /// The metric's dimensions in the order of the contributions' codes.
    pub dimensions: Vec<String>,
    /// The period that was read, or the periods that were read like one.
    pub period: PeriodRange,
    /// The recorded values behind it.
    pub contributions: Vec<Contribution>,
}

/// Explains one figure; `None` when the catalogue does not define the measure.
pub fn explain(
    state: State<'_>,
    measure: &MeasureId,
    area: &AreaId,
    period: Period,
    filters: &Filters,
    strict: bool,
) -> Result<Option<Explanation>, Vec<Refusal>> {
    let Some(plan) = Plan::of(measure, state.catalog) else {
        return Ok(None);
    };
    let question = Question {
        filters: filters.clone(),
        strict,
        ..Question::one(measure.clone(), area.clone(), period)
    };
    let target = (FigureArea::One(area.clone()), period);
    check(
        state.catalog,
        &question,
        std::slice::from_ref(&plan),
        std::slice::from_ref(&target),
    )?;
    let narrowings = narrowings(state.catalog, &question, &plan, &Group::new());
    let mut evaluation = Evaluation::new(state, &plan, &narrowings);
    let (figure, _) = evaluate_figure(state, &question, &plan, &target, &Group::new(), &mut evaluation);
    let terms: Vec<TermExplanation> = evaluation
        .readings
        .iter()
        .map(|reading| term(&plan, reading, filters))
        .collect();
    let mut values = evaluation.operands.iter().map(|value| {
        let number = value.outcome.as_ref().ok()?;
        Some(number.to_short_string(PRINTED_DECIMALS))
    });
    let substituted = substitute(&plan.formula, &plan.root, &mut values).to_string();
    Ok(Some(Explanation {
        figure,
        formula: plan.formula.to_string(),
        substituted,
        terms,
    }))
}

fn term(plan: &Plan<'_>, reading: &Reading, filters: &Filters) -> TermExplanation {
    let term = &plan.terms[reading.term];
    let mut dimensions: Vec<String> = term.metric.dimensions.iter().map(ToString::to_string).collect();
    dimensions.sort();
    let mut filter = term.filter.clone();
    filter.extend(
        filters
            .iter()
            .filter(|(id, _)| term.metric.dimensions.contains(id))
            .map(|(id, c)| (id.clone(), c.clone())),
    );
    let measure = MeasureId::Metric(term.metric.id.clone());
    let value = reading
        .value
        .outcome
        .as_ref()
        .map(|number| number.to_short_string(PRINTED_DECIMALS));
    TermExplanation {
        expression: almanac_catalog::Reference { measure, filter }.to_string(),
        documentation: term.metric.documentation.clone(),
        value: value.map_err(|reason| *reason),
        unit: term.metric.unit.clone(),
        decimals: term.metric.decimals,
        dimensions,
        period: reading.span,
        contributions: reading.contributions.clone(),
    }
}

/// The formula with values in the place of its references and functions, from the left; a denominator that is the average
/// of a year is one value too.
fn substitute(formula: &Formula, node: &Node, values: &mut impl Iterator<Item = Option<String>>) -> Formula {
    match (formula, node) {
        (_, Node::OrZero(inner)) => substitute(formula, inner, values),
        (Formula::Negate(text), Node::Negate(inner)) => Formula::Negate(Box::new(substitute(text, inner, values))),
        (Formula::Binary(operator, above, below), Node::Quotient(quotient)) => {
            let above = substitute(above, &quotient.numerator, values);
            let averaged = quotient.join == DenominatorJoin::YearAverage && !quotient.denominator.terms().is_empty();
            let below = if averaged {
                put_in(below, values)
            } else {
                substitute(below, &quotient.denominator, values)
            };
            Formula::Binary(*operator, Box::new(above), Box::new(below))
        }
        (Formula::Binary(operator, left, right), Node::Binary(_, one, other)) => {
            let left = substitute(left, one, values);
            Formula::Binary(*operator, Box::new(left), Box::new(substitute(right, other, values)))
        }
        (Formula::Reference(_) | Formula::Over(..), _) => put_in(formula, values),
        _ => formula.clone(),
    }
}

fn put_in(formula: &Formula, values: &mut impl Iterator<Item = Option<String>>) -> Formula {
    let number = values.next().flatten().and_then(|text| text.parse().ok());
    number.map_or_else(|| formula.clone(), Formula::Constant)
}
