//! A disk that fills up, comes back, or breaks.

use std::fs;

use almanac_event_log::{AppendError, DiskState, EventLog, SledLog, wait_durable};
use almanac_model::Revision;

use crate::support::{Folder, append_durably, copy, durable, read_all, revisions, sample};

const MEBIBYTE: u64 = 1 << 20;

async fn disk_becomes(log: &SledLog, condition: impl FnMut(&DiskState) -> bool) {
    log.disk_state().wait_for(condition).await.expect("the log is open");
}

#[tokio::test]
async fn writes_stop_before_the_disk_is_full_and_come_back() {
    let mut folder = Folder::new();
    folder.options.reserve_bytes = 100 * MEBIBYTE;
    let log = folder.open();
    append_durably(&log, sample(0, 10)).await;
    folder.disk.set_free_bytes(99 * MEBIBYTE);
    disk_becomes(&log, |disk| !disk.accepts_writes).await;
    let refused = log.append(sample(1, 10)).expect_err("too little space");
    let AppendError::DiskFull {
        free_bytes,
        reserve_bytes,
    } = refused
    else {
        panic!("{refused}")
    };
    assert_eq!((free_bytes, reserve_bytes), (99 * MEBIBYTE, 100 * MEBIBYTE));
    assert_eq!(revisions(&read_all(&log)), [1], "reads go on");
    assert!(log.status().borrow().failure.is_none());

    folder.disk.set_free_bytes(100 * MEBIBYTE);
    disk_becomes(&log, |disk| disk.accepts_writes).await;
    assert_eq!(append_durably(&log, sample(1, 10)).await, Revision(2));
}

#[tokio::test]
async fn the_ballast_goes_when_the_disk_is_full_and_comes_back() {
    let mut folder = Folder::new();
    folder.options.reserve_bytes = 100 * MEBIBYTE;
    folder.options.ballast_bytes = 16 * MEBIBYTE;
    let ballast = folder.path().join("ballast");
    let log = folder.open();
    assert_eq!(fs::metadata(&ballast).expect("a ballast").len(), 16 * MEBIBYTE);
    append_durably(&log, sample(0, 10)).await;
    drop(log);

    folder.disk.set_free_bytes(0);
    let log = folder.open();
    assert!(!ballast.exists(), "the log opens on a full disk");
    assert_eq!(revisions(&read_all(&log)), [1]);
    assert!(matches!(log.append(sample(1, 10)), Err(AppendError::DiskFull { .. })));

    folder.disk.set_free_bytes(115 * MEBIBYTE);
    disk_becomes(&log, |disk| disk.free_bytes == 115 * MEBIBYTE).await;
    assert!(!log.disk_state().borrow().accepts_writes, "the ballast comes first");
    folder.disk.set_free_bytes(116 * MEBIBYTE);
    disk_becomes(&log, |disk| disk.accepts_writes && disk.ballast_held).await;
    assert_eq!(append_durably(&log, sample(1, 10)).await, Revision(2));
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged() {
    let folder = Folder::new();
    let log = folder.open();
    append_durably(&log, sample(0, 10)).await;
    folder.disk.hold();
    folder.disk.break_down();
    let pending = [log.append(sample(1, 10)), log.append(sample(2, 10))].map(|appended| appended.expect("accepted"));
    folder.disk.release();
    for revision in pending {
        let failure = wait_durable(&log, revision).await.expect_err("not durable");
        assert!(failure.to_string().contains("the disk is broken"), "{failure}");
    }
    assert!(log.status().borrow().failure.is_some());
    let refused = log.append(sample(3, 10)).expect_err("poisoned");
    assert!(matches!(refused, AppendError::Failed(_)), "{refused}");
    assert_eq!((durable(&log), revisions(&read_all(&log))), (Revision(1), vec![1]));
    log.close();

    // A new process on a new disk: the failed one keeps its files open to its end.
    let recovered = Folder::new();
    copy(&folder.path(), &recovered.path());
    let log = recovered.open();
    let next = durable(&log).next();
    assert!(
        (2..=4).contains(&next.0),
        "what was acknowledged is there, the rest may be"
    );
    assert_eq!(append_durably(&log, sample(4, 10)).await, next);
    assert_eq!(revisions(&read_all(&log)), (1..=next.0).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_does_not_open_on_a_broken_disk() {
    let folder = Folder::new();
    folder.fill(1).await;
    folder.disk.break_down();
    let refusal = folder.refusal().to_string();
    assert!(refusal.contains("the disk is broken"), "{refusal}");
}

#[tokio::test]
async fn a_blob_is_an_alarm() {
    let folder = Folder::new();
    let log = folder.open();
    assert_eq!(log.disk_state().borrow().blob_files, 0);
    // Large records, so that it is seen that they make none.
    append_durably(&log, sample(0, 2_000_000)).await;
    assert_eq!(log.disk_state().borrow().blob_files, 0);
    fs::write(folder.segment(1).join("blobs/123"), b"too large").expect("a blob");
    append_durably(&log, sample(1, 10)).await;
    assert_eq!(log.disk_state().borrow().blob_files, 1);
}
