//! The columns of a batch as bytes, several values at a time: most fit into one byte.
//!
//! The bytes are those of protobuf; only the way there is shorter. A column of `EventBatch` is a packed field: its number, its
//! length in bytes, and a varint for each row.

use almanac_model::Batch;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, encoded_len_varint, key_len,
    message, string,
};
use prost::{DecodeError, Message};

use crate::batch::head_and_tail;
use crate::pb::shared::EventBatch;

/// The numbers of the fields.
const SYMBOLS: u32 = 1;
const SERIES: u32 = 2;
const SERIES_INDEX: u32 = 3;
const PERIOD_DELTA: u32 = 4;
const VALUE: u32 = 5;
const STATUS: u32 = 6;
const EXTRAS: u32 = 7;
const CALENDARS: u32 = 8;

/// So many rows are looked at together.
const CHUNK: usize = 64;
/// Of a byte that is followed by others of the same number, for eight bytes.
const CONTINUED: u64 = 0x8080_8080_8080_8080;

/// The bytes of [`batch_to_proto`](crate::batch_to_proto)'s message.
#[must_use]
pub fn encode_batch(batch: &Batch) -> Vec<u8> {
    let (head, tail) = head_and_tail(batch);
    let (series_index, period, value, status) = batch.columns();
    let mut bytes = head.encode_to_vec();
    bytes.reserve(8 * batch.len() + tail.encoded_len());
    let mut before = 0;
    let delta = |ordinal: i32| {
        let delta = ordinal.wrapping_sub(std::mem::replace(&mut before, ordinal));
        u64::from(zigzag_32(delta))
    };
    put_column(SERIES_INDEX, series_index, u64::from, &mut bytes);
    put_column(PERIOD_DELTA, period, delta, &mut bytes);
    put_column(VALUE, value, zigzag_64, &mut bytes);
    put_column(STATUS, status, u64::from, &mut bytes);
    bytes.extend(tail.encode_to_vec());
    bytes
}

/// How many bytes prost writes of a message.
#[must_use]
pub fn encoded_events_len(events: &EventBatch) -> usize {
    let EventBatch {
        symbols,
        series,
        series_index,
        period_delta,
        value,
        status,
        extras,
        calendars,
    } = events;
    let others = string::encoded_len_repeated(SYMBOLS, symbols)
        + message::encoded_len_repeated(SERIES, series)
        + message::encoded_len_repeated(EXTRAS, extras)
        + message::encoded_len_repeated(CALENDARS, calendars);
    others
        + column_len(SERIES_INDEX, series_index, u64::from)
        + column_len(PERIOD_DELTA, period_delta, |delta| u64::from(zigzag_32(delta)))
        + column_len(VALUE, value, zigzag_64)
        + column_len(STATUS, status, u64::from)
}

/// The message of bytes, as prost decodes it.
pub fn decode_events(mut bytes: &[u8]) -> Result<EventBatch, DecodeError> {
    let mut events = EventBatch::default();
    while !bytes.is_empty() {
        let (field, wire_type) = decode_key(&mut bytes)?;
        let is_taken = wire_type == WireType::LengthDelimited
            && match field {
                SERIES_INDEX => take_column(&mut bytes, &mut events.series_index, low_32)?,
                PERIOD_DELTA => take_column(&mut bytes, &mut events.period_delta, |bits| unzigzag_32(low_32(bits)))?,
                VALUE => take_column(&mut bytes, &mut events.value, unzigzag_64)?,
                STATUS => take_column(&mut bytes, &mut events.status, low_32)?,
                _ => false,
            };
        if !is_taken {
            events.merge_field(field, wire_type, &mut bytes, DecodeContext::default())?;
        }
    }
    Ok(events)
}

fn put_column<T: Copy>(field: u32, column: &[T], mut bits: impl FnMut(T) -> u64, bytes: &mut Vec<u8>) {
    if column.is_empty() {
        return;
    }
    let mut rows = Vec::with_capacity(3 * column.len());
    for chunk in column.chunks(CHUNK) {
        let mut wide = [0; CHUNK];
        for (wide, value) in wide.iter_mut().zip(chunk) {
            *wide = bits(*value);
        }
        put_varints(&wide[..chunk.len()], &mut rows);
    }
    encode_key(field, WireType::LengthDelimited, bytes);
    encode_varint(rows.len() as u64, bytes);
    bytes.extend_from_slice(&rows);
}

fn column_len<T: Copy>(field: u32, column: &[T], bits: impl Fn(T) -> u64) -> usize {
    if column.is_empty() {
        return 0;
    }
    let lengths = column.chunks(CHUNK).map(|chunk| {
        let all = chunk.iter().fold(0, |all, value| all | bits(*value));
        if all < 1 << 7 {
            chunk.len()
        } else {
            chunk.iter().map(|value| encoded_len_varint(bits(*value))).sum()
        }
    });
    let rows: usize = lengths.sum();
    key_len(field) + encoded_len_varint(rows as u64) + rows
}

