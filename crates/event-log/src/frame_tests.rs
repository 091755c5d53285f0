//! The framing holds against every flipped byte, against garbage, and against time.

use std::path::Path;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::assemble::Assembler;
use crate::body;
use crate::record::{NewRecord, Record};
use crate::samples::{LOG, any_record, bare, compressed, entry, full, noise, recorded};
use crate::{Damage, MAX_PRINCIPAL_BYTES};

fn assemble<V: AsRef<[u8]>>(first: Revision, values: &[V]) -> Result<Vec<Record>, Damage> {
    let mut assembler = Assembler::new(LOG, Path::new("segment"), first);
    let mut records = Vec::new();
    for (part, value) in (0..).zip(values) {
        records.extend(assembler.push(&key(first, part), value.as_ref())?);
    }
    Ok(records)
}

fn encoded(record: &NewRecord, revision: Revision) -> Vec<Vec<u8>> {
    encode(&entry(record, revision), LOG).collect()
}

#[test]
fn golden_files_of_version_1_are_read() {
    let golden = include_bytes!("../tests/golden/record-v1-full.bin");
    let expected = recorded(full(), Revision(7));
    assert_eq!(assemble(Revision(7), &[golden]).expect("full"), [expected]);

    let golden = include_bytes!("../tests/golden/record-v1-bare.bin");
    assert_eq!(
        assemble(Revision(1 << 40), &[golden]).expect("bare"),
        [recorded(bare(), Revision(1 << 40))]
    );

    let golden: [&[u8]; 3] = [
        include_bytes!("../tests/golden/record-v1-zstd-part-0.bin"),
        include_bytes!("../tests/golden/record-v1-zstd-part-1.bin"),
        include_bytes!("../tests/golden/record-v1-zstd-part-2.bin"),
    ];
    assert_eq!(
        assemble(Revision(8), &golden).expect("three parts"),
        [recorded(compressed(), Revision(8))]
    );
}

#[test]
fn version_1_is_written_as_it_always_was() {
    let uncompressed = NewRecord {
        payload: Bytes::new(),
        receipt: Bytes::new(),
        ..bare()
    };
    assert_eq!(
        encoded(&uncompressed, Revision(1 << 40)),
        [include_bytes!("../tests/golden/record-v1-bare.bin")]
    );
    let body = body::layout(&full());
    let body_bytes = u32::try_from(body.len()).expect("short");
    let packed = Packed {
        kind: RecordKind::Events,
        codec: Codec::Raw,
        body_bytes,
        bytes: body,
    };
    let entry = Entry {
        revision: Revision(7),
        recorded_at_ms: 1_500_000_000_000,
        packed,
    };
    let values: Vec<_> = encode(&entry, LOG).collect();
    assert_eq!(values, [include_bytes!("../tests/golden/record-v1-full.bin")]);
}

#[test]
fn every_flipped_bit_is_noticed_and_named() {
    let large = NewRecord {
        payload: noise(MAX_VALUE_BYTES),
        ..full()
    };
    for record in [full(), bare(), large] {
        let values = encoded(&record, Revision(7));
        for part in 0..values.len() {
            let step = if values.len() == 1 { 1 } else { 97 };
            for index in (0..values[part].len()).step_by(step) {
                let mut flipped = values.clone();
                flipped[part][index] ^= 1 << (index % 8);
                let damage = assemble(Revision(7), &flipped).expect_err("damage passed for a record");
                assert!(matches!(damage.fault, Fault::Checksum { .. }), "{damage}");
                assert_eq!((damage.revision, damage.part as usize), (Revision(7), part));
                assert!(damage.to_string().contains("segment"), "{damage}");
            }
        }
    }
}

#[test]
fn a_cut_value_is_noticed() {
    let [value] = &encoded(&full(), Revision(7))[..] else {
        panic!("one part")
    };
    for length in 0..value.len() {
        assemble(Revision(7), &[&value[..length]]).expect_err("a cut value passed for a record");
    }
}

