//! What one of a formula's result is.

use std::collections::BTreeMap;

use almanac_model::{Decimal, Exact, UnitId};

use crate::{Catalog, Formula, MeasureId, Operator};

/// Units with their powers: items per inhabitant are `{item: 1, inhabitant: -1}`. Empty is a plain number.
pub(super) type UnitPowers = BTreeMap<UnitId, i32>;

pub(super) fn product(mut left: UnitPowers, right: UnitPowers, sign: i32) -> UnitPowers {
    for (unit, power) in right {
        *left.entry(unit).or_default() += sign * power;
    }
    left.retain(|_, power| *power != 0);
    left
}

/// `"item"`, `"item / inhabitant"` or `a plain number`.
pub(super) fn shown(unit: &UnitPowers) -> String {
    match (factors(unit, 1).as_slice(), factors(unit, -1).as_slice()) {
        ([], []) => "a plain number".to_owned(),
        (above, []) => format!("\"{}\"", above.join(" * ")),
        ([], below) => format!("\"1 / {}\"", below.join(" / ")),
        (above, below) => format!("\"{} / {}\"", above.join(" * "), below.join(" / ")),
    }
}

fn factors(unit: &UnitPowers, sign: i32) -> Vec<&str> {
    let factors = unit.iter().flat_map(|(unit, power)| {
        let times = usize::try_from(power * sign).unwrap_or(0);
        std::iter::repeat_n(unit.as_str(), times)
    });
    factors.collect()
}

impl Catalog {
    /// What one of a checked formula's result, times `per`, is: the id of a unit where it is one, otherwise what the units of
    /// its terms come to, such as "item / inhabitant", "item / 100 inhabitant" or, of a plain number, "1".
    #[must_use]
    pub fn unit_text(&self, formula: &Formula, per: Decimal) -> String {
        let unit = self.unit_powers(formula);
        let (above, mut below) = (factors(&unit, 1), factors(&unit, -1));
        let scaled = if Exact::from(per) == Exact::from_integer(1) {
            String::new()
        } else if below.is_empty() {
            per.to_string()
        } else {
            format!("{per} {}", below.remove(0))
        };
        let above = if above.is_empty() {
            "1".to_owned()
        } else {
            above.join(" * ")
        };
        let below = std::iter::once(scaled.as_str())
            .filter(|text| !text.is_empty())
            .chain(below);
        std::iter::once(above.as_str())
            .chain(below)
            .collect::<Vec<_>>()
            .join(" / ")
    }

    fn unit_powers(&self, formula: &Formula) -> UnitPowers {
        match formula {
            Formula::Constant(_) => UnitPowers::new(),
            Formula::Reference(reference) => {
                let unit = match &reference.measure {
                    MeasureId::Metric(id) => self.metric(id.as_str()).map(|metric| &metric.unit),
                    MeasureId::Indicator(id) => self.indicator(id.as_str()).map(|indicator| &indicator.unit),
                };
                unit.map(|unit| (unit.clone(), 1)).into_iter().collect()
            }
            Formula::Negate(inner) | Formula::Over(_, inner) => self.unit_powers(inner),
            Formula::Binary(Operator::Multiply, left, right) => {
                product(self.unit_powers(left), self.unit_powers(right), 1)
            }
            Formula::Binary(Operator::Divide, left, right) => {
                product(self.unit_powers(left), self.unit_powers(right), -1)
            }
            Formula::Binary(Operator::Add | Operator::Subtract, left, _) => self.unit_powers(left),
        }
    }
}
