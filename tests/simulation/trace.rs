//! What happened, in order: two runs of one seed have the same trace, to the last byte.

use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The trace of a run. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Trace {
    inner: Arc<Mutex<Inner>>,
    is_printed: bool,
}

struct Inner {
    digest: Sha256,
    /// The time of the simulation.
    now: Duration,
}

impl Trace {
    pub(crate) fn new(is_printed: bool) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                digest: Sha256::new(),
                now: Duration::ZERO,
            })),
            is_printed,
        }
    }

    /// Says what time it is.
    pub(crate) fn set_time(&self, now: Duration) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).now = now;
    }

    /// Adds a line.
    pub(crate) fn say(&self, what: fmt::Arguments<'_>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // more exact than a step of the simulation, while a host runs
        let now = turmoil::sim_elapsed().unwrap_or(inner.now);
        let line = format!("{:>9.3} ms  {what}", now.as_secs_f64() * 1000.0);
        inner.digest.update(line.as_bytes());
        if self.is_printed {
            eprintln!("{line}");
        }
    }

    /// Adds bytes that nobody wants to read.
    pub(crate) fn add(&self, bytes: &[u8]) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.digest.update(bytes);
    }

    /// What tells it from every other trace.
    pub(crate) fn digest(&self) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for byte in inner.digest.clone().finalize().iter().take(8) {
            // writing to a text cannot fail
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
