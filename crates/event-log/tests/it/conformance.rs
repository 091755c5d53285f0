//! One suite for every engine.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use almanac_event_log::{
    AppendError, EventLog, Limits, MAX_PRINCIPAL_BYTES, MemoryLog, NewRecord, ReadError, wait_durable,
};
use almanac_model::Revision;

use crate::support::{Folder, LOG, append_durably, durable, noise, read_all, revisions, sample, stored};

/// A log, with a hand on when appended records become durable.
struct Fixture {
    log: Arc<dyn EventLog>,
    hold: Box<dyn Fn()>,
    release: Box<dyn Fn()>,
    _folder: Option<Folder>,
}

fn memory(limits: Limits) -> Fixture {
    let log = Arc::new(MemoryLog::with_limits(LOG, limits));
    let (holding, releasing) = (Arc::clone(&log), Arc::clone(&log));
    Fixture {
        log,
        hold: Box::new(move || holding.hold()),
        release: Box::new(move || releasing.release()),
        _folder: None,
    }
}

fn sled(limits: Limits) -> Fixture {
    let folder = Folder::with_limits(limits);
    let (holding, releasing) = (Arc::clone(&folder.disk), Arc::clone(&folder.disk));
    Fixture {
        log: Arc::new(folder.open()),
        hold: Box::new(move || holding.hold()),
        release: Box::new(move || releasing.release()),
        _folder: Some(folder),
    }
}

