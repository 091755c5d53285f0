//! A figure as a part of a total, both ways.

use almanac_model::FigureShare;

use super::comparison::{percent_from_proto, percent_missing_to_proto};
use super::received::{FigureDecodeError, flag_from_proto, qualifier_from_proto, quality_from_proto, value_from_proto};
use super::{flag_to_proto, missing_number, pb, qualifier_number, quality_number};

pub(super) fn share_to_proto(share: FigureShare) -> pb::FigureShare {
    let FigureShare {
        of,
        total,
        total_qualifier,
        total_quality,
        total_flags,
        percent,
    } = share;
    pb::FigureShare {
        of,
        total_missing: missing_number(&total),
        total_qualifier: qualifier_number(&total, total_qualifier),
        total: total.ok(),
        total_quality: quality_number(total_quality),
        total_flags: total_flags.into_iter().map(|flag| flag_to_proto(flag).into()).collect(),
        percent_missing: percent_missing_to_proto(percent.as_ref().err()).into(),
        percent: percent.ok(),
    }
}

pub(super) fn share_from_proto(share: pb::FigureShare) -> Result<FigureShare, FigureDecodeError> {
    let pb::FigureShare {
        of,
        total,
        total_missing,
        total_qualifier,
        total_quality,
        total_flags,
        percent,
        percent_missing,
    } = share;
    Ok(FigureShare {
        of,
        total: value_from_proto("share.total", total, total_missing)?,
        total_qualifier: qualifier_from_proto("share.total_qualifier", total_qualifier)?,
        total_quality: quality_from_proto("share.total_quality", total_quality)?,
        total_flags: total_flags.into_iter().map(flag_from_proto).collect::<Result<_, _>>()?,
        percent: percent_from_proto("share.percent", percent, percent_missing)?,
    })
}
