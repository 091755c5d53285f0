//! What is stored: one record per revision, its content opaque to this crate.

use almanac_model::Revision;
use bytes::Bytes;

/// What the payload of a record is. Stored as one byte.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum RecordKind {
    /// A batch of events.
    Events = 1,
    /// A version of the catalogue.
    Catalog = 2,
    /// A named, frozen revision.
    Release = 3,
    /// A withdrawal of events recorded before.
    Retraction = 4,
}

impl RecordKind {
    /// The byte that is stored.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self as u8
    }

    /// The kind behind a stored byte; none if a newer version of this crate wrote it.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Events),
            2 => Some(Self::Catalog),
            3 => Some(Self::Release),
            4 => Some(Self::Retraction),
            _ => None,
        }
    }
}

/// Names a request, so that its retry is recognised.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RequestKey {
    /// The id that the client gave to the request and repeats in every retry.
    pub id: [u8; 16],
    /// The digest of the request's content: the same id with another content is a mistake of the client.
    pub digest: [u8; 32],
}

/// How far one producer of a stream had come with this record.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ProducerPosition {
    /// The producer's id.
    pub producer: [u8; 16],
    /// The producer's incarnation; a newer one fences off the older.
    pub epoch: u64,
    /// The number of its batch, over all epochs; in the record that begins an epoch, the last one before.
    pub sequence: u64,
}

/// A record that is to be appended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewRecord {
    /// What the payload is.
    pub kind: RecordKind,
    /// When it was accepted, in Unix milliseconds. A log's time never goes backwards: an instant before that of the
    /// previous record is stored as that of the previous record.
    pub recorded_at_ms: i64,
    /// Who sent it. At most [`MAX_PRINCIPAL_BYTES`](crate::MAX_PRINCIPAL_BYTES) bytes.
    pub principal: String,
    /// The position of the stream it came from; none if it came alone.
    pub producer: Option<ProducerPosition>,
    /// The request it came from; none if the request had no id.
    pub request: Option<RequestKey>,
    /// What was answered to the request, so that a retry gets the same answer. Opaque.
    pub receipt: Bytes,
    /// The content. Opaque and uncompressed.
    pub payload: Bytes,
}

impl NewRecord {
    /// The bytes that limits and admission count: everything of variable length.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        self.principal.len() + self.receipt.len() + self.payload.len()
    }

    /// The record that it is in the log.
    pub(crate) fn recorded(self, revision: Revision, recorded_at_ms: i64) -> Record {
        let Self {
            kind,
            recorded_at_ms: _,
            principal,
            producer,
            request,
            receipt,
            payload,
        } = self;
        Record {
            revision,
            kind,
            recorded_at_ms,
            principal,
            producer,
            request,
            receipt,
            payload,
        }
    }
}

/// A record of the log, as it was appended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Its place in the log's total order.
    pub revision: Revision,
    /// What the payload is.
    pub kind: RecordKind,
    /// When it was accepted, in Unix milliseconds; never before that of an earlier revision.
    pub recorded_at_ms: i64,
    /// Who sent it.
    pub principal: String,
    /// The position of the stream it came from.
    pub producer: Option<ProducerPosition>,
    /// The request it came from.
    pub request: Option<RequestKey>,
    /// What was answered to the request.
    pub receipt: Bytes,
    /// The content, uncompressed.
    pub payload: Bytes,
}

impl From<Record> for NewRecord {
    /// The record as it was appended, to append it to a copy of its log.
    fn from(record: Record) -> Self {
        let Record {
            revision: _,
            kind,
            recorded_at_ms,
            principal,
            producer,
            request,
            receipt,
            payload,
        } = record;
        Self {
            kind,
            recorded_at_ms,
            principal,
            producer,
            request,
            receipt,
            payload,
        }
    }
}
