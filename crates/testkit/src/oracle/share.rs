//! Rule 29: which part of a total a figure is. The total is of the same selection as its parts.

use almanac_indicator::ShareOf;
use almanac_model::{Exact, FigureArea, FigureShare, NoPercent, Qualifier};

use super::Oracle;
use super::figure::Asked;
use super::value::Value;

impl Oracle<'_> {
    /// A figure as a part of its total: that of the same question without the key, or of all its areas together.
    pub(super) fn figure_share(&self, of: &ShareOf, asked: &Asked<'_>, value: &Value) -> FigureShare {
        let (of, total) = match of {
            ShareOf::Areas => {
                let areas = FigureArea::Sum(self.combined_areas(asked.question, asked.period));
                let all = Asked {
                    area: &areas,
                    ..asked.clone()
                };
                ("area".to_owned(), self.figure_value(&all).value)
            }
            ShareOf::Key(key) => {
                let group = asked.group.without(key);
                let all = Asked {
                    group: &group,
                    ..asked.clone()
                };
                (key.to_string(), self.figure_value(&all).value)
            }
        };
        let numbers = total.outcome.as_ref().ok().zip(value.outcome.as_ref().ok());
        FigureShare {
            of,
            percent: numbers.map_or(Err(NoPercent::Missing), |(total, part)| percent(part, total)),
            total_qualifier: if total.outcome.is_ok() {
                total.qualifier
            } else {
                Qualifier::Exact
            },
            total_quality: total.quality,
            total_flags: total.flags,
            total: total
                .outcome
                .map(|number| number.to_decimal_string(asked.measure.decimals)),
        }
    }
}

/// A number in percent of another, which has to be positive.
pub(super) fn percent(part: &Exact, whole: &Exact) -> Result<String, NoPercent> {
    if *whole < Exact::from_integer(0) {
        return Err(NoPercent::BaseNegative);
    }
    let ratio = part.checked_div(whole).ok_or(NoPercent::BaseZero)?;
    Ok((&ratio * &Exact::from_integer(100)).to_decimal_string(2))
}
