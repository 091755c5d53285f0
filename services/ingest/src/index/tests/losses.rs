//! What must never be in an index, and what is read again.

use std::path::Path;
use std::sync::Arc;

use almanac_event_log::{EventLog, Failure, MemoryLog};
use almanac_model::Revision;

use super::super::Index;
use super::support::{Both, Complaint, Said, empty_log, event_key, limits, log_of, place, records};
use crate::state::facts::{Fact, Looked};
use crate::state::tallies::Seen;

fn complaint(event: u8) -> Complaint {
    Complaint {
        event,
        value: 1,
        is_retraction: false,
    }
}

fn seen(both: &Both, event: u8) -> Seen {
    let state = both.state.lock().expect("no thread panicked");
    let key = std::iter::once(event_key(event));
    let before = state.before(key, &Looked::default(), None);
    let before = before.expect("the index can be read");
    before.tallies.seen(&complaint(event).tally(), false)
}

fn request(both: &Both, request: u8) -> Option<Revision> {
    let state = both.state.lock().expect("no thread panicked");
    state
        .request(&[request; 16], &Looked::default())
        .expect("the index can be read")
}

/// Eleven durable records, then ten that are lost. The writer of the index can be made to take all of them for durable.
fn with_a_lost_tail(dir: &Path, is_hasty: bool) -> (Revision, Arc<MemoryLog>) {
    let mut both = Both::open(empty_log(), dir);
    let all = empty_log();
    let complaints = (0..20).map(|event| Said::Complaints(vec![complaint(event)], Some(event)));
    for (said, place) in std::iter::once(Said::Catalog).chain(complaints).zip(1..) {
        if place == 12 {
            both.log.hold();
        }
        all.append(said.clone().record(1)).expect("the log takes it");
        both.record(said, 1);
    }
    if is_hasty {
        both.writing.log = all;
    }
    both.writing.step(&mut None, true).expect("the index can be written");
    both.log.fail(Failure::new("sync", "the disk", &"it is gone"));
    (both.indexed(), log_of(records(both.log.as_ref())))
}

#[test]
fn what_is_not_durable_does_not_come_into_the_index_so_that_its_retry_is_recorded_when_it_was_lost() {
    let (_folder, dir) = place();
    let (indexed, log) = with_a_lost_tail(&dir, false);
    assert_eq!(indexed, Revision(11));
    let both = Both::open(log, &dir);
    assert_eq!(request(&both, 9), Some(Revision(11)));
    assert_eq!((request(&both, 10), seen(&both, 10)), (None, Seen::New));
}

#[test]
fn an_index_that_is_ahead_of_its_log_is_dropped_and_would_take_what_was_lost_for_a_duplicate() {
    let (_folder, dir) = place();
    let (indexed, log) = with_a_lost_tail(&dir, true);
    assert_eq!(indexed, Revision(21), "what was not durable is in it");
    // what would be believed without the check: an event that nobody has
    {
        let index = Index::open(&dir, &limits()).expect("it is whole");
        let lost = index.get(&event_key(10)).expect("it can be read");
        assert!(matches!(lost, Some(Fact::Tally(_))), "{lost:?}");
    }
    let both = Both::open(log, &dir);
    assert_eq!((request(&both, 10), seen(&both, 10)), (None, Seen::New));
    assert_eq!(seen(&both, 9), Seen::Same);
}

#[test]
fn an_index_of_another_past_of_the_log_is_dropped() {
    let (_folder, dir) = place();
    let mut both = Both::open(empty_log(), &dir);
    both.record(Said::Catalog, 1);
    let copy = records(both.log.as_ref());
    both.record(Said::Complaints(vec![complaint(1)], Some(1)), 1);
    both.writing.step(&mut None, true).expect("the index can be written");
    drop(both);
    // restored from the copy, the log has grown to the same revision by something else
    let log = log_of(copy);
    let other = Said::Complaints(vec![complaint(2)], Some(2)).record(1);
    log.append(other).expect("the log takes it");
    let both = Both::open(log, &dir);
    assert_eq!((request(&both, 1), seen(&both, 1)), (None, Seen::New));
    assert_eq!((request(&both, 2), seen(&both, 2)), (Some(Revision(2)), Seen::Same));
}
