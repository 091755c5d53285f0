//! Between a log and its follower: tells records twice, late, in another order or not at all. What no connection does, the
//! follower has to notice.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use almanac_tests::random::Random;
use almanac_wire::pb::log::log_service_client::LogServiceClient;
use almanac_wire::pb::log::log_service_server::{LogService, LogServiceServer};
use almanac_wire::pb::log::{LogRecord, SubscribeRequest, SubscribeResponse};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status, Streaming};

use crate::Fault;
use crate::clients::channel;

const MESSAGE_BYTES: usize = 17 << 20;
/// One record of so many is told wrong.
const ONE_OF: usize = 24;

/// How a record is told wrong.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Lie {
    Repeated,
    LeftOut,
    Swapped,
    /// The first record of the subscription comes once more in its place.
    Replaced,
}

/// Serves the log behind it.
pub(super) struct LogRelay {
    pub(super) address: SocketAddr,
    honest: watch::Sender<bool>,
    told: Arc<Mutex<BTreeMap<Lie, usize>>>,
    _serving: AbortOnDropHandle<()>,
}

impl LogRelay {
    /// With `hidden`, records are only swapped, and numbered so that it cannot be seen.
    pub(super) async fn start(log: SocketAddr, seed: u64, hidden: bool) -> Result<Self, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (honest, is_honest) = watch::channel(false);
        let told = Arc::default();
        let liar = Liar {
            log: LogServiceClient::new(channel(log)?).max_decoding_message_size(MESSAGE_BYTES),
            random: Arc::new(Mutex::new(Random(seed))),
            is_honest,
            hidden,
            told: Arc::clone(&told),
        };
        let server = Server::builder().add_service(LogServiceServer::new(liar));
        let serving = tokio::spawn(async move {
            if let Err(error) = server.serve_with_incoming(TcpListenerStream::new(listener)).await {
                eprintln!("the relay ends: {error}");
            }
        });
        Ok(Self {
            address,
            honest,
            told,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// Everything is told as it is from now on, on new subscriptions; those that are open end.
    pub(super) fn heal(&self) {
        self.honest.send_replace(true);
    }

    /// How many records were told wrong, by how.
    pub(super) fn told(&self) -> BTreeMap<Lie, usize> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

type Message = Result<SubscribeResponse, Status>;

#[derive(Clone)]
struct Liar {
    log: LogServiceClient<Channel>,
    random: Arc<Mutex<Random>>,
    is_honest: watch::Receiver<bool>,
    hidden: bool,
    told: Arc<Mutex<BTreeMap<Lie, usize>>>,
}

#[tonic::async_trait]
impl LogService for Liar {
    type SubscribeStream = ReceiverStream<Message>;

    async fn subscribe(&self, request: Request<SubscribeRequest>) -> Result<Response<Self::SubscribeStream>, Status> {
        let mut request = request.into_inner();
        if self.hidden {
            // by it the log would notice
            request.last_record_digest.clear();
        }
        let records = self.log.clone().subscribe(request).await?.into_inner();
        let (messages, told) = mpsc::channel(4);
        let (liar, mut healed) = (self.clone(), self.is_honest.clone());
        tokio::spawn(async move {
            let is_honest = *healed.borrow();
            let ended = tokio::select! {
                _healed = healed.wait_for(|honest| *honest), if !is_honest => Status::unavailable("nothing is told wrong now"),
                ended = liar.tell(records, &messages, is_honest) => ended,
            };
            // the follower may have hung up
            let _gone = messages.send(Err(ended)).await;
        });
        Ok(Response::new(ReceiverStream::new(told)))
    }
}

impl Liar {
    /// Tells what the log says, rightly or wrongly, until one of them hangs up.
    async fn tell(
        &self,
        mut records: Streaming<SubscribeResponse>,
        messages: &mpsc::Sender<Message>,
        is_honest: bool,
    ) -> Status {
        let mut tale = Tale::default();
        loop {
            let message = match records.message().await {
                Ok(Some(message)) => message,
                Ok(None) => return Status::unavailable("the log ended"),
                Err(status) => return status,
            };
            let told = if is_honest {
                vec![message]
            } else {
                self.twist(message, &mut tale)
            };
            for message in told {
                if messages.send(Ok(message)).await.is_err() {
                    return Status::cancelled("the follower hung up");
                }
            }
        }
    }

    /// What is told in place of a message.
    fn twist(&self, mut message: SubscribeResponse, tale: &mut Tale) -> Vec<SubscribeResponse> {
        let Some(record) = &message.record else {
            // nothing comes that could be swapped
            return tale.held.take().into_iter().chain([message]).collect();
        };
        let first = tale.first.get_or_insert_with(|| record.clone()).clone();
        if let Some(mut before) = tale.held.take() {
            if self.hidden
                && let (Some(one), Some(other)) = (&mut message.record, &mut before.record)
            {
                std::mem::swap(&mut one.revision, &mut other.revision);
            }
            self.count(Lie::Swapped);
            return vec![message, before];
        }
        match self.draw() {
            Some(Lie::Swapped) => {
                tale.held = Some(message);
                Vec::new()
            }
            Some(Lie::Repeated) => {
                self.count(Lie::Repeated);
                vec![message.clone(), message]
            }
            Some(Lie::LeftOut) => {
                self.count(Lie::LeftOut);
                Vec::new()
            }
            Some(Lie::Replaced) if first.revision != record.revision => {
                self.count(Lie::Replaced);
                message.record = Some(first);
                vec![message]
            }
            Some(Lie::Replaced) | None => vec![message],
        }
    }

    fn draw(&self) -> Option<Lie> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let lie = match (random.below(ONE_OF), random.below(4)) {
            (1.., _) => return None,
            (0, 0) => Lie::Repeated,
            (0, 1) => Lie::LeftOut,
            (0, 2) => Lie::Replaced,
            (0, _) => Lie::Swapped,
        };
        Some(if self.hidden { Lie::Swapped } else { lie })
    }

    fn count(&self, lie: Lie) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        *told.entry(lie).or_default() += 1;
    }
}

/// What one subscription was told.
#[derive(Default)]
struct Tale {
    first: Option<LogRecord>,
    /// What is to come after the next record.
    held: Option<SubscribeResponse>,
}
