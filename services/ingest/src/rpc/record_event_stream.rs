//! `RecordEventStream`.
//!
//! A stream has two halves that run beside one another: the intake decides each batch, in order, under the ledger's lock; the
//! answers wait until what was decided is on disk. So many batches are under way while one is synced. Between them stand
//! at most as many decisions as the credit allows, and no batch: its bytes are with the log's writer by then.

mod answers;
mod deciding;
mod intake;
mod opening;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use almanac_service_kit::server::stream_stop;
use almanac_wire::pb::ingest as pb;
use pb::record_event_stream_response::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Status, Streaming};
use tracing::Instrument;

use self::answers::Answering;
use self::opening::Opening;
use super::principal;
use crate::Ledger;
use crate::error::StreamEnd;
use crate::state::producers::{Decision, WINDOW};

/// Messages that may wait for the connection.
const WAITING_MESSAGES: usize = 4;

type Sent = Result<pb::RecordEventStreamResponse, Status>;

/// What the service says on a stream.
pub(crate) type Answers = ReceiverStream<Sent>;

/// What the intake tells the answers.
enum Item {
    /// A batch was decided.
    Decided {
        sequence: u64,
        bytes: u64,
        decision: Decision,
    },
    /// Nothing more comes: the client closed its side, or the reason why the stream ends.
    End(Result<(), Status>),
}

/// How much a client may send on one stream, in all. It grows with each answer.
#[derive(Debug)]
struct Credit {
    bytes: AtomicU64,
    batches: AtomicU64,
}

/// What a client sent on one stream, in all.
#[derive(Clone, Copy, Debug, Default)]
struct Received {
    bytes: u64,
    batches: u64,
}

impl Credit {
    fn new(bytes: u64) -> Self {
        Self {
            bytes: AtomicU64::new(bytes),
            batches: AtomicU64::new(WINDOW as u64),
        }
    }

    /// Refuses what was sent beyond it.
    fn check(&self, received: Received) -> Result<(), StreamEnd> {
        let (credit_bytes, credit_batches) = (self.bytes(), self.batches.load(Ordering::SeqCst));
        if received.bytes <= credit_bytes && received.batches <= credit_batches {
            return Ok(());
        }
        Err(StreamEnd::CreditExceeded {
            bytes: received.bytes,
            credit_bytes,
            credit_batches,
        })
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Renews it by what is answered, before the answer is sent. Gives the bytes in all.
    fn renew(&self, bytes: u64, batches: u64) -> u64 {
        self.batches.fetch_add(batches, Ordering::SeqCst);
        self.bytes.fetch_add(bytes, Ordering::SeqCst) + bytes
    }
}

/// Begins a stream. It goes on in a task of its own, as long as the client takes its answers.
pub(super) fn record_event_stream(
    ledger: &Arc<Ledger>,
    tasks: &TaskTracker,
    request: Request<Streaming<pb::RecordEventStreamRequest>>,
) -> Answers {
    let stop = stream_stop(&request);
    let opening = Opening {
        ledger: Arc::clone(ledger),
        tasks: tasks.clone(),
        principal: principal(&request),
        incoming: request.into_inner(),
    };
    let (messages, answers) = mpsc::channel(WAITING_MESSAGES);
    tasks.spawn(run(opening, messages, stop).in_current_span());
    ReceiverStream::new(answers)
}

async fn run(opening: Opening, messages: mpsc::Sender<Sent>, stop: CancellationToken) {
    let client = messages.clone();
    tokio::select! {
        () = client.closed() => {}
        () = serve(opening, messages, stop) => {}
    }
}

async fn serve(opening: Opening, messages: mpsc::Sender<Sent>, stop: CancellationToken) {
    let ledger = Arc::clone(&opening.ledger);
    let credit = Arc::new(Credit::new(ledger.stream_credit_bytes));
    let (intake, welcome) = match opening.open(Arc::clone(&credit), &stop).await {
        Ok(opened) => opened,
        Err(status) => {
            // a client that is gone hears no reason
            let _gone = messages.send(Err(status)).await;
            return;
        }
    };
    if messages.send(Ok(response(Message::Welcome(welcome)))).await.is_err() {
        return;
    }
    let (decided, waiting) = mpsc::channel(WINDOW);
    let answering = Answering {
        ledger,
        tasks: intake.tasks.clone(),
        credit,
        waiting,
        messages,
    };
    tokio::join!(intake.run(decided, stop), answering.run());
}

const fn response(message: Message) -> pb::RecordEventStreamResponse {
    pb::RecordEventStreamResponse { message: Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_is_what_was_granted_and_what_was_answered() {
        let credit = Credit::new(100);
        let mut received = Received {
            bytes: 100,
            batches: 256,
        };
        assert_eq!(credit.check(received), Ok(()));
        received.bytes = 101;
        let exceeded = StreamEnd::CreditExceeded {
            bytes: 101,
            credit_bytes: 100,
            credit_batches: 256,
        };
        assert_eq!(credit.check(received), Err(exceeded));
        assert_eq!(credit.renew(1, 1), 101);
        assert_eq!(credit.check(received), Ok(()));
        received.batches = 258;
        assert!(credit.check(received).is_err());
    }
}
