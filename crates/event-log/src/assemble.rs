//! From stored values back to records: nothing passes that is not exactly what was appended.

use std::path::Path;

use almanac_model::{LogId, Revision};

use crate::body;
use crate::bundle;
use crate::error::Damage;
use crate::fault::Fault;
use crate::frame::{self, Header};
use crate::record::Record;

/// Joins the values of one segment, given in the order of their keys, to records without a gap.
#[derive(Debug)]
pub(crate) struct Assembler<'a> {
    log: LogId,
    place: &'a Path,
    revision: Revision,
    part: u32,
    header: Option<Header>,
    stored: Vec<u8>,
}

impl<'a> Assembler<'a> {
    /// Expects the first part of `from` next. `place` is named when something is wrong.
    pub(crate) fn new(log: LogId, place: &'a Path, from: Revision) -> Self {
        Self {
            log,
            place,
            revision: from,
            part: 0,
            header: None,
            stored: Vec::new(),
        }
    }

    /// The revision whose parts are expected.
    pub(crate) fn expected(&self) -> Revision {
        self.revision
    }

    /// Takes a value that has whole records, and adds those up to `last` to `batch`; gives whether there is room for more.
    pub(crate) fn push_bundle(
        &mut self,
        key: &[u8],
        value: &[u8],
        last: Revision,
        batch: &mut Batch,
    ) -> Result<bool, Damage> {
        self.accept_bundle(key, value, last, batch)
            .map_err(|fault| self.damage(fault))
    }

    fn accept_bundle(&mut self, key: &[u8], value: &[u8], last: Revision, batch: &mut Batch) -> Result<bool, Fault> {
        let bundle = bundle::decode(value)?;
        bundle.check(self.log, key)?;
        if self.part > 0 || bundle.first > self.revision {
            return Err(Fault::Missing);
        }
        for stored in bundle {
            let stored = stored?;
            if stored.revision > last {
                return Ok(false);
            }
            // a read may start in the middle
            if stored.revision == self.revision {
                let record = stored.record()?;
                self.revision = self.revision.next();
                if !batch.add(record) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Takes the next value, a part; gives the record if it was its last one.
    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Record>, Damage> {
        self.accept(key, value).map_err(|fault| self.damage(fault))
    }

    /// The fault of the part that is expected next.
    pub(crate) fn damage(&self, fault: Fault) -> Damage {
        Damage {
            revision: self.revision,
            part: self.part,
            place: self.place.to_owned(),
            fault,
        }
    }

    fn accept(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Record>, Fault> {
        let part = frame::decode(value)?;
        if key != frame::key(self.revision, self.part) {
            return Err(Fault::Missing);
        }
        if part.header.log != self.log {
            return Err(Fault::OtherLog { found: part.header.log });
        }
        if (part.header.revision, part.index) != (self.revision, self.part) {
            return Err(Fault::Misplaced {
                revision: part.header.revision,
                part: part.index,
            });
        }
        let header = *self.header.get_or_insert(part.header);
        if header != part.header {
            return Err(Fault::PartsDisagree);
        }
        self.stored.extend_from_slice(part.piece);
        if part.index + 1 < header.parts {
            self.part += 1;
            return Ok(None);
        }
        self.finish(header).map(Some)
    }

    fn finish(&mut self, header: Header) -> Result<Record, Fault> {
        let stored = std::mem::take(&mut self.stored).into();
        let body = body::unpack(header.codec, header.body_bytes, stored)?;
        self.header = None;
        self.part = 0;
        self.revision = self.revision.next();
        Ok(body.record(header.kind, header.revision, header.recorded_at_ms))
    }
}

/// The answer to a read: whole records, up to a number of bytes.
#[derive(Debug)]
pub(crate) struct Batch {
    records: Vec<Record>,
    left_bytes: usize,
    full: bool,
}

impl Batch {
    /// An empty batch for `max_bytes` bytes of payload.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            records: Vec::new(),
            left_bytes: max_bytes,
            full: false,
        }
    }

    /// Adds a record if it is the first or there is room for it; gives whether there may be room for another.
    pub(crate) fn add(&mut self, record: Record) -> bool {
        let left_bytes = self.left_bytes.checked_sub(record.payload.len());
        if left_bytes.is_some() || self.records.is_empty() {
            self.records.push(record);
        }
        self.full = left_bytes.is_none();
        self.left_bytes = left_bytes.unwrap_or(0);
        !self.full
    }

    /// Whether a record was left out.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// The records.
    pub(crate) fn into_records(self) -> Vec<Record> {
        self.records
    }
}
