//! The time, as a test says it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A clock that goes one millisecond further each time it is read.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    /// It is the 1st of March 2018: the year 2017 is over, and can be reported as final.
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_519_862_400_000)))
    }
}

impl TestClock {
    /// Says what time it is from now on.
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::SeqCst);
    }

    /// As the service takes it.
    pub(crate) fn reader(&self) -> almanac_ingest::Clock {
        let clock = Arc::clone(&self.0);
        Arc::new(move || {
            let now = clock.fetch_add(1, Ordering::SeqCst);
            Timestamp::from_millisecond(now).expect("a test does not run for millennia")
        })
    }
}
