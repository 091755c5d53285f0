//! Indicators.

use std::collections::BTreeSet;

use almanac_model::{Decimal, IndicatorId, MetricId};

use super::fields::Fields;
use super::metric::read_decimals;
use super::names::{Names, Subject};
use crate::formula::{self, FormulaError, parse::Expression};
use crate::problem::{Located, Place, Problems};
use crate::{DenominatorJoin, Formula, Indicator, MeasureId, suggest};

/// How far back a denominator is looked for at most, in its periods.
const MAX_LIMIT: u32 = 100;

/// An indicator as far as it could be read, with its formula as it is written.
#[derive(Debug)]
pub(crate) struct ReadIndicator<'a> {
    pub(crate) indicator: Option<Indicator>,
    /// The formula as it is written, if it is one.
    pub(crate) expression: Option<Expression>,
    /// Where the text of the formula begins.
    pub(crate) formula_place: Place<'a>,
}

pub(super) fn read_indicator<'a>(fields: &mut Fields<'a>, names: &Names<'_>) -> ReadIndicator<'a> {
    let (id, documentation) = (fields.id::<IndicatorId>("id"), fields.documentation());
    let text = fields.required_text("formula");
    let per = per(fields);
    let unit = fields.reference(names, Subject::Unit, "unit");
    let decimals = read_decimals(fields);
    let range = fields.range();
    let denominator = denominator(fields);
    let expression = text.and_then(|text| parse(text, fields.problems()));
    let formula = expression
        .as_ref()
        .zip(text)
        .and_then(|(expression, text)| resolve(expression, text.place, names, fields.problems()));
    let optional = optional(fields, names, formula.as_ref());
    let read = || {
        Some(Indicator {
            id: id?,
            documentation: documentation?,
            formula: formula?,
            per: per?,
            unit: unit?.value,
            decimals: decimals?,
            range,
            optional,
            denominator: denominator?,
        })
    };
    ReadIndicator {
        indicator: read(),
        expression,
        formula_place: text.map_or(fields.place(), |text| text.place),
    }
}

pub(super) fn parse(text: Located<'_, &str>, problems: &Problems) -> Option<Expression> {
    let expression = formula::parse::parse(text.value);
    expression
        .map_err(|error| report_formula(text.place, &error, problems))
        .ok()
}

pub(super) fn resolve(
    expression: &Expression,
    place: Place<'_>,
    names: &Names<'_>,
    problems: &Problems,
) -> Option<Formula> {
    let lookup = |name: &str| names.measure(name).ok_or_else(|| names.nearest_measure(name));
    let formula = formula::resolve(expression, &lookup);
    formula
        .map_err(|errors| {
            for error in errors {
                report_formula(place, &error, problems);
            }
        })
        .ok()
}

/// Reports a mistake at its character of the file.
pub(crate) fn report_formula(text: Place<'_>, error: &FormulaError, problems: &Problems) {
    problems.report_exactly(
        text.at(text.offset + error.column - 1),
        error.fault.to_string(),
        error.remedy(),
    );
}

fn per(fields: &mut Fields<'_>) -> Option<Decimal> {
    if !fields.has("per") {
        fields.decimal("per");
        return Some(Decimal::new(1, 0));
    }
    let per = fields.decimal("per")?;
    if per.units() <= 0 {
        let message = format!("\"per\" of {} is {per}", fields.what());
        fields.report("per", message, "write a number above 0, such as \"100\"");
    }
    Some(per)
}

fn denominator(fields: &mut Fields<'_>) -> Option<DenominatorJoin> {
    if !fields.has("denominator") || fields.is_text("denominator") {
        let absent = !fields.has("denominator");
        let words = [
            ("same_period", DenominatorJoin::SamePeriod),
            ("year_average", DenominatorJoin::YearAverage),
        ];
        let word = fields.choice("denominator", &words);
        return word.or(absent.then_some(DenominatorJoin::SamePeriod));
    }
    let mut table = fields.table("denominator")?;
    let limit = table.count("latest_on_or_before", 0, MAX_LIMIT);
    table.refuse_the_rest();
    let limit = limit?;
    let misspelt = !table.has("latest_on_or_before") && table.entries().len() == 1;
    if limit == 0 && !misspelt {
        table.report(
            "latest_on_or_before",
            format!("{} goes back 0 periods", table.what()),
            "write { latest_on_or_before = 1 } or more, or \"same_period\"",
        );
    }
    Some(DenominatorJoin::LatestOnOrBefore { limit })
}

/// The terms that may be missing. One that the formula does not name is a mistake in one of the two.
fn optional(fields: &mut Fields<'_>, names: &Names<'_>, formula: Option<&Formula>) -> BTreeSet<MeasureId> {
    let mut optional = BTreeSet::new();
    for text in fields.texts("optional") {
        let Some(measure) = names.resolve_measure(text, fields.problems()) else {
            continue;
        };
        let is_term = formula.is_none_or(|formula| {
            let mut references = formula.references().into_iter();
            references.any(|reference| reference.measure == measure)
        });
        if !is_term {
            let message = format!(
                "{:?} is optional in {}, whose formula does not name it",
                text.value,
                fields.what()
            );
            fields
                .problems()
                .report(text.place, message, "name a term of the formula, or leave it out");
        }
        optional.insert(measure);
    }
    optional
}

impl Names<'_> {
    /// The metric or indicator of that name.
    pub(crate) fn measure(&self, name: &str) -> Option<MeasureId> {
        if self.defines(Subject::Metric, name) {
            MetricId::new(name).ok().map(MeasureId::Metric)
        } else if self.defines(Subject::Indicator, name) {
            IndicatorId::new(name).ok().map(MeasureId::Indicator)
        } else {
            None
        }
    }

    pub(super) fn resolve_measure(&self, text: Located<'_, &str>, problems: &Problems) -> Option<MeasureId> {
        let measure = self.measure(text.value);
        if measure.is_none() {
            let near = self.nearest_measure(text.value);
            let message = format!("there is no metric or indicator {:?}", text.value);
            problems.report(
                text.place,
                message,
                suggest::remedy(&near, "define it, or name a defined one"),
            );
        }
        measure
    }
}
