//! The answering half of a stream: what was decided is told when it is on disk, in order.

use std::sync::Arc;

use almanac_model::Revision;
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::log::Receipt;
use pb::record_event_stream_response::Message;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::error;

use super::{Credit, Item, Sent, response};
use crate::Ledger;
use crate::error::IngestError;
use crate::rpc::durable;

pub(super) struct Answering {
    pub(super) ledger: Arc<Ledger>,
    pub(super) tasks: TaskTracker,
    pub(super) credit: Arc<Credit>,
    pub(super) waiting: mpsc::Receiver<Item>,
    pub(super) messages: mpsc::Sender<Sent>,
}

/// Batches that one acknowledgement tells.
struct Acknowledged {
    sequence: u64,
    revision: Revision,
    bytes: u64,
    batches: u64,
}

impl Answering {
    /// Answers until the stream ends, and tells why.
    pub(super) async fn run(mut self) {
        let mut next = self.waiting.recv().await;
        while let Some(item) = next {
            let answered = match item {
                Item::Decided {
                    sequence,
                    bytes,
                    decision,
                } if decision.is_refused => {
                    let told = self.refusal(sequence, decision.revision, bytes).await;
                    next = None;
                    told
                }
                Item::Decided {
                    sequence,
                    bytes,
                    decision,
                } => {
                    let acknowledged = Acknowledged {
                        sequence,
                        revision: decision.revision,
                        bytes,
                        batches: 1,
                    };
                    let told = durable(&self.ledger, decision.revision).await;
                    let (after, acknowledged) = self.gather(acknowledged);
                    next = after;
                    told.map(|()| self.ack(&acknowledged))
                }
                Item::End(Ok(())) => return,
                Item::End(Err(status)) => {
                    let _gone = self.messages.send(Err(status)).await;
                    return;
                }
            };
            let failed = answered.is_err();
            let message = answered.map(response).map_err(Into::into);
            if self.messages.send(message).await.is_err() || failed {
                return;
            }
            if next.is_none() {
                next = self.waiting.recv().await;
            }
        }
    }

    /// Adds the batches that follow and are on disk already. Gives also what comes after them, if that waits.
    fn gather(&mut self, mut acknowledged: Acknowledged) -> (Option<Item>, Acknowledged) {
        let on_disk = self.ledger.log.status().borrow().durable;
        while let Ok(item) = self.waiting.try_recv() {
            match item {
                Item::Decided {
                    sequence,
                    bytes,
                    decision,
                } if !decision.is_refused && decision.revision <= on_disk && sequence == acknowledged.sequence + 1 => {
                    acknowledged = Acknowledged {
                        sequence,
                        revision: decision.revision,
                        bytes: acknowledged.bytes + bytes,
                        batches: acknowledged.batches + 1,
                    };
                }
                other => return (Some(other), acknowledged),
            }
        }
        (None, acknowledged)
    }

    fn ack(&self, acknowledged: &Acknowledged) -> Message {
        Message::Ack(pb::StreamAck {
            sequence: acknowledged.sequence,
            revision: acknowledged.revision.0,
            credit_bytes: self.credit.renew(acknowledged.bytes, acknowledged.batches),
        })
    }

    /// The refusal as the log keeps it: the first time and ever after the same.
    async fn refusal(&self, sequence: u64, revision: Revision, bytes: u64) -> Result<Message, IngestError> {
        durable(&self.ledger, revision).await?;
        let log = Arc::clone(&self.ledger.log);
        let blocking = self.ledger.blocking;
        let read = blocking.run_among(&self.tasks, move || log.read(revision, 1)).await;
        let records = read.map_err(|panic| {
            error!(error = %panic, "read refusal");
            IngestError::Internal
        })?;
        let record = records.map_err(IngestError::Read)?.into_iter().next();
        let receipt = record.and_then(|record| Receipt::decode(record.receipt).ok());
        let Some(Receipt {
            rejected,
            rejected_count,
            duplicate_event_count: _,
            batch_digest: _,
        }) = receipt
        else {
            error!(revision = revision.0, "decode recorded refusal");
            return Err(IngestError::Internal);
        };
        Ok(Message::Refusal(pb::StreamRefusal {
            sequence,
            revision: revision.0,
            mistakes: rejected,
            rejected_count: Some(rejected_count),
            credit_bytes: self.credit.renew(bytes, 1),
        }))
    }
}
