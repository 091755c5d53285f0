//! Figures, and the enumerations of quality.

mod batch;
mod comparison;
mod encoded;
mod rank;
mod received;
#[cfg(test)]
mod samples;
mod share;

use almanac_model::{
    AreaId, Coverage, Figure, FigureArea, FigureFlag, Granularity, MissingReason, Operand, Qualifier, Quality,
};

use crate::pb::shared as pb;

pub use batch::{FigureBatchBuilder, FigureBatchError, MAX_BATCH_FIGURES, figures_from_batch};
use comparison::comparison_to_proto;
pub use comparison::percent_missing_to_proto;
pub use encoded::{decode_figures, encode_figures};
use rank::rank_to_proto;
pub use rank::{rank_among_from_proto, rank_among_to_proto};
pub use received::{
    FigureDecodeError, figure_from_proto, flag_from_proto, period_from_proto, qualifier_from_proto, quality_from_proto,
    value_from_proto,
};
pub(crate) use received::{day, id, known};
use share::share_to_proto;

/// The granularity as protobuf has it, without its calendar.
#[must_use]
pub const fn granularity_to_proto(granularity: Granularity) -> pb::Granularity {
    match granularity.standard() {
        Granularity::Day => pb::Granularity::Day,
        Granularity::Week => pb::Granularity::Week,
        Granularity::Month => pb::Granularity::Month,
        Granularity::Quarter => pb::Granularity::Quarter,
        Granularity::Half => pb::Granularity::Half,
        Granularity::Year | Granularity::Custom(..) => pb::Granularity::Year,
    }
}

/// The granularity that protobuf has; `None` when none is given.
#[must_use]
pub const fn granularity_from_proto(granularity: pb::Granularity) -> Option<Granularity> {
    match granularity {
        pb::Granularity::Unspecified => None,
        pb::Granularity::Day => Some(Granularity::Day),
        pb::Granularity::Week => Some(Granularity::Week),
        pb::Granularity::Month => Some(Granularity::Month),
        pb::Granularity::Quarter => Some(Granularity::Quarter),
        pb::Granularity::Half => Some(Granularity::Half),
        pb::Granularity::Year => Some(Granularity::Year),
    }
}

/// The quality as protobuf has it.
#[must_use]
pub const fn quality_to_proto(quality: Quality) -> pb::Quality {
    match quality {
        Quality::Estimated => pb::Quality::Estimated,
        Quality::Preliminary => pb::Quality::Preliminary,
        Quality::Official => pb::Quality::Official,
    }
}

/// The qualifier as protobuf has it.
#[must_use]
pub const fn qualifier_to_proto(qualifier: Qualifier) -> pb::Qualifier {
    match qualifier {
        Qualifier::Exact => pb::Qualifier::Exact,
        Qualifier::AtLeast => pb::Qualifier::AtLeast,
        Qualifier::AtMost => pb::Qualifier::AtMost,
        Qualifier::About => pb::Qualifier::About,
    }
}

/// The reason as protobuf has it.
#[must_use]
pub const fn missing_to_proto(reason: MissingReason) -> pb::MissingReason {
    match reason {
        MissingReason::NotCollected => pb::MissingReason::NotCollected,
        MissingReason::CannotExist => pb::MissingReason::CannotExist,
        MissingReason::Suppressed => pb::MissingReason::Suppressed,
        MissingReason::Unspecified => pb::MissingReason::NotSpecified,
        MissingReason::NoRecord => pb::MissingReason::NoRecord,
        MissingReason::DenominatorZero => pb::MissingReason::DenominatorZero,
        MissingReason::Incomplete => pb::MissingReason::Incomplete,
        MissingReason::NotAdditive => pb::MissingReason::NotAdditive,
        MissingReason::NotRestatable => pb::MissingReason::NotRestatable,
    }
}

/// The figure as protobuf has it.
#[must_use]
pub fn figure_to_proto(figure: Figure) -> pb::Figure {
    let Figure {
        measure,
        area,
        period,
        dimensions,
        value,
        unit,
        quality,
        qualifier,
        quotient,
        coverage,
        flags,
        carried_from,
        comparisons,
        share,
        rank,
    } = figure;
    let (numerator, denominator) = quotient
        .map(|quotient| (quotient.numerator, quotient.denominator))
        .unzip();
    let combined_areas = match &area {
        FigureArea::One(_) => Vec::new(),
        FigureArea::Sum(areas) => areas.iter().map(AreaId::to_string).collect(),
    };
    pb::Figure {
        indicator: measure.to_string(),
        area: area.to_string(),
        period: period.to_string(),
        dimensions,
        missing: missing_number(&value),
        qualifier: qualifier_number(&value, qualifier),
        value: value.ok(),
        unit: unit.to_string(),
        quality: quality_number(quality),
        numerator: numerator.map(operand_to_proto),
        denominator: denominator.map(operand_to_proto),
        coverage: coverage.map(coverage_to_proto),
        flags: flags.into_iter().map(|flag| flag_to_proto(flag).into()).collect(),
        carried_from: carried_from.map(|day| day.to_string()).unwrap_or_default(),
        comparisons: comparisons.into_iter().map(comparison_to_proto).collect(),
        combined_areas,
        share: share.map(|share| share_to_proto(*share)),
        rank: rank.map(|rank| rank_to_proto(*rank)),
    }
}

fn missing_number(value: &Result<String, MissingReason>) -> i32 {
    value
        .as_ref()
        .err()
        .map_or(pb::MissingReason::Unspecified, |reason| missing_to_proto(*reason))
        .into()
}

fn qualifier_number(value: &Result<String, MissingReason>, qualifier: Qualifier) -> i32 {
    if value.is_ok() {
        qualifier_to_proto(qualifier).into()
    } else {
        pb::Qualifier::Unspecified.into()
    }
}

fn quality_number(quality: Option<Quality>) -> i32 {
    quality.map_or(pb::Quality::Unspecified, quality_to_proto).into()
}

fn operand_to_proto(operand: Operand) -> pb::Operand {
    let Operand {
        formula,
        value,
        period,
        sources,
        quality,
        qualifier,
    } = operand;
    pb::Operand {
        formula: formula.to_string(),
        missing: missing_number(&value),
        qualifier: qualifier_number(&value, qualifier),
        value: value.ok(),
        period: period.to_string(),
        sources: sources.to_vec(),
        quality: quality_number(quality),
    }
}

fn coverage_to_proto(coverage: Coverage) -> pb::Coverage {
    let Coverage { reported, expected } = coverage;
    let count = |number| Some(i32::try_from(number).unwrap_or(i32::MAX));
    pb::Coverage {
        reported: count(reported),
        expected: count(expected),
    }
}

/// The flag as protobuf has it.
#[must_use]
pub const fn flag_to_proto(flag: FigureFlag) -> pb::FigureFlag {
    match flag {
        FigureFlag::PartialPeriod => pb::FigureFlag::PartialPeriod,
        FigureFlag::PartialCoverage => pb::FigureFlag::PartialCoverage,
        FigureFlag::CarriedForward => pb::FigureFlag::CarriedForward,
        FigureFlag::Unmatched => pb::FigureFlag::Unmatched,
        FigureFlag::OutOfRange => pb::FigureFlag::OutOfRange,
        FigureFlag::DenominatorOtherPeriod => pb::FigureFlag::DenominatorOtherPeriod,
        FigureFlag::Restated => pb::FigureFlag::Restated,
        FigureFlag::CumulativeDecreased => pb::FigureFlag::CumulativeDecreased,
        FigureFlag::Break => pb::FigureFlag::Break,
    }
}
