//! Pauses between attempts: doubled each time, and not the same on two replicas.

use std::time::Duration;

use crate::limits;

/// The pauses of one follower.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    attempts: u32,
    /// xorshift64; never zero.
    random: u64,
}

impl Backoff {
    /// The seed makes the difference between replicas that lost the log at the same moment.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            attempts: 0,
            random: seed | 1,
        }
    }

    /// After something went well.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// The next pause: between a half and the whole of the time that doubles.
    pub(crate) fn next(&mut self) -> Duration {
        let doubled = limits::BACKOFF_FIRST.saturating_mul(1 << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let whole = doubled.min(limits::BACKOFF_MOST);
        let share = u32::try_from(self.random % 1000).unwrap_or_default();
        whole / 2 + whole / 2 * share / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_begin_anew() {
        let mut backoff = Backoff::new(7);
        let pauses: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        for (index, pause) in pauses.iter().enumerate() {
            let whole = limits::BACKOFF_FIRST
                .saturating_mul(1 << index.min(16))
                .min(limits::BACKOFF_MOST);
            assert!((whole / 2..=whole).contains(pause), "{index}: {pause:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= limits::BACKOFF_FIRST);
        let mut other = Backoff::new(8);
        assert_ne!((0..40).map(|_| other.next()).collect::<Vec<_>>(), pauses);
    }
}
