//! The receiving half of a stream: each batch is decided in turn.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use almanac_event_log::AppendError;
use almanac_service_kit::status::StatusBuilder;
use almanac_wire::StreamBatch;
use almanac_wire::pb::ingest as pb;
use bytes::Bytes;
use pb::record_event_stream_request::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Streaming;
use tracing::error;

use super::deciding::Producer;
use super::{Credit, Item, Received};
use crate::error::{IngestError, StreamEnd};
use crate::state::producers::{Decision, Standing};

/// The most time that a full log is waited for before it is asked again.
const BUSY: Duration = Duration::from_millis(50);

/// A stream after its welcome.
pub(super) struct Intake {
    pub(super) producer: Arc<Producer>,
    pub(super) tasks: TaskTracker,
    pub(super) incoming: Streaming<pb::RecordEventStreamRequest>,
    pub(super) credit: Arc<Credit>,
    pub(super) received: Received,
}

impl Intake {
    /// Decides batches until the client closes its side, something ends the stream, or the service stops.
    pub(super) async fn run(mut self, decided: mpsc::Sender<Item>, stop: CancellationToken) {
        let ended = loop {
            let message = tokio::select! {
                biased;
                () = stop.cancelled() => break Err(StatusBuilder::shutting_down().build()),
                message = self.incoming.message() => message,
            };
            let item = match message {
                Ok(None) => break Ok(()),
                Err(status) => break Err(status),
                Ok(Some(message)) => match self.take(message).await {
                    Ok(item) => item,
                    Err(error) => break Err(error.into()),
                },
            };
            if decided.send(item).await.is_err() {
                return;
            }
        };
        // the answering half is gone when the client is
        let _gone = decided.send(Item::End(ended)).await;
    }

    async fn take(&mut self, message: pb::RecordEventStreamRequest) -> Result<Item, IngestError> {
        let Some(Message::Batch(StreamBatch { sequence, events })) = message.message else {
            let text = "after the hello all messages of a stream are batches";
            return Err(IngestError::Stream(StreamEnd::OutOfPlace(text)));
        };
        let bytes = events.len() as u64;
        self.received.bytes += bytes;
        self.received.batches += 1;
        self.credit.check(self.received).map_err(IngestError::Stream)?;
        let decision = self.decide(sequence, events).await?;
        Ok(Item::Decided {
            sequence,
            bytes,
            decision,
        })
    }

    async fn decide(&self, sequence: u64, events: Bytes) -> Result<Decision, IngestError> {
        let blocking = self.producer.ledger.blocking;
        let received = Arc::new(OnceLock::new());
        let mut status = self.producer.ledger.log.status();
        loop {
            status.borrow_and_update();
            let (producer, received, events) = (Arc::clone(&self.producer), Arc::clone(&received), events.clone());
            let decide = move || producer.decide(received.get_or_init(|| producer.receive(sequence, &events)));
            let decided = blocking.run_among(&self.tasks, decide);
            match decided.await.map_err(panicked)? {
                // the client waits with it: what is on the way to the disk makes room
                Err(IngestError::Append(AppendError::QueueFull { .. }) | IngestError::Behind(_)) => {
                    let _waited = timeout(BUSY, status.changed()).await;
                }
                decided => return decision(sequence, decided?),
            }
        }
    }
}

fn decision(sequence: u64, standing: Standing) -> Result<Decision, IngestError> {
    Err(IngestError::Stream(match standing {
        Standing::Decided(decision) => return Ok(decision),
        // what was the next one is decided
        Standing::Next => return Err(IngestError::Internal),
        Standing::Reused(revision) => StreamEnd::Reused { sequence, revision },
        Standing::Fenced { epoch } => StreamEnd::Fenced { epoch },
        Standing::Gap { expected } => StreamEnd::Gap { sequence, expected },
        Standing::Forgotten { last } => StreamEnd::Forgotten { sequence, last },
    }))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the error of a task, as `map_err` gives it"
)]
pub(super) fn panicked(panic: tokio::task::JoinError) -> IngestError {
    error!(error = %panic, "run blocking work");
    IngestError::Internal
}
