//! What crashes and people do to the files between two runs.

use std::fs;

use almanac_event_log::{EventLog, Fault, OpenError};
use almanac_model::Revision;

use crate::support::{Folder, append_durably, copy, durable, key, read_all, revisions, sample};

#[tokio::test]
async fn an_unfinished_record_at_the_end_is_discarded_and_its_revision_given_anew() {
    for lost in [[2].as_slice(), &[0], &[1], &[0, 1], &[1, 2]] {
        let folder = Folder::new();
        let before = folder.fill(2).await;
        // The crash comes before anybody is told: so the witness is that of two records.
        let witness = fs::read(folder.path().join("durable")).expect("a witness");
        append_durably(&folder.open(), sample(3, 140_000)).await;
        fs::write(folder.path().join("durable"), witness).expect("the witness goes back");
        let database = folder.database(1);
        for part in lost {
            database
                .remove(key(3, *part))
                .expect("the part goes")
                .expect("the part was there");
        }
        drop(database);

        let log = folder.open();
        assert_eq!(read_all(&log), before, "without parts {lost:?}");
        assert_eq!(append_durably(&log, sample(4, 10)).await, Revision(3));
        assert_eq!(revisions(&read_all(&log)), [1, 2, 3]);
    }
}

#[tokio::test]
async fn opening_a_log_opens_no_segment_but_the_newest() {
    let folder = Folder::with_small_segments();
    folder.fill(14).await;
    let segments = folder.segments();
    let (newest, sealed) = segments.split_last().expect("there are segments");
    assert!(sealed.len() > 1, "{segments:?}");
    // whoever opened one of these would see it
    for first in sealed {
        fs::write(folder.segment(*first).join("db"), b"no database").expect("the file can be written");
    }
    let log = folder.open();
    assert_eq!(durable(&log), Revision(14));
    let read = log.read(Revision(*newest), usize::MAX).expect("the newest is whole");
    assert_eq!(read.last().map(|record| record.revision), Some(Revision(14)));
    log.read(Revision(1), 1).expect_err("the oldest is not");
}

#[tokio::test]
async fn a_whole_record_that_nobody_was_told_of_is_kept() {
    let folder = Folder::new();
    folder.fill(2).await;
    let witness = fs::read(folder.path().join("durable")).expect("a witness");
    let before = folder.fill(1).await;
    fs::write(folder.path().join("durable"), witness).expect("the witness goes back");
    let log = folder.open();
    assert_eq!((durable(&log), read_all(&log)), (Revision(3), before));
}

#[tokio::test]
async fn an_acknowledged_record_that_is_gone_stops_the_log() {
    let folder = Folder::new();
    folder.fill(3).await;
    folder
        .database(1)
        .remove(key(3, 0))
        .expect("it goes")
        .expect("it was there");
    let refusal = folder.refusal();
    assert!(
        matches!(
            refusal,
            OpenError::TailLost {
                found: Revision(2),
                acknowledged: Revision(3),
                ..
            }
        ),
        "{refusal}"
    );
    assert!(refusal.to_string().contains("durable"), "{refusal}");

    fs::remove_file(folder.path().join("durable")).expect("the loss is accepted");
    assert_eq!(revisions(&read_all(&folder.open())), [1, 2]);
}

#[tokio::test]
async fn an_acknowledged_record_that_lost_a_part_stops_the_log() {
    let folder = Folder::new();
    append_durably(&folder.open(), sample(3, 140_000)).await;
    folder
        .database(1)
        .remove(key(1, 1))
        .expect("it goes")
        .expect("it was there");
    let refusal = folder.refusal();
    let OpenError::Damaged(damage) = &refusal else {
        panic!("{refusal}")
    };
    assert_eq!(
        (damage.revision, damage.part, &damage.fault),
        (Revision(1), 1, &Fault::Missing)
    );
}

#[tokio::test]
async fn half_a_snapshot_is_removed_and_a_damaged_one_set_aside() {
    let folder = Folder::new();
    let before = folder.fill(3).await;
    fs::write(folder.segment(1).join("snap.0000000000FFFFFF.generating"), b"half").expect("half a snapshot");
    fs::write(folder.segment(1).join("snap.FFFFFFFFFFFFFFF0"), b"a damaged snapshot").expect("a damaged snapshot");
    assert_eq!(read_all(&folder.open()), before);
    assert!(!folder.segment(1).join("snap.0000000000FFFFFF.generating").exists());
    assert!(folder.segment(1).join("aside.snap.FFFFFFFFFFFFFFF0").exists());
}

