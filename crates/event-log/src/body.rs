//! The part of a record that does not depend on its revision: packed before the record has one, by the caller of
//! `append`, so that the one writer thread compresses no large one.
//!
//! ```text
//! flags u8            bit 0: producer follows, bit 1: request follows, the others 0
//! principal           length u16, UTF-8
//! producer            id 16 bytes, epoch u64, sequence u64
//! request             id 16 bytes, digest 32 bytes
//! receipt             length u32, bytes
//! payload             the rest
//! ```
//!
//! All numbers are big endian. The body is compressed as a whole, and stored as it is when that is not longer.

use std::io;
use std::sync::{Mutex, PoisonError};

use almanac_model::Revision;
use bytes::{Buf, Bytes};
use zstd::bulk::Compressor;

use crate::fault::Fault;
use crate::frame::Codec;
use crate::limits::{MAX_PRINCIPAL_BYTES, MAX_RECORD_BYTES};
use crate::record::{NewRecord, ProducerPosition, Record, RecordKind, RequestKey};

const HAS_PRODUCER: u8 = 1;
const HAS_REQUEST: u8 = 2;

/// The most that a body is longer than the record's content.
const OVERHEAD_BYTES: usize = 128;

/// Of the levels that keep up with a disk, the fastest: the batches are packed columns and shrink little more above.
const ZSTD_LEVEL: i32 = 1;

/// So many contexts of zstd are kept: as many callers as have a core each, on most machines.
const IDLE_COMPRESSORS: usize = 8;

/// A shorter body hardly shrinks by itself, and compressing it takes a tenth of the time of recording an event: those of a group are
/// compressed together.
pub(crate) const MIN_COMPRESSED_BYTES: usize = 512;

/// A body that is ready to be framed.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) kind: RecordKind,
    pub(crate) codec: Codec,
    /// The length before compression.
    pub(crate) body_bytes: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A body that was read. The slices share one buffer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Body {
    pub(crate) principal: String,
    pub(crate) producer: Option<ProducerPosition>,
    pub(crate) request: Option<RequestKey>,
    pub(crate) receipt: Bytes,
    pub(crate) payload: Bytes,
}

impl Body {
    /// The record that has this body.
    pub(crate) fn record(self, kind: RecordKind, revision: Revision, recorded_at_ms: i64) -> Record {
        Record {
            revision,
            kind,
            recorded_at_ms,
            principal: self.principal,
            producer: self.producer,
            request: self.request,
            receipt: self.receipt,
            payload: self.payload,
        }
    }
}

/// Packs a record whose size `Limits` has checked.
pub(crate) fn pack(record: &NewRecord) -> Packed {
    let raw = layout(record);
    let body_bytes = u32::try_from(raw.len()).unwrap_or(u32::MAX);
    assert!(
        raw.len() <= MAX_RECORD_BYTES + OVERHEAD_BYTES,
        "the limits let pass {} bytes",
        raw.len()
    );
    if raw.len() >= MIN_COMPRESSED_BYTES
        && let Ok(bytes) = compress(&raw)
        && bytes.len() < raw.len()
    {
        return Packed {
            kind: record.kind,
            codec: Codec::Zstd,
            body_bytes,
            bytes,
        };
    }
    Packed {
        kind: record.kind,
        codec: Codec::Raw,
        body_bytes,
        bytes: raw,
    }
}

/// What was compressed, or stored as it is, of which this length is told.
pub(crate) fn restore(codec: Codec, stored: Bytes, length: usize) -> Result<Bytes, Fault> {
    let raw = match codec {
        Codec::Raw => stored,
        Codec::Zstd => zstd::bulk::decompress(&stored, length)
            .map_err(|_| Fault::Compression)?
            .into(),
    };
    if raw.len() == length {
        Ok(raw)
    } else {
        Err(Fault::Compression)
    }
}

