//! Formulas that come with a question: each is checked like one of the catalogue, and told with its column.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{DenominatorJoin, Formula, FormulaError, FormulaFault, MeasureId};
use almanac_indicator::AdHocFormula;
use almanac_model::{Decimal, IndicatorId};
use almanac_wire::pb::query as pb;

use crate::limits;
use crate::mistakes::quoted;
use crate::names::Names;
use crate::reason;

/// The formulas of a question. One with mistakes is left out of it.
pub(crate) fn formulas(asked: &[pb::AdHocFormula], names: &mut Names<'_, '_>) -> Vec<AdHocFormula> {
    if !names.at_most("formulas", asked.len(), limits::FORMULAS) {
        return Vec::new();
    }
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::with_capacity(asked.len());
    for (index, formula) in asked.iter().enumerate() {
        if let Some(first) = ids.get(formula.id.as_str()).filter(|_| !formula.id.is_empty()) {
            let message = || {
                format!(
                    "formulas[{first}] has the id {} too; give each its own",
                    quoted(&formula.id)
                )
            };
            names
                .mistakes
                .add(format!("formulas[{index}].id"), reason::DUPLICATE, message);
        }
        ids.entry(&formula.id).or_insert(index);
        found.extend(read(&format!("formulas[{index}]"), formula, names));
    }
    found
}

fn read(field: &str, asked: &pb::AdHocFormula, names: &mut Names<'_, '_>) -> Option<AdHocFormula> {
    // the numbers of enumerations are checked where they are read
    let pb::AdHocFormula {
        id,
        formula,
        per,
        decimals,
        zero_when_missing,
        denominator: _,
        denominator_limit: _,
    } = asked;
    let id = new_id(&format!("{field}.id"), id, names);
    let formula = checked(&format!("{field}.formula"), formula, names);
    let per = factor(&format!("{field}.per"), per, names);
    let decimals = decimals_of(&format!("{field}.decimals"), *decimals, names);
    let optional = optional(
        &format!("{field}.zero_when_missing"),
        zero_when_missing,
        formula.as_ref(),
        names,
    );
    let denominator = denominator(field, asked, names);
    Some(AdHocFormula {
        id: id?,
        formula: formula?,
        per: per?,
        decimals: decimals?,
        optional,
        denominator: denominator?,
    })
}

/// An id that means nothing yet.
fn new_id(field: &str, text: &str, names: &mut Names<'_, '_>) -> Option<IndicatorId> {
    if text.is_empty() {
        names.mistakes.add(field, reason::REQUIRED, || {
            "give the id by which the formula's figures are known, such as \"items_per_office\"".to_owned()
        });
        return None;
    }
    if names.catalog.measure(text).is_some() {
        names.mistakes.add(field, reason::ID_IN_USE, || {
            format!(
                "{} is defined by the catalogue; give the formula another id",
                quoted(text)
            )
        });
        return None;
    }
    IndicatorId::new(text)
        .map_err(|error| names.mistakes.add(field, reason::MALFORMED_ID, || error.to_string()))
        .ok()
}

fn checked(field: &str, text: &str, names: &mut Names<'_, '_>) -> Option<Formula> {
    if text.is_empty() {
        names.mistakes.add(field, reason::REQUIRED, || {
            "give a formula, such as \"post.items / population.inhabitants\"".to_owned()
        });
        return None;
    }
    match names.catalog.formula(text) {
        Ok(formula) => Some(formula),
        Err(errors) => {
            for error in errors {
                names.mistakes.add(field, reason_of(&error), || error.to_string());
            }
            None
        }
    }
}

const fn reason_of(error: &FormulaError) -> &'static str {
    match error.fault {
        FormulaFault::Syntax { .. }
        | FormulaFault::Call { .. }
        | FormulaFault::UnknownFunction { .. }
        | FormulaFault::Periods { .. }
        | FormulaFault::TooLong { .. }
        | FormulaFault::TooDeep
        | FormulaFault::TooManyOperations => reason::MALFORMED_FORMULA,
        FormulaFault::UnknownMeasure { .. } => reason::UNKNOWN_INDICATOR,
        FormulaFault::UnknownDimension { .. } | FormulaFault::Grouping { .. } => reason::UNKNOWN_DIMENSION,
        FormulaFault::UnknownCode { .. } => reason::UNKNOWN_CODE,
        FormulaFault::DuplicateDimension { .. } => reason::DUPLICATE,
        FormulaFault::DifferentUnits { .. } => reason::DIFFERENT_UNITS,
        FormulaFault::StockSummed { .. } | FormulaFault::Target { .. } => reason::NOT_ADDITIVE,
    }
}

