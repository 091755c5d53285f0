//! The bytes of a stored value that is a part of a record: of one that is too large for `bundle`, and of every one in an
//! archive. All numbers are big endian.
//!
//! ```text
//! key     revision u64 | part index u32
//!
//! value   offset  size
//!              0     1  format version, 1
//!              1     1  kind: 1 events, 2 catalogue, 3 release, 4 retraction
//!              2     1  codec of the body: 0 as it is, 1 zstd
//!              3     1  0
//!              4    16  log id
//!             20     8  revision
//!             28     8  recorded at, Unix milliseconds, signed
//!             36     4  index i of this part, from 0
//!             40     4  number n of parts, at least 1
//!             44     4  length of the uncompressed body
//!             48     m  this part's piece of the body
//!         48 + m     4  crc32c of everything before it
//! ```
//!
//! The pieces of parts 0 to n-1, joined and uncompressed, are the body; `body` has its layout. Every piece but the last
//! is as long as a value of [`MAX_VALUE_BYTES`] permits.
//!
//! Every format version has the first byte and the checksum at the end, so that damage is told from novelty.

use almanac_model::{LogId, Revision};

use crate::body::Packed;
use crate::fault::Fault;
use crate::limits::MAX_VALUE_BYTES;
use crate::record::RecordKind;

/// The newest format version of a value: `bundle` has it.
const NEWEST_VERSION: u8 = 2;

/// The format version of a part.
const PART_VERSION: u8 = 1;

const HEADER_BYTES: usize = 48;
/// What [`seal`] adds.
pub(crate) const CHECKSUM_BYTES: usize = 4;
const MAX_PIECE_BYTES: usize = MAX_VALUE_BYTES - HEADER_BYTES - CHECKSUM_BYTES;

/// The length of a key, in bytes.
pub(crate) const KEY_BYTES: usize = 12;

/// The key of a part: its bytes sort as revision and part do.
pub(crate) fn key(revision: Revision, part: u32) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key[..8].copy_from_slice(&revision.0.to_be_bytes());
    key[8..].copy_from_slice(&part.to_be_bytes());
    key
}

/// The revision and part that a key names; none if it is no key of ours.
pub(crate) fn split_key(key: &[u8]) -> Option<(Revision, u32)> {
    let (revision, part) = key.split_first_chunk::<8>()?;
    Some((
        Revision(u64::from_be_bytes(*revision)),
        u32::from_be_bytes(part.try_into().ok()?),
    ))
}

/// What every part of a record repeats.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) kind: RecordKind,
    pub(crate) codec: Codec,
    pub(crate) log: LogId,
    pub(crate) revision: Revision,
    pub(crate) recorded_at_ms: i64,
    pub(crate) parts: u32,
    pub(crate) body_bytes: u32,
}

/// How the body is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Codec {
    Raw = 0,
    Zstd = 1,
}

impl Codec {
    /// The codec behind a stored byte.
    pub(crate) fn from_byte(byte: u8) -> Result<Self, Fault> {
        match byte {
            0 => Ok(Self::Raw),
            1 => Ok(Self::Zstd),
            found => Err(Fault::UnknownCodec { found }),
        }
    }
}

/// The kind behind a stored byte.
pub(crate) fn kind_from_byte(byte: u8) -> Result<RecordKind, Fault> {
    RecordKind::from_byte(byte).ok_or(Fault::UnknownKind { found: byte })
}

/// One decoded value.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) header: Header,
    pub(crate) index: u32,
    pub(crate) piece: &'a [u8],
}

/// A record with its place in the order, ready to be written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) revision: Revision,
    pub(crate) recorded_at_ms: i64,
    pub(crate) packed: Packed,
}

