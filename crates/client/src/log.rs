//! The log itself, for copies of it: every record as it is stored, up to the newest when the copy began.

use std::time::Duration;

use almanac_model::{LogId, Revision};
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use almanac_wire::timestamp_from_proto;
use jiff::Timestamp;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use crate::connection::connect;
use crate::convert;
use crate::error::Failure;
use crate::{AnswerError, ClientError, ConnectError};

/// The log says something at least each second.
const SILENCE: Duration = Duration::from_secs(30);
/// A record may be as large as any configuration accepts, and its frame.
const RECORD_BYTES: usize = 257 << 20;

/// A client of the ingest service's log. Internal to an installation: whoever may read the log may read everything.
#[derive(Clone, Debug)]
pub struct LogClient {
    channel: Channel,
}

/// A copy of a log that is being read.
#[derive(Debug)]
pub struct LogCopy {
    messages: Streaming<pb::SubscribeResponse>,
    log_id: LogId,
    next: Revision,
    last: Revision,
}

/// A record as the log stores it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogRecord {
    /// Its revision.
    pub revision: Revision,
    /// What it is: 1 events, 2 catalogue, 3 release, 4 retraction.
    pub kind: u8,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub principal: String,
    /// The request it came from; none if the request had no id.
    pub request: Option<RequestKey>,
    /// The position of the stream it came from; none if it came alone.
    pub producer: Option<ProducerPosition>,
    /// What was answered, as it is stored.
    pub receipt: Vec<u8>,
    /// What was recorded, as it is stored.
    pub payload: Vec<u8>,
}

/// Names a request, so that its retry is recognised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestKey {
    /// The request's id.
    pub id: [u8; 16],
    /// The digest of its content.
    pub digest: [u8; 32],
}

/// How far a producer of a stream had come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProducerPosition {
    /// The producer's id.
    pub producer: [u8; 16],
    /// Its incarnation.
    pub epoch: u64,
    /// The sequence number.
    pub sequence: u64,
}

impl LogClient {
    /// Connects to the ingest service at an address such as `http://127.0.0.1:50051`.
    pub async fn connect(uri: &str) -> Result<Self, ConnectError> {
        Ok(Self {
            channel: connect(uri).await?,
        })
    }

    /// Begins a copy of the whole log, up to the newest revision there is now.
    pub async fn copy(&self) -> Result<LogCopy, ClientError> {
        let request = pb::SubscribeRequest {
            from_revision: 1,
            log_id: String::new(),
            last_record_digest: Vec::new(),
            with_origin: true,
        };
        let mut client = LogServiceClient::new(self.channel.clone()).max_decoding_message_size(RECORD_BYTES);
        let answer = timeout(SILENCE, client.subscribe(request)).await.map_err(silent)?;
        let mut messages = answer.map_err(|status| Failure::of(status).error)?.into_inner();
        // progress comes first: it says how far the log is
        let hello = next_of(&mut messages).await?;
        Ok(LogCopy {
            messages,
            log_id: convert::log_id(&hello.log_id)?,
            next: Revision(1),
            last: Revision(hello.head_revision),
        })
    }
}

impl LogCopy {
    /// The log's id.
    #[must_use]
    pub const fn log_id(&self) -> LogId {
        self.log_id
    }

    /// The last revision of the copy.
    #[must_use]
    pub const fn last(&self) -> Revision {
        self.last
    }

    /// The next record; `None` after the last one.
    pub async fn next_record(&mut self) -> Result<Option<LogRecord>, ClientError> {
        if self.next > self.last {
            return Ok(None);
        }
        loop {
            if let Some(record) = next_of(&mut self.messages).await?.record {
                let record = log_record(record)?;
                if record.revision != self.next {
                    return Err(malformed("revision", &record.revision.to_string()).into());
                }
                self.next = self.next.next();
                return Ok(Some(record));
            }
        }
    }
}

async fn next_of(messages: &mut Streaming<pb::SubscribeResponse>) -> Result<pb::SubscribeResponse, ClientError> {
    let message = timeout(SILENCE, messages.message()).await.map_err(silent)?;
    let message = message.map_err(|status| Failure::of(status).error)?;
    message.ok_or_else(|| ClientError::Transport(Status::unavailable("the log ended before the copy did")))
}

fn silent(_: tokio::time::error::Elapsed) -> ClientError {
    ClientError::DeadlineExceeded { after: SILENCE }
}

fn log_record(record: pb::LogRecord) -> Result<LogRecord, AnswerError> {
    let pb::LogRecord {
        revision,
        record_time,
        principal,
        payload,
        origin,
    } = record;
    let pb::RecordOrigin {
        kind,
        request_id,
        request_digest,
        producer,
        receipt,
    } = origin.ok_or(AnswerError::Absent { field: "origin" })?;
    let recorded_at = record_time.as_ref().and_then(timestamp_from_proto);
    Ok(LogRecord {
        revision: Revision(revision),
        kind: u8::try_from(kind).map_err(|_| malformed("kind", &kind.to_string()))?,
        recorded_at: recorded_at.ok_or(AnswerError::Absent { field: "record_time" })?,
        principal,
        request: request_key(&request_id, &request_digest)?,
        producer: producer.map(producer_position).transpose()?,
        receipt,
        payload: payload.into(),
    })
}

fn request_key(id: &[u8], digest: &[u8]) -> Result<Option<RequestKey>, AnswerError> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(RequestKey {
        id: bytes("request_id", id)?,
        digest: bytes("request_digest", digest)?,
    }))
}

fn producer_position(position: pb::ProducerPosition) -> Result<ProducerPosition, AnswerError> {
    let pb::ProducerPosition {
        producer,
        epoch,
        sequence,
    } = position;
    Ok(ProducerPosition {
        producer: bytes("producer", &producer)?,
        epoch,
        sequence,
    })
}

fn bytes<const N: usize>(field: &'static str, found: &[u8]) -> Result<[u8; N], AnswerError> {
    found
        .try_into()
        .map_err(|_| malformed(field, &format!("{} bytes", found.len())))
}

fn malformed(field: &'static str, text: &str) -> AnswerError {
    AnswerError::Malformed {
        field,
        text: text.to_owned(),
    }
}
