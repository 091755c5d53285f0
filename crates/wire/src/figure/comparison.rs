//! Comparisons of figures, both ways.

use almanac_model::{Change, Comparison, ComparisonFlag, ComparisonKind, NoPercent};

use super::received::{
    FigureDecodeError, known, period_from_proto, qualifier_from_proto, quality_from_proto, value_from_proto,
};
use super::{missing_number, pb, qualifier_number, quality_number};
use crate::calendar::Calendars;

pub(super) fn comparison_to_proto(comparison: Comparison) -> pb::Comparison {
    let Comparison {
        kind,
        base_period,
        base,
        base_qualifier,
        base_quality,
        change,
        flags,
    } = comparison;
    let (change, percent, index) = match change {
        Some(Change {
            absolute,
            percent,
            index,
        }) => (Some(absolute), Some(percent), index.ok()),
        None => (None, None, None),
    };
    let no_percent = percent.as_ref().and_then(|percent| percent.as_ref().err());
    pb::Comparison {
        kind: kind_to_proto(kind).into(),
        base_period: base_period.map(|period| period.to_string()).unwrap_or_default(),
        base_qualifier: qualifier_number(&base, base_qualifier),
        base_quality: quality_number(base_quality),
        base_missing: missing_number(&base),
        base_value: base.ok(),
        change,
        percent_missing: percent_missing_to_proto(no_percent).into(),
        growth_percent: percent.and_then(Result::ok),
        index,
        flags: flags.into_iter().map(|flag| flag_to_proto(flag).into()).collect(),
    }
}

/// Why a change has no percentage, as protobuf has it.
#[must_use]
pub const fn percent_missing_to_proto(reason: Option<&NoPercent>) -> pb::PercentMissing {
    match reason {
        None => pb::PercentMissing::Unspecified,
        Some(NoPercent::BaseZero) => pb::PercentMissing::BaseZero,
        Some(NoPercent::BaseNegative) => pb::PercentMissing::BaseNegative,
    }
}

const fn kind_to_proto(kind: ComparisonKind) -> pb::ComparisonKind {
    match kind {
        ComparisonKind::PreviousPeriod => pb::ComparisonKind::PreviousPeriod,
        ComparisonKind::SamePeriodLastYear => pb::ComparisonKind::SamePeriodLastYear,
        ComparisonKind::Base => pb::ComparisonKind::Base,
    }
}

const fn flag_to_proto(flag: ComparisonFlag) -> pb::ComparisonFlag {
    match flag {
        ComparisonFlag::NotComparable => pb::ComparisonFlag::NotComparable,
        ComparisonFlag::Partial => pb::ComparisonFlag::Partial,
        ComparisonFlag::Bounded => pb::ComparisonFlag::Bounded,
    }
}

pub(super) fn comparison_from_proto(
    comparison: pb::Comparison,
    calendars: &Calendars,
) -> Result<Comparison, FigureDecodeError> {
    let pb::Comparison {
        kind,
        base_period,
        base_value,
        base_missing,
        change,
        growth_percent,
        index,
        percent_missing,
        flags,
        base_qualifier,
        base_quality,
    } = comparison;
    let no_percent = no_percent_from_proto(percent_missing)?;
    let change = change.map(|absolute| {
        let reason = no_percent.unwrap_or(NoPercent::BaseZero);
        Change {
            absolute,
            percent: growth_percent.ok_or(reason),
            index: index.ok_or(reason),
        }
    });
    Ok(Comparison {
        kind: kind_from_proto(kind)?,
        base_period: match base_period.as_str() {
            "" => None,
            text => Some(period_from_proto("comparisons.base_period", text, calendars)?),
        },
        base: value_from_proto("comparisons.base_value", base_value, base_missing)?,
        base_qualifier: qualifier_from_proto("comparisons.base_qualifier", base_qualifier)?,
        base_quality: quality_from_proto("comparisons.base_quality", base_quality)?,
        change,
        flags: flags.into_iter().map(flag_from_proto).collect::<Result<_, _>>()?,
    })
}

fn kind_from_proto(number: i32) -> Result<ComparisonKind, FigureDecodeError> {
    let field = "comparisons.kind";
    match known::<pb::ComparisonKind>(field, number)? {
        pb::ComparisonKind::Unspecified => Err(FigureDecodeError::Unknown {
            field,
            number: number.into(),
        }),
        pb::ComparisonKind::PreviousPeriod => Ok(ComparisonKind::PreviousPeriod),
        pb::ComparisonKind::SamePeriodLastYear => Ok(ComparisonKind::SamePeriodLastYear),
        pb::ComparisonKind::Base => Ok(ComparisonKind::Base),
    }
}

fn flag_from_proto(number: i32) -> Result<ComparisonFlag, FigureDecodeError> {
    let field = "comparisons.flags";
    match known::<pb::ComparisonFlag>(field, number)? {
        pb::ComparisonFlag::Unspecified => Err(FigureDecodeError::Unknown {
            field,
            number: number.into(),
        }),
        pb::ComparisonFlag::NotComparable => Ok(ComparisonFlag::NotComparable),
        pb::ComparisonFlag::Partial => Ok(ComparisonFlag::Partial),
        pb::ComparisonFlag::Bounded => Ok(ComparisonFlag::Bounded),
    }
}

fn no_percent_from_proto(number: i32) -> Result<Option<NoPercent>, FigureDecodeError> {
    Ok(
        match known::<pb::PercentMissing>("comparisons.percent_missing", number)? {
            pb::PercentMissing::Unspecified => None,
            pb::PercentMissing::BaseZero => Some(NoPercent::BaseZero),
            pb::PercentMissing::BaseNegative => Some(NoPercent::BaseNegative),
        },
    )
}
