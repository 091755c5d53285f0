//! What became of a batch.

use almanac_wire::pb::ingest as pb;

use crate::RecordedAt;

/// What became of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StreamAnswer {
    /// It is on disk.
    Recorded {
        /// The number of the batch.
        sequence: u64,
        /// A revision that holds it: its own, or that of a later batch acknowledged with it.
        at: RecordedAt,
    },
    /// Nothing of it was recorded. Send the mended batch as a new one.
    Refused {
        /// The number of the batch.
        sequence: u64,
        /// The revision that keeps the refusal.
        at: RecordedAt,
        /// What is wrong: at most 100 mistakes.
        mistakes: Vec<RowMistake>,
        /// How many rows are wrong; 0 when the batch as a whole is.
        rejected_count: u32,
    },
}

/// A mistake in a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowMistake {
    /// The row, from 0; `None` when the batch as a whole is wrong.
    pub row: Option<u32>,
    /// The field, such as `value`.
    pub field: String,
    /// What to branch on, in `UPPER_SNAKE`.
    pub reason: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

pub(super) fn mistake(mistake: pb::RejectedEvent) -> RowMistake {
    let pb::RejectedEvent {
        index,
        field,
        reason,
        message,
    } = mistake;
    RowMistake {
        row: index.map(i32::unsigned_abs),
        field,
        reason,
        message,
    }
}
