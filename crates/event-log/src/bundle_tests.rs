//! Several records in one value hold against every flipped byte, against garbage, and against time.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::assemble::{Assembler, Batch};
use crate::record::NewRecord;
use crate::samples::{LOG, any_record, bare, compressed, entry, full, noise, recorded};
use crate::{Damage, MAX_PRINCIPAL_BYTES};

const END: Revision = Revision(u64::MAX);

/// The records from `from` on, read from values.
fn read(from: Revision, values: &[([u8; KEY_BYTES], Vec<u8>)]) -> Result<Vec<Record>, Damage> {
    let mut assembler = Assembler::new(LOG, Path::new("segment"), from);
    let mut batch = Batch::new(usize::MAX);
    for (key, value) in values {
        if is_bundle(value) {
            assembler.push_bundle(key, value, END, &mut batch)?;
        } else if let Some(record) = assembler.push(key, value)? {
            batch.add(record);
        }
    }
    Ok(batch.into_records())
}

fn entries(records: &[NewRecord], first: Revision) -> Vec<Entry> {
    let revisions = (first.0..).map(Revision);
    records
        .iter()
        .zip(revisions)
        .map(|(record, revision)| entry(record, revision))
        .collect()
}

fn encoded(records: &[NewRecord], first: Revision) -> Vec<([u8; KEY_BYTES], Vec<u8>)> {
    encode_all(&entries(records, first), LOG).collect()
}

/// What `records` are in a log, of it those from `from` on.
fn in_log(records: Vec<NewRecord>, first: Revision, from: Revision) -> Vec<Record> {
    let records = records.into_iter().zip((first.0..).map(Revision));
    let records = records.map(|(record, revision)| recorded(record, revision));
    records.filter(|record| record.revision >= from).collect()
}

fn with_noise(bytes: usize) -> NewRecord {
    NewRecord {
        payload: noise(bytes),
        ..full()
    }
}

#[test]
fn golden_files_of_version_2_are_read() {
    let read = |golden: &[u8]| read(Revision(7), &[(frame::key(Revision(7), 0), golden.to_vec())]).expect("intact");
    let as_it_is = include_bytes!("../tests/golden/bundle-v2.bin");
    let expected = in_log(vec![full(), bare(), compressed()], Revision(7), Revision(7));
    assert_eq!(read(as_it_is), expected);

    let together = include_bytes!("../tests/golden/bundle-v2-zstd.bin");
    let again = NewRecord {
        recorded_at_ms: 1_500_000_000_001,
        ..full()
    };
    let expected = in_log(vec![full(), bare(), again], Revision(7), Revision(7));
    assert_eq!(read(together), expected);
}

#[test]
fn version_2_is_written_as_it_always_was() {
    let golden = include_bytes!("../tests/golden/bundle-v2.bin");
    let mut entries = entries(&[full(), bare(), compressed()], Revision(7));
    // what zstd makes of a body may change with its version
    let body = &mut entries[2].packed.bytes;
    *body = golden[golden.len() - CHECKSUM_BYTES - 46..golden.len() - CHECKSUM_BYTES].to_vec();
    let values: Vec<_> = encode_all(&entries, LOG).collect();
    assert_eq!(values, [(frame::key(Revision(7), 0), golden.to_vec())]);
}

#[test]
fn small_records_are_compressed_together() {
    let alone: usize = encoded(&[full()], Revision(7))[0].1.len();
    let values = encoded(&vec![full(); 50], Revision(7));
    let [(_, value)] = &values[..] else {
        panic!("{} values", values.len())
    };
    assert!(value.len() < 3 * alone, "{} bytes, one has {alone}", value.len());
    assert_eq!(
        read(Revision(7), &values).expect("intact"),
        in_log(vec![full(); 50], Revision(7), Revision(7))
    );
}

#[test]
fn every_flipped_bit_is_noticed_and_named() {
    let values = encoded(&[full(), bare(), with_noise(300)], Revision(7));
    let [(key, value)] = &values[..] else {
        panic!("{} values", values.len())
    };
    for index in 0..value.len() {
        let mut flipped = value.clone();
        flipped[index] ^= 1 << (index % 8);
        let damage = read(Revision(8), &[(*key, flipped)]).expect_err("damage passed for a record");
        assert!(matches!(damage.fault, Fault::Checksum { .. }), "{damage}");
        assert_eq!((damage.revision, damage.part), (Revision(8), 0));
        assert!(damage.to_string().contains("segment"), "{damage}");
    }
}

#[test]
fn a_cut_value_is_noticed() {
    let values = encoded(&[full(), bare()], Revision(7));
    let [(key, value)] = &values[..] else {
        panic!("{} values", values.len())
    };
    for length in 0..value.len() {
        read(Revision(7), &[(*key, value[..length].to_vec())]).expect_err("a cut value passed for records");
    }
}

