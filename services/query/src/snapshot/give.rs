//! `SnapshotService.GetSnapshot`: this replica's checkpoint, for another one.

use std::io::Write as _;
use std::sync::Arc;

use almanac_model::{LogId, Revision};
use almanac_service_kit::blocking::Blocking;
use almanac_service_kit::server::stream_stop;
use almanac_service_kit::status::StatusBuilder;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::snapshot_service_server::SnapshotService;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};
use tracing::{Instrument, debug, error, info};

use super::chunks::ChunkWriter;
use crate::checkpoint::Checkpoint;
use crate::error::QueryError;
use crate::replica::Replica;
use crate::shared::{SharedReplica, Work};
use crate::{limits, reason};

/// Gives snapshots of a replica.
pub(crate) struct Snapshots {
    replica: Arc<SharedReplica>,
    places: Arc<Semaphore>,
}

type Message = Result<pb::GetSnapshotResponse, Status>;

impl Snapshots {
    pub(crate) fn new(replica: Arc<SharedReplica>) -> Self {
        Self {
            replica,
            places: Arc::new(Semaphore::new(limits::SNAPSHOTS)),
        }
    }

    /// The state of the replica, when it is one that others may go on from.
    async fn state(&self, asked: &str) -> Result<Checkpoint, Status> {
        let look = |replica: &Replica| {
            let can_serve = replica.progress().can_serve;
            let log = replica.log().filter(|_| can_serve);
            let state = log.map(|log| Checkpoint {
                log,
                derived: replica.derived().clone(),
            });
            state.ok_or_else(|| QueryError::NotCaughtUp { lag: replica.lag() })
        };
        let state = self.replica.read(Work::Small, look).await.map_err(QueryError::from)??;
        if asked.is_empty() || asked == state.log.to_string() {
            return Ok(state);
        }
        let text = format!(
            "log_id: this replica follows log {}; ask one that follows {asked}",
            state.log
        );
        Err(StatusBuilder::new(Code::FailedPrecondition, reason::OTHER_LOG, text)
            .metadata("log_id", state.log)
            .build())
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let text = format!("this replica gives {} snapshots already", limits::SNAPSHOTS);
            StatusBuilder::new(Code::ResourceExhausted, reason::TOO_MANY_SNAPSHOTS, text)
                .retry_after(limits::SNAPSHOT_RETRY)
                .build()
        })
    }
}

#[tonic::async_trait]
impl SnapshotService for Snapshots {
    type GetSnapshotStream = ReceiverStream<Message>;

    async fn get_snapshot(
        &self,
        request: Request<pb::GetSnapshotRequest>,
    ) -> Result<Response<Self::GetSnapshotStream>, Status> {
        let stop = stream_stop(&request);
        let pb::GetSnapshotRequest { log_id } = request.into_inner();
        let place = self.place()?;
        let state = self.state(&log_id).await?;
        let (messages, stream) = mpsc::channel(limits::SNAPSHOT_CHUNKS_WAITING);
        tokio::spawn(send(state, messages, stop, place).in_current_span());
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// Sends a state. The place is kept until nothing of it is held any more.
async fn send(
    state: Checkpoint,
    messages: mpsc::Sender<Message>,
    stop: CancellationToken,
    place: OwnedSemaphorePermit,
) {
    let (log, revision) = (state.log, state.derived.applied());
    let (chunks, mut written) = mpsc::channel(1);
    let writing = tokio::spawn(async move {
        let _place = place;
        let write = move || {
            let (mut out, bytes) = state.write(ChunkWriter::new(chunks))?;
            out.flush().map(|()| bytes)
        };
        // on a thread beside this one, which hands on what it writes
        Blocking::OnThreads.run(write).await
    });
    loop {
        let chunk = tokio::select! {
            () = stop.cancelled() => {
                // after what waits: a stream that only ended would look complete. A replica that is gone hears no reason
                let _gone = messages.send(Err(StatusBuilder::shutting_down().build())).await;
                return;
            }
            chunk = written.recv() => chunk,
        };
        let Some(chunk) = chunk else { break };
        if messages.send(Ok(message(log, revision, chunk))).await.is_err() {
            debug!(%revision, "give snapshot to nobody");
            return;
        }
    }
    match writing.await {
        Ok(Ok(Ok(bytes))) => info!(%revision, bytes, "give snapshot"),
        // a writer into memory fails for a reader that is gone only
        fault => {
            error!(?fault, "give no whole snapshot");
            let _gone = messages.send(Err(StatusBuilder::internal().build())).await;
        }
    }
}

fn message(log: LogId, revision: Revision, chunk: bytes::Bytes) -> pb::GetSnapshotResponse {
    pb::GetSnapshotResponse {
        log_id: log.to_string(),
        revision: revision.0,
        chunk,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_given_at_one_time_than_may() {
        let snapshots = Snapshots::new(Arc::default());
        let places: Vec<_> = (0..limits::SNAPSHOTS).map(|_| snapshots.place().unwrap()).collect();
        assert_eq!(snapshots.place().unwrap_err().code(), Code::ResourceExhausted);
        drop(places);
        assert!(snapshots.place().is_ok());
    }
}
