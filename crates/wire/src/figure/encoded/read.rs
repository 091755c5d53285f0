//! Reads figures in place.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use almanac_model::{AreaId, Coverage, Figure, FigureArea, FigureFlag, MissingReason, Operand, Period, Quotient};
use foldhash::fast::RandomState;

use super::keys::{coverage, entry, figure, operand};
use crate::calendar::Calendars;
use crate::figure::received::{day, flag_from_proto, qualifier_from_proto, quality_from_proto, value_from_proto};

/// A byte of a number or length that is followed by another one.
const GOES_ON: u8 = 0x80;
/// The bytes of a length that are looked at: 256 MiB, far more than a message has.
const LENGTH_BYTES: usize = 4;

/// Reads figures whose fields come in their order, each once, and that have no comparison, share, rank or combined areas: those
/// of a service of this version. What is anything else, and what is wrong, is not told here.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    calendars: &'a Calendars,
    /// The area of the figure before: many follow each other in one.
    area: Option<AreaId>,
    /// Periods are read once.
    periods: HashMap<&'a str, Period, RandomState>,
    /// What figures have in common is kept once.
    texts: HashMap<&'a str, Arc<str>, RandomState>,
    /// By their fields.
    sources: HashMap<&'a [u8], Arc<[String]>, RandomState>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(calendars: &'a Calendars) -> Self {
        Self {
            calendars,
            area: None,
            periods: HashMap::default(),
            texts: HashMap::default(),
            sources: HashMap::default(),
        }
    }

    /// The figure of these bytes, if it is a plain one.
    pub(super) fn read(&mut self, bytes: &'a [u8]) -> Option<Figure> {
        let mut rest = bytes;
        let rest = &mut rest;
        let measure = self.shared(text(rest, figure::INDICATOR)?);
        let area = self.area(text(rest, figure::AREA)?)?;
        let period = self.period(text(rest, figure::PERIOD)?)?;
        let dimensions = dimensions(rest)?;
        let value = value(rest, (figure::VALUE, figure::MISSING))?;
        let unit = self.shared(text(rest, figure::UNIT)?);
        let quality = quality_from_proto("quality", number(rest, figure::QUALITY)?).ok()?;
        let qualifier = qualifier_from_proto("qualifier", number(rest, figure::QUALIFIER)?).ok()?;
        let quotient = match piece(rest, figure::NUMERATOR)? {
            Some(numerator) => Some(Box::new(Quotient {
                numerator: self.operand(numerator, period)?,
                denominator: self.operand(piece(rest, figure::DENOMINATOR)??, period)?,
            })),
            None => None,
        };
        let figure = Figure {
            measure,
            area: FigureArea::One(area),
            period,
            dimensions,
            value,
            unit,
            quality,
            qualifier,
            quotient,
            coverage: match piece(rest, figure::COVERAGE)? {
                Some(bytes) => Some(read_coverage(bytes)?),
                None => None,
            },
            flags: flags(rest)?,
            carried_from: day("carried_from", text(rest, figure::CARRIED_FROM)?).ok()?,
            comparisons: Vec::new(),
            share: None,
            rank: None,
        };
        rest.is_empty().then_some(figure)
    }

    fn area(&mut self, text: &str) -> Option<AreaId> {
        if let Some(before) = self.area.as_ref().filter(|before| before.as_str() == text) {
            return Some(before.clone());
        }
        let area: AreaId = text.parse().ok()?;
        self.area = Some(area.clone());
        Some(area)
    }

    fn period(&mut self, text: &'a str) -> Option<Period> {
        if let Some(known) = self.periods.get(text) {
            return Some(*known);
        }
        let period = self.calendars.period(text).ok()?;
        self.periods.insert(text, period);
        Some(period)
    }

    fn shared(&mut self, text: &'a str) -> Arc<str> {
        Arc::clone(self.texts.entry(text).or_insert_with(|| text.into()))
    }

    fn sources(&mut self, rest: &mut &'a [u8]) -> Option<Arc<[String]>> {
        let begun = *rest;
        while piece(rest, operand::SOURCES)?.is_some() {}
        let fields = &begun[..begun.len() - rest.len()];
        if let Some(known) = self.sources.get(fields) {
            return Some(Arc::clone(known));
        }
        let found: Arc<[String]> = sources(fields)?.into();
        self.sources.insert(fields, Arc::clone(&found));
        Some(found)
    }

    fn operand(&mut self, bytes: &'a [u8], of_figure: Period) -> Option<Operand> {
        let mut rest = bytes;
        let rest = &mut rest;
        let side = Operand {
            formula: self.shared(text(rest, operand::FORMULA)?),
            value: value(rest, (operand::VALUE, operand::MISSING))?,
            period: match text(rest, operand::PERIOD)? {
                "" => of_figure,
                text => self.period(text)?,
            },
            sources: self.sources(rest)?,
            quality: quality_from_proto("operand.quality", number(rest, operand::QUALITY)?).ok()?,
            qualifier: qualifier_from_proto("operand.qualifier", number(rest, operand::QUALIFIER)?).ok()?,
        };
        rest.is_empty().then_some(side)
    }
}

