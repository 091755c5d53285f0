//! An event read in place, and written without a message in between: what most events consist of, without copies of its texts.

use std::fmt;
use std::io::Write as _;
use std::iter;

use almanac_model::{Event, EventTime, Measure, Status};
use bytes::Bytes;
use prost::Message as _;
use prost::encoding::encode_varint;

use crate::event::{event_qualifier, event_quality, event_to_proto, missing_from_proto};
use crate::figure::{missing_to_proto, qualifier_to_proto, quality_to_proto};

/// The keys of the fields, each in one byte: the number and how its value is encoded.
mod key {
    pub(super) const METRIC: u8 = 1 << 3 | TEXT;
    pub(super) const AREA: u8 = 2 << 3 | TEXT;
    pub(super) const DIMENSIONS: u8 = 3 << 3 | TEXT;
    pub(super) const PERIOD: u8 = 4 << 3 | TEXT;
    pub(super) const VALUE: u8 = 6 << 3 | TEXT;
    pub(super) const MISSING: u8 = 7 << 3;
    pub(super) const QUALITY: u8 = 8 << 3;
    pub(super) const QUALIFIER: u8 = 9 << 3;
    pub(super) const CONFIDENTIAL: u8 = 13 << 3;
    /// Of an entry of the dimensions.
    pub(super) const DIMENSION: u8 = 1 << 3 | TEXT;
    pub(super) const CODE: u8 = 2 << 3 | TEXT;
    const TEXT: u8 = 2;
}

/// What is longer, in bytes, is no plain event: the length takes one byte.
const SHORT: u8 = 0x80;
/// More than most events take.
const USUAL_BYTES: usize = 128;

/// An event with a period and without event id, note and correction, whose bytes are just those that prost gives: encoded again
/// they are the same, so that the same event is always the same bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PlainEvent<'a> {
    /// Metric, area and dimensions as they were sent: the same bytes are the same series, and other bytes are another one.
    pub series: &'a [u8],
    /// Its period as text, in the notation of a calendar that the catalogue knows.
    pub period: &'a str,
    measure: PlainMeasure<'a>,
    quality: i32,
    qualifier: i32,
    confidential: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PlainMeasure<'a> {
    Value(&'a str),
    Missing(i32),
}

impl<'a> PlainEvent<'a> {
    /// The event of these bytes, if it is a plain one. The form of its texts was not looked at.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        piece(&mut rest, key::METRIC)?;
        piece(&mut rest, key::AREA)?;
        dimensions(&mut rest)?;
        let series = &bytes[..bytes.len() - rest.len()];
        // keys and lengths are ASCII: what is text with them between is text without
        std::str::from_utf8(series).ok()?;
        let event = Self {
            series,
            period: text(&mut rest, key::PERIOD)?,
            measure: match number(&mut rest, key::MISSING) {
                Some(reason) => PlainMeasure::Missing(reason),
                None => PlainMeasure::Value(text(&mut rest, key::VALUE)?),
            },
            quality: number(&mut rest, key::QUALITY)?,
            qualifier: number(&mut rest, key::QUALIFIER).unwrap_or_default(),
            confidential: match number(&mut rest, key::CONFIDENTIAL) {
                None => false,
                Some(1) => true,
                Some(_) => return None,
            },
        };
        rest.is_empty().then_some(event)
    }

    /// What it says of its series and period; `None` when something is wrong with its form.
    #[must_use]
    pub fn statement(&self) -> Option<(Measure, Status)> {
        let (measure, missing) = match self.measure {
            PlainMeasure::Value(text) => (Measure::Value(text.parse().ok()?), None),
            PlainMeasure::Missing(number) => {
                let reason = missing_from_proto(number).ok()?;
                (Measure::Missing(reason), Some(reason))
            }
        };
        let status = Status {
            quality: event_quality(self.quality).ok()?,
            qualifier: event_qualifier(self.qualifier).ok()?,
            missing,
            confidential: self.confidential,
        };
        Some((measure, status))
    }
}

