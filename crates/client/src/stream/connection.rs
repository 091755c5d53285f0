//! One connection of a stream: hello and welcome, then batches out and answers in.

use almanac_wire::StreamBatch;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use pb::{record_event_stream_request as request, record_event_stream_response as response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// More than any service lets be unanswered; it is the credit that bounds what waits here.
const WAITING_BATCHES: usize = 4096;

/// A connection that was welcomed.
#[derive(Debug)]
pub(super) struct Connection {
    requests: mpsc::Sender<pb::RecordEventStreamRequest>,
    answers: Streaming<pb::RecordEventStreamResponse>,
    /// Bytes that may be sent on it, in all.
    credit_bytes: u64,
    sent_bytes: u64,
    /// How many of the unanswered batches, from the oldest, were sent on it.
    sent: usize,
}

/// An answer to batches.
#[derive(Debug)]
pub(super) enum Answered {
    Ack(pb::StreamAck),
    Refusal(pb::StreamRefusal),
}

impl Connection {
    pub(super) async fn open(
        mut stub: IngestServiceClient<Channel>,
        hello: pb::StreamHello,
    ) -> Result<(Self, pb::StreamWelcome), Status> {
        let (requests, outgoing) = mpsc::channel(WAITING_BATCHES);
        let hello = message(request::Message::Hello(hello));
        // the channel is new and empty
        let _sent = requests.try_send(hello);
        let answer = stub.record_event_stream(ReceiverStream::new(outgoing)).await?;
        let mut answers = answer.into_inner();
        let first = answers.message().await?.and_then(|first| first.message);
        let Some(response::Message::Welcome(welcome)) = first else {
            return Err(Status::unavailable("the stream ended before its welcome"));
        };
        let connection = Self {
            requests,
            answers,
            credit_bytes: welcome.credit_bytes,
            sent_bytes: 0,
            sent: 0,
        };
        Ok((connection, welcome))
    }

    /// Sends what the credit allows of the batches that were not sent on this connection.
    pub(super) fn send<'a>(&mut self, unanswered: impl Iterator<Item = &'a StreamBatch>) {
        for next in unanswered.skip(self.sent) {
            let bytes = next.events.len() as u64;
            if self.sent_bytes + bytes > self.credit_bytes {
                return;
            }
            let batch = message(request::Message::Batch(next.clone()));
            if self.requests.try_send(batch).is_err() {
                // full: later; closed: the answers tell why
                return;
            }
            self.sent += 1;
            self.sent_bytes += bytes;
        }
    }

    /// Waits for the next answer. Nothing is lost when the wait is given up.
    pub(super) async fn answer(&mut self) -> Result<Answered, Status> {
        let message = self.answers.message().await?;
        let ended = || Status::unavailable("the stream ended before its answers");
        let answered = match message.ok_or_else(ended)?.message {
            Some(response::Message::Ack(ack)) => Answered::Ack(ack),
            Some(response::Message::Refusal(refusal)) => Answered::Refusal(refusal),
            Some(response::Message::Welcome(_)) | None => {
                return Err(Status::internal("the service sent a message that is no answer"));
            }
        };
        self.credit_bytes = match &answered {
            Answered::Ack(ack) => ack.credit_bytes,
            Answered::Refusal(refusal) => refusal.credit_bytes,
        };
        Ok(answered)
    }

    /// So many of the oldest batches are answered.
    pub(super) fn forget(&mut self, answered: usize) {
        self.sent = self.sent.saturating_sub(answered);
    }
}

const fn message(message: request::Message) -> pb::RecordEventStreamRequest {
    pb::RecordEventStreamRequest { message: Some(message) }
}
