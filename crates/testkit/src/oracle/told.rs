//! What a figure says, whoever computed it.

use std::collections::{BTreeMap, BTreeSet};

use almanac_model::{
    Comparison, Coverage, FigureArea, FigureFlag, FigureShare, MissingReason, Operand, Period, Qualifier, Quality,
};
use jiff::civil::Date;

/// What a figure says. Texts about it, such as sources, are left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Figure {
    /// The id of the indicator or metric.
    pub measure: String,
    /// Where.
    pub area: FigureArea,
    /// When.
    pub period: Period,
    /// The code of each dimension, and the reporter, that were grouped by.
    pub group: BTreeMap<String, String>,
    /// The printed number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The weakest quality of what it was computed from.
    pub quality: Option<Quality>,
    /// How the number is bounded.
    pub qualifier: Qualifier,
    /// What to know before using it.
    pub flags: BTreeSet<FigureFlag>,
    /// The last day of the earliest value that was carried forward.
    pub carried_from: Option<Date>,
    /// Reports received and expected.
    pub coverage: Option<Coverage>,
    /// What was divided by what.
    pub sides: Option<Sides>,
    /// What it is compared with, in the order of the question.
    pub comparisons: Vec<Comparison>,
    /// Which part of a total it is.
    pub share: Option<FigureShare>,
}

/// Both sides of a division.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sides {
    /// What was divided.
    pub numerator: Side,
    /// What it was divided by.
    pub denominator: Side,
}

/// One side of a division.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Side {
    /// The printed number, or why there is none.
    pub value: Result<String, MissingReason>,
    /// The period whose value it is.
    pub period: Period,
    /// The weakest quality of what it was computed from.
    pub quality: Option<Quality>,
    /// How the number is bounded.
    pub qualifier: Qualifier,
}

impl From<&almanac_model::Figure> for Figure {
    fn from(figure: &almanac_model::Figure) -> Self {
        let side = |operand: &Operand| Side {
            value: operand.value.clone(),
            period: operand.period,
            quality: operand.quality,
            qualifier: operand.qualifier,
        };
        Self {
            measure: figure.measure.to_string(),
            area: figure.area.clone(),
            period: figure.period,
            group: figure.dimensions.clone(),
            value: figure.value.clone(),
            quality: figure.quality,
            qualifier: figure.qualifier,
            flags: figure.flags.clone(),
            carried_from: figure.carried_from,
            coverage: figure.coverage,
            sides: figure.quotient.as_ref().map(|quotient| Sides {
                numerator: side(&quotient.numerator),
                denominator: side(&quotient.denominator),
            }),
            comparisons: figure.comparisons.clone(),
            share: figure.share.as_deref().cloned(),
        }
    }
}
