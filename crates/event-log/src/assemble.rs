//! From stored values back to records: nothing passes that is not exactly what was appended.

use std::path::Path;

use almanac_model::{LogId, Revision};

use crate::body;
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

    /// Takes the next value; gives the record if it was its last part.
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
        if key != frame::key(self.revision, self.part) {
            return Err(Fault::Missing);
        }
        let part = frame::decode(value)?;
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
        let body = body::unpack(header.codec, header.body_bytes, std::mem::take(&mut self.stored))?;
        self.header = None;
        self.part = 0;
        self.revision = self.revision.next();
        Ok(Record {
            revision: header.revision,
            kind: header.kind,
            recorded_at_ms: header.recorded_at_ms,
            principal: body.principal,
            producer: body.producer,
            request: body.request,
            receipt: body.receipt,
            payload: body.payload,
        })
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
