//! Taking a snapshot from another replica.

use almanac_model::LogId;
use almanac_service_kit::blocking::Blocking;
use almanac_wire::pb::log::snapshot_service_client::SnapshotServiceClient;
use almanac_wire::pb::log::{GetSnapshotRequest, GetSnapshotResponse};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::chunks::ChunkReader;
use crate::checkpoint::{Checkpoint, ReadError};
use crate::shared::Broken;
use crate::{Connecting, limits};

/// Why no snapshot was taken. The replica is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// No connection.
    #[error("cannot connect")]
    Connect(#[from] tonic::transport::Error),
    /// The other replica said why.
    #[error("the replica answered {:?}: {}", .0.code(), .0.message())]
    Status(Box<Status>),
    /// Nothing came.
    #[error("the replica was silent for {} s", limits::LOG_SILENCE.as_secs())]
    Silent,
    /// What came is no whole checkpoint.
    #[error("the snapshot cannot be used")]
    Unusable(#[from] ReadError),
    /// What came is of another log.
    #[error("the snapshot is of log {found}, this replica follows {own}")]
    OtherLog { own: LogId, found: LogId },
    /// The reader ended in a panic.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl From<Status> for TakeError {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

/// Takes the snapshot of another replica, verified. `own` is the log that is followed so far.
pub(crate) async fn take(replica: Connecting, own: Option<LogId>) -> Result<Checkpoint, TakeError> {
    let mut client = SnapshotServiceClient::new(replica.await?);
    let request = GetSnapshotRequest {
        log_id: own.map(|log| log.to_string()).unwrap_or_default(),
    };
    let answer = timeout(limits::LOG_SILENCE, client.get_snapshot(request)).await;
    let messages = answer.map_err(|_| TakeError::Silent)??.into_inner();
    let (sender, chunks) = mpsc::channel(limits::SNAPSHOT_CHUNKS_WAITING);
    // on a thread beside this one, which hands on what it reads
    let reading = Blocking::OnThreads.run(move || Checkpoint::read(ChunkReader::new(chunks)));
    let (read, received) = tokio::join!(reading, receive(messages, sender));
    // why it broke off tells more than that it is cut off
    received?;
    let (checkpoint, _) = read.map_err(|_| Broken)??;
    match own.filter(|own| *own != checkpoint.log) {
        None => Ok(checkpoint),
        Some(own) => Err(TakeError::OtherLog {
            own,
            found: checkpoint.log,
        }),
    }
}

/// Hands on what comes until it ends.
async fn receive(mut messages: Streaming<GetSnapshotResponse>, chunks: mpsc::Sender<Bytes>) -> Result<(), TakeError> {
    loop {
        let message = timeout(limits::LOG_SILENCE, messages.message()).await;
        let Some(message) = message.map_err(|_| TakeError::Silent)?? else {
            return Ok(());
        };
        // a reader that has seen enough says why itself
        if chunks.send(message.chunk).await.is_err() {
            return Ok(());
        }
    }
}
