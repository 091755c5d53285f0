//! What is read in place and written without a message, against prost.

use std::collections::BTreeMap;

use almanac_model::{Decimal, Granularity, MissingReason, Period, Qualifier, Quality};
use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::pb::shared as pb;
use pb::event::{Measure as Stated, When};

fn event() -> impl Strategy<Value = pb::Event> {
    let name = || prop_oneof![8 => "[a-z]{1,9}", 1 => Just(String::new()), 1 => "[a-z]{100,200}", 1 => "[é中]{1,3}"];
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

fn any_domain_event() -> impl Strategy<Value = Event> {
    let granularity = select(vec![
        Granularity::Day,
        Granularity::Week,
        Granularity::Month,
        Granularity::Quarter,
        Granularity::Half,
        Granularity::Year,
    ]);
    let time = prop_oneof![
        9 => (granularity, -100..1000_i32).prop_map(|(granularity, ordinal)| {
            EventTime::Period(Period::from_ordinal(granularity, ordinal).expect("a period of the years that can be written"))
        }),
        1 => (0..2_000_000_000_i64).prop_map(|second| EventTime::Instant(Timestamp::from_second(second).expect("an instant"))),
    ];
    let measure = prop_oneof![
        4 => (any::<i128>(), 0..127_u32, 0..20_u8)
            .prop_map(|(units, bits, scale)| Measure::Value(Decimal::new((units / 2) >> bits, scale))),
        1 => select(vec![MissingReason::NotCollected, MissingReason::Suppressed, MissingReason::NoRecord]).prop_map(Measure::Missing),
    ];
    let qualifier = select(vec![
        Qualifier::Exact,
        Qualifier::AtLeast,
        Qualifier::AtMost,
        Qualifier::About,
    ]);
    let quality = select(vec![Quality::Estimated, Quality::Preliminary, Quality::Official]);
    let name = || prop_oneof![4 => "[a-z]{1,9}", 1 => "[a-z]{64}"];
    let series = (name(), name(), btree_map(name(), name(), 0..4));
    let optional = || prop_oneof![9 => Just(None), 1 => "[a-z]{1,9}".prop_map(Some)];
    let rest = (optional(), optional(), any::<bool>());
    (series, time, measure, quality, qualifier, rest).prop_map(|(series, time, measure, quality, qualifier, rest)| {
        let dimensions = series
            .2
            .iter()
            .map(|(dimension, code)| (dimension.parse().expect("an id"), code.parse().expect("an id")));
        Event {
            metric: series.0.parse().expect("an id"),
            area: series.1.parse().expect("an id"),
            dimensions: dimensions.collect(),
            time,
            measure,
            quality,
            qualifier,
            event_id: rest.0,
            note: rest.1,
            correction: None,
            confidential: rest.2,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn events_are_written_as_prost_writes_their_messages(events in vec(any_domain_event(), 0..4)) {
        let messages = events.iter().map(|event| Bytes::from(event_to_proto(event).encode_to_vec()));
        prop_assert_eq!(messages.collect::<Vec<_>>(), encode_events(events));
    }

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
