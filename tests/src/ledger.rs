//! The ledger of what was sent and acknowledged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a request is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// By itself, under a request id.
    Alone,
    /// As a batch of a stream.
    Streamed,
}

/// What was sent under a number.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// How.
    pub way: Way,
    /// The revision that was acknowledged, none while nothing was. For a batch of a stream it may be the revision of a later
    /// one, acknowledged with it.
    pub acknowledged: Option<u64>,
}

impl Sent {
    /// Whether the log, read from a revision on, may hold it there.
    #[must_use]
    pub fn is_held(self, found: Option<u64>, from: u64) -> bool {
        match (self.acknowledged, self.way) {
            (None, _) => true,
            (Some(revision), Way::Alone) => revision < from || found == Some(revision),
            // it may be anywhere up to there
            (Some(revision), Way::Streamed) => found.map_or(from > 1, |found| found <= revision),
        }
    }
}

/// What was sent, by number.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<u32, Sent>>>);

impl Ledger {
    /// All of it.
    pub fn requests(&self) -> MutexGuard<'_, BTreeMap<u32, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number that nobody has sent.
    #[must_use]
    pub fn send_next(&self, way: Way) -> u32 {
        let mut requests = self.requests();
        let number = requests.last_key_value().map_or(1, |(last, _)| last + 1);
        requests.insert(
            number,
            Sent {
                way,
                acknowledged: None,
            },
        );
        number
    }

    /// Notes what was acknowledged.
    pub fn acknowledged(&self, number: u32, revision: u64) {
        if let Some(sent) = self.requests().get_mut(&number) {
            sent.acknowledged = Some(revision);
        }
    }

    /// How many were acknowledged.
    #[must_use]
    pub fn acknowledged_count(&self) -> usize {
        let requests = self.requests();
        requests.values().filter(|sent| sent.acknowledged.is_some()).count()
    }

    /// How many of them in streams.
    #[must_use]
    pub fn streamed_count(&self) -> usize {
        let requests = self.requests();
        let streamed = |sent: &&Sent| sent.way == Way::Streamed && sent.acknowledged.is_some();
        requests.values().filter(streamed).count()
    }
}
