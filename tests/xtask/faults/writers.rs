//! Clients that write through a network that goes wrong, each request until it is acknowledged.

use std::net::SocketAddr;
use std::time::Duration;

use almanac_client::IngestClient;
use almanac_tests::powerloss;
use almanac_tests::streams::{Journal, StreamWriter};
use almanac_wire::RecordEventsRequest;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::Args;
use crate::ledger::{Ledger, Way};
use crate::{Fault, Outcome};

/// An answer that takes longer does not come.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
/// So long nothing was acknowledged, and nothing will be.
const PATIENCE: Duration = Duration::from_mins(1);

/// The clients at work.
pub(super) struct Writers {
    running: JoinSet<Outcome>,
    told: mpsc::UnboundedReceiver<()>,
    stop: CancellationToken,
}

impl Writers {
    pub(super) fn start(args: &Args, network: SocketAddr, ledger: &Ledger) -> Result<Self, Fault> {
        let (tell, told) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        for client in 1..=args.clients {
            let alone = Alone {
                ingest: IngestServiceClient::new(channel(network)?),
                ledger: ledger.clone(),
                with_ids: !args.without_request_ids,
            };
            running.spawn(alone.write_until(stop.clone(), tell.clone()));
            let ingest = IngestClient::new(channel(network)?).with_deadline(ANSWERED_WITHIN);
            let mut stream = StreamWriter::new(ingest, client, ledger, Journal::default())?;
            let (stop, tell) = (stop.clone(), tell.clone());
            running.spawn(async move {
                stream.write_until(&stop, &tell).await?;
                stream.finish().await
            });
        }
        Ok(Self { running, told, stop })
    }

    /// Waits for so many acknowledgements; an error when a client gave up.
    pub(super) async fn acknowledged(&mut self, count: u32) -> Outcome {
        for _ in 0..count {
            tokio::select! {
                _told = self.told.recv() => {}
                Some(ended) = self.running.join_next() => return ended?.and(Err("a client ended by itself".into())),
                () = tokio::time::sleep(PATIENCE) => return Err("nothing is acknowledged any more".into()),
            }
        }
        Ok(())
    }

    /// Waits until each has its last acknowledgement.
    pub(super) async fn end(mut self) -> Outcome {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// A connection that is made when it is needed, and noticed when it is silent.
fn channel(network: SocketAddr) -> Result<Channel, Fault> {
    let endpoint = Endpoint::from_shared(format!("http://{network}"))?
        .connect_timeout(ANSWERED_WITHIN)
        .http2_keep_alive_interval(ANSWERED_WITHIN / 2)
        .keep_alive_timeout(ANSWERED_WITHIN / 2)
        .keep_alive_while_idle(true);
    Ok(endpoint.connect_lazy())
}

/// A client that sends one request at a time.
struct Alone {
    ingest: IngestServiceClient<Channel>,
    ledger: Ledger,
    with_ids: bool,
}

impl Alone {
    async fn write_until(mut self, stop: CancellationToken, tell: mpsc::UnboundedSender<()>) -> Outcome {
        while !stop.is_cancelled() {
            let number = self.ledger.send_next(Way::Alone);
            let mut request = powerloss::request(number);
            if !self.with_ids {
                request.request_id.clear();
            }
            let revision = self.record(&request).await?;
            self.ledger.acknowledged(number, revision);
            // nobody listens at the end
            let _late = tell.send(());
        }
        Ok(())
    }

    /// Sends it until it is acknowledged.
    async fn record(&mut self, request: &RecordEventsRequest) -> Result<u64, Status> {
        loop {
            let mut attempt = Request::new(request.clone());
            attempt.set_timeout(ANSWERED_WITHIN);
            match self.ingest.record_events(attempt).await {
                Ok(answer) => return Ok(answer.into_inner().revision),
                Err(status) if may_pass(&status) => {}
                Err(refused) => return Err(refused),
            }
        }
    }
}

/// What a broken connection shows as, or a service that is not there.
fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal | Code::DeadlineExceeded
    )
}
