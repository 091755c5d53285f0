//! The log service of a test: records in a list, each subscriber served from it.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use almanac_model::LogId;
use almanac_wire::Payload;
use almanac_wire::pb::log as pb;
use almanac_wire::pb::log::log_service_server::{LogService, LogServiceServer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::EPOCH_SECOND;

/// A log that the test writes.
#[derive(Clone)]
pub(crate) struct TestLog {
    pub(crate) address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Debug)]
struct State {
    id: LogId,
    records: Vec<pb::LogRecord>,
    /// Records that subscribers get; the head counts all.
    sent: usize,
    /// Streams of an earlier generation end.
    generation: usize,
    /// New streams are refused.
    closed: bool,
    /// The first revision that it has at hand.
    earliest: u64,
    /// From which revision each call of Subscribe so far asked.
    asked_from: Vec<u64>,
}

impl TestLog {
    pub(crate) async fn start(id: LogId) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            id,
            records: Vec::new(),
            sent: usize::MAX,
            generation: 0,
            closed: false,
            earliest: 1,
            asked_from: Vec::new(),
        };
        let log = Self {
            address,
            state: Arc::new(watch::Sender::new(state)),
        };
        let service = LogServiceServer::new(log.clone());
        tokio::spawn(
            Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        log
    }

    /// Adds a record and tells its revision.
    pub(crate) fn append(&self, payload: &Payload) -> u64 {
        self.append_bytes(payload.encode())
    }

    pub(crate) fn append_bytes(&self, payload: Vec<u8>) -> u64 {
        let mut revision = 0;
        self.state.send_modify(|state| {
            revision = state.records.len() as u64 + 1;
            state.records.push(pb::LogRecord {
                revision,
                record_time: Some(almanac_wire::timestamp_to_proto(time_of(revision))),
                principal: "test".to_owned(),
                payload: payload.into(),
                origin: None,
            });
        });
        revision
    }

    /// Holds back all records after the first `sent`; the head counts them all the same.
    pub(crate) fn hold_after(&self, sent: usize) {
        self.state.send_modify(|state| state.sent = sent);
    }

    pub(crate) fn let_go(&self) {
        self.hold_after(usize::MAX);
    }

    /// The revisions before one are elsewhere.
    pub(crate) fn archive_before(&self, revision: u64) {
        self.state.send_modify(|state| state.earliest = revision);
    }

    /// Puts another log in the place of this one, with these records.
    pub(crate) fn replace(&self, id: LogId, payloads: &[Payload]) {
        self.state.send_modify(|state| {
            state.id = id;
            state.records.clear();
            state.generation += 1;
        });
        for payload in payloads {
            self.append(payload);
        }
    }

    /// Ends all streams and refuses new ones.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| {
            state.generation += 1;
            state.closed = true;
        });
    }

    pub(crate) fn open(&self) {
        self.state.send_modify(|state| state.closed = false);
    }

    /// Calls of Subscribe so far.
    pub(crate) fn calls(&self) -> usize {
        self.state.borrow().asked_from.len()
    }

    /// From which revision each call of Subscribe asked, after so many of them.
    pub(crate) fn asked_from(&self, after: usize) -> Vec<u64> {
        self.state.borrow().asked_from[after..].to_vec()
    }

    /// Waits until Subscribe was called so often.
    pub(crate) async fn called(&self, calls: usize) {
        self.state
            .subscribe()
            .wait_for(|state| state.asked_from.len() >= calls)
            .await
            .unwrap();
    }
}

/// When a revision of a test log is recorded.
pub(crate) fn time_of(revision: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(EPOCH_SECOND + i64::try_from(revision).unwrap()).unwrap()
}

#[tonic::async_trait]
impl LogService for TestLog {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<pb::SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let pb::SubscribeRequest {
            from_revision,
            log_id,
            last_record_digest,
            with_origin: _,
        } = request.into_inner();
        self.state.send_modify(|state| state.asked_from.push(from_revision));
        let state = self.state.borrow().clone();
        if state.closed {
            return Err(Status::unavailable("closed by the test"));
        }
        if from_revision < state.earliest {
            return Err(Status::out_of_range("archived by the test"));
        }
        let other_id = !log_id.is_empty() && log_id != state.id.to_string();
        let other = other_id || state.has_other_record_before(from_revision, &last_record_digest);
        if other || from_revision > state.records.len() as u64 + 1 {
            return Err(Status::failed_precondition(
                "another log, or shorter than what was applied",
            ));
        }
        let (messages, stream) = mpsc::channel(4);
        let next = usize::try_from(from_revision).unwrap() - 1;
        tokio::spawn(send(self.state.subscribe(), state.generation, next, messages));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

impl State {
    /// Whether the record before a revision is another one than the follower applied.
    fn has_other_record_before(&self, revision: u64, digest: &[u8]) -> bool {
        let index = usize::try_from(revision).unwrap().checked_sub(2);
        let record = index.and_then(|index| self.records.get(index));
        let same = |record: &pb::LogRecord| {
            let time = almanac_wire::timestamp_from_proto(&record.record_time.unwrap()).unwrap();
            almanac_wire::record_digest(time.as_millisecond(), &record.payload) == digest
        };
        !digest.is_empty() && !record.is_some_and(same)
    }
}

async fn send(
    mut states: watch::Receiver<State>,
    generation: usize,
    mut next: usize,
    messages: mpsc::Sender<Result<pb::SubscribeResponse, Status>>,
) {
    loop {
        let state = states.borrow_and_update().clone();
        if state.generation != generation {
            return;
        }
        let mut news: Vec<Option<pb::LogRecord>> = vec![None];
        news.extend(state.records.iter().take(state.sent).skip(next).cloned().map(Some));
        next = next.max(state.sent.min(state.records.len()));
        for record in news {
            let message = pb::SubscribeResponse {
                log_id: state.id.to_string(),
                head_revision: state.records.len() as u64,
                record,
            };
            if messages.send(Ok(message)).await.is_err() {
                return;
            }
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}
