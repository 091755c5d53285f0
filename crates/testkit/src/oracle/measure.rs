//! What is asked for: metrics, indicators, and formulas that come with the question.

use std::collections::BTreeMap;

use almanac_catalog::{Formula, Indicator, MeasureId, Metric, Operator, Range};
use almanac_indicator::{AdHocFormula, Question};
use almanac_model::{Decimal, Exact};

use super::Oracle;
use super::formula::Definition;

/// Something that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    pub(super) id: String,
    pub(super) body: Body,
    /// The id of a unit, or what the units of an ad-hoc formula come to.
    pub(super) unit: String,
    /// With how many decimals it is printed.
    pub(super) decimals: u8,
    /// In which it can be.
    pub(super) range: Range,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Metric(Box<Metric>),
    Formula(Definition),
}

impl From<&Indicator> for Definition {
    fn from(indicator: &Indicator) -> Self {
        Self {
            formula: indicator.formula.clone(),
            per: indicator.per,
            optional: indicator.optional.clone(),
            denominator: indicator.denominator,
        }
    }
}

impl From<&AdHocFormula> for Definition {
    fn from(asked: &AdHocFormula) -> Self {
        Self {
            formula: asked.formula.clone(),
            per: asked.per,
            optional: asked.optional.clone(),
            denominator: asked.denominator,
        }
    }
}

impl Oracle<'_> {
    /// What a question asks for: what is in the catalogue, then the formulas that came with it.
    pub(super) fn measures(&self, question: &Question) -> Vec<Measure> {
        let defined = question.measures.iter().filter_map(|id| self.measure(id));
        let with_question = question.formulas.iter().map(|asked| Measure {
            id: asked.id.to_string(),
            body: Body::Formula(asked.into()),
            unit: self.unit_of(&asked.formula, asked.per),
            decimals: asked.decimals,
            range: Range::default(),
        });
        defined.chain(with_question).collect()
    }

    /// A metric or an indicator of the catalogue.
    pub(super) fn measure(&self, id: &MeasureId) -> Option<Measure> {
        Some(match id {
            MeasureId::Metric(id) => {
                let metric = self.catalog.metric(id.as_str())?;
                Measure {
                    id: id.to_string(),
                    body: Body::Metric(Box::new(metric.clone())),
                    unit: metric.unit.to_string(),
                    decimals: metric.decimals,
                    range: metric.range,
                }
            }
            MeasureId::Indicator(id) => {
                let indicator = self.catalog.indicator(id.as_str())?;
                Measure {
                    id: id.to_string(),
                    body: Body::Formula(indicator.into()),
                    unit: indicator.unit.to_string(),
                    decimals: indicator.decimals,
                    range: indicator.range,
                }
            }
        })
    }

    /// What one of a formula's result is: "item / inhabitant", "item / 100 inhabitant", of a plain number "1".
    fn unit_of(&self, formula: &Formula, per: Decimal) -> String {
        let powers = self.powers(formula);
        let times = |sign: i32| {
            let factors = powers.iter().flat_map(move |(unit, power)| {
                let count = usize::try_from(power * sign).unwrap_or(0);
                std::iter::repeat_n(unit.clone(), count)
            });
            factors.collect::<Vec<String>>()
        };
        let (above, mut below) = (times(1), times(-1));
        if Exact::from(per) != Exact::from_integer(1) {
            match below.first_mut() {
                Some(first) => *first = format!("{per} {first}"),
                None => below.push(per.to_string()),
            }
        }
        let above = if above.is_empty() {
            "1".to_owned()
        } else {
            above.join(" * ")
        };
        [vec![above], below].concat().join(" / ")
    }

    /// How often each unit is a factor of a formula's result; as a divisor less than not at all.
    fn powers(&self, formula: &Formula) -> BTreeMap<String, i32> {
        match formula {
            Formula::Constant(_) => BTreeMap::new(),
            Formula::Reference(reference) => {
                let measure = self.measure(&reference.measure);
                measure.map(|measure| (measure.unit, 1)).into_iter().collect()
            }
            // what is added is of one unit, and so is what is of other periods
            Formula::Negate(inner) | Formula::Over(_, inner) => self.powers(inner),
            Formula::Binary(Operator::Add | Operator::Subtract, left, _) => self.powers(left),
            Formula::Binary(operator, left, right) => {
                let sign = if *operator == Operator::Divide { -1 } else { 1 };
                let mut powers = self.powers(left);
                for (unit, power) in self.powers(right) {
                    *powers.entry(unit).or_default() += sign * power;
                }
                powers
            }
        }
    }
}
