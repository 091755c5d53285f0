//! What the log has in memory is what it has on disk.

use almanac_event_log::{EventLog, wait_durable};
use almanac_model::Revision;

use crate::support::{Folder, append_durably, revisions, sample};

#[tokio::test]
async fn recent_records_are_those_that_are_read_and_none_before_it_is_durable() {
    let folder = Folder::new();
    let log = folder.open();
    for seed in 0..5 {
        append_durably(&log, sample(seed, 1_000)).await;
    }
    for (from, max_bytes) in [(1, usize::MAX), (3, 1), (3, 2_500), (5, usize::MAX), (6, usize::MAX)] {
        let read = log.read(Revision(from), max_bytes).expect("readable");
        assert_eq!(log.read_recent(Revision(from), max_bytes), read, "{from}, {max_bytes}");
    }
    folder.disk.hold();
    log.append(sample(5, 10)).expect("accepted");
    assert_eq!(log.read_recent(Revision(6), usize::MAX), []);
    assert_eq!(revisions(&log.read_recent(Revision(5), usize::MAX)), [5]);
    folder.disk.release();
    wait_durable(&log, Revision(6)).await.expect("durable");
    assert_eq!(revisions(&log.read_recent(Revision(5), usize::MAX)), [5, 6]);
}

#[tokio::test]
async fn old_records_are_on_disk_alone() {
    let folder = Folder::new();
    let log = folder.open();
    for seed in 0..10 {
        append_durably(&log, sample(seed, 1 << 20)).await;
    }
    assert_eq!(log.read_recent(Revision(1), usize::MAX), []);
    let newest = log.read(Revision(10), 1).expect("readable");
    assert_eq!(log.read_recent(Revision(10), 1), newest);
    drop(log);
    let log = folder.open();
    assert_eq!(log.read_recent(Revision(10), 1), [], "it was appended before");
    assert_eq!(log.read(Revision(10), 1).expect("readable"), newest);
}