fn dimensions(rest: &mut &[u8]) -> Option<BTreeMap<String, String>> {
    let mut dimensions = BTreeMap::new();
    while let Some(mut pair) = piece(rest, figure::DIMENSIONS)? {
        let dimension = text(&mut pair, entry::KEY)?.to_owned();
        let code = text(&mut pair, entry::VALUE)?.to_owned();
        dimensions.insert(dimension, code);
        if !pair.is_empty() {
            return None;
        }
    }
    Some(dimensions)
}

/// A number as it is printed, or the reason why there is none.
fn value(rest: &mut &[u8], (printed, missing): (u8, u8)) -> Option<Result<String, MissingReason>> {
    let printed = match piece(rest, printed)? {
        Some(bytes) => Some(std::str::from_utf8(bytes).ok()?.to_owned()),
        None => None,
    };
    value_from_proto("value", printed, number(rest, missing)?).ok()
}

fn sources(mut fields: &[u8]) -> Option<Vec<String>> {
    let mut sources = Vec::new();
    while let Some(source) = piece(&mut fields, operand::SOURCES)? {
        sources.push(std::str::from_utf8(source).ok()?.to_owned());
    }
    Some(sources)
}

fn read_coverage(mut bytes: &[u8]) -> Option<Coverage> {
    let found = Coverage {
        reported: number(&mut bytes, coverage::REPORTED)?.try_into().ok()?,
        expected: number(&mut bytes, coverage::EXPECTED)?.try_into().ok()?,
    };
    bytes.is_empty().then_some(found)
}

fn flags(rest: &mut &[u8]) -> Option<BTreeSet<FigureFlag>> {
    let mut flags = BTreeSet::new();
    // each flag is one byte
    for number in piece(rest, figure::FLAGS)?.unwrap_or_default() {
        flags.insert(flag_from_proto(i32::from(*number)).ok()?);
    }
    Some(flags)
}

/// A text; empty where the field is not there.
fn text<'a>(rest: &mut &'a [u8], key: u8) -> Option<&'a str> {
    std::str::from_utf8(piece(rest, key)?.unwrap_or_default()).ok()
}

/// The bytes of a field of that key, if it is next; `None` where its length is wrong.
#[expect(clippy::option_option, reason = "what is wrong is not what is not there")]
fn piece<'a>(rest: &mut &'a [u8], key: u8) -> Option<Option<&'a [u8]>> {
    if rest.first() != Some(&key) {
        return Some(None);
    }
    let mut after = &rest[1..];
    let length = varint(&mut after)?;
    let (piece, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(Some(piece))
}

/// A number; 0 where the field is not there.
fn number(rest: &mut &[u8], key: u8) -> Option<i32> {
    if rest.first() != Some(&key) {
        return Some(0);
    }
    let mut after = &rest[1..];
    let number = varint(&mut after)?.try_into().ok()?;
    *rest = after;
    Some(number)
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for (index, byte) in rest.iter().take(LENGTH_BYTES).enumerate() {
        number |= usize::from(byte & !GOES_ON) << (7 * index);
        if byte & GOES_ON == 0 {
            *rest = &rest[index + 1..];
            return Some(number);
        }
    }
    None
}
