//! An event read in place: what most events consist of, without a copy of its texts.

use almanac_catalog::Catalog;
use almanac_model::{Measure, Period, Status};

use crate::event::{event_qualifier, event_quality, missing_from_proto};

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

/// An event with a period and without event id, note and correction, whose bytes are just those that prost gives: encoded again
/// they are the same, so that the same event is always the same bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PlainEvent<'a> {
    /// Metric, area and dimensions as they were sent: the same bytes are the same series, and other bytes are another one.
    pub series: &'a [u8],
    period: &'a str,
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
        text(&mut rest, key::METRIC)?;
        text(&mut rest, key::AREA)?;
        dimensions(&mut rest)?;
        let series = &bytes[..bytes.len() - rest.len()];
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

    /// What it says beside its series; `None` when something is wrong with its form. The catalogue knows the calendars.
    #[must_use]
    pub fn statement(&self, catalog: &Catalog) -> Option<(Period, Measure, Status)> {
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
        Some((catalog.period(self.period).ok()?, measure, status))
    }
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
    let mut before = "";
    while rest.first() == Some(&key::DIMENSIONS) {
        let mut entry = piece(rest, key::DIMENSIONS)?;
        let dimension = text(&mut entry, key::DIMENSION)?;
        text(&mut entry, key::CODE)?;
        if !entry.is_empty() || dimension <= before {
            return None;
        }
        before = dimension;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::pb::shared as pb;
    use pb::event::{Measure as Stated, When};

    fn event() -> impl Strategy<Value = pb::Event> {
        let name =
            || prop_oneof![8 => "[a-z]{1,9}", 1 => Just(String::new()), 1 => "[a-z]{100,200}", 1 => "[é中]{1,3}"];
        let measure = prop_oneof![
            8 => name().prop_map(|text| Some(Stated::Value(text))),
            2 => (0..300).prop_map(|reason| Some(Stated::Missing(reason))),
            1 => Just(None),
        ];
        let series = (name(), name(), btree_map(name(), name(), 0..4));
        let rest = (0..6, prop_oneof![4 => Just(0), 1 => 0..300], any::<bool>(), "a?", "b?");
        (series, name(), measure, rest).prop_map(|(series, period, measure, rest)| pb::Event {
            metric: series.0,
            area: series.1,
            dimensions: series.2,
            when: Some(When::Period(period)),
            measure,
            quality: rest.0,
            qualifier: rest.1,
            confidential: rest.2,
            event_id: if rest.3.is_empty() || rest.1 > 0 {
                String::new()
            } else {
                rest.3
            },
            note: if rest.4.is_empty() || rest.1 > 0 {
                String::new()
            } else {
                rest.4
            },
            correction: None,
        })
    }

    /// What of a message is plain; none when there is more in it.
    fn expected(event: &pb::Event) -> Option<(String, i32, i32, bool)> {
        let is_short = |text: &String| (1..128).contains(&text.len());
        let entries_are_short = event
            .dimensions
            .iter()
            .all(|(dimension, code)| is_short(dimension) && is_short(code) && dimension.len() + code.len() + 4 < 128);
        let Some(When::Period(period)) = &event.when else {
            return None;
        };
        let measure_is_short = match event.measure.as_ref()? {
            Stated::Value(text) => is_short(text),
            Stated::Missing(reason) => (1..128).contains(reason),
        };
        let is_plain = is_short(&event.metric)
            && is_short(&event.area)
            && entries_are_short
            && is_short(period)
            && measure_is_short
            && event.quality > 0
            && event.qualifier < 128
            && event.event_id.is_empty()
            && event.note.is_empty();
        is_plain.then(|| (period.clone(), event.quality, event.qualifier, event.confidential))
    }

    fn read(bytes: &[u8]) -> Option<(String, i32, i32, bool)> {
        let event = PlainEvent::read(bytes)?;
        Some((
            event.period.to_owned(),
            event.quality,
            event.qualifier,
            event.confidential,
        ))
    }

    /// What the bytes of a series say by themselves.
    fn series(bytes: &[u8]) -> (String, String, BTreeMap<String, String>) {
        let event = pb::Event::decode(bytes).expect("the first fields of an event");
        (event.metric, event.area, event.dimensions)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn a_plain_event_is_what_prost_reads(event in event()) {
            let bytes = event.encode_to_vec();
            prop_assert_eq!(read(&bytes), expected(&event));
            if let Some(plain) = PlainEvent::read(&bytes) {
                prop_assert_eq!(series(plain.series), (event.metric, event.area, event.dimensions));
                let measure = match plain.measure {
                    PlainMeasure::Value(text) => Stated::Value(text.to_owned()),
                    PlainMeasure::Missing(reason) => Stated::Missing(reason),
                };
                prop_assert_eq!(Some(measure), event.measure);
            }
        }

        /// Also of bytes in another order, with fields twice, or damaged.
        #[test]
        fn what_is_read_in_place_is_encoded_again_as_it_was(
            event in event(), more in event(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3), twice in any::<bool>(),
        ) {
            let mut bytes = event.encode_to_vec();
            if twice {
                bytes.extend(more.encode_to_vec());
            }
            for (place, byte) in changes.into_iter().filter(|_| !event.metric.is_empty()) {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(plain) = PlainEvent::read(&bytes) {
                let decoded = pb::Event::decode(bytes.as_slice());
                prop_assert!(decoded.is_ok(), "{:?}", bytes);
                let decoded = decoded.unwrap_or_default();
                prop_assert_eq!(decoded.encode_to_vec(), bytes.clone());
                prop_assert_eq!(read(&bytes), expected(&decoded));
                prop_assert_eq!(series(plain.series), (decoded.metric, decoded.area, decoded.dimensions));
            }
        }
    }
}
