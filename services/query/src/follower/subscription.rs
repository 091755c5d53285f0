//! One stream of records from the ingest service.

use almanac_model::{LogId, Revision};
use almanac_service_kit::limits as kit;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use almanac_wire::pb::log::{LogRecord, SubscribeRequest, SubscribeResponse};
use tokio::time::timeout;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

use super::lost::Lost;
use crate::limits;

/// One stream of records.
pub(crate) struct Subscription {
    messages: Streaming<SubscribeResponse>,
}

/// The endpoint with what a long stream of large messages needs.
pub(crate) fn configured(ingest: &Endpoint) -> Endpoint {
    ingest
        .clone()
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .initial_stream_window_size(kit::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(kit::CONNECTION_WINDOW_BYTES)
        .max_frame_size(kit::FRAME_BYTES)
        .http2_keep_alive_interval(kit::KEEPALIVE_INTERVAL)
        .keep_alive_timeout(kit::KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
}

impl Subscription {
    /// Subscribes from a revision on; `log` is the one that was followed so far, `last_record` the digest of what was applied
    /// last.
    pub(crate) async fn open(
        channel: Channel,
        log: Option<LogId>,
        from: Revision,
        last_record: Option<[u8; 32]>,
    ) -> Result<Self, Lost> {
        let mut client = LogServiceClient::new(channel).max_decoding_message_size(limits::LOG_MESSAGE_BYTES);
        let request = SubscribeRequest {
            from_revision: from.0,
            log_id: log.map(|log| log.to_string()).unwrap_or_default(),
            last_record_digest: last_record.map(Vec::from).unwrap_or_default(),
            with_origin: false,
        };
        let answer = timeout(limits::LOG_SILENCE, client.subscribe(request))
            .await
            .map_err(|_| Lost::Silent)??;
        Ok(Self {
            messages: answer.into_inner(),
        })
    }

    /// The next message. The log sends progress each second when there is nothing new, so that silence means that it is
    /// gone.
    pub(crate) async fn next(&mut self) -> Result<SubscribeResponse, Lost> {
        let message = timeout(limits::LOG_SILENCE, self.messages.message())
            .await
            .map_err(|_| Lost::Silent)??;
        message.ok_or(Lost::Ended)
    }

    /// Records that come next, up to a revision that the log is known to have: as many as are worth to be applied together.
    pub(crate) async fn records_until(&mut self, end: Revision) -> Result<Vec<LogRecord>, Lost> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        while bytes < limits::PAST_BYTES {
            let Some(record) = self.next().await?.record else {
                continue;
            };
            bytes += record.payload.len();
            let is_last = record.revision >= end.0;
            records.push(record);
            if is_last {
                break;
            }
        }
        Ok(records)
    }
}
