//! From a formula as it is written to one whose names are found.

use std::collections::BTreeMap;

use super::parse::{Expression, ExpressionKind};
use super::{Formula, FormulaError, FormulaFault, Reference};
use crate::MeasureId;

/// What a name in a formula stands for, or the nearest names that stand for something.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Result<MeasureId, Vec<String>>;

/// The formula, unless some of its names are unknown. All unknown names are told.
pub(crate) fn resolve(expression: &Expression, lookup: Lookup<'_>) -> Result<Formula, Vec<FormulaError>> {
    match &expression.kind {
        ExpressionKind::Constant(number) => Ok(Formula::Constant(*number)),
        ExpressionKind::Negate(inner) => Ok(Formula::Negate(Box::new(resolve(inner, lookup)?))),
        ExpressionKind::Over(function, inner) => Ok(Formula::Over(*function, Box::new(resolve(inner, lookup)?))),
        ExpressionKind::Binary(operator, left, right) => match (resolve(left, lookup), resolve(right, lookup)) {
            (Ok(left), Ok(right)) => Ok(Formula::Binary(*operator, Box::new(left), Box::new(right))),
            (Err(mut errors), Err(more)) => {
                errors.extend(more);
                Err(errors)
            }
            (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
        },
        ExpressionKind::Reference { name, filters } => {
            let measure = lookup(name).map_err(|nearest| {
                let name = name.clone();
                let fault = FormulaFault::UnknownMeasure { name, nearest };
                vec![FormulaError {
                    column: expression.at + 1,
                    fault,
                }]
            })?;
            let filter = filters.iter().map(|filter| {
                let codes = filter.codes.iter().map(|(_, code)| code.clone()).collect();
                (filter.dimension.clone(), codes)
            });
            Ok(Formula::Reference(Reference {
                measure,
                filter: filter.collect::<BTreeMap<_, _>>(),
            }))
        }
    }
}