fn put_varints(wide: &[u64], rows: &mut Vec<u8>) {
    let all = wide.iter().fold(0, |all, value| all | value);
    if all < 1 << 7 {
        rows.extend(wide.iter().map(|value| value.to_le_bytes()[0]));
        return;
    }
    for value in wide {
        let [low, middle, high, ..] = [*value, value >> 7, value >> 14].map(|bits| bits.to_le_bytes()[0]);
        match value {
            0..0x80 => rows.push(low),
            0x80..0x4000 => rows.extend_from_slice(&[low | 0x80, middle]),
            0x4000..0x20_0000 => rows.extend_from_slice(&[low | 0x80, middle | 0x80, high]),
            _ => encode_varint(*value, rows),
        }
    }
}

/// Adds the values of a packed field; gives whether its bytes are there.
fn take_column<T>(bytes: &mut &[u8], column: &mut Vec<T>, value: impl Fn(u64) -> T) -> Result<bool, DecodeError> {
    let mut after = *bytes;
    let length = decode_varint(&mut after)?;
    let split = usize::try_from(length)
        .ok()
        .and_then(|length| after.split_at_checked(length));
    let Some((mut rows, rest)) = split else {
        return Ok(false);
    };
    *bytes = rest;
    column.reserve(rows.len());
    while !rows.is_empty() {
        let Some((eight, rest)) = rows.split_first_chunk::<8>() else {
            column.push(value(decode_varint(&mut rows)?));
            continue;
        };
        let mut word = u64::from_le_bytes(*eight);
        if word & CONTINUED == 0 {
            column.extend(eight.iter().map(|byte| value(u64::from(*byte))));
            rows = rest;
            continue;
        }
        let mut left = 8;
        // the last byte of each number that ends here has not the bit
        let mut ends = !word & CONTINUED;
        if ends == 0 {
            column.push(value(decode_varint(&mut rows)?));
            continue;
        }
        while ends != 0 {
            let length = ends.trailing_zeros() / 8 + 1;
            column.push(value(joined(word & (u64::MAX >> (64 - 8 * length)))));
            left -= length;
            word = word.checked_shr(8 * length).unwrap_or(0);
            ends = ends.checked_shr(8 * length).unwrap_or(0);
        }
        rows = &rows[8 - left as usize..];
    }
    Ok(true)
}

/// The number of up to eight bytes of a varint: seven bits of each.
const fn joined(bytes: u64) -> u64 {
    let pairs = (bytes & 0x007f_007f_007f_007f) | ((bytes & 0x7f00_7f00_7f00_7f00) >> 1);
    let fours = (pairs & 0x0000_3fff_0000_3fff) | ((pairs & 0x3fff_0000_3fff_0000) >> 2);
    (fours & 0x0fff_ffff) | ((fours & 0x0fff_ffff_0000_0000) >> 4)
}

const fn zigzag_32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

const fn zigzag_64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag_32(bits: u32) -> i32 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

const fn unzigzag_64(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

#[expect(clippy::cast_possible_truncation, reason = "protobuf ignores what is above")]
const fn low_32(bits: u64) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests {
    use almanac_model::{BatchExtra, BatchSeries, Granularity};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::batch_to_proto;

    fn series(place: usize) -> BatchSeries {
        BatchSeries {
            metric: "post.items".parse().expect("an id"),
            area: format!("96{place}").parse().expect("an id"),
            reporter: "office".parse().expect("an id"),
            dimensions: [].into(),
            granularity: Granularity::Day,
            decimals: 0,
        }
    }

    /// Numbers of every length.
    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![4 => -64..64_i64, 1 => (any::<i64>(), 0..64_u32).prop_map(|(value, bits)| value >> bits)]
    }

    fn batch() -> impl Strategy<Value = Batch> {
        let period = prop_oneof![17_000..17_100, any::<i32>()];
        let row = (
            0..200_u32,
            period,
            number(),
            prop_oneof![Just(3_u32), Just(131), Just(256 + 3)],
        );
        (vec(row, 0..300), any::<bool>()).prop_map(|(rows, has_note)| {
            let note = BatchExtra {
                note: Some("a note".to_owned()),
                ..BatchExtra::default()
            };
            let notes = (has_note && !rows.is_empty()).then_some(note);
            Batch::new(
                (0..200).map(series).collect(),
                rows.iter().map(|row| row.0).collect(),
                rows.iter().map(|row| row.1).collect(),
                rows.iter().map(|row| row.2).collect(),
                rows.iter().map(|row| row.3).collect(),
                notes.into_iter().collect(),
            )
            .expect("columns that fit together")
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_prost(batch in batch()) {
            let message = batch_to_proto(&batch);
            let bytes = encode_batch(&batch);
            prop_assert_eq!(&bytes, &message.encode_to_vec());
            prop_assert_eq!(encoded_events_len(&message), bytes.len());
            prop_assert_eq!(decode_events(&bytes), Ok(message));
        }

        #[test]
        fn damaged_bytes_are_what_they_are_for_prost(
            batch in batch(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = encode_batch(&batch);
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            for bytes in [bytes.as_slice(), &bytes[..cut.index(bytes.len())]] {
                prop_assert_eq!(decode_events(bytes).ok(), EventBatch::decode(bytes).ok());
            }
        }
    }
}
