//! What was durable is there after a restart, in however many segments.

use std::sync::Arc;
use std::thread;

use almanac_event_log::{EventLog, NewRecord};
use almanac_model::Revision;

use crate::support::{Folder, LOG, append_durably, durable, read_all, revisions, sample, stored};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = Folder::new();
    let news = [sample(0, 10), sample(1, 300_000), sample(2, 0)];
    let log = folder.open();
    for new in news.clone() {
        log.append(new).expect("accepted");
    }
    log.close();
    drop(log);

    let log = folder.open();
    assert_eq!((log.id(), durable(&log)), (LOG, Revision(3)));
    let earlier = NewRecord {
        recorded_at_ms: 0,
        ..sample(3, 10)
    };
    assert_eq!(append_durably(&log, earlier.clone()).await, Revision(4));
    let mut expected: Vec<_> = (1..).zip(news).map(|(revision, new)| stored(revision, new)).collect();
    expected.push(stored(
        4,
        NewRecord {
            recorded_at_ms: expected[2].recorded_at_ms,
            ..earlier
        },
    ));
    assert_eq!(read_all(&log), expected, "time goes on where it was");
}

#[tokio::test]
async fn many_segments_are_one_log() {
    let folder = Folder::with_small_segments();
    let before = folder.fill(40).await;
    assert_eq!(revisions(&before), (1..=40).collect::<Vec<_>>());
    let segments = folder.segments();
    assert!(segments.len() >= 6, "segments start at {segments:?}");

    let log = folder.open();
    assert_eq!(read_all(&log), before);
    // Backwards, so that sealed segments are opened and closed again and again.
    for (from, expected) in (1..40_u32).zip(before.windows(2)).rev() {
        assert_eq!(log.read(Revision(from.into()), 9_000).expect("readable"), expected);
    }
    assert_eq!(append_durably(&log, sample(0, 10)).await, Revision(41));
}

#[tokio::test]
async fn a_log_that_rolled_and_stopped_goes_on() {
    let folder = Folder::with_small_segments();
    for expected in 1..=12 {
        let log = folder.open();
        assert_eq!(append_durably(&log, sample(0, 9_000)).await, Revision(expected));
        assert_eq!(revisions(&read_all(&log)), (1..=expected).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn readers_follow_across_segments_while_they_are_written() {
    const LAST: Revision = Revision(60);
    let folder = Folder::with_small_segments();
    let log = Arc::new(folder.open());
    let followers: Vec<_> = (0..3)
        .map(|_| {
            let log = Arc::clone(&log);
            thread::spawn(move || follow(log.as_ref(), LAST))
        })
        .collect();
    for seed in 0..60 {
        append_durably(log.as_ref(), sample(seed, 4_000)).await;
    }
    for follower in followers {
        assert_eq!(follower.join().expect("no panic"), (1..=LAST.0).collect::<Vec<_>>());
    }
}

/// Reads what is durable as soon as it is, as a replica does.
fn follow(log: &dyn EventLog, last: Revision) -> Vec<u64> {
    let mut status = log.status();
    let mut seen = Vec::new();
    let mut next = Revision(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    while next <= last {
        runtime
            .block_on(async { status.wait_for(|status| status.durable >= next).await.map(drop) })
            .expect("open");
        let records = log.read(next, 10_000).expect("readable");
        assert!(!records.is_empty(), "what is durable can be read");
        seen.extend(revisions(&records));
        next = Revision(seen.len() as u64 + 1);
    }
    seen
}