/// The values of a record, one for each of its parts.
pub(crate) fn encode(entry: &Entry, log: LogId) -> impl Iterator<Item = Vec<u8>> {
    let packed = &entry.packed;
    // A body is never empty and at most MAX_RECORD_BYTES and a little, so that its parts are counted in 32 bits.
    let parts = u32::try_from(packed.bytes.len().div_ceil(MAX_PIECE_BYTES)).unwrap_or(u32::MAX);
    let header = Header {
        kind: packed.kind,
        codec: packed.codec,
        log,
        revision: entry.revision,
        recorded_at_ms: entry.recorded_at_ms,
        parts,
        body_bytes: packed.body_bytes,
    };
    (0..)
        .zip(packed.bytes.chunks(MAX_PIECE_BYTES))
        .map(move |(index, piece)| encode_part(&header, index, piece))
}

fn encode_part(header: &Header, index: u32, piece: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEADER_BYTES + piece.len() + CHECKSUM_BYTES);
    value.extend_from_slice(&[PART_VERSION, header.kind.as_byte(), header.codec as u8, 0]);
    value.extend_from_slice(header.log.as_bytes());
    value.extend_from_slice(&header.revision.0.to_be_bytes());
    value.extend_from_slice(&header.recorded_at_ms.to_be_bytes());
    value.extend_from_slice(&index.to_be_bytes());
    value.extend_from_slice(&header.parts.to_be_bytes());
    value.extend_from_slice(&header.body_bytes.to_be_bytes());
    value.extend_from_slice(piece);
    seal(value)
}

/// Adds the checksum.
pub(crate) fn seal(mut content: Vec<u8>) -> Vec<u8> {
    content.extend_from_slice(&crc32c::crc32c(&content).to_be_bytes());
    assert!(
        content.len() <= MAX_VALUE_BYTES,
        "a value of {} bytes would leave the synced file",
        content.len()
    );
    content
}

/// The content of a value of this format version. The checksum comes first: of a damaged value nothing is believed.
pub(crate) fn unseal(value: &[u8], version: u8) -> Result<&[u8], Fault> {
    let too_short = Fault::TooShort { bytes: value.len() };
    let (content, stored) = value.split_last_chunk::<CHECKSUM_BYTES>().ok_or(too_short.clone())?;
    let stored = u32::from_be_bytes(*stored);
    let computed = crc32c::crc32c(content);
    if stored != computed {
        return Err(Fault::Checksum { stored, computed });
    }
    match content.first() {
        Some(found) if *found == version => Ok(content),
        Some(&found) => Err(Fault::UnknownVersion {
            found,
            supported: NEWEST_VERSION,
        }),
        None => Err(too_short),
    }
}

/// Decodes a part.
pub(crate) fn decode(value: &[u8]) -> Result<Part<'_>, Fault> {
    let content = unseal(value, PART_VERSION)?;
    let too_short = Fault::TooShort { bytes: value.len() };
    let (header, piece) = content.split_first_chunk::<HEADER_BYTES>().ok_or(too_short)?;
    decode_header(header, piece)
}

fn decode_header<'a>(bytes: &[u8; HEADER_BYTES], piece: &'a [u8]) -> Result<Part<'a>, Fault> {
    let header = Header {
        kind: kind_from_byte(bytes[1])?,
        codec: Codec::from_byte(bytes[2])?,
        log: LogId::from_bytes(field(bytes, 4)),
        revision: Revision(u64::from_be_bytes(field(bytes, 20))),
        recorded_at_ms: i64::from_be_bytes(field(bytes, 28)),
        parts: u32::from_be_bytes(field(bytes, 40)),
        body_bytes: u32::from_be_bytes(field(bytes, 44)),
    };
    let index = u32::from_be_bytes(field(bytes, 36));
    if bytes[3] != 0 || index >= header.parts {
        return Err(Fault::Malformed { what: "the header" });
    }
    Ok(Part { header, index, piece })
}

/// The `N` bytes of the header that start at `offset`.
fn field<const N: usize>(bytes: &[u8; HEADER_BYTES], offset: usize) -> [u8; N] {
    std::array::from_fn(|index| bytes[offset + index])
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
