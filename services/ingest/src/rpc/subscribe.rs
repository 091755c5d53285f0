//! `LogService.Subscribe`: the log as replicas read it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::vec;

use almanac_event_log::{EventLog, LogStatus, ReadError, Record};
use almanac_model::Revision;
use almanac_service_kit::blocking::Blocking;
use almanac_service_kit::server::stream_stop;
use almanac_service_kit::status::StatusBuilder;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_server::LogService;
use almanac_wire::{record_digest, timestamp_to_proto};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use super::blocking;
use crate::Ledger;
use crate::error::IngestError;

/// Without a new record, a message says this often that there is none.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How much is read at once, as a page of messages, and only after the page before is on its way. The credit of a follower is the
/// window of its stream (HTTP/2 flow control): it opens as the follower applies what it got. So a follower that stands still
/// holds twice this much here, or two larger records, and nothing is read for it any more.
const READ_BYTES: usize = 256 * 1024;

/// The methods of `LogService`.
pub(crate) struct LogRpc {
    pub(crate) ledger: Arc<Ledger>,
    /// The feeds of all followers: the service ends after them, since they hold the log.
    pub(crate) feeds: TaskTracker,
}

type Message = Result<pb::SubscribeResponse, Status>;

/// What a follower is sent. A page comes at once, so that small records go out together.
pub(crate) struct Pages {
    pages: mpsc::Receiver<Vec<Message>>,
    page: vec::IntoIter<Message>,
}

impl Stream for Pages {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        loop {
            if let Some(message) = self.page.next() {
                return Poll::Ready(Some(message));
            }
            match ready!(self.pages.poll_recv(context)) {
                Some(page) => self.page = page.into_iter(),
                None => return Poll::Ready(None),
            }
        }
    }
}

#[tonic::async_trait]
impl LogService for LogRpc {
    type SubscribeStream = Pages;

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let stop = stream_stop(&request);
        let request = request.into_inner();
        let with_origin = request.with_origin;
        let log = Arc::clone(&self.ledger.log);
        let place = self.ledger.blocking;
        let from = blocking(place, move || check_follower(log.as_ref(), &request)).await??;
        let (sender, pages) = mpsc::channel(1);
        let feed = Feed {
            log: Arc::clone(&self.ledger.log),
            log_id: self.ledger.log.id().to_string(),
            blocking: place,
            status: self.ledger.log.status(),
            next: from,
            with_origin,
            pages: sender,
        };
        self.feeds.spawn(feed.run(stop).in_current_span());
        let page = Vec::new().into_iter();
        Ok(Response::new(Pages { pages, page }))
    }
}

/// A follower of another log, of another past of this log, or one that is ahead, must not carry on. It blocks on the disk.
fn check_follower(log: &dyn EventLog, request: &pb::SubscribeRequest) -> Result<Revision, IngestError> {
    let pb::SubscribeRequest {
        from_revision,
        log_id,
        last_record_digest,
        with_origin: _,
    } = request;
    if !log_id.is_empty() && *log_id != log.id().to_string() {
        return Err(IngestError::OtherLog {
            log_id: log.id().to_string(),
        });
    }
    let durable = log.status().borrow().durable;
    let from = Revision((*from_revision).max(1));
    let earliest = log.earliest();
    if from < earliest {
        return Err(IngestError::Read(ReadError::BeforeEarliest { from, earliest }));
    }
    if from > durable.next() {
        return Err(IngestError::FollowerAhead { durable });
    }
    let last = Revision(from.0 - 1);
    if !last_record_digest.is_empty() && last >= log.earliest() {
        let records = log.read(last, 1).map_err(IngestError::Read)?;
        let same = records.first().is_some_and(|record| {
            record_digest(record.recorded_at_ms, &record.payload) == last_record_digest.as_slice()
        });
        if !same {
            return Err(IngestError::OtherRecord { revision: last });
        }
    }
    Ok(from)
}

/// Feeds one follower.
struct Feed {
    log: Arc<dyn EventLog>,
    log_id: String,
    blocking: Blocking,
    status: watch::Receiver<LogStatus>,
    next: Revision,
    with_origin: bool,
    pages: mpsc::Sender<Vec<Message>>,
}

impl Feed {
    async fn run(self, stop: CancellationToken) {
        let follower = self.pages.clone();
        let ended = tokio::select! {
            () = stop.cancelled() => StatusBuilder::shutting_down().build(),
            () = follower.closed() => return,
            ended = self.follow() => ended,
        };
        // after what waits: a stream that only ended would look complete. A follower that is gone hears no reason
        let _gone = follower.send(vec![Err(ended)]).await;
    }

    /// Sends records until reading fails.
    async fn follow(mut self) -> Status {
        self.send_progress().await;
        let pages = self.pages.clone();
        loop {
            // a follower that is gone ends the feed elsewhere
            let Ok(page) = pages.reserve().await else {
                return std::future::pending().await;
            };
            let records = match self.read().await {
                Ok(records) => records,
                Err(error) => return error.into(),
            };
            if let Some(last) = records.last() {
                self.next = last.revision.next();
                let messages = records.into_iter().map(|record| Ok(self.message(Some(record))));
                page.send(messages.collect());
            }
            self.wait_for_more().await;
        }
    }

    /// From memory where it is there: a follower that keeps up does not wait for the disk.
    async fn read(&self) -> Result<Vec<Record>, IngestError> {
        let recent = self.log.read_recent(self.next, READ_BYTES);
        if !recent.is_empty() {
            return Ok(recent);
        }
        let (log, next) = (Arc::clone(&self.log), self.next);
        blocking(self.blocking, move || log.read(next, READ_BYTES))
            .await?
            .map_err(IngestError::Read)
    }

    /// Waits until there is something to read; says each second that there is nothing.
    async fn wait_for_more(&mut self) {
        let next = self.next;
        loop {
            let more = self.status.wait_for(|status| status.durable >= next);
            match timeout(PROGRESS_EVERY, more).await.map(|changed| changed.is_ok()) {
                Ok(true) => return,
                // the log is closed: nothing more will come, and the service is about to stop
                Ok(false) => std::future::pending().await,
                Err(_) => self.send_progress().await,
            }
        }
    }

    async fn send_progress(&self) {
        // a follower that is gone ends the feed elsewhere
        let _gone = self.pages.send(vec![Ok(self.message(None))]).await;
    }

    fn message(&self, record: Option<Record>) -> pb::SubscribeResponse {
        pb::SubscribeResponse {
            log_id: self.log_id.clone(),
            head_revision: self.status.borrow().durable.0,
            record: record.map(|record| record_to_proto(record, self.with_origin)),
        }
    }
}

fn record_to_proto(record: Record, with_origin: bool) -> pb::LogRecord {
    pb::LogRecord {
        revision: record.revision.0,
        record_time: Timestamp::from_millisecond(record.recorded_at_ms)
            .ok()
            .map(timestamp_to_proto),
        origin: with_origin.then(|| origin(&record)),
        principal: record.principal,
        payload: record.payload,
    }
}

fn origin(record: &Record) -> pb::RecordOrigin {
    let request = record.request;
    let producer = record.producer.map(|position| pb::ProducerPosition {
        producer: position.producer.to_vec(),
        epoch: position.epoch,
        sequence: position.sequence,
    });
    pb::RecordOrigin {
        kind: record.kind.as_byte().into(),
        request_id: request.map(|request| request.id.to_vec()).unwrap_or_default(),
        request_digest: request.map(|request| request.digest.to_vec()).unwrap_or_default(),
        producer,
        receipt: record.receipt.to_vec(),
    }
}