#[test]
fn intact_values_in_the_wrong_place_are_noticed() {
    let fault = |first, values: &[Vec<u8>]| assemble(first, values).expect_err("misplaced").fault;
    let one = encoded(&full(), Revision(7));
    assert_eq!(
        fault(Revision(8), &one),
        Fault::Misplaced {
            revision: Revision(7),
            part: 0
        }
    );

    let large = encoded(
        &NewRecord {
            payload: noise(MAX_VALUE_BYTES),
            ..full()
        },
        Revision(7),
    );
    assert_eq!(
        fault(Revision(7), &large[1..]),
        Fault::Misplaced {
            revision: Revision(7),
            part: 1
        }
    );
    let other = encoded(
        &NewRecord {
            payload: noise(2 * MAX_VALUE_BYTES),
            ..full()
        },
        Revision(7),
    );
    assert_eq!(
        fault(Revision(7), &[large[0].clone(), other[1].clone()]),
        Fault::PartsDisagree
    );

    let stranger = LogId::from_bytes([9; 16]);
    let values: Vec<_> = encode(&entry(&full(), Revision(7)), stranger).collect();
    assert_eq!(fault(Revision(7), &values), Fault::OtherLog { found: stranger });
}

#[test]
fn what_a_newer_version_wrote_is_not_called_damage() {
    let rewritten = |offset: usize, byte| {
        let [value] = &encoded(&full(), Revision(7))[..] else {
            panic!("one part")
        };
        let mut content = value[..value.len() - CHECKSUM_BYTES].to_vec();
        content[offset] = byte;
        content.extend_from_slice(&crc32c::crc32c(&content).to_be_bytes());
        assemble(Revision(7), &[content]).expect_err("newer").fault
    };
    assert_eq!(rewritten(0, 3), Fault::UnknownVersion { found: 3, supported: 2 });
    assert_eq!(rewritten(1, 5), Fault::UnknownKind { found: 5 });
    assert_eq!(rewritten(2, 9), Fault::UnknownCodec { found: 9 });
}

/// A value that is intact by its checksum and says anything.
fn sealed_garbage() -> impl Strategy<Value = Vec<u8>> {
    (
        0..6_u8,
        0..3_u8,
        0..3_u32,
        0..3_u32,
        0..200_u32,
        vec(any::<u8>(), 0..200),
    )
        .prop_map(|(kind, codec, index, parts, body_bytes, piece)| {
            let mut value = vec![PART_VERSION, kind, codec, 0];
            value.extend_from_slice(LOG.as_bytes());
            value.extend_from_slice(&7_u64.to_be_bytes());
            value.extend_from_slice(&0_i64.to_be_bytes());
            value.extend(
                [index, parts, body_bytes]
                    .iter()
                    .flat_map(|number| number.to_be_bytes()),
            );
            value.extend_from_slice(&piece);
            value.extend_from_slice(&crc32c::crc32c(&value).to_be_bytes());
            value
        })
}

proptest! {
    #[test]
    fn records_come_back_as_they_were(record in any_record(), revision in 1..u64::MAX) {
        prop_assume!(record.principal.len() <= MAX_PRINCIPAL_BYTES);
        let revision = Revision(revision);
        let values = encoded(&record, revision);
        prop_assert!(values.iter().all(|value| value.len() <= MAX_VALUE_BYTES));
        prop_assert_eq!(assemble(revision, &values).expect("intact"), [recorded(record, revision)]);
    }

    #[test]
    fn keys_sort_as_revisions_and_parts_do(left in any::<(u64, u32)>(), right in any::<(u64, u32)>()) {
        let bytes = |(revision, part): (u64, u32)| key(Revision(revision), part);
        prop_assert_eq!(bytes(left).cmp(&bytes(right)), left.cmp(&right));
        prop_assert_eq!(split_key(&bytes(left)), Some((Revision(left.0), left.1)));
    }

    #[test]
    fn garbage_is_refused(value in vec(any::<u8>(), 0..300)) {
        prop_assert!(assemble(Revision(7), &[value]).is_err());
    }

    #[test]
    fn garbage_with_a_good_checksum_never_panics(value in sealed_garbage()) {
        if let Ok(records) = assemble(Revision(7), &[value]) {
            prop_assert!(records.iter().all(|record| record.revision == Revision(7)));
        }
    }
}
