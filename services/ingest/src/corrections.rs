//! Whether a corrector saw the newest value: the log is searched from the revision that was seen.

use std::collections::HashMap;

use almanac_event_log::{EventLog, Failure, ReadError};
use almanac_model::{Batch, BatchSeries, Revision};
use almanac_wire::{FieldViolation, Payload, PayloadError};

use crate::draft::{Draft, Rejected, Row};
use crate::error::reason;

const READ_BYTES: usize = 4 * 1024 * 1024;

/// The newest revision of each value that a draft corrects, as far as the log was searched.
#[derive(Debug, Default)]
pub(crate) struct Search {
    newest: HashMap<(BatchSeries, i32), Option<Revision>>,
    /// Everything up to here was searched.
    pub(crate) through: Revision,
}

/// Why the log could not be searched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("revision {revision} cannot be decoded: {cause}")]
    Decode { revision: Revision, cause: PayloadError },
    #[error("the index of the log failed: {0}")]
    Index(Failure),
}

impl Search {
    /// A search for the values that the draft corrects; `None` when it corrects none.
    pub(crate) fn of(draft: &Draft) -> Option<Self> {
        let corrected: Vec<&Row> = draft
            .rows
            .iter()
            .filter(|row| row.expected_revision().is_some())
            .collect();
        let oldest = corrected.iter().filter_map(|row| row.expected_revision()).min()?;
        let newest = corrected
            .iter()
            .map(|row| ((row.event.series.clone(), row.event.period.ordinal()), None));
        Some(Self {
            newest: newest.collect(),
            through: Revision(oldest.0.saturating_sub(1)),
        })
    }

    /// Searches what is durable. It blocks on the disk.
    pub(crate) fn search(&mut self, log: &dyn EventLog) -> Result<(), SearchError> {
        loop {
            let records = log.read(self.through.next(), READ_BYTES)?;
            if records.is_empty() {
                return Ok(());
            }
            for record in records {
                let revision = record.revision;
                let payload = Payload::decode(&record.payload);
                match payload.map_err(|cause| SearchError::Decode { revision, cause })? {
                    Payload::Events(batch) => self.look_at(revision, &batch),
                    Payload::Catalog(_) | Payload::Release(_) => {}
                }
                self.through = revision;
            }
        }
    }

    /// Looks at one batch that is newer than all before.
    pub(crate) fn look_at(&mut self, revision: Revision, batch: &Batch) {
        for row in batch.rows() {
            let key = (row.series.clone(), row.period);
            if let Some(newest) = self.newest.get_mut(&key) {
                *newest = Some(revision);
            }
        }
    }

    /// A refusal for a correction whose author did not see the newest value.
    pub(crate) fn stale(&self, row: &Row) -> Option<Rejected> {
        let expected = row.expected_revision()?;
        let (series, period) = row.key();
        let newest = self.newest.get(&(series.clone(), period)).copied().flatten();
        let message = match newest {
            Some(newest) if newest == expected => return None,
            Some(newest) => {
                format!(
                    "the value was changed by revision {newest}; read it, and correct that one if it is still wrong"
                )
            }
            None => format!("revision {expected} or later holds no value of this series and period"),
        };
        let field = if row.is_retraction {
            "expected_revision"
        } else {
            "correction.expected_revision"
        };
        let violation = FieldViolation::new(field, reason::STALE_REVISION, message);
        Some(row.reject(violation, newest))
    }
}
