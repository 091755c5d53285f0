//! Answers in many messages.

use std::future::Future;
use std::sync::Arc;

use almanac_service_kit::status::StatusBuilder;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::Instrument;

use super::{Query, refusal};
use crate::error::QueryError;
use crate::limits;

/// The messages of one answer on their way to the client.
pub(super) type Messages<T> = ReceiverStream<Result<T, Status>>;

/// Where an answer puts its messages. It waits while the client has not taken the earlier ones.
pub(super) struct Outlet<T> {
    messages: mpsc::Sender<Result<T, Status>>,
}

impl<T> Outlet<T> {
    pub(super) async fn send(&self, message: T) {
        // a client that is gone ends the answer elsewhere
        let _gone = self.messages.send(Ok(message)).await;
    }
}

/// Begins an answer in many messages. It ends when `answer` does, when the server stops, or when the client goes. What ends it
/// with an error says how far the replica is then.
pub(super) fn begin<T, F>(query: &Query, stop: CancellationToken, answer: impl FnOnce(Outlet<T>) -> F) -> Messages<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), QueryError>> + Send + 'static,
{
    let (messages, stream) = mpsc::channel(limits::MESSAGES_WAITING);
    let answering = answer(Outlet {
        messages: messages.clone(),
    });
    let (replica, clock) = (Arc::clone(&query.replica), Arc::clone(&query.clock));
    let run = async move {
        let ended = tokio::select! {
            () = messages.closed() => return,
            () = stop.cancelled() => Err(StatusBuilder::shutting_down().build()),
            ended = answering => ended.map_err(|error| refusal(error, &replica, &clock)),
        };
        if let Err(status) = ended {
            // it has to arrive after what waits: an answer that only ended would look complete
            let _gone = messages.send(Err(status)).await;
        }
    };
    tokio::spawn(run.in_current_span());
    ReceiverStream::new(stream)
}