/// The bytes of each event, as prost writes those of [`event_to_proto`]'s message. They lie in one piece of memory.
#[must_use]
pub fn encode_events(events: impl IntoIterator<Item = Event>) -> Vec<Bytes> {
    let events = events.into_iter();
    let mut all = Vec::with_capacity(USUAL_BYTES * events.size_hint().0);
    let ends: Vec<usize> = events
        .map(|event| {
            put_event(&event, &mut all);
            all.len()
        })
        .collect();
    let all = Bytes::from(all);
    let starts = iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| all.slice(start..*end)).collect()
}

fn put_event(event: &Event, bytes: &mut Vec<u8>) {
    let Event {
        metric,
        area,
        dimensions,
        time: EventTime::Period(period),
        measure,
        quality,
        qualifier,
        event_id: None,
        note: None,
        correction: None,
        confidential,
    } = event
    else {
        bytes.extend(event_to_proto(event).encode_to_vec());
        return;
    };
    put_text(key::METRIC, metric.as_str(), bytes);
    put_text(key::AREA, area.as_str(), bytes);
    for (dimension, code) in dimensions {
        let (dimension, code) = (dimension.as_str(), code.as_str());
        bytes.push(key::DIMENSIONS);
        // each has a key and a length, which takes one byte since ids are short
        encode_varint((dimension.len() + code.len() + 4) as u64, bytes);
        put_text(key::DIMENSION, dimension, bytes);
        put_text(key::CODE, code, bytes);
    }
    put_shown(key::PERIOD, period, bytes);
    match measure {
        Measure::Value(value) => put_shown(key::VALUE, value, bytes),
        Measure::Missing(reason) => put_number(key::MISSING, missing_to_proto(*reason).into(), bytes),
    }
    put_number(key::QUALITY, quality_to_proto(*quality).into(), bytes);
    put_number(key::QUALIFIER, qualifier_to_proto(*qualifier).into(), bytes);
    if *confidential {
        bytes.extend([key::CONFIDENTIAL, 1]);
    }
}

fn put_text(key: u8, text: &str, bytes: &mut Vec<u8>) {
    bytes.push(key);
    encode_varint(text.len() as u64, bytes);
    bytes.extend_from_slice(text.as_bytes());
}

fn put_shown(key: u8, shown: &impl fmt::Display, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend([key, 0]);
    let written = write!(bytes, "{shown}");
    match u8::try_from(bytes.len() - start - 2) {
        Ok(length @ ..SHORT) if written.is_ok() => bytes[start + 1] = length,
        // its length takes more than one byte
        _ => {
            bytes.truncate(start);
            put_text(key, &shown.to_string(), bytes);
        }
    }
}

fn put_number(key: u8, number: i32, bytes: &mut Vec<u8>) {
    bytes.push(key);
    encode_varint(u64::from(number.unsigned_abs()), bytes);
}

/// A text of a field that is there and not empty.
fn text<'a>(rest: &mut &'a [u8], key: u8) -> Option<&'a str> {
    std::str::from_utf8(piece(rest, key)?).ok()
}

fn piece<'a>(rest: &mut &'a [u8], key: u8) -> Option<&'a [u8]> {
    let [found, length @ 1..SHORT, after @ ..] = *rest else {
        return None;
    };
    let (piece, after) = after.split_at_checked(usize::from(*length))?;
    (*found == key).then(|| {
        *rest = after;
        piece
    })
}

/// A number of a field that is there and not 0, in one byte.
fn number(rest: &mut &[u8], key: u8) -> Option<i32> {
    match *rest {
        [found, number @ 1..SHORT, after @ ..] if *found == key => {
            *rest = after;
            Some(i32::from(*number))
        }
        _ => None,
    }
}

/// The dimensions, each once, in the order of their names.
fn dimensions(rest: &mut &[u8]) -> Option<()> {
    let mut before: &[u8] = &[];
    while rest.first() == Some(&key::DIMENSIONS) {
        let mut entry = piece(rest, key::DIMENSIONS)?;
        let dimension = piece(&mut entry, key::DIMENSION)?;
        piece(&mut entry, key::CODE)?;
        if !entry.is_empty() || dimension <= before {
            return None;
        }
        before = dimension;
    }
    Some(())
}

#[cfg(test)]
mod tests;
