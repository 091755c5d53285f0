//! A stream of batches, message by message, and batches to send on it.

use almanac_model::{Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, Quality, Status as ValueStatus};
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::pb::shared::EventBatch;
use almanac_wire::{StreamBatch, batch_to_proto};
use pb::record_event_stream_request::Message as Request;
use pb::record_event_stream_response::Message as Response;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::events::DIC;

/// The producer of most tests.
pub(crate) const PRODUCER: &str = "0b8f5c0e-6f0a-4d2e-8a4c-7d1f6a5b3c21";

/// An open stream.
pub(crate) struct Raw {
    requests: mpsc::Sender<pb::RecordEventStreamRequest>,
    answers: Streaming<pb::RecordEventStreamResponse>,
}

pub(crate) fn hello(epoch: u64) -> pb::StreamHello {
    pb::StreamHello {
        reporter: DIC.into(),
        producer_id: PRODUCER.into(),
        epoch,
    }
}

impl Raw {
    /// A stream on which nothing was said.
    pub(crate) async fn connect(channel: Channel) -> Result<Self, Status> {
        let (requests, outgoing) = mpsc::channel(1000);
        let answers = IngestServiceClient::new(channel)
            .record_event_stream(ReceiverStream::new(outgoing))
            .await?
            .into_inner();
        Ok(Self { requests, answers })
    }

    /// A stream that was welcomed.
    pub(crate) async fn open(channel: Channel, hello: pb::StreamHello) -> Result<(Self, pb::StreamWelcome), Status> {
        let mut raw = Self::connect(channel).await?;
        raw.say(Request::Hello(hello)).await;
        match raw.next().await? {
            Some(Response::Welcome(welcome)) => Ok((raw, welcome)),
            other => panic!("no welcome: {other:?}"),
        }
    }

    pub(crate) async fn say(&self, message: Request) {
        let message = pb::RecordEventStreamRequest { message: Some(message) };
        self.requests.send(message).await.expect("the stream is open");
    }

    pub(crate) async fn send(&self, sequence: u64, batch: &Batch) {
        self.send_columns(sequence, batch_to_proto(batch)).await;
    }

    pub(crate) async fn send_columns(&self, sequence: u64, events: EventBatch) {
        self.send_bytes(sequence, events.encode_to_vec()).await;
    }

    pub(crate) async fn send_bytes(&self, sequence: u64, events: Vec<u8>) {
        let events = events.into();
        self.say(Request::Batch(StreamBatch { sequence, events })).await;
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Response>, Status> {
        let message = self.answers.message().await?;
        Ok(message.map(|message| message.message.expect("a message says something")))
    }

    /// The next message, an acknowledgement.
    pub(crate) async fn ack(&mut self) -> pb::StreamAck {
        match self.next().await {
            Ok(Some(Response::Ack(ack))) => ack,
            other => panic!("no acknowledgement: {other:?}"),
        }
    }

    /// The next message, a refusal.
    pub(crate) async fn refusal(&mut self) -> pb::StreamRefusal {
        match self.next().await {
            Ok(Some(Response::Refusal(refusal))) => refusal,
            other => panic!("no refusal: {other:?}"),
        }
    }

    /// The next message, the end of the stream for a reason.
    pub(crate) async fn ended(&mut self) -> Status {
        self.next().await.expect_err("the stream ends")
    }

    /// Closes the client's side; what is left to be answered comes, then the end.
    pub(crate) async fn close(self) -> Vec<Response> {
        let Self { requests, mut answers } = self;
        drop(requests);
        let mut left = Vec::new();
        while let Some(message) = answers.message().await.expect("the stream ends in order") {
            left.extend(message.message);
        }
        left
    }
}

pub(crate) fn series(metric: &str, dimensions: &[(&str, &str)]) -> BatchSeries {
    let parse = |(dimension, code): &(&str, &str)| (dimension.parse().expect("an id"), code.parse().expect("an id"));
    BatchSeries {
        metric: metric.parse().expect("an id"),
        area: "96".parse().expect("an id"),
        reporter: DIC.parse().expect("an id"),
        dimensions: dimensions.iter().map(parse).collect(),
        granularity: Granularity::Year,
        decimals: 0,
    }
}

pub(crate) const OFFICIAL: ValueStatus = ValueStatus {
    quality: Quality::Official,
    qualifier: almanac_model::Qualifier::Exact,
    missing: None,
    confidential: false,
};

/// The year as batches count it.
pub(crate) const fn year(year: i32) -> i32 {
    year - 1970
}

/// Postal enterprises in 2017.
pub(crate) fn enterprises_batch(value: i64) -> Batch {
    let mut batch = BatchBuilder::default();
    let series = series("post.enterprises", &[]);
    batch.push(series, year(2017), value, OFFICIAL, BatchExtra::default());
    batch.finish()
}

/// A number of postal enterprises that cannot be.
pub(crate) fn bad_batch(value: i64) -> Batch {
    enterprises_batch(-1 - value)
}
