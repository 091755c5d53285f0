//! For whom a group waits. Time decides nothing: it waits for an hour, or not at all.

use std::thread;

use super::*;
use crate::body::pack;
use crate::samples::{full, noise};

const HOUR: Duration = Duration::from_hours(1);
const GROUP_BYTES: usize = 10_000;

fn queue() -> Queue {
    let limits = Limits {
        group_wait: HOUR,
        ..Limits::default()
    };
    Queue::new(&limits, GROUP_BYTES, Revision::default(), 0)
}

/// Two of them fit into a group, and three do not.
fn large() -> NewRecord {
    NewRecord {
        payload: noise(4_000),
        ..full()
    }
}

fn push(queue: &Queue, record: &NewRecord) {
    queue.push(pack(record), record.clone()).expect("accepted");
}

/// How many records the next group has.
fn taken(queue: &Queue) -> usize {
    match queue.take(HOUR) {
        Work::Group(group) => group.len(),
        other => panic!("{other:?} is no group"),
    }
}

/// Groups of one record and of ten, which are there before the writer looks for them.
fn eleven(queue: &Queue) {
    for records in [1, 10] {
        for _ in 0..records {
            push(queue, &full());
        }
        assert_eq!(taken(queue), records);
    }
}

/// Comes back when the writer waits, with so many records there.
fn until_the_writer_waits(queue: &Queue, records: usize) {
    loop {
        let state = queue.lock();
        assert_eq!(state.entries.len(), records, "the writer waits for no company");
        if state.is_writer_waiting {
            return;
        }
        drop(state);
        thread::yield_now();
    }
}

/// The group after groups of one and ten, when one record after the other comes, each while the writer waits, and then that.
fn after_eleven(records: &[NewRecord], then: impl FnOnce(&Queue)) -> usize {
    let queue = queue();
    eleven(&queue);
    thread::scope(|scope| {
        let writer = scope.spawn(|| taken(&queue));
        for (there, record) in records.iter().enumerate() {
            until_the_writer_waits(&queue, there);
            push(&queue, record);
        }
        then(&queue);
        writer.join().expect("a group")
    })
}

#[test]
fn a_group_waits_for_two_fifths_of_what_the_two_before_held() {
    let four = [full(), full(), full(), full()];
    assert_eq!(after_eleven(&four, |_| ()), 4);
}

#[test]
fn a_group_that_is_full_waits_for_nobody() {
    let three = [large(), large(), large()];
    assert_eq!(after_eleven(&three, |_| ()), 2);
}

#[test]
fn a_log_that_is_closed_waits_for_nobody() {
    let closed = after_eleven(&[full()], |queue| {
        until_the_writer_waits(queue, 1);
        queue.close();
    });
    assert_eq!(closed, 1);
}

#[test]
fn whoever_is_alone_waits_for_nobody() {
    let queue = queue();
    for _ in 0..3 {
        push(&queue, &full());
        assert_eq!(taken(&queue), 1);
    }
}

#[test]
fn whoever_comes_after_a_silence_waits_for_nobody() {
    let queue = queue();
    eleven(&queue);
    assert!(matches!(queue.take(Duration::ZERO), Work::Idle));
    push(&queue, &full());
    assert_eq!(taken(&queue), 1);
}
