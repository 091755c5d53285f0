//! Writes figures.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use almanac_model::{Coverage, Figure, FigureArea, FigureFlag, MissingReason, Operand, Period, Quotient};
use foldhash::fast::RandomState;
use prost::encoding::{encode_varint, message, string};

use super::keys::{coverage, entry, figure, operand};
use crate::figure::comparison::comparison_to_proto;
use crate::figure::rank::rank_to_proto;
use crate::figure::share::share_to_proto;
use crate::figure::{coverage_to_proto, flag_to_proto, missing_number, qualifier_number, quality_number};

/// The numbers of the fields whose keys take more than a byte, and of those that are messages of their own.
const COMPARISONS: u32 = 15;
const COMBINED_AREAS: u32 = 16;
const SHARE: u32 = 17;
const RANK: u32 = 18;

/// From here on a length takes more than a byte.
const ONE_BYTE: u8 = 0x80;

/// Writes figures in the order of their fields, and leaves out what is as when it is absent, both as prost does.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Periods are printed once.
    periods: HashMap<Period, String, RandomState>,
}

impl Writer {
    /// Adds the bytes of a figure.
    pub(super) fn write(&mut self, figure: Figure, bytes: &mut Vec<u8>) {
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
        put_text(figure::INDICATOR, &measure, bytes);
        match &area {
            FigureArea::One(area) => put_text(figure::AREA, area.as_str(), bytes),
            FigureArea::Sum(_) => put_text(figure::AREA, &area.to_string(), bytes),
        }
        put_text(figure::PERIOD, self.text(period), bytes);
        put_dimensions(&dimensions, bytes);
        put_value((figure::VALUE, figure::MISSING), &value, bytes);
        put_text(figure::UNIT, &unit, bytes);
        put_number(figure::QUALITY, quality_number(quality), bytes);
        put_number(figure::QUALIFIER, qualifier_number(&value, qualifier), bytes);
        if let Some(quotient) = quotient {
            let Quotient { numerator, denominator } = &*quotient;
            self.put_operand(figure::NUMERATOR, numerator, bytes);
            self.put_operand(figure::DENOMINATOR, denominator, bytes);
        }
        if let Some(coverage) = coverage {
            put_coverage(coverage, bytes);
        }
        put_flags(&flags, bytes);
        if let Some(day) = carried_from {
            put_text(figure::CARRIED_FROM, &day.to_string(), bytes);
        }
        for comparison in comparisons {
            message::encode(COMPARISONS, &comparison_to_proto(comparison), bytes);
        }
        if let FigureArea::Sum(areas) = &area {
            for area in areas {
                string::encode(COMBINED_AREAS, &area.to_string(), bytes);
            }
        }
        if let Some(share) = share {
            message::encode(SHARE, &share_to_proto(*share), bytes);
        }
        if let Some(rank) = rank {
            message::encode(RANK, &rank_to_proto(*rank), bytes);
        }
    }

    fn text(&mut self, period: Period) -> &str {
        self.periods.entry(period).or_insert_with(|| period.to_string())
    }

    fn put_operand(&mut self, key: u8, side: &Operand, bytes: &mut Vec<u8>) {
        let Operand {
            formula,
            value,
            period,
            sources,
            quality,
            qualifier,
        } = side;
        let period = self.text(*period);
        put_message(key, bytes, |bytes| {
            put_text(operand::FORMULA, formula, bytes);
            put_value((operand::VALUE, operand::MISSING), value, bytes);
            put_text(operand::PERIOD, period, bytes);
            for source in sources.iter() {
                put_bytes(operand::SOURCES, source.as_bytes(), bytes);
            }
            put_number(operand::QUALITY, quality_number(*quality), bytes);
            put_number(operand::QUALIFIER, qualifier_number(value, *qualifier), bytes);
        });
    }
}

fn put_dimensions(dimensions: &BTreeMap<String, String>, bytes: &mut Vec<u8>) {
    for (dimension, code) in dimensions {
        put_message(figure::DIMENSIONS, bytes, |bytes| {
            put_text(entry::KEY, dimension, bytes);
            put_text(entry::VALUE, code, bytes);
        });
    }
}

/// A number, or the reason why there is none.
fn put_value((number, missing): (u8, u8), value: &Result<String, MissingReason>, bytes: &mut Vec<u8>) {
    match value {
        Ok(value) => put_bytes(number, value.as_bytes(), bytes),
        Err(_) => put_number(missing, missing_number(value), bytes),
    }
}

fn put_coverage(of: Coverage, bytes: &mut Vec<u8>) {
    let crate::pb::shared::Coverage { reported, expected } = coverage_to_proto(of);
    put_message(figure::COVERAGE, bytes, |bytes| {
        for (key, count) in [(coverage::REPORTED, reported), (coverage::EXPECTED, expected)] {
            if let Some(count) = count {
                bytes.push(key);
                encode_varint(u64::from(count.unsigned_abs()), bytes);
            }
        }
    });
}

fn put_flags(flags: &BTreeSet<FigureFlag>, bytes: &mut Vec<u8>) {
    if !flags.is_empty() {
        put_message(figure::FLAGS, bytes, |bytes| {
            for flag in flags {
                encode_varint(flag_to_proto(*flag) as u64, bytes);
            }
        });
    }
}

/// A text, unless it is empty.
fn put_text(key: u8, text: &str, bytes: &mut Vec<u8>) {
    if !text.is_empty() {
        put_bytes(key, text.as_bytes(), bytes);
    }
}

fn put_bytes(key: u8, value: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(key);
    encode_varint(value.len() as u64, bytes);
    bytes.extend_from_slice(value);
}

/// A number of an enumeration, unless it is 0.
fn put_number(key: u8, number: i32, bytes: &mut Vec<u8>) {
    if number != 0 {
        bytes.push(key);
        encode_varint(u64::from(number.unsigned_abs()), bytes);
    }
}

/// A message of its own, whose length is known when it is written.
fn put_message(key: u8, bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    bytes.push(key);
    let place = bytes.len();
    // most are so short that their length takes one byte
    bytes.push(0);
    write(bytes);
    let length = bytes.len() - place - 1;
    if let Ok(length @ 0..ONE_BYTE) = u8::try_from(length) {
        bytes[place] = length;
    } else {
        let mut longer = Vec::with_capacity(5);
        encode_varint(length as u64, &mut longer);
        bytes.splice(place..=place, longer);
    }
}
