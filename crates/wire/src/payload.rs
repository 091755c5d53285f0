//! What a record of the log holds.

use almanac_catalog::CatalogFiles;
use almanac_model::{Batch, IdError, Release, Revision};
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use sha2::{Digest, Sha256};

use crate::pb::ingest as ingest_pb;
use crate::pb::log as pb;
use crate::{
    BatchDecodeError, batch_from_proto, bundle_from_proto, bundle_to_proto, decode_events, encode_batch,
    timestamp_from_proto, timestamp_to_proto,
};

/// The number of the field `events` of a `RecordPayload`.
const EVENTS: u32 = 1;
/// More than the number and the length of a field take.
const LENGTH_BYTES: usize = 16;

/// What a record of the log holds.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Events.
    Events(Batch),
    /// A version of the catalogue, in force from this revision on.
    Catalog(CatalogFiles),
    /// A release.
    Release(Release),
}

/// Why bytes are not a payload: they are damaged, or of a version that is not known here.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PayloadError {
    /// Not the protobuf message.
    #[error("the bytes are no RecordPayload: {0}")]
    Bytes(#[from] prost::DecodeError),
    /// A kind of record that a newer version wrote.
    #[error("the record is of a kind that this version does not know; use a version at least as new as the writer's")]
    UnknownKind,
    /// Not a batch.
    #[error("the batch is damaged: {0}")]
    Batch(#[from] BatchDecodeError),
    /// A release whose name cannot be one.
    #[error("the release's name {0}")]
    ReleaseName(#[from] IdError),
    /// A release without a time.
    #[error("the release has no time")]
    ReleaseTime,
}

/// What tells a record from every other: a digest over its time and its payload.
#[must_use]
pub fn record_digest(recorded_at_ms: i64, payload: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(recorded_at_ms.to_be_bytes());
    hasher.update(payload);
    hasher.finalize().into()
}

impl Payload {
    /// The bytes that are stored.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let kind = match self {
            Self::Events(batch) => return Self::encode_events(&encode_batch(batch)),
            Self::Catalog(files) => pb::record_payload::Kind::Catalog(bundle_to_proto(files)),
            Self::Release(release) => pb::record_payload::Kind::Release(release.into()),
        };
        pb::RecordPayload { kind: Some(kind) }.encode_to_vec()
    }

    /// The bytes that are stored for events: those of an `EventBatch`, as they are.
    #[must_use]
    pub fn encode_events(events: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(events.len() + LENGTH_BYTES);
        encode_key(EVENTS, WireType::LengthDelimited, &mut payload);
        encode_varint(events.len() as u64, &mut payload);
        payload.extend_from_slice(events);
        payload
    }

    /// The payload of stored bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        if let Some(events) = events_alone(bytes) {
            return Ok(Self::Events(batch_from_proto(decode_events(events)?)?));
        }
        let payload = pb::RecordPayload::decode(bytes)?;
        match payload.kind.ok_or(PayloadError::UnknownKind)? {
            pb::record_payload::Kind::Events(batch) => Ok(Self::Events(batch_from_proto(batch)?)),
            pb::record_payload::Kind::Catalog(bundle) => Ok(Self::Catalog(bundle_from_proto(bundle))),
            pb::record_payload::Kind::Release(release) => Ok(Self::Release(release.try_into()?)),
        }
    }
}

/// The bytes of the events, if the payload is nothing else, as it is where it was written whole.
fn events_alone(mut payload: &[u8]) -> Option<&[u8]> {
    let is_events = decode_key(&mut payload).ok()? == (EVENTS, WireType::LengthDelimited);
    let length = decode_varint(&mut payload).ok()?;
    (is_events && length == payload.len() as u64).then_some(payload)
}

impl From<&Release> for ingest_pb::Release {
    fn from(release: &Release) -> Self {
        Self {
            name: release.name.to_string(),
            revision: release.revision.0,
            note: release.note.clone(),
            create_time: Some(timestamp_to_proto(release.created_at)),
        }
    }
}

impl TryFrom<ingest_pb::Release> for Release {
    type Error = PayloadError;

    fn try_from(release: ingest_pb::Release) -> Result<Self, PayloadError> {
        let ingest_pb::Release {
            name,
            revision,
            note,
            create_time,
        } = release;
        let created_at = create_time
            .as_ref()
            .and_then(timestamp_from_proto)
            .ok_or(PayloadError::ReleaseTime)?;
        Ok(Self {
            name: name.parse()?,
            revision: Revision(revision),
            note,
            created_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch_to_proto;

    #[test]
    fn events_that_are_encoded_already_are_stored_as_others_are() {
        for notes in [0, 1, 40, 1000] {
            let mut events = batch_to_proto(&Batch::default());
            events.symbols.extend(std::iter::repeat_n("a note".to_owned(), notes));
            let kind = Some(pb::record_payload::Kind::Events(events.clone()));
            assert_eq!(
                Payload::encode_events(&events.encode_to_vec()),
                pb::RecordPayload { kind }.encode_to_vec()
            );
        }
    }
}
