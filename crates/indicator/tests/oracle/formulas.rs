//! Which rules of formulas are reached: functions, formulas of questions, optional terms, joins.

use almanac_catalog::{DenominatorJoin, Formula, TimeFunction};
use almanac_indicator::Question;
use almanac_testkit::generate::World;
use almanac_testkit::oracle::Figure;

/// What a long run has to reach.
pub(crate) const WANTED: [&str; 14] = [
    "number: formula of a question",
    "number: optional term",
    "number: denominator of same period",
    "number: denominator of latest",
    "number: denominator of average of the year",
    "number: shift",
    "number: ytd",
    "number: moving_sum",
    "number: moving_avg",
    "number: moving_min",
    "number: moving_max",
    "number: avg by",
    "number: min by",
    "number: max by",
];

/// What a figure that is a number has in its formula.
pub(crate) fn reached(world: &World, figure: &Figure, question: &Question) -> Vec<String> {
    let with_question = question
        .formulas
        .iter()
        .find(|asked| asked.id.as_str() == figure.measure);
    let indicator = world.catalog.indicator(&figure.measure);
    let found = match (with_question, indicator) {
        (Some(asked), _) => Some((&asked.formula, asked.denominator, &asked.optional)),
        (None, Some(indicator)) => Some((&indicator.formula, indicator.denominator, &indicator.optional)),
        (None, None) => None,
    };
    let Some((formula, join, optional)) = found.filter(|_| figure.value.is_ok()) else {
        return Vec::new();
    };
    let mut reached = functions(formula);
    if with_question.is_some() {
        reached.push("formula of a question".to_owned());
    }
    if !optional.is_empty() {
        reached.push("optional term".to_owned());
    }
    if figure.sides.is_some() {
        let join = match join {
            DenominatorJoin::SamePeriod => "same period",
            DenominatorJoin::LatestOnOrBefore { .. } => "latest",
            DenominatorJoin::YearAverage => "average of the year",
        };
        reached.push(format!("denominator of {join}"));
    }
    reached.into_iter().map(|what| format!("number: {what}")).collect()
}

/// The names of the functions in a formula itself.
fn functions(formula: &Formula) -> Vec<String> {
    match formula {
        Formula::Constant(_) | Formula::Reference(_) => Vec::new(),
        Formula::Negate(inner) => functions(inner),
        Formula::Binary(_, left, right) => [functions(left), functions(right)].concat(),
        Formula::Over(function, inner) => {
            let name = match function {
                TimeFunction::Shift { .. } => "shift".to_owned(),
                TimeFunction::YearToDate => "ytd".to_owned(),
                TimeFunction::Moving { operator, .. } => format!("moving_{}", operator.name()),
                TimeFunction::By { operator, .. } => format!("{} by", operator.name()),
            };
            [vec![name], functions(inner)].concat()
        }
    }
}
