//! The rank of a figure, both ways.

use almanac_model::{FigureRank, RankAmong};

use super::received::{FigureDecodeError, id};
use crate::pb::shared as pb;

pub(super) fn rank_to_proto(rank: FigureRank) -> pb::FigureRank {
    let FigureRank {
        by,
        position,
        of,
        tied,
        bounded,
        parent,
    } = rank;
    let count = |number| i32::try_from(number).unwrap_or(i32::MAX);
    pb::FigureRank {
        by,
        position: count(position),
        of: count(of),
        tied,
        bounded,
        parent: parent.map(|area| area.to_string()).unwrap_or_default(),
    }
}

pub(super) fn rank_from_proto(rank: pb::FigureRank) -> Result<FigureRank, FigureDecodeError> {
    let pb::FigureRank {
        by,
        position,
        of,
        tied,
        bounded,
        parent,
    } = rank;
    // there is no position before the first, and no field of figures without one
    let count = |field, number: i32| {
        let found = u32::try_from(number).ok().filter(|number| *number > 0);
        found.ok_or(FigureDecodeError::Unknown {
            field,
            number: number.into(),
        })
    };
    Ok(FigureRank {
        by,
        position: count("rank.position", position)?,
        of: count("rank.of", of)?,
        tied,
        bounded,
        parent: (!parent.is_empty()).then(|| id("rank.parent", &parent)).transpose()?,
    })
}

/// Among which areas, as protobuf has it.
#[must_use]
pub const fn rank_among_to_proto(among: RankAmong) -> pb::RankAmong {
    match among {
        RankAmong::Siblings => pb::RankAmong::Siblings,
        RankAmong::Level => pb::RankAmong::Level,
    }
}

/// Among which areas; `None` when figures are not ranked.
#[must_use]
pub const fn rank_among_from_proto(among: pb::RankAmong) -> Option<RankAmong> {
    match among {
        pb::RankAmong::Unspecified => None,
        pb::RankAmong::Siblings => Some(RankAmong::Siblings),
        pb::RankAmong::Level => Some(RankAmong::Level),
    }
}
