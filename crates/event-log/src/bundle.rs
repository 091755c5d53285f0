//! The bytes of a stored value that has whole records: as many of a group, one after the other, as it holds. All numbers are big
//! endian.
//!
//! ```text
//! key     revision of the first record u64 | 0 u32
//!
//! value   offset  size
//!              0     1  format version, 2
//!              1     1  codec of the records: 0 as they are, 1 zstd
//!              2     2  0
//!              4    16  log id
//!             20     8  revision of the first record; each further one has the next
//!             28     4  length of the uncompressed records
//!             32     m  the records, at least one
//!         32 + m     4  crc32c of everything before it
//!
//! record  offset  size
//!              0     1  kind
//!              1     1  codec of the body
//!              2     8  recorded at, Unix milliseconds, signed
//!             10     4  length of the uncompressed body
//!             14     4  length s of the body as it is stored
//!             18     s  the body
//! ```
//!
//! Kind, codec and body are those of `frame`. To the engine a value is work that hardly depends on its length: it splits a page
//! after sixteen of them. When each record had a value, inserting was a fifth of the time that a group of small records took.
//!
//! Small bodies are compressed together: they say nearly the same, and alone are too short for it.

use almanac_model::{LogId, Revision};
use bytes::{Buf, Bytes};

use crate::body::{self, MIN_COMPRESSED_BYTES};
use crate::fault::Fault;
use crate::frame::{self, CHECKSUM_BYTES, Codec, Entry, KEY_BYTES};
use crate::limits::MAX_VALUE_BYTES;
use crate::record::{Record, RecordKind};

/// The format version of a bundle.
const BUNDLE_VERSION: u8 = 2;

const HEADER_BYTES: usize = 32;
const RECORD_HEADER_BYTES: usize = 18;
const MAX_RECORDS_BYTES: usize = MAX_VALUE_BYTES - HEADER_BYTES - CHECKSUM_BYTES;

/// The values of consecutive records with their keys, in order: bundles, and the parts of those that are too large for one.
pub(crate) fn encode_all(mut entries: &[Entry], log: LogId) -> impl Iterator<Item = ([u8; KEY_BYTES], Vec<u8>)> {
    let next = move || {
        let first = entries.first()?;
        let together = fitting(entries);
        let (taken, left) = entries.split_at(together.max(1));
        entries = left;
        let values = if together == 0 {
            frame::encode(first, log).collect()
        } else {
            vec![encode(first.revision, taken, log)]
        };
        let keys = (0..).map(|part| frame::key(first.revision, part));
        Some(keys.zip(values))
    };
    std::iter::from_fn(next).flatten()
}

/// How many of the first records have room in one value.
fn fitting(entries: &[Entry]) -> usize {
    let ends = entries.iter().scan(0, |end, entry| {
        *end += RECORD_HEADER_BYTES + entry.packed.bytes.len();
        Some(*end)
    });
    ends.take_while(|end| *end <= MAX_RECORDS_BYTES).count()
}

fn encode(first: Revision, entries: &[Entry], log: LogId) -> Vec<u8> {
    let records = layout(entries);
    let records_bytes = length(&records);
    let compressed = compress(entries, &records);
    let (codec, records) = compressed.map_or((Codec::Raw, records), |bytes| (Codec::Zstd, bytes));
    let mut value = Vec::with_capacity(HEADER_BYTES + records.len() + CHECKSUM_BYTES);
    value.extend_from_slice(&[BUNDLE_VERSION, codec as u8, 0, 0]);
    value.extend_from_slice(log.as_bytes());
    value.extend_from_slice(&first.0.to_be_bytes());
    value.extend_from_slice(&records_bytes.to_be_bytes());
    value.extend_from_slice(&records);
    frame::seal(value)
}

fn layout(entries: &[Entry]) -> Vec<u8> {
    let stored_bytes: usize = entries.iter().map(|entry| entry.packed.bytes.len()).sum();
    let mut records = Vec::with_capacity(entries.len() * RECORD_HEADER_BYTES + stored_bytes);
    for entry in entries {
        let packed = &entry.packed;
        records.extend_from_slice(&[packed.kind.as_byte(), packed.codec as u8]);
        records.extend_from_slice(&entry.recorded_at_ms.to_be_bytes());
        records.extend_from_slice(&packed.body_bytes.to_be_bytes());
        records.extend_from_slice(&length(&packed.bytes).to_be_bytes());
        records.extend_from_slice(&packed.bytes);
    }
    records
}

