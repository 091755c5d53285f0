//! Figures as a client receives them.
//!
//! A number of an enumeration that is not known here is refused: it may be a warning that a newer service gives, and a
//! figure without its warnings is a wrong figure.

use almanac_model::{
    AreaId, Coverage, Figure, FigureArea, FigureFlag, IdError, MissingReason, Operand, Period, PeriodError, Qualifier,
    Quality, Quotient,
};
use jiff::civil::Date;

use super::comparison::comparison_from_proto;
use super::rank::rank_from_proto;
use super::share::share_from_proto;
use crate::calendar::{CalendarDecodeError, Calendars};
use crate::pb::shared as pb;

/// Why a message is not a figure: it comes from a service of a newer version, or from none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FigureDecodeError {
    /// Not a message at all.
    #[error("figures: {0}")]
    Message(#[from] prost::DecodeError),
    /// A text that cannot be the id it stands for.
    #[error("{field} {error}")]
    Id {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        error: IdError,
    },
    /// A text that is no period.
    #[error("{field}: {error}")]
    Period {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        error: PeriodError,
    },
    /// What should be the rule of a calendar is none.
    #[error("answered_at.calendars: {0}")]
    Calendar(#[from] CalendarDecodeError),
    /// A text that is no day.
    #[error("{field} {text:?} is no day")]
    Day {
        /// The field.
        field: &'static str,
        /// What it holds.
        text: String,
    },
    /// Neither a value nor a reason why there is none.
    #[error("{field} has neither a value nor a reason why there is none")]
    NoValue {
        /// Which value.
        field: &'static str,
    },
    /// One side of a quotient without the other.
    #[error("a quotient has one side only")]
    HalfQuotient,
    /// A number of an enumeration that this version does not know.
    #[error("{field} {number} is not known to this version; use one as new as the service")]
    Unknown {
        /// The field.
        field: &'static str,
        /// What it holds.
        number: i64,
    },
}

/// The figure that was received, with the calendars of the answer.
pub fn figure_from_proto(figure: pb::Figure, calendars: &Calendars) -> Result<Figure, FigureDecodeError> {
    let pb::Figure {
        indicator,
        area,
        period,
        dimensions,
        value,
        missing,
        unit,
        quality,
        qualifier,
        numerator,
        denominator,
        coverage,
        flags,
        carried_from,
        comparisons,
        combined_areas,
        share,
        rank,
    } = figure;
    let period = period_from_proto("period", &period, calendars)?;
    Ok(Figure {
        measure: indicator.into(),
        area: figure_area(&area, &combined_areas)?,
        period,
        dimensions,
        value: value_from_proto("value", value, missing)?,
        unit: unit.into(),
        quality: quality_from_proto("quality", quality)?,
        qualifier: qualifier_from_proto("qualifier", qualifier)?,
        quotient: quotient(numerator, denominator, period, calendars)?.map(Box::new),
        coverage: coverage.map(coverage_from_proto).transpose()?,
        flags: flags.into_iter().map(flag_from_proto).collect::<Result<_, _>>()?,
        carried_from: day("carried_from", &carried_from)?,
        comparisons: comparisons
            .into_iter()
            .map(|comparison| comparison_from_proto(comparison, calendars))
            .collect::<Result<_, _>>()?,
        share: share.map(share_from_proto).transpose()?.map(Box::new),
        rank: rank.map(rank_from_proto).transpose()?.map(Box::new),
    })
}

/// Where it is. The text of a sum says nothing that its areas do not.
fn figure_area(area: &str, combined: &[String]) -> Result<FigureArea, FigureDecodeError> {
    if combined.is_empty() {
        return Ok(FigureArea::One(id("area", area)?));
    }
    let areas = combined.iter().map(|area| id::<AreaId>("combined_areas", area));
    Ok(FigureArea::Sum(areas.collect::<Result<_, _>>()?))
}

/// A printed number, or the reason why there is none.
pub fn value_from_proto(
    field: &'static str,
    value: Option<String>,
    missing: i32,
) -> Result<Result<String, MissingReason>, FigureDecodeError> {
    if let Some(value) = value {
        return Ok(Ok(value));
    }
    let reason = match known::<pb::MissingReason>(field, missing)? {
        pb::MissingReason::Unspecified => return Err(FigureDecodeError::NoValue { field }),
        pb::MissingReason::NotCollected => MissingReason::NotCollected,
        pb::MissingReason::CannotExist => MissingReason::CannotExist,
        pb::MissingReason::Suppressed => MissingReason::Suppressed,
        pb::MissingReason::NotSpecified => MissingReason::Unspecified,
        pb::MissingReason::NoRecord => MissingReason::NoRecord,
        pb::MissingReason::DenominatorZero => MissingReason::DenominatorZero,
        pb::MissingReason::Incomplete => MissingReason::Incomplete,
        pb::MissingReason::NotAdditive => MissingReason::NotAdditive,
        pb::MissingReason::NotRestatable => MissingReason::NotRestatable,
    };
    Ok(Err(reason))
}

/// How final it is; `None` when nothing was recorded.
pub fn quality_from_proto(field: &'static str, number: i32) -> Result<Option<Quality>, FigureDecodeError> {
    Ok(match known::<pb::Quality>(field, number)? {
        pb::Quality::Unspecified => None,
        pb::Quality::Estimated => Some(Quality::Estimated),
        pb::Quality::Preliminary => Some(Quality::Preliminary),
        pb::Quality::Official => Some(Quality::Official),
    })
}

/// How it is bounded. What has no value has no bound either, and is exact here.
pub fn qualifier_from_proto(field: &'static str, number: i32) -> Result<Qualifier, FigureDecodeError> {
    Ok(match known::<pb::Qualifier>(field, number)? {
        pb::Qualifier::Unspecified | pb::Qualifier::Exact => Qualifier::Exact,
        pb::Qualifier::AtLeast => Qualifier::AtLeast,
        pb::Qualifier::AtMost => Qualifier::AtMost,
        pb::Qualifier::About => Qualifier::About,
    })
}

/// The period of a text, with the calendars of the answer.
pub fn period_from_proto(field: &'static str, text: &str, calendars: &Calendars) -> Result<Period, FigureDecodeError> {
    calendars
        .period(text)
        .map_err(|error| FigureDecodeError::Period { field, error })
}

pub(crate) fn id<T: std::str::FromStr<Err = IdError>>(field: &'static str, text: &str) -> Result<T, FigureDecodeError> {
    text.parse().map_err(|error| FigureDecodeError::Id { field, error })
}

pub(crate) fn day(field: &'static str, text: &str) -> Result<Option<Date>, FigureDecodeError> {
    let wrong = |_| FigureDecodeError::Day {
        field,
        text: text.to_owned(),
    };
    (!text.is_empty()).then(|| text.parse().map_err(wrong)).transpose()
}

pub(crate) fn known<T: TryFrom<i32>>(field: &'static str, number: i32) -> Result<T, FigureDecodeError> {
    T::try_from(number).map_err(|_| FigureDecodeError::Unknown {
        field,
        number: number.into(),
    })
}

fn quotient(
    numerator: Option<pb::Operand>,
    denominator: Option<pb::Operand>,
    of_figure: Period,
    calendars: &Calendars,
) -> Result<Option<Quotient>, FigureDecodeError> {
    match (numerator, denominator) {
        (None, None) => Ok(None),
        (Some(numerator), Some(denominator)) => Ok(Some(Quotient {
            numerator: operand(numerator, of_figure, calendars)?,
            denominator: operand(denominator, of_figure, calendars)?,
        })),
        _ => Err(FigureDecodeError::HalfQuotient),
    }
}

fn operand(operand: pb::Operand, of_figure: Period, calendars: &Calendars) -> Result<Operand, FigureDecodeError> {
    let pb::Operand {
        formula,
        value,
        missing,
        period,
        sources,
        quality,
        qualifier,
    } = operand;
    Ok(Operand {
        formula: formula.into(),
        value: value_from_proto("operand.value", value, missing)?,
        // the field may be left out where the period is that of the figure
        period: match period.as_str() {
            "" => of_figure,
            text => period_from_proto("operand.period", text, calendars)?,
        },
        sources: sources.into(),
        quality: quality_from_proto("operand.quality", quality)?,
        qualifier: qualifier_from_proto("operand.qualifier", qualifier)?,
    })
}

fn coverage_from_proto(coverage: pb::Coverage) -> Result<Coverage, FigureDecodeError> {
    let pb::Coverage { reported, expected } = coverage;
    let count = |field, number: Option<i32>| {
        let number = number.unwrap_or_default();
        u32::try_from(number).map_err(|_| FigureDecodeError::Unknown {
            field,
            number: number.into(),
        })
    };
    Ok(Coverage {
        reported: count("coverage.reported", reported)?,
        expected: count("coverage.expected", expected)?,
    })
}

/// The flag that was received.
pub fn flag_from_proto(number: i32) -> Result<FigureFlag, FigureDecodeError> {
    let field = "flags";
    Ok(match known::<pb::FigureFlag>(field, number)? {
        pb::FigureFlag::Unspecified => {
            return Err(FigureDecodeError::Unknown {
                field,
                number: number.into(),
            });
        }
        pb::FigureFlag::PartialPeriod => FigureFlag::PartialPeriod,
        pb::FigureFlag::PartialCoverage => FigureFlag::PartialCoverage,
        pb::FigureFlag::CarriedForward => FigureFlag::CarriedForward,
        pb::FigureFlag::Unmatched => FigureFlag::Unmatched,
        pb::FigureFlag::OutOfRange => FigureFlag::OutOfRange,
        pb::FigureFlag::DenominatorOtherPeriod => FigureFlag::DenominatorOtherPeriod,
        pb::FigureFlag::Restated => FigureFlag::Restated,
        pb::FigureFlag::CumulativeDecreased => FigureFlag::CumulativeDecreased,
        pb::FigureFlag::Break => FigureFlag::Break,
    })
}

#[cfg(test)]
mod tests;
