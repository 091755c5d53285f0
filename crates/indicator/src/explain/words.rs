//! Causes in words.

use almanac_model::{FigureFlag, MissingReason};

/// Why a figure has a flag; `count` is the number of culprits.
pub(super) fn of_flag(flag: FigureFlag, count: usize) -> String {
    match flag {
        FigureFlag::PartialPeriod => format!(
            "{} a value that ought to be there; computed from the others",
            are(count, "sub-period lacks", "sub-periods lack")
        ),
        FigureFlag::PartialCoverage => format!(
            "{} and ought to be in it; the sum of the others",
            are(count, "series or area has no value", "series or areas have no value")
        ),
        FigureFlag::CarriedForward => format!(
            "{} in the period: the last one before it stands in",
            are(count, "series has no value", "series have no value")
        ),
        FigureFlag::CumulativeDecreased => format!(
            "{} than the one before it, which is subtracted",
            are(
                count,
                "total since the start of the year is less",
                "totals since the start of the year are less"
            )
        ),
        FigureFlag::Unmatched => format!(
            "{} numerator or the denominator: left out of both",
            are(count, "area lacks the", "areas lack the")
        ),
        FigureFlag::OutOfRange => "the value is outside the range that the catalogue declares as possible".to_owned(),
        FigureFlag::Restated => format!(
            "put together from areas of other boundaries, over {}",
            are(count, "change of boundaries", "changes of boundaries")
        ),
        FigureFlag::Break => format!(
            "{} in the time that it is about or rests on",
            are(count, "change of a definition lies", "changes of definitions lie")
        ),
        FigureFlag::DenominatorOtherPeriod => format!(
            "the denominator has no value of the period itself; {} from another one, which its join rule allows",
            are(count, "term was taken", "terms were taken")
        ),
    }
}

/// Why a figure has no value.
pub(super) const fn of_missing(reason: MissingReason) -> &'static str {
    match reason {
        MissingReason::NotCollected => "a term was reported as not collected",
        MissingReason::CannotExist => "there is no such thing, no such area on that day, or no such period",
        MissingReason::Suppressed => "a term was reported as confidential",
        MissingReason::Unspecified => "a term was reported as missing, without a reason",
        MissingReason::NoRecord => "nothing was recorded of a term that the formula needs",
        MissingReason::DenominatorZero => "a denominator is zero",
        MissingReason::Incomplete => "parts are lacking, and the question asks for all or nothing",
        MissingReason::NotRestatable => "a part belongs to other boundaries, and nobody published how it was divided",
        MissingReason::NotAdditive => "several values are there of something that cannot be added",
    }
}

fn are(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
