//! A limit on everything, in one place.

use std::time::Duration;

use crate::{AppendError, NewRecord};

/// The longest value that is given to the engine, in bytes, framing included.
///
/// The engine moves a page larger than a quarter of its 4 MiB segments to a file of its own, which it never syncs.
/// A page of values this long stays far below.
pub const MAX_VALUE_BYTES: usize = 48 * 1024;

/// The longest name of a principal, in bytes.
pub const MAX_PRINCIPAL_BYTES: usize = 1024;

/// The largest record that any configuration accepts, in bytes of payload, receipt and principal.
///
/// A stored length above it cannot be true, so that a damaged one never makes a reader reserve the memory.
pub const MAX_RECORD_BYTES: usize = 256 * 1024 * 1024;

/// What an engine accepts.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest record, in bytes of payload, receipt and principal. Default 16 MiB, never above
    /// [`MAX_RECORD_BYTES`].
    pub record_bytes: usize,
    /// How much may be appended and not yet durable, in bytes. Default 64 MiB. An empty queue takes any record.
    pub queue_bytes: usize,
    /// How much is made durable by one sync, in bytes. Default 8 MiB. A group has at least one record.
    pub group_bytes: usize,
    /// How long a group waits at most for records that are likely to come: two fifths of as many as the two groups before it
    /// held. Default a millisecond; zero for not at all. Whoever was alone before waits for nobody.
    pub group_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 16 * 1024 * 1024,
            queue_bytes: 64 * 1024 * 1024,
            group_bytes: 8 * 1024 * 1024,
            group_wait: Duration::from_millis(1),
        }
    }
}

impl Limits {
    /// Refuses what is too large whatever else is in the queue.
    pub(crate) fn check(&self, record: &NewRecord) -> Result<(), AppendError> {
        let within = |bytes: usize, limit: usize| {
            if bytes > limit {
                Err(AppendError::TooLarge { bytes, limit })
            } else {
                Ok(())
            }
        };
        within(record.principal.len(), MAX_PRINCIPAL_BYTES)?;
        within(record.content_bytes(), self.record_bytes.min(MAX_RECORD_BYTES))
    }
}
