//! The log, read as a replica reads it.

use almanac_model::Batch;
use almanac_wire::Payload;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use tonic::Status;
use tonic::transport::Channel;

/// Everything that was durable when it was asked for.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) log_id: String,
    /// The records, decoded, in the order in which they came.
    pub(crate) records: Vec<(u64, Payload)>,
}

impl Log {
    /// Reads from the first revision to the head. The revisions have no gap.
    pub(crate) async fn read(channel: Channel) -> Result<Self, Status> {
        let request = pb::SubscribeRequest {
            from_revision: 1,
            log_id: String::new(),
            last_record_digest: Vec::new(),
            with_origin: false,
        };
        // a record may be larger than what clients take by default
        let mut client = LogServiceClient::new(channel).max_decoding_message_size(17 << 20);
        let mut messages = client.subscribe(request).await?.into_inner();
        let hello = messages.message().await?.expect("progress comes first");
        let mut log = Self {
            log_id: hello.log_id,
            records: Vec::new(),
        };
        while log.head() < hello.head_revision {
            let message = messages.message().await?.expect("a subscription has no end");
            let Some(record) = message.record else { continue };
            assert_eq!(record.revision, log.head() + 1, "revisions follow one another");
            let payload = Payload::decode(&record.payload).expect("what was stored can be decoded");
            log.records.push((record.revision, payload));
        }
        Ok(log)
    }

    /// The last revision.
    pub(crate) fn head(&self) -> u64 {
        self.records.last().map_or(0, |(revision, _)| *revision)
    }

    /// The batches of events with their revisions.
    pub(crate) fn batches(&self) -> impl Iterator<Item = (u64, &Batch)> {
        self.records.iter().filter_map(|(revision, payload)| match payload {
            Payload::Events(batch) => Some((*revision, batch)),
            _ => None,
        })
    }

    /// How many events were recorded.
    pub(crate) fn events(&self) -> usize {
        self.batches().map(|(_, batch)| batch.len()).sum()
    }
}