fn factor(field: &str, text: &str, names: &mut Names<'_, '_>) -> Option<Decimal> {
    if text.is_empty() {
        return Some(Decimal::new(1, 0));
    }
    let factor = text.parse().ok().filter(|factor: &Decimal| factor.units() > 0);
    if factor.is_none() {
        names.mistakes.add(field, reason::MALFORMED_DECIMAL, || {
            format!(
                "{} is no number above 0; write it like \"100\" or \"0.5\"",
                quoted(text)
            )
        });
    }
    factor
}

fn decimals_of(field: &str, asked: Option<i32>, names: &mut Names<'_, '_>) -> Option<u8> {
    let asked = asked.unwrap_or(DEFAULT_DECIMALS);
    let decimals = u8::try_from(asked).ok().filter(|decimals| *decimals <= MOST_DECIMALS);
    if decimals.is_none() {
        names.mistakes.add(field, reason::OUT_OF_RANGE, || {
            format!("{asked} decimals cannot be printed; give 0 to {MOST_DECIMALS}")
        });
    }
    decimals
}

/// As many as a density of the catalogue has.
const DEFAULT_DECIMALS: i32 = 2;
/// As many as an indicator of the catalogue may have.
const MOST_DECIMALS: u8 = 9;

/// The terms that count as zero. One that the formula does not name is a mistake in one of the two.
fn optional(field: &str, ids: &[String], formula: Option<&Formula>, names: &mut Names<'_, '_>) -> BTreeSet<MeasureId> {
    if !names.at_most(field, ids.len(), limits::INDICATORS) {
        return BTreeSet::new();
    }
    let mut found = BTreeSet::new();
    for (index, id) in ids.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let Some(measure) = names.measure(&field, id) else {
            continue;
        };
        let is_term = |formula: &Formula| {
            formula
                .references()
                .iter()
                .any(|reference| reference.measure == measure)
        };
        if formula.is_some_and(|formula| !is_term(formula)) {
            names.mistakes.add(field, reason::CONFLICT, || {
                format!("the formula does not name {measure}; name a term of it, or leave it out")
            });
        }
        found.insert(measure);
    }
    found
}

fn denominator(field: &str, asked: &pb::AdHocFormula, names: &mut Names<'_, '_>) -> Option<DenominatorJoin> {
    let limit = asked.denominator_limit;
    let at_limit = format!("{field}.denominator_limit");
    let Ok(rule) = pb::DenominatorRule::try_from(asked.denominator) else {
        names
            .mistakes
            .add(format!("{field}.denominator"), reason::UNKNOWN_RULE, || {
                let all = [
                    pb::DenominatorRule::SamePeriod,
                    pb::DenominatorRule::LatestOnOrBefore,
                    pb::DenominatorRule::YearAverage,
                ]
                .map(|rule| rule.as_str_name());
                format!(
                    "there is no denominator rule {}; give one of {}",
                    asked.denominator,
                    all.join(", ")
                )
            });
        return None;
    };
    let join = match rule {
        pb::DenominatorRule::Unspecified | pb::DenominatorRule::SamePeriod => DenominatorJoin::SamePeriod,
        pb::DenominatorRule::YearAverage => DenominatorJoin::YearAverage,
        pb::DenominatorRule::LatestOnOrBefore => {
            let limit = u32::try_from(limit)
                .ok()
                .filter(|limit| (1..=MOST_BACK).contains(limit));
            if limit.is_none() {
                names.mistakes.add(at_limit, reason::OUT_OF_RANGE, || {
                    format!("say how many periods back the denominator may be, 1 to {MOST_BACK}")
                });
            }
            return Some(DenominatorJoin::LatestOnOrBefore { limit: limit? });
        }
    };
    if limit != 0 {
        names.mistakes.add(at_limit, reason::CONFLICT, || {
            "a limit goes with DENOMINATOR_RULE_LATEST_ON_OR_BEFORE; leave it out, or ask for that rule".to_owned()
        });
    }
    Some(join)
}

/// How far back a denominator is looked for at most, as in the catalogue.
const MOST_BACK: u32 = 100;
