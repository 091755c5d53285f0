//! Group commit: what arrives during one sync is made durable by the next one, and nobody waits longer than that for company.

use std::time::Duration;

use almanac_event_log::{EventLog, Limits, wait_durable};
use almanac_model::Revision;

use crate::support::{Folder, append_durably, durable, sample};

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

/// So long that a test that waited for it would not end.
fn waiting_for_company(group_bytes: usize) -> Folder {
    Folder::with_limits(Limits {
        group_bytes,
        group_wait: Duration::from_hours(1),
        ..Limits::default()
    })
}

#[tokio::test]
async fn a_group_that_is_full_waits_for_nobody() {
    let folder = waiting_for_company(10_000);
    let log = folder.open();
    let before = folder.disk.syncs();
    for seed in 0..3 {
        log.append(sample(seed, 4_000)).expect("accepted");
    }
    // the third does not fit into 10,000 bytes beside its frame, and waits for the next group
    wait_durable(&log, Revision(2)).await.expect("durable");
    assert_eq!(folder.disk.syncs(), before + 1);
}

#[tokio::test]
async fn a_log_that_is_closed_waits_for_no_company() {
    let folder = waiting_for_company(1 << 20);
    let log = folder.open();
    log.append(sample(0, 10)).expect("accepted");
    log.close();
    assert_eq!(durable(&log), Revision(1));
}
