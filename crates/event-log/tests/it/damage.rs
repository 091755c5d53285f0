//! A flipped byte is found and named, wherever it is; it is never decoded.

use std::fs;
use std::slice;

use almanac_event_log::{Damage, EventLog, Fault, OpenError, ReadError};
use almanac_model::Revision;

use crate::support::{Folder, append_durably, copy, durable, key, revisions, sample};

pub(crate) fn flip(folder: &Folder, segment: u64, key: &[u8], offset: usize) {
    let database = folder.database(segment);
    let mut value = database.get(key).expect("readable").expect("there").to_vec();
    value[offset] ^= 0x10;
    database.insert(key, value).expect("written");
}

pub(crate) fn damage(log: &dyn EventLog, from: u64) -> Damage {
    match log.read(Revision(from), usize::MAX) {
        Err(ReadError::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_flipped_byte_of_a_stored_value_is_named() {
    for offset in [0, 1, 2, 3, 4, 20, 28, 36, 40, 44, 48, 900, 4_000] {
        let folder = Folder::new();
        folder.fill(3).await;
        flip(&folder, 1, &key(2, 0), offset);
        let log = folder.open();
        let found = damage(&log, 1);
        assert!(matches!(found.fault, Fault::Checksum { .. }), "{found}");
        assert_eq!(
            (found.revision, found.part, &found.place),
            (Revision(2), 0, &folder.segment(1))
        );
        assert_eq!(revisions(&log.read(Revision(1), 1).expect("before it")), [1]);
        assert_eq!(revisions(&log.read(Revision(3), 1).expect("after it")), [3]);
    }
}

#[tokio::test]
async fn damage_of_a_sealed_segment_is_named() {
    let folder = Folder::with_small_segments();
    folder.fill(20).await;
    let second = folder.segments()[1];
    flip(&folder, second, &key(second + 1, 0), 77);
    let log = folder.open();
    let found = damage(&log, 1);
    assert_eq!(
        (found.revision, found.place),
        (Revision(second + 1), folder.segment(second))
    );
}

#[tokio::test]
async fn records_missing_in_the_middle_or_at_the_end_of_a_segment_are_named() {
    let folder = Folder::with_small_segments();
    let log = folder.open();
    for seed in 0..8 {
        append_durably(&log, sample(seed, 60_000)).await;
    }
    drop(log);
    assert_eq!(folder.segments()[..3], [1, 2, 3]);
    folder.database(2).remove(key(2, 1)).expect("it goes");
    folder.database(3).remove(key(3, 0)).expect("it goes");
    let log = folder.open();
    let found = damage(&log, 1);
    assert_eq!(
        (found.revision, found.part, found.fault),
        (Revision(2), 1, Fault::Missing)
    );
    let found = damage(&log, 3);
    assert_eq!(
        (found.revision, found.part, found.fault),
        (Revision(3), 0, Fault::Missing)
    );
    assert_eq!(
        revisions(&log.read(Revision(4), usize::MAX).expect("after it")),
        [4, 5, 6, 7, 8]
    );
}

#[tokio::test]
async fn damage_of_the_first_or_last_record_stops_the_log() {
    for revision in [1, 3] {
        let folder = Folder::new();
        folder.fill(3).await;
        flip(&folder, 1, &key(revision, 0), 50);
        let refusal = folder.refusal();
        let OpenError::Damaged(found) = &refusal else {
            panic!("{refusal}")
        };
        assert_eq!(found.revision, Revision(revision));
        assert!(refusal.to_string().contains("restore"), "{refusal}");
    }
}

/// sled's own files are flipped here, below what this crate wrote: sled may refuse, panic or forget its tail.
#[tokio::test]
async fn a_flipped_byte_of_the_data_file_never_changes_a_record() {
    let folder = Folder::with_small_segments();
    let intact = folder.fill(12).await;
    let segments = folder.segments();
    let mut noticed = 0;
    for (round, step) in (0..120_usize).zip((0..).step_by(1_013)) {
        let damaged = Folder::with_small_segments();
        copy(&folder.path(), &damaged.path());
        let data = damaged.segment(segments[round % segments.len()]).join("db");
        let mut bytes = fs::read(&data).expect("a data file");
        // The records are at the start, the rest of the file is empty.
        let used = bytes.len().min(25_000);
        bytes[step % used] ^= 0x40;
        fs::write(&data, bytes).expect("damage");
        let Ok(log) = damaged.try_open() else {
            noticed += 1;
            continue;
        };
        assert_eq!(durable(&log).0, 12, "what was acknowledged does not go back");
        for (revision, record) in (1..).zip(&intact) {
            match log.read(Revision(revision), 0) {
                Ok(read) => assert_eq!(read, slice::from_ref(record)),
                Err(ReadError::Damaged(_) | ReadError::Storage(_)) => noticed += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(noticed > 20, "{noticed} flips were noticed");
}

#[tokio::test]
async fn a_segment_of_another_log_is_not_mixed_in() {
    let mut other = Folder::with_small_segments();
    other.options.new_id = Some(almanac_model::LogId::from_bytes([9; 16]));
    let folder = Folder::with_small_segments();
    other.fill(20).await;
    folder.fill(20).await;
    let second = folder.segments()[1];
    fs::remove_dir_all(folder.segment(second)).expect("it goes");
    copy(&other.segment(second), &folder.segment(second));
    let log = folder.open();
    let found = damage(&log, second);
    assert!(matches!(found.fault, Fault::OtherLog { .. }), "{found}");
}
