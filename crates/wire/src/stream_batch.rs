//! A batch of a stream whose events stay as they were sent.

use bytes::Bytes;

/// `almanac.ingest.v1.StreamBatch`. Its events are kept encoded: a client encodes them once however often it sends them, and the
/// service stores what it received.
#[derive(Clone, Eq, Hash, PartialEq, prost::Message)]
pub struct StreamBatch {
    /// The number of the batch.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// The events: the bytes of an [`EventBatch`](crate::pb::shared::EventBatch).
    #[prost(bytes = "bytes", tag = "2")]
    pub events: Bytes,
}
