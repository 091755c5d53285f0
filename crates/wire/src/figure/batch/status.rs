//! The bits of a row's status: quality, qualifier, missing, flags.

use std::collections::BTreeSet;

use almanac_model::{FigureFlag, MissingReason, Qualifier, Quality};

use crate::figure::received::FigureDecodeError;
use crate::figure::{flag_from_proto, flag_to_proto, missing_number, qualifier_from_proto, quality_from_proto};
use crate::figure::{qualifier_number, quality_number};

const QUALIFIER: u32 = 2;
const MISSING: u32 = 4;
/// The bit of the flag whose number is 0, if there were one.
const FLAGS: u32 = 7;

/// The status of a value. What is missing is not bounded.
pub(super) fn of(value: &Result<String, MissingReason>, quality: Option<Quality>, qualifier: Qualifier) -> u32 {
    let quality = quality_number(quality).unsigned_abs();
    // exact is 1 there and 0 here, as in the status of events
    let qualifier = qualifier_number(value, qualifier).unsigned_abs().saturating_sub(1);
    let missing = missing_number(value).unsigned_abs();
    quality | qualifier << QUALIFIER | missing << MISSING
}

/// The bits of flags.
pub(super) fn of_flags(flags: &BTreeSet<FigureFlag>) -> u32 {
    let number = |flag: &FigureFlag| i32::from(flag_to_proto(*flag)).unsigned_abs();
    flags.iter().fold(0, |bits, flag| bits | 1 << (FLAGS + number(flag)))
}

/// The number of the reason why there is no value; 0 when there is one.
pub(super) fn missing(status: u32) -> i32 {
    low(status >> MISSING, 4)
}

/// How final it is.
pub(super) fn quality(status: u32) -> Result<Option<Quality>, FigureDecodeError> {
    quality_from_proto("status", low(status, 2))
}

/// How the number is bounded.
pub(super) fn qualifier(status: u32) -> Result<Qualifier, FigureDecodeError> {
    qualifier_from_proto("status", low(status >> QUALIFIER, 2) + 1)
}

/// The flags. One that is not known here is refused: a figure without its warnings is a wrong figure.
pub(super) fn flags(status: u32) -> Result<BTreeSet<FigureFlag>, FigureDecodeError> {
    let numbers = (1..).zip(FLAGS + 1..u32::BITS);
    let set = numbers.filter(|(_, bit)| status >> bit & 1 == 1);
    set.map(|(number, _)| flag_from_proto(number)).collect()
}

/// The flags of an operand: it has none.
pub(super) fn no_flags(status: u32) -> Result<(), FigureDecodeError> {
    flags(status).and_then(|flags| match flags.first() {
        None => Ok(()),
        Some(flag) => Err(FigureDecodeError::Unknown {
            field: "operand.flags",
            number: i32::from(flag_to_proto(*flag)).into(),
        }),
    })
}

fn low(bits: u32, count: u32) -> i32 {
    (bits & ((1 << count) - 1)).cast_signed()
}
