//! How far a replica is behind its log, in revisions and in time.

use std::collections::VecDeque;
use std::time::Duration;

use almanac_model::{LogId, Revision};
use almanac_wire::pb::query as pb;
use jiff::Timestamp;
use tonic::metadata::{MetadataMap, MetadataValue};

use crate::limits;

/// How far a replica is behind its log.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Lag {
    /// Which log; none before it was first heard of.
    pub(crate) log: Option<LogId>,
    /// The last revision that was applied.
    pub(crate) applied: Revision,
    /// The log's newest, as last heard.
    pub(crate) head: Revision,
    /// When that was heard.
    pub(crate) heard: Option<Timestamp>,
    /// When what is applied was last known to be the newest; none when it never was since this process began.
    pub(crate) newest_at: Option<Timestamp>,
    /// It met a record that it cannot read and will not apply more.
    pub(crate) halted: bool,
}

impl Lag {
    /// Revisions of the log that are not applied, as far as the log was heard.
    pub(crate) fn revisions(&self) -> u64 {
        self.head.0.saturating_sub(self.applied.0)
    }

    /// How long ago what is applied was last known to be the newest: its age at most. While the log is heard and all of it is
    /// applied this is the time since the last message; when the log is silent, or more comes than is applied, it grows.
    pub(crate) fn behind(&self, now: Timestamp) -> Option<Duration> {
        self.newest_at.map(|then| elapsed(then, now))
    }

    /// Tells it in the metadata of an answer or a refusal.
    pub(crate) fn tell(&self, metadata: &mut MetadataMap, now: Timestamp) {
        if let Some(log) = self.log.and_then(|log| MetadataValue::try_from(log.to_string()).ok()) {
            metadata.insert("almanac-log-id", log);
        }
        metadata.insert("almanac-revision", self.applied.0.into());
        metadata.insert("almanac-head-revision", self.head.0.into());
        metadata.insert("almanac-lag-revisions", self.revisions().into());
        if let Some(seconds) = self
            .behind(now)
            .and_then(|behind| MetadataValue::try_from(seconds(behind)).ok())
        {
            metadata.insert("almanac-lag-seconds", seconds);
        }
        if let Some(heard) = self.heard {
            let age = u64::try_from(elapsed(heard, now).as_millis()).unwrap_or(u64::MAX);
            metadata.insert("almanac-heard-ms-ago", age.into());
        }
    }

    /// The same in a message of a stream, whose metadata come once.
    pub(crate) fn to_proto(self, now: Timestamp) -> pb::ReplicaLag {
        pb::ReplicaLag {
            applied_revision: self.applied.0,
            head_revision: self.head.0,
            behind: self.behind(now).and_then(|behind| behind.try_into().ok()),
        }
    }
}

/// A clock that was set back makes no negative age.
fn elapsed(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

/// With three decimals.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}

/// Heads of the log that were heard and are not applied yet, with the time at which each was the newest: what tells how old a
/// state is that the log has never stopped at. Not every head is kept; the ages are too large by the gaps between them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads(VecDeque<(Revision, Timestamp)>);

impl Heads {
    /// A head that is not applied yet was heard.
    pub(crate) fn hear(&mut self, head: Revision, now: Timestamp) {
        let soon = |(last, then): &(Revision, Timestamp)| {
            *last >= head || elapsed(*then, now) < limits::HEAD_EVERY && *then <= now
        };
        if self.0.back().is_some_and(soon) {
            return;
        }
        if self.0.len() == limits::HEADS {
            // the first one is the next to be reached, the last one was just heard
            let mut keep = false;
            self.0.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.0.push_back((head, now));
    }

    /// Forgets the heads that are applied now, and tells when the newest of them was heard.
    pub(crate) fn reach(&mut self, applied: Revision) -> Option<Timestamp> {
        let mut reached = None;
        while let Some((_, heard)) = self.0.pop_front_if(|(head, _)| *head <= applied) {
            reached = Some(heard);
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn a_lag_in_time_begins_when_the_state_was_last_the_newest() {
        let lag = Lag {
            applied: Revision(7),
            head: Revision(9),
            newest_at: Some(at(1_000)),
            ..Lag::default()
        };
        assert_eq!(lag.revisions(), 2);
        assert_eq!(lag.behind(at(3_250)), Some(Duration::from_millis(2_250)));
        assert_eq!(lag.behind(at(500)), Some(Duration::ZERO), "a clock that was set back");
        assert_eq!(Lag::default().behind(at(0)), None);
        assert_eq!(seconds(Duration::from_millis(61_007)), "61.007");
    }

    #[test]
    fn a_replica_that_trails_a_busy_log_is_as_old_as_the_head_that_it_reached() {
        let mut heads = Heads::default();
        // a new head each 50 ms, and each is applied 200 ms later
        let mut newest_at = None;
        for tick in 0..100_i64 {
            let (now, revision) = (tick * 50, u64::try_from(tick).unwrap());
            heads.hear(Revision(revision + 5), at(now));
            newest_at = heads.reach(Revision(revision)).or(newest_at);
            if tick > 10 {
                let age = at(now).duration_since(newest_at.unwrap()).as_millis();
                assert!((200..=400).contains(&age), "{age} ms at {now} ms");
            }
        }
    }

    #[test]
    fn heads_take_bounded_memory_and_the_next_one_to_be_reached_stays() {
        let mut heads = Heads::default();
        for second in 0..10_000 {
            heads.hear(Revision(10 + u64::try_from(second).unwrap()), at(second * 1_000));
        }
        assert!(heads.0.len() <= limits::HEADS);
        assert_eq!(heads.reach(Revision(9)), None);
        assert_eq!(heads.reach(Revision(10)), Some(at(0)));
        assert_eq!(heads.reach(Revision(20_000)), Some(at(9_999_000)));
        assert_eq!(heads.reach(Revision(30_000)), None);
    }
}
