//! Records that tests of the framing share.

use almanac_model::{LogId, Revision};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::body;
use crate::frame::Entry;
use crate::record::{NewRecord, ProducerPosition, Record, RecordKind, RequestKey};

pub(crate) const LOG: LogId = LogId::from_bytes([0x1f; 16]);

pub(crate) fn entry(record: &NewRecord, revision: Revision) -> Entry {
    Entry {
        revision,
        recorded_at_ms: record.recorded_at_ms,
        packed: body::pack(record),
    }
}

pub(crate) fn recorded(record: NewRecord, revision: Revision) -> Record {
    let recorded_at_ms = record.recorded_at_ms;
    record.recorded(revision, recorded_at_ms)
}

pub(crate) fn full() -> NewRecord {
    NewRecord {
        kind: RecordKind::Events,
        recorded_at_ms: 1_500_000_000_000,
        principal: "district-office".into(),
        producer: Some(ProducerPosition {
            producer: [2; 16],
            epoch: 3,
            sequence: 4,
        }),
        request: Some(RequestKey {
            id: [5; 16],
            digest: [6; 32],
        }),
        receipt: "recorded 2 events".into(),
        payload: "payload of the batch".into(),
    }
}

pub(crate) fn bare() -> NewRecord {
    NewRecord {
        kind: RecordKind::Retraction,
        recorded_at_ms: -1,
        principal: String::new(),
        producer: None,
        request: None,
        receipt: Bytes::new(),
        payload: Bytes::new(),
    }
}

/// Long enough to be compressed by itself.
pub(crate) fn compressed() -> NewRecord {
    NewRecord {
        kind: RecordKind::Catalog,
        recorded_at_ms: 1_500_000_000_001,
        principal: "Cà Mau".into(),
        request: full().request,
        payload: "abcdefghij".repeat(100).into(),
        ..bare()
    }
}

/// Content that does not compress.
pub(crate) fn noise(bytes: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..bytes).map(step).collect()
}

pub(crate) fn any_record() -> impl Strategy<Value = NewRecord> {
    let kind = prop_oneof![
        Just(RecordKind::Events),
        Just(RecordKind::Catalog),
        Just(RecordKind::Release),
        Just(RecordKind::Retraction)
    ];
    let producer = any::<Option<([u8; 16], u64, u64)>>();
    let request = proptest::option::of((any::<[u8; 16]>(), any::<[u8; 32]>()));
    let content = || prop_oneof![vec(any::<u8>(), 0..300), vec(0..2_u8, 0..100_000)];
    (
        kind,
        any::<i64>(),
        "\\PC{0,200}",
        producer,
        request,
        content(),
        content(),
    )
        .prop_map(
            |(kind, recorded_at_ms, principal, producer, request, receipt, payload)| NewRecord {
                kind,
                recorded_at_ms,
                principal,
                producer: producer.map(|(producer, epoch, sequence)| ProducerPosition {
                    producer,
                    epoch,
                    sequence,
                }),
                request: request.map(|(id, digest)| RequestKey { id, digest }),
                receipt: receipt.into(),
                payload: payload.into(),
            },
        )
}
