//! Group commit: what arrives during one sync is made durable by the next one.

use std::fs;

use almanac_event_log::{EventLog, Fault, NewRecord, SledLog, wait_durable};
use almanac_model::Revision;

use crate::damage::{damage, flip};
use crate::support::{Folder, append_durably, durable, key, read_all, revisions, sample, stored};

#[tokio::test]
async fn whoever_comes_during_one_sync_shares_the_next() {
    let folder = Folder::new();
    let log = folder.open();
    append_durably(&log, sample(0, 10)).await;
    folder.disk.hold();
    let before = folder.disk.syncs();
    log.append(sample(1, 10)).expect("accepted");
    // its sync has begun and does not end
    while folder.disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    for seed in 2..100 {
        log.append(sample(seed, 10)).expect("accepted");
    }
    assert_eq!(durable(&log), Revision(1));
    folder.disk.release();
    wait_durable(&log, Revision(100)).await.expect("durable");
    assert_eq!(folder.disk.syncs(), before + 2, "99 records");
}

/// A log whose first record has a group of its own, and `records` the next one.
async fn with_group(folder: &Folder, records: &[NewRecord]) -> SledLog {
    let log = folder.open();
    append_durably(&log, sample(0, 10)).await;
    folder.disk.hold();
    let before = folder.disk.syncs();
    let mut last = log.append(sample(1, 10)).expect("accepted");
    while folder.disk.syncs() == before {
        tokio::task::yield_now().await;
    }
    for record in records {
        last = log.append(record.clone()).expect("accepted");
    }
    folder.disk.release();
    wait_durable(&log, last).await.expect("durable");
    log
}

#[tokio::test]
async fn a_group_is_read_from_any_of_its_records_on() {
    let folder = Folder::new();
    // small ones share values, and larger ones are between them
    let sizes = [10, 20, 100_000, 5, 30_000, 30_000, 7, 8, 9];
    let records: Vec<_> = (2..).zip(sizes).map(|(seed, bytes)| sample(seed, bytes)).collect();
    let log = with_group(&folder, &records).await;
    drop(log);

    let values = folder.database(1).len();
    // the first two groups, the small ones at the start, three parts, and two values with one of the larger ones each
    assert_eq!(values, 2 + 1 + 3 + 2);
    let log = folder.open();
    let all = read_all(&log);
    assert_eq!(revisions(&all), (1..=11).collect::<Vec<_>>());
    for (record, read) in records.iter().zip(&all[2..]) {
        assert_eq!(record.payload, read.payload);
    }
    for (from, expected) in (1..).zip(&all) {
        let one = log.read(Revision(from), 1).expect("readable");
        assert_eq!(&one, std::slice::from_ref(expected));
        let rest = log.read(Revision(from), usize::MAX).expect("readable");
        assert_eq!((rest.first(), rest.last()), (Some(expected), all.last()));
    }
    assert_eq!(append_durably(&log, sample(0, 10)).await, Revision(12));
}

#[tokio::test]
async fn damage_of_a_value_is_damage_of_all_its_records_and_of_no_other() {
    let folder = Folder::new();
    let records: Vec<_> = (2..10).map(|seed| sample(seed, 10)).collect();
    let log = with_group(&folder, &records).await;
    append_durably(&log, sample(10, 10)).await;
    drop(log);
    flip(&folder, 1, &key(3, 0), 60);
    let log = folder.open();
    for before in [1, 2] {
        assert_eq!(revisions(&log.read(Revision(before), 1).expect("before it")), [before]);
    }
    for revision in 3..=10 {
        let found = damage(&log, revision);
        assert!(matches!(found.fault, Fault::Checksum { .. }), "{found}");
        assert_eq!((found.revision, found.place), (Revision(revision), folder.segment(1)));
    }
    assert_eq!(revisions(&log.read(Revision(11), usize::MAX).expect("after it")), [11]);
}

/// What the first version wrote for a record that now is alone in its value.
fn version_1(bundle: &[u8]) -> Vec<u8> {
    let (log, revision, record) = (&bundle[4..20], &bundle[20..28], &bundle[32..bundle.len() - 4]);
    let (kind, codec, recorded_at, body_bytes, body) =
        (record[0], record[1], &record[2..10], &record[10..14], &record[18..]);
    let (index, parts) = (0_u32.to_be_bytes(), 1_u32.to_be_bytes());
    let head = [
        &[1, kind, codec, 0],
        log,
        revision,
        recorded_at,
        &index,
        &parts,
        body_bytes,
    ];
    let mut value = [&head.concat(), body].concat();
    value.extend_from_slice(&crc32c::crc32c(&value).to_be_bytes());
    value
}

#[tokio::test]
async fn a_log_of_the_first_version_is_read_and_goes_on() {
    let folder = Folder::new();
    let mut before = folder.fill(5).await;
    let database = folder.database(1);
    for revision in 1..=5 {
        let value = database.get(key(revision, 0)).expect("readable").expect("there");
        database.insert(key(revision, 0), version_1(&value)).expect("written");
    }
    drop(database);
    assert_eq!(read_all(&folder.open()), before);
    let records: Vec<_> = (2..6).map(|seed| sample(seed, 10)).collect();
    let log = with_group(&folder, &records).await;
    drop(log);
    let news = [sample(0, 10), sample(1, 10)].into_iter().chain(records);
    let log = folder.open();
    // time does not go back
    let recorded_at_ms = |new: &NewRecord| new.recorded_at_ms.max(before[4].recorded_at_ms);
    let news = news.map(|new| NewRecord {
        recorded_at_ms: recorded_at_ms(&new),
        ..new
    });
    let news: Vec<_> = (6..).zip(news).map(|(revision, new)| stored(revision, new)).collect();
    before.extend(news);
    for (from, expected) in (1..).zip(&before) {
        let rest = log.read(Revision(from), usize::MAX).expect("readable");
        assert_eq!((rest.first(), rest.last()), (Some(expected), before.last()));
    }
}

#[tokio::test]
async fn of_a_group_that_a_crash_cut_off_whole_records_are_kept() {
    let folder = Folder::new();
    let log = folder.open();
    append_durably(&log, sample(0, 10)).await;
    let witness = fs::read(folder.path().join("durable")).expect("a witness");
    drop(log);
    let records: Vec<_> = (2..)
        .zip([10, 20, 100_000, 5])
        .map(|(seed, bytes)| sample(seed, bytes))
        .collect();
    drop(with_group(&folder, &records).await);
    // two revisions, those of the group's first value, the three parts of its large record, and its last value
    let database = folder.database(1);
    for (revision, part) in [(7, 0), (6, 2)] {
        database
            .remove(key(revision, part))
            .expect("it goes")
            .expect("it was there");
    }
    drop(database);
    fs::write(folder.path().join("durable"), witness).expect("the witness goes back");

    let log = folder.open();
    assert_eq!(revisions(&read_all(&log)), (1..=5).collect::<Vec<_>>());
    assert_eq!(append_durably(&log, sample(9, 10)).await, Revision(6));
    assert_eq!(read_all(&log).len(), 6);
}
