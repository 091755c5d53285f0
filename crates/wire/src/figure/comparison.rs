//! Comparisons of figures, both ways.

use almanac_model::{
    Change, ChangeUnit, Comparison, ComparisonFlag, ComparisonKind, MissingReason, NoPercent, PERCENTAGE_POINT,
    Revision, TargetSetting,
};

use super::received::{
    FigureDecodeError, id, known, period_from_proto, qualifier_from_proto, quality_from_proto, value_from_proto,
};
use super::{missing_number, pb, qualifier_number, quality_number};
use crate::calendar::Calendars;
use crate::time::{timestamp_from_proto, timestamp_to_proto};

pub(super) fn comparison_to_proto(comparison: Comparison) -> pb::Comparison {
    let Comparison {
        kind,
        base_period,
        base,
        base_qualifier,
        base_quality,
        change,
        cagr,
        contribution,
        like,
        target,
        flags,
    } = comparison;
    let (change, unit, percent, index) = match change {
        Some(Change {
            absolute,
            unit,
            percent,
            index,
        }) => (Some(absolute), unit.as_str().to_owned(), Some(percent), index.ok()),
        None => (None, String::new(), None, None),
    };
    let no_percent = percent.as_ref().and_then(|percent| percent.as_ref().err());
    let (set_by, set_revision, set_time) = match target {
        Some(TargetSetting {
            reporter,
            revision,
            time,
        }) => (reporter.to_string(), revision.0, time.map(timestamp_to_proto)),
        None => (String::new(), 0, None),
    };
    let is_target = kind == ComparisonKind::Target;
    pb::Comparison {
        kind: kind_to_proto(kind).into(),
        base_period: base_period.map(|period| period.to_string()).unwrap_or_default(),
        base_qualifier: qualifier_number(&base, base_qualifier),
        base_quality: quality_number(base_quality),
        base_missing: missing_number(&base),
        base_value: base.ok(),
        change,
        change_unit: unit,
        percent_missing: percent_missing_to_proto(no_percent).into(),
        growth_percent: percent.and_then(Result::ok),
        achievement_percent: index.clone().filter(|_| is_target),
        index,
        cagr_missing: percent_missing_to_proto(cagr.as_ref().err()).into(),
        cagr_percent: cagr.ok(),
        contribution_missing: percent_missing_to_proto(contribution.as_ref().and_then(|points| points.as_ref().err()))
            .into(),
        contribution_points: contribution.and_then(Result::ok),
        like_missing: like.as_ref().map_or(0, missing_number),
        like_value: like.and_then(Result::ok),
        set_by,
        set_revision,
        set_time,
        flags: flags.into_iter().map(|flag| flag_to_proto(flag).into()).collect(),
    }
}

/// Why there is no percentage, as protobuf has it.
#[must_use]
pub const fn percent_missing_to_proto(reason: Option<&NoPercent>) -> pb::PercentMissing {
    match reason {
        None => pb::PercentMissing::Unspecified,
        Some(NoPercent::BaseZero) => pb::PercentMissing::BaseZero,
        Some(NoPercent::BaseNegative) => pb::PercentMissing::BaseNegative,
        Some(NoPercent::NotPositive) => pb::PercentMissing::NotPositive,
        Some(NoPercent::Span) => pb::PercentMissing::Span,
        Some(NoPercent::Missing) => pb::PercentMissing::ValueMissing,
    }
}

const fn kind_to_proto(kind: ComparisonKind) -> pb::ComparisonKind {
    match kind {
        ComparisonKind::PreviousPeriod => pb::ComparisonKind::PreviousPeriod,
        ComparisonKind::SamePeriodLastYear => pb::ComparisonKind::SamePeriodLastYear,
        ComparisonKind::Base => pb::ComparisonKind::Base,
        ComparisonKind::Target => pb::ComparisonKind::Target,
    }
}