/// The records of a bundle compressed, where that helps: not where most of it was compressed before, each record by itself.
fn compress(entries: &[Entry], records: &[u8]) -> Option<Vec<u8>> {
    let as_they_are = entries.iter().filter(|entry| entry.packed.codec == Codec::Raw);
    let small_bytes: usize = as_they_are.map(|entry| entry.packed.bytes.len()).sum();
    let is_worthwhile = entries.len() > 1 && records.len() >= MIN_COMPRESSED_BYTES && 2 * small_bytes >= records.len();
    let compressed = is_worthwhile.then(|| body::compress(records).ok()).flatten();
    compressed.filter(|compressed| compressed.len() < records.len())
}

/// Of what has room in a value.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Whether a value is a bundle, if it is intact.
pub(crate) fn is_bundle(value: &[u8]) -> bool {
    value.first() == Some(&BUNDLE_VERSION)
}

/// A decoded bundle; iterates over its records.
#[derive(Debug)]
pub(crate) struct Bundle {
    log: LogId,
    pub(crate) first: Revision,
    next: Revision,
    left: Bytes,
}

/// A record of a bundle, its body not yet read.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) revision: Revision,
    kind: RecordKind,
    codec: Codec,
    recorded_at_ms: i64,
    body_bytes: u32,
    body: Bytes,
}

/// Decodes a bundle.
pub(crate) fn decode(value: &[u8]) -> Result<Bundle, Fault> {
    let content = frame::unseal(value, BUNDLE_VERSION)?;
    if content.len() <= HEADER_BYTES {
        return Err(Fault::TooShort { bytes: value.len() });
    }
    let (mut header, records) = content.split_at(HEADER_BYTES);
    header.advance(1);
    let codec = Codec::from_byte(header.get_u8())?;
    let rest = header.get_u16();
    let log = LogId::from_bytes(header.get_u128().to_be_bytes());
    let first = Revision(header.get_u64());
    let records_bytes = usize::try_from(header.get_u32()).unwrap_or(usize::MAX);
    if rest != 0 || !(1..=MAX_RECORDS_BYTES).contains(&records_bytes) {
        return Err(Fault::Malformed { what: "the header" });
    }
    let left = body::restore(codec, Bytes::copy_from_slice(records), records_bytes)?;
    Ok(Bundle {
        log,
        first,
        next: first,
        left,
    })
}

impl Iterator for Bundle {
    type Item = Result<Stored, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        Some(self.read())
    }
}

impl Bundle {
    /// Refuses a bundle of another log, or under another key than its own.
    pub(crate) fn check(&self, log: LogId, key: &[u8]) -> Result<(), Fault> {
        if self.log != log {
            return Err(Fault::OtherLog { found: self.log });
        }
        if key != frame::key(self.first, 0) {
            return Err(Fault::Misplaced {
                revision: self.first,
                part: 0,
            });
        }
        Ok(())
    }

    /// The revision of the last record.
    pub(crate) fn last(self) -> Result<Revision, Fault> {
        let mut last = self.first;
        for stored in self {
            last = stored?.revision;
        }
        Ok(last)
    }

    fn read(&mut self) -> Result<Stored, Fault> {
        let malformed = Fault::Malformed {
            what: "a record of the bundle",
        };
        if self.left.len() < RECORD_HEADER_BYTES {
            return Err(malformed);
        }
        let mut header = self.left.split_to(RECORD_HEADER_BYTES);
        let kind = frame::kind_from_byte(header.get_u8())?;
        let codec = Codec::from_byte(header.get_u8())?;
        let recorded_at_ms = header.get_i64();
        let body_bytes = header.get_u32();
        let stored_bytes = usize::try_from(header.get_u32()).unwrap_or(usize::MAX);
        if self.left.len() < stored_bytes {
            return Err(malformed);
        }
        let revision = self.next;
        self.next = Revision(revision.0.checked_add(1).ok_or(malformed)?);
        Ok(Stored {
            revision,
            kind,
            codec,
            recorded_at_ms,
            body_bytes,
            body: self.left.split_to(stored_bytes),
        })
    }
}

impl Stored {
    /// The record.
    pub(crate) fn record(self) -> Result<Record, Fault> {
        let body = body::unpack(self.codec, self.body_bytes, self.body)?;
        Ok(body.record(self.kind, self.revision, self.recorded_at_ms))
    }
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
