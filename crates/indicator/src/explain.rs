//! What one figure was made of.

use almanac_catalog::{Documentation, Formula, MeasureId};
use almanac_model::{AreaId, Figure, FigureArea, MissingReason, Period, UnitId};

use crate::answer::{Group, evaluate_figure, narrowings};
use crate::check::check;
use crate::evaluate::{Evaluation, Reading};
use crate::plan::Plan;
use crate::question::{Filters, Question, Refusal, State};
use crate::reading::Contribution;

/// A figure and everything behind it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The figure.
    pub figure: Figure,
    /// The formula with other indicators written out.
    pub formula: String,
    /// The formula with the terms' values put in; a term without a value stays as it is written.
    pub substituted: String,
    /// The terms in the order of the formula.
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
    /// The period that was read.
    pub period: Period,
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
    let mut values = terms.iter().map(|term| term.value.clone().ok());
    let substituted = substitute(&plan.formula, &mut values).to_string();
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
        .map(|number| number.to_short_string(term.metric.decimals.max(12)));
    TermExplanation {
        expression: almanac_catalog::Reference { measure, filter }.to_string(),
        documentation: term.metric.documentation.clone(),
        value: value.map_err(|reason| *reason),
        unit: term.metric.unit.clone(),
        decimals: term.metric.decimals,
        dimensions,
        period: reading.period,
        contributions: reading.contributions.clone(),
    }
}

/// The formula with values in the place of its references, from the left.
fn substitute(formula: &Formula, values: &mut impl Iterator<Item = Option<String>>) -> Formula {
    match formula {
        Formula::Constant(_) => formula.clone(),
        Formula::Reference(_) => {
            let number = values.next().flatten().and_then(|text| text.parse().ok());
            number.map_or_else(|| formula.clone(), Formula::Constant)
        }
        Formula::Negate(inner) => Formula::Negate(Box::new(substitute(inner, values))),
        Formula::Binary(operator, left, right) => {
            let left = substitute(left, values);
            Formula::Binary(*operator, Box::new(left), Box::new(substitute(right, values)))
        }
    }
}