const fn flag_to_proto(flag: ComparisonFlag) -> pb::ComparisonFlag {
    match flag {
        ComparisonFlag::NotComparable => pb::ComparisonFlag::NotComparable,
        ComparisonFlag::Partial => pb::ComparisonFlag::Partial,
        ComparisonFlag::Bounded => pb::ComparisonFlag::Bounded,
        ComparisonFlag::LikeForLike => pb::ComparisonFlag::LikeForLike,
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
        cagr_percent,
        cagr_missing,
        change_unit,
        // the same number as the index
        achievement_percent: _,
        set_by,
        set_revision,
        set_time,
        contribution_points,
        contribution_missing,
        like_value,
        like_missing,
    } = comparison;
    let change = match change {
        None => None,
        Some(absolute) => Some(Change {
            absolute,
            unit: change_unit_from_proto(&change_unit),
            percent: percent_from_proto("comparisons.growth_percent", growth_percent, percent_missing)?,
            index: percent_from_proto("comparisons.index", index, percent_missing)?,
        }),
    };
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
        cagr: percent_from_proto("comparisons.cagr_percent", cagr_percent, cagr_missing)?,
        contribution: (contribution_points.is_some() || contribution_missing != 0)
            .then(|| {
                let field = "comparisons.contribution_points";
                percent_from_proto(field, contribution_points, contribution_missing)
            })
            .transpose()?,
        like: like_from_proto(like_value, like_missing)?,
        target: target_from_proto(&set_by, set_revision, set_time)?,
        flags: flags.into_iter().map(flag_from_proto).collect::<Result<_, _>>()?,
    })
}

fn change_unit_from_proto(text: &str) -> ChangeUnit {
    match text {
        PERCENTAGE_POINT => ChangeUnit::PercentagePoint,
        unit => ChangeUnit::Figure(unit.to_owned()),
    }
}

fn like_from_proto(
    value: Option<String>,
    missing: i32,
) -> Result<Option<Result<String, MissingReason>>, FigureDecodeError> {
    let asked = value.is_some() || missing != 0;
    asked
        .then(|| value_from_proto("comparisons.like_value", value, missing))
        .transpose()
}

fn target_from_proto(
    set_by: &str,
    set_revision: u64,
    set_time: Option<prost_types::Timestamp>,
) -> Result<Option<TargetSetting>, FigureDecodeError> {
    if set_by.is_empty() {
        return Ok(None);
    }
    Ok(Some(TargetSetting {
        reporter: id("comparisons.set_by", set_by)?,
        revision: Revision(set_revision),
        time: set_time.and_then(|time| timestamp_from_proto(&time)),
    }))
}

/// A percentage, or the reason why there is none.
pub(super) fn percent_from_proto(
    field: &'static str,
    percent: Option<String>,
    missing: i32,
) -> Result<Result<String, NoPercent>, FigureDecodeError> {
    match percent {
        Some(percent) => Ok(Ok(percent)),
        None => Ok(Err(
            no_percent_from_proto(missing)?.ok_or(FigureDecodeError::NoValue { field })?
        )),
    }
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
        pb::ComparisonKind::Target => Ok(ComparisonKind::Target),
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
        pb::ComparisonFlag::LikeForLike => Ok(ComparisonFlag::LikeForLike),
    }
}

fn no_percent_from_proto(number: i32) -> Result<Option<NoPercent>, FigureDecodeError> {
    Ok(
        match known::<pb::PercentMissing>("comparisons.percent_missing", number)? {
            pb::PercentMissing::Unspecified => None,
            pb::PercentMissing::BaseZero => Some(NoPercent::BaseZero),
            pb::PercentMissing::BaseNegative => Some(NoPercent::BaseNegative),
            pb::PercentMissing::NotPositive => Some(NoPercent::NotPositive),
            pb::PercentMissing::Span => Some(NoPercent::Span),
            pb::PercentMissing::ValueMissing => Some(NoPercent::Missing),
        },
    )
}