macro_rules! conformance {
    ($($test:ident),+ $(,)?) => {
        mod on_memory { $(#[tokio::test] async fn $test() { super::$test(super::memory).await })+ }
        mod on_sled { $(#[tokio::test] async fn $test() { super::$test(super::sled).await })+ }
    };
}

conformance! {
    an_empty_log_is_empty,
    records_come_back_in_order_and_whole,
    nothing_is_durable_or_read_before_its_sync,
    a_read_starts_at_its_revision_and_ends_at_its_size,
    a_large_record_is_one_record,
    what_is_too_large_is_refused,
    a_full_queue_refuses_and_recovers,
    concurrent_appenders_share_one_order,
    time_never_goes_backwards,
    close_finishes_what_was_appended,
    nobody_waits_for_a_closed_log,
}

type Make = fn(Limits) -> Fixture;

async fn an_empty_log_is_empty(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    assert_eq!(
        (log.id(), log.earliest(), durable(log.as_ref())),
        (LOG, Revision(1), Revision::EMPTY)
    );
    assert_eq!(read_all(log.as_ref()), []);
    wait_durable(log.as_ref(), Revision::EMPTY)
        .await
        .expect("the empty log is durable");
    let refused = log.read(Revision::EMPTY, 1).expect_err("revision 0 is no record");
    assert!(
        matches!(
            refused,
            ReadError::BeforeEarliest {
                from: Revision::EMPTY,
                earliest: Revision(1)
            }
        ),
        "{refused}"
    );
}

async fn records_come_back_in_order_and_whole(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    let bare = NewRecord {
        principal: String::new(),
        payload: noise(0, 0),
        receipt: noise(0, 0),
        ..sample(1, 0)
    };
    let news: Vec<_> = (0..20)
        .map(|seed| sample(seed, 50 * usize::from(seed)))
        .chain([bare])
        .collect();
    for (revision, new) in (1..).zip(&news) {
        let new = NewRecord {
            recorded_at_ms: 5,
            ..new.clone()
        };
        assert_eq!(append_durably(log.as_ref(), new).await, Revision(revision));
    }
    let expected: Vec<_> = (1..)
        .zip(news)
        .map(|(revision, new)| {
            stored(
                revision,
                NewRecord {
                    recorded_at_ms: 5,
                    ..new
                },
            )
        })
        .collect();
    assert_eq!(read_all(log.as_ref()), expected);
}

async fn nothing_is_durable_or_read_before_its_sync(make: Make) {
    let Fixture { log, hold, release, .. } = &make(Limits::default());
    append_durably(log.as_ref(), sample(0, 10)).await;
    hold();
    let mut status = log.status();
    status.mark_unchanged();
    let last = [log.append(sample(1, 10)), log.append(sample(2, 10))].map(|appended| appended.expect("accepted"))[1];
    assert_eq!(durable(log.as_ref()), Revision(1));
    assert_eq!(revisions(&read_all(log.as_ref())), [1]);
    assert_eq!(log.read(last, 1).expect("nothing there yet"), []);
    release();
    wait_durable(log.as_ref(), last).await.expect("released");
    assert!(status.has_changed().expect("open"), "the watch tells of progress");
    assert_eq!(revisions(&read_all(log.as_ref())), [1, 2, 3]);
}

async fn a_read_starts_at_its_revision_and_ends_at_its_size(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    for seed in 0..6 {
        append_durably(log.as_ref(), sample(seed, 100)).await;
    }
    let read = |from, max_bytes| revisions(&log.read(Revision(from), max_bytes).expect("readable"));
    assert_eq!(read(1, usize::MAX), [1, 2, 3, 4, 5, 6]);
    assert_eq!(read(3, 300), [3, 4, 5]);
    assert_eq!(read(3, 299), [3, 4]);
    assert_eq!(read(3, 0), [3], "at least one record");
    assert_eq!(read(6, usize::MAX), [6]);
    assert_eq!(read(7, usize::MAX), []);
    assert_eq!(read(u64::MAX, usize::MAX), []);
}

async fn a_large_record_is_one_record(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    let large = NewRecord {
        receipt: noise(9, 100_000),
        ..sample(1, 1_000_000)
    };
    let news = [sample(0, 10), large, sample(2, 49_152), sample(3, 10)];
    for new in news.clone() {
        append_durably(log.as_ref(), new).await;
    }
    let expected: Vec<_> = (1..).zip(news).map(|(revision, new)| stored(revision, new)).collect();
    assert_eq!(read_all(log.as_ref()), expected);
    assert_eq!(log.read(Revision(2), 1).expect("readable"), expected[1..2]);
}

async fn what_is_too_large_is_refused(make: Make) {
    let Fixture { log, .. } = &make(Limits {
        record_bytes: 1_000,
        ..Limits::default()
    });
    let fitting = NewRecord {
        principal: "p".repeat(100),
        receipt: noise(0, 400),
        ..sample(0, 500)
    };
    let large = NewRecord {
        payload: noise(0, 501),
        ..fitting.clone()
    };
    let refused = log.append(large).expect_err("too large");
    assert!(
        matches!(
            refused,
            AppendError::TooLarge {
                bytes: 1_001,
                limit: 1_000
            }
        ),
        "{refused}"
    );
    let long = MAX_PRINCIPAL_BYTES + 1;
    let refused = log
        .append(NewRecord {
            principal: "p".repeat(long),
            ..sample(0, 0)
        })
        .expect_err("too long");
    assert!(
        matches!(refused, AppendError::TooLarge { bytes, limit: MAX_PRINCIPAL_BYTES } if bytes == long),
        "{refused}"
    );
    assert_eq!(
        append_durably(log.as_ref(), fitting).await,
        Revision(1),
        "a refusal takes no revision"
    );
}

async fn a_full_queue_refuses_and_recovers(make: Make) {
    let Fixture { log, hold, release, .. } = &make(Limits {
        queue_bytes: 10_000,
        ..Limits::default()
    });
    hold();
    let mut last = Revision::EMPTY;
    let refused = loop {
        match log.append(sample(0, 1_000)) {
            Ok(revision) => last = revision,
            Err(refused) => break refused,
        }
    };
    let AppendError::QueueFull {
        queued_bytes,
        limit_bytes: 10_000,
    } = refused
    else {
        panic!("{refused}")
    };
    assert!(
        (8_000..=10_000).contains(&queued_bytes),
        "{queued_bytes} bytes are queued"
    );
    release();
    wait_durable(log.as_ref(), last)
        .await
        .expect("what was accepted becomes durable");
    let large = sample(0, 20_000);
    // The writer has published the group, and is about to say that it is finished with it.
    let revision = loop {
        match log.append(large.clone()) {
            Ok(revision) => break revision,
            Err(AppendError::QueueFull { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(revision, last.next(), "an empty queue takes any record");
}

async fn concurrent_appenders_share_one_order(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    let appenders: Vec<_> = (0..8_u8)
        .map(|seed| {
            let log = Arc::clone(log);
            let append = move |_| log.append(sample(seed, 2_000)).expect("accepted");
            thread::spawn(move || (0..50).map(append).collect::<Vec<_>>())
        })
        .collect();
    let given: Vec<_> = appenders
        .into_iter()
        .map(|appender| appender.join().expect("no panic"))
        .collect();
    for own in &given {
        assert!(own.is_sorted(), "each appender's records are in its order");
    }
    let distinct: BTreeSet<_> = given.iter().flatten().copied().collect();
    assert_eq!(distinct, (1..=400).map(Revision).collect());
    wait_durable(log.as_ref(), Revision(400)).await.expect("durable");
    let records = read_all(log.as_ref());
    assert_eq!(revisions(&records), (1..=400).collect::<Vec<_>>());
    for (seed, own) in (0..).zip(&given) {
        let principal = sample(seed, 0).principal;
        let read: Vec<_> = records
            .iter()
            .filter(|record| record.principal == principal)
            .map(|record| record.revision)
            .collect();
        assert_eq!(&read, own);
    }
}

async fn time_never_goes_backwards(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    for recorded_at_ms in [-7, 30, 20, i64::MIN, 40] {
        append_durably(
            log.as_ref(),
            NewRecord {
                recorded_at_ms,
                ..sample(0, 1)
            },
        )
        .await;
    }
    let times: Vec<_> = read_all(log.as_ref())
        .iter()
        .map(|record| record.recorded_at_ms)
        .collect();
    assert_eq!(times, [-7, 30, 30, 30, 40]);
}

async fn close_finishes_what_was_appended(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    for seed in 0..10 {
        log.append(sample(seed, 10_000)).expect("accepted");
    }
    log.close();
    log.close();
    wait_durable(log.as_ref(), Revision(10)).await.expect("finished");
    assert_eq!(read_all(log.as_ref()).len(), 10);
    let refused = log.append(sample(0, 1)).expect_err("closed");
    assert!(matches!(refused, AppendError::Closed), "{refused}");
}

async fn nobody_waits_for_a_closed_log(make: Make) {
    let Fixture { log, .. } = &make(Limits::default());
    let waiting = {
        let log = Arc::clone(log);
        tokio::spawn(async move { wait_durable(log.as_ref(), Revision(1)).await })
    };
    tokio::task::yield_now().await;
    log.close();
    waiting.await.expect("no panic").expect_err("revision 1 never comes");
}
