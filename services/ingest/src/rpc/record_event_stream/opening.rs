//! Hello and welcome.

use std::sync::Arc;

use almanac_service_kit::status::StatusBuilder;
use almanac_wire::FieldViolation;
use almanac_wire::pb::ingest as pb;
use pb::record_event_stream_request::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Status, Streaming};

use super::deciding::Producer;
use super::intake::{Intake, panicked};
use super::{Credit, Received};
use crate::Ledger;
use crate::error::{IngestError, StreamEnd, reason};
use crate::ledger::Beginning;
use crate::rpc::durable;
use crate::rpc::recording::check_reporter;
use crate::state::producers::{Position, WINDOW};

/// A stream before its hello.
pub(super) struct Opening {
    pub(super) ledger: Arc<Ledger>,
    pub(super) tasks: TaskTracker,
    pub(super) principal: String,
    pub(super) incoming: Streaming<pb::RecordEventStreamRequest>,
}

impl Opening {
    /// Waits for the hello, and says where the producer stands.
    pub(super) async fn open(
        mut self,
        credit: Arc<Credit>,
        stop: &CancellationToken,
    ) -> Result<(Intake, pb::StreamWelcome), Status> {
        let first = tokio::select! {
            () = stop.cancelled() => return Err(StatusBuilder::shutting_down().build()),
            first = self.incoming.message() => first?,
        };
        let Some(Message::Hello(hello)) = first.and_then(|first| first.message) else {
            let text = "the first message of a stream is a hello, such as {\"hello\": {\"reporter\": \"ca-mau-post\", \
                        \"producer_id\": \"6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11\"}}";
            return Err(StreamEnd::OutOfPlace(text).into());
        };
        let id = check_hello(&self.ledger, &hello)?;
        let Position {
            epoch,
            last_sequence,
            revision,
        } = self.begin(id, hello.epoch).await?;
        durable(&self.ledger, revision).await?;
        let welcome = pb::StreamWelcome {
            log_id: self.ledger.log.id().to_string(),
            epoch,
            last_sequence,
            credit_bytes: credit.bytes(),
            credit_batches: u32::try_from(WINDOW).unwrap_or(u32::MAX),
        };
        let producer = Producer {
            ledger: self.ledger,
            reporter: hello.reporter,
            id,
            epoch,
            principal: self.principal,
        };
        let intake = Intake {
            producer: Arc::new(producer),
            tasks: self.tasks,
            incoming: self.incoming,
            credit,
            received: Received::default(),
        };
        Ok((intake, welcome))
    }

    async fn begin(&self, id: [u8; 16], epoch: u64) -> Result<Position, IngestError> {
        let (ledger, principal) = (Arc::clone(&self.ledger), self.principal.clone());
        let begun = (self.ledger.blocking).run_among(&self.tasks, move || ledger.begin_stream(id, epoch, principal));
        match begun.await.map_err(panicked)?? {
            Beginning::At(position) => Ok(position),
            Beginning::Fenced { epoch } => Err(IngestError::Stream(StreamEnd::Fenced { epoch })),
            Beginning::UnknownEpoch { newest } => Err(IngestError::Stream(StreamEnd::UnknownEpoch { newest })),
        }
    }
}

fn check_hello(ledger: &Ledger, hello: &pb::StreamHello) -> Result<[u8; 16], IngestError> {
    let pb::StreamHello {
        reporter,
        producer_id,
        epoch: _,
    } = hello;
    let in_force = ledger.in_force().ok_or(IngestError::NoCatalog)?;
    let under = |violation: FieldViolation| violation.under("hello");
    let mut wrong = Vec::new();
    wrong.extend(check_reporter(reporter, &in_force.catalog).err().map(under));
    let id = uuid::Uuid::parse_str(producer_id).map_err(|_| {
        let reason = if producer_id.is_empty() {
            reason::REQUIRED
        } else {
            reason::MALFORMED
        };
        let message = format!("{producer_id:?} is not a UUID, such as \"6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11\"");
        wrong.push(FieldViolation::new("hello.producer_id", reason, message));
    });
    match id {
        Ok(id) if wrong.is_empty() => Ok(id.into_bytes()),
        _ => Err(IngestError::Invalid(wrong)),
    }
}
