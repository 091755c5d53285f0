//! The newest records, in memory: who keeps up with the log need not wait for the disk.

use std::collections::VecDeque;

use almanac_model::Revision;

use crate::Record;
use crate::assemble::Batch;

/// So many bytes are kept: a tenth of a second of the largest stream.
const MOST_BYTES: usize = 8 << 20;
/// What a record takes beside its content.
const RECORD_BYTES: usize = 256;

/// Records without a gap, whether they are durable or not.
#[derive(Debug, Default)]
pub(super) struct Recent {
    records: VecDeque<Record>,
    bytes: usize,
}

impl Recent {
    /// Adds the next record, and forgets the oldest ones.
    pub(super) fn push(&mut self, record: Record) {
        self.bytes += bytes(&record);
        self.records.push_back(record);
        while self.bytes > MOST_BYTES
            && let Some(oldest) = self.records.pop_front()
        {
            self.bytes -= bytes(&oldest);
        }
    }

    /// The records from `from` to `last` as far as there is room for them; none when `from` is not here.
    pub(super) fn read(&self, from: Revision, last: Revision, max_bytes: usize) -> Vec<Record> {
        let mut batch = Batch::new(max_bytes);
        let before = self
            .records
            .front()
            .and_then(|first| from.0.checked_sub(first.revision.0));
        if let Some(before) = before.and_then(|before| usize::try_from(before).ok()) {
            let records = self.records.iter().skip(before);
            for record in records.take_while(|record| record.revision <= last) {
                if !batch.add(record.clone()) {
                    break;
                }
            }
        }
        batch.into_records()
    }
}

fn bytes(record: &Record) -> usize {
    record.principal.len() + record.receipt.len() + record.payload.len() + RECORD_BYTES
}