#[test]
fn intact_values_in_the_wrong_place_are_noticed() {
    let fault = |from, values: &[_]| read(Revision(from), values).expect_err("misplaced").fault;
    let values = encoded(&[full(), bare()], Revision(7));
    let (_, value) = &values[0];
    let first = Revision(7);
    let moved = [(frame::key(Revision(8), 0), value.clone())];
    assert_eq!(
        fault(8, &moved),
        Fault::Misplaced {
            revision: first,
            part: 0
        }
    );
    assert_eq!(fault(6, &values), Fault::Missing, "a record before it is gone");
    let later = encoded(&[full()], Revision(10));
    assert_eq!(
        fault(7, &[values, later].concat()),
        Fault::Missing,
        "one after it is gone"
    );

    let stranger = LogId::from_bytes([9; 16]);
    let values: Vec<_> = encode_all(&entries(&[full()], first), stranger).collect();
    assert_eq!(fault(7, &values), Fault::OtherLog { found: stranger });

    let mut parts = encoded(&[with_noise(MAX_VALUE_BYTES)], first);
    parts[1] = (frame::key(first, 1), encoded(&[full()], first)[0].1.clone());
    assert_eq!(
        fault(7, &parts),
        Fault::Misplaced {
            revision: first,
            part: 0
        }
    );
}

#[test]
fn a_read_ends_where_it_is_to_in_the_middle_of_a_value() {
    let values = encoded(&[full(), full(), full(), full()], Revision(7));
    let [(key, value)] = &values[..] else {
        panic!("{} values", values.len())
    };
    let mut assembler = Assembler::new(LOG, Path::new("segment"), Revision(8));
    let mut batch = Batch::new(usize::MAX);
    let has_room = assembler.push_bundle(key, value, Revision(9), &mut batch);
    assert!(!has_room.expect("intact"));
    assert_eq!(assembler.expected(), Revision(10));
    let read: Vec<_> = batch.into_records().iter().map(|record| record.revision).collect();
    assert_eq!(read, [Revision(8), Revision(9)]);
}

#[test]
fn small_records_share_values_up_to_the_limit() {
    let records = vec![with_noise(1_000); 1_000];
    let record_bytes = RECORD_HEADER_BYTES + entry(&records[0], Revision(1)).packed.bytes.len();
    let values = encoded(&records, Revision(1));
    assert_eq!(values.len(), 1_000_usize.div_ceil(MAX_RECORDS_BYTES / record_bytes));
}

/// Values that are intact by their checksum and say anything.
fn sealed_garbage() -> impl Strategy<Value = Vec<u8>> {
    let header = (0..6_u8, 0..2_u8, 0..40_u32, 0..40_u32);
    let record = (header, vec(any::<u8>(), 0..40)).prop_map(|((kind, codec, body_bytes, stored_bytes), body)| {
        let mut record = vec![kind, codec];
        record.extend_from_slice(&0_i64.to_be_bytes());
        record.extend_from_slice(&body_bytes.to_be_bytes());
        record.extend_from_slice(&stored_bytes.to_be_bytes());
        record.extend_from_slice(&body);
        record
    });
    let first = prop_oneof![4 => Just(7), 1 => Just(u64::MAX)];
    let told = prop::option::of(0..60_u32);
    (vec(record, 0..4), first, 0..3_u8, told, any::<bool>()).prop_map(|(records, first, codec, told, compresses)| {
        let records = records.concat();
        let stored = if codec == 1 && compresses {
            body::compress(&records).expect("it compresses")
        } else {
            records.clone()
        };
        let mut content = vec![BUNDLE_VERSION, codec, 0, 0];
        content.extend_from_slice(LOG.as_bytes());
        content.extend_from_slice(&first.to_be_bytes());
        content.extend_from_slice(&told.unwrap_or(length(&records)).to_be_bytes());
        content.extend(stored);
        frame::seal(content)
    })
}

proptest! {
    #[test]
    fn records_come_back_as_they_were_from_any_of_them_on(
        mut records in vec(any_record(), 1..20),
        large in proptest::option::of((any::<prop::sample::Index>(), 0..3 * MAX_VALUE_BYTES)),
        first in 1..1_000_000_u64,
        from in any::<prop::sample::Index>(),
    ) {
        prop_assume!(records.iter().all(|record| record.principal.len() <= MAX_PRINCIPAL_BYTES));
        if let Some((index, bytes)) = large {
            let record = index.get_mut(&mut records);
            record.payload = noise(bytes);
        }
        let first = Revision(first);
        let from = Revision(first.0 + from.index(records.len()) as u64);
        let values = encoded(&records, first);
        prop_assert!(values.is_sorted_by(|(one, _), (next, _)| one < next));
        prop_assert!(values.iter().all(|(_, value)| value.len() <= MAX_VALUE_BYTES));
        // those of records that are read
        let start = values.partition_point(|(key, _)| *key <= frame::key(from, 0)) - 1;
        prop_assert_eq!(read(from, &values[start..]).expect("intact"), in_log(records, first, from));
    }

    #[test]
    fn garbage_with_a_good_checksum_never_panics(value in sealed_garbage()) {
        for first in [7, u64::MAX] {
            if let Ok(records) = read(Revision(first), &[(frame::key(Revision(first), 0), value.clone())]) {
                prop_assert!((0..).zip(&records).all(|(place, record)| record.revision.0 == first + place));
            }
        }
    }
}