#[tokio::test]
async fn a_half_made_segment_is_set_aside() {
    let folder = Folder::with_small_segments();
    folder.fill(6).await;
    let [_, second] = folder.segments()[..] else {
        panic!("two segments: {:?}", folder.segments())
    };
    fs::create_dir_all(folder.segment(7).join("blobs")).expect("a folder");
    fs::write(folder.segment(7).join("conf"), [0; 40]).expect("a torn file");
    let log = folder.open();
    assert_eq!(folder.segments(), [1, second]);
    for seed in 0..6 {
        append_durably(&log, sample(seed, 4_000)).await;
    }
    assert_eq!(revisions(&read_all(&log)), (1..=12).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_empty_segment_that_was_not_listed_yet_is_made_anew() {
    let folder = Folder::with_small_segments();
    folder.fill(6).await;
    let fresh = Folder::new();
    fresh.open();
    copy(&fresh.segment(1), &folder.segment(7));
    assert_eq!(append_durably(&folder.open(), sample(0, 4_000)).await, Revision(7));
    assert_eq!(read_all(&folder.open()).len(), 7);
}

#[tokio::test]
async fn what_may_hold_records_is_never_set_aside() {
    let folder = Folder::with_small_segments();
    folder.fill(6).await;
    copy(&folder.segment(1), &folder.segment(7));
    fs::write(folder.segment(7).join("conf"), [0; 40]).expect("a torn file");
    let refusal = folder.refusal();
    assert!(matches!(refusal, OpenError::Storage(_)), "{refusal}");
}

#[tokio::test]
async fn a_half_made_log_is_made_anew() {
    let folder = Folder::new();
    fs::create_dir_all(folder.segment(1).join("blobs")).expect("a folder");
    fs::write(folder.segment(1).join("conf"), [0; 40]).expect("a torn file");
    assert_eq!(append_durably(&folder.open(), sample(0, 10)).await, Revision(1));
}

#[tokio::test]
async fn segments_that_the_manifest_does_not_know_stop_the_log() {
    let folder = Folder::with_small_segments();
    folder.fill(2).await;
    let manifest = fs::read(folder.path().join("manifest")).expect("a manifest");
    folder.fill(10).await;
    fs::write(folder.path().join("manifest"), manifest).expect("an old manifest comes back");
    let refusal = folder.refusal();
    assert!(matches!(refusal, OpenError::SegmentUnlisted { .. }), "{refusal}");

    fs::remove_file(folder.path().join("manifest")).expect("the manifest goes");
    let refusal = folder.refusal();
    assert!(matches!(refusal, OpenError::ManifestMissing { .. }), "{refusal}");
}

#[tokio::test]
async fn a_missing_manifest_stops_a_log_of_one_segment() {
    let folder = Folder::new();
    folder.fill(2).await;
    fs::remove_file(folder.path().join("manifest")).expect("the manifest goes");
    let refusal = folder.refusal();
    assert!(matches!(refusal, OpenError::ManifestMissing { .. }), "{refusal}");
}

#[tokio::test]
async fn a_missing_segment_is_named() {
    let folder = Folder::with_small_segments();
    folder.fill(20).await;
    for first in folder.segments() {
        let away = folder.path().join("away");
        fs::rename(folder.segment(first), &away).expect("it goes");
        let refusal = folder.refusal();
        assert!(
            matches!(refusal, OpenError::SegmentMissing { first: named, .. } if named.0 == first),
            "{refusal}"
        );
        assert!(
            refusal
                .to_string()
                .contains(&folder.segment(first).display().to_string()),
            "{refusal}"
        );
        fs::rename(&away, folder.segment(first)).expect("it comes back");
    }
    assert_eq!(read_all(&folder.open()).len(), 20);
}

#[tokio::test]
async fn a_log_is_open_once() {
    let folder = Folder::new();
    let log = folder.open();
    let refusal = folder.refusal();
    assert!(
        matches!(&refusal, OpenError::InUse { dir } if *dir == folder.path()),
        "{refusal}"
    );
    drop(log);
    folder.open();
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = Folder::new();
    folder.fill(1).await;
    let content = "almanac event log\nformat 3\nnobody knows\n";
    let text = format!("{content}crc32c {:08x}\n", crc32c::crc32c(content.as_bytes()));
    fs::write(folder.path().join("manifest"), text).expect("a manifest");
    let refusal = folder.refusal();
    assert!(
        matches!(
            refusal,
            OpenError::NewerFormat {
                found: 3,
                supported: 2,
                ..
            }
        ),
        "{refusal}"
    );
    fs::write(folder.path().join("manifest"), "almanac event log\n").expect("a manifest");
    let refusal = folder.refusal();
    assert!(matches!(refusal, OpenError::ManifestDamaged { .. }), "{refusal}");
}