/// Compresses with a context that was used before, if one is idle: setting one up takes as long as compressing a small record.
pub(crate) fn compress(raw: &[u8]) -> io::Result<Vec<u8>> {
    static IDLE: Mutex<Vec<Compressor<'static>>> = Mutex::new(Vec::new());
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let used = idle().pop();
    let mut compressor = used.map_or_else(|| Compressor::new(ZSTD_LEVEL), Ok)?;
    let bytes = compressor.compress(raw);
    let mut idle = idle();
    if idle.len() < IDLE_COMPRESSORS {
        idle.push(compressor);
    }
    bytes
}

/// The uncompressed body.
pub(crate) fn layout(record: &NewRecord) -> Vec<u8> {
    let mut raw = Vec::with_capacity(record.content_bytes() + OVERHEAD_BYTES);
    let producer = if record.producer.is_some() { HAS_PRODUCER } else { 0 };
    let request = if record.request.is_some() { HAS_REQUEST } else { 0 };
    raw.push(producer | request);
    let principal_bytes = u16::try_from(record.principal.len()).unwrap_or(u16::MAX);
    raw.extend_from_slice(&principal_bytes.to_be_bytes());
    raw.extend_from_slice(record.principal.as_bytes());
    if let Some(position) = &record.producer {
        raw.extend_from_slice(&position.producer);
        raw.extend_from_slice(&position.epoch.to_be_bytes());
        raw.extend_from_slice(&position.sequence.to_be_bytes());
    }
    if let Some(request) = &record.request {
        raw.extend_from_slice(&request.id);
        raw.extend_from_slice(&request.digest);
    }
    let receipt_bytes = u32::try_from(record.receipt.len()).unwrap_or(u32::MAX);
    raw.extend_from_slice(&receipt_bytes.to_be_bytes());
    raw.extend_from_slice(&record.receipt);
    raw.extend_from_slice(&record.payload);
    raw
}

/// Reads a body of `body_bytes` bytes from what is stored of it.
pub(crate) fn unpack(codec: Codec, body_bytes: u32, stored: Bytes) -> Result<Body, Fault> {
    let expected = usize::try_from(body_bytes).unwrap_or(usize::MAX);
    if expected > MAX_RECORD_BYTES + OVERHEAD_BYTES {
        return Err(Fault::Malformed {
            what: "the length of the body",
        });
    }
    read(restore(codec, stored, expected)?).ok_or(Fault::Malformed { what: "the body" })
}

fn read(mut raw: Bytes) -> Option<Body> {
    let flags = raw.try_get_u8().ok()?;
    if flags & !(HAS_PRODUCER | HAS_REQUEST) != 0 {
        return None;
    }
    let principal_bytes = usize::from(raw.try_get_u16().ok()?);
    if principal_bytes > MAX_PRINCIPAL_BYTES {
        return None;
    }
    let principal = String::from_utf8(take(&mut raw, principal_bytes)?.into()).ok()?;
    let producer = if flags & HAS_PRODUCER == 0 {
        None
    } else {
        Some(read_producer(&mut raw)?)
    };
    let request = if flags & HAS_REQUEST == 0 {
        None
    } else {
        Some(read_request(&mut raw)?)
    };
    let receipt_bytes = usize::try_from(raw.try_get_u32().ok()?).ok()?;
    let receipt = take(&mut raw, receipt_bytes)?;
    Some(Body {
        principal,
        producer,
        request,
        receipt,
        payload: raw,
    })
}

fn read_producer(raw: &mut Bytes) -> Option<ProducerPosition> {
    Some(ProducerPosition {
        producer: take_array(raw)?,
        epoch: raw.try_get_u64().ok()?,
        sequence: raw.try_get_u64().ok()?,
    })
}

fn read_request(raw: &mut Bytes) -> Option<RequestKey> {
    Some(RequestKey {
        id: take_array(raw)?,
        digest: take_array(raw)?,
    })
}

fn take(raw: &mut Bytes, count: usize) -> Option<Bytes> {
    (count <= raw.len()).then(|| raw.split_to(count))
}

fn take_array<const N: usize>(raw: &mut Bytes) -> Option<[u8; N]> {
    take(raw, N)?.as_ref().try_into().ok()
}
