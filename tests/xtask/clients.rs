//! Clients that write numbered requests until their service is gone, and producers that go on with the next one.

use std::net::SocketAddr;
use std::time::Duration;

use almanac_tests::powerloss;
use almanac_tests::streams::StreamWriter;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::Fault;
use crate::ledger::{Ledger, Way};

/// The service answers sooner, or its process is gone.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn channel(address: SocketAddr) -> Result<Channel, Fault> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.timeout(PATIENCE).connect_lazy())
}

/// Clients that write until the service is gone. Each acknowledgement is told.
pub(crate) struct Clients {
    running: JoinSet<()>,
    streaming: JoinSet<Result<StreamWriter, Fault>>,
    stop: CancellationToken,
    pub(crate) told: mpsc::UnboundedReceiver<()>,
}

impl Clients {
    pub(crate) fn start(count: usize, address: SocketAddr, ledger: &Ledger) -> Result<Self, Fault> {
        Self::start_with(count, address, ledger, Vec::new())
    }

    /// With producers that write beside them until they are told to stop.
    pub(crate) fn start_with(
        count: usize,
        address: SocketAddr,
        ledger: &Ledger,
        producers: Vec<StreamWriter>,
    ) -> Result<Self, Fault> {
        let (tell, told) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let (mut running, mut streaming) = (JoinSet::new(), JoinSet::new());
        for _ in 0..count {
            let (channel, ledger, tell) = (channel(address)?, ledger.clone(), tell.clone());
            running.spawn(write(channel, ledger, tell));
        }
        for mut producer in producers {
            let (stop, tell) = (stop.clone(), tell.clone());
            streaming.spawn(async move {
                producer.write_until(&stop, &tell).await?;
                Ok(producer)
            });
        }
        Ok(Self {
            running,
            streaming,
            stop,
            told,
        })
    }

    /// Waits for so many acknowledgements; false when the clients ended before, or nothing is acknowledged any more.
    pub(crate) async fn acknowledged(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if !matches!(timeout(PATIENCE, self.told.recv()).await, Ok(Some(()))) {
                return false;
            }
        }
        true
    }

    /// Waits until the last has met the end of the service. Gives the producers, with what they do not know the answer to.
    pub(crate) async fn end(self) -> Result<Vec<StreamWriter>, Fault> {
        self.stop.cancel();
        self.running.join_all().await;
        self.streaming.join_all().await.into_iter().collect()
    }
}

async fn write(channel: Channel, ledger: Ledger, tell: mpsc::UnboundedSender<()>) {
    let mut ingest = IngestServiceClient::new(channel);
    loop {
        let number = ledger.send_next(Way::Alone);
        match ingest.record_events(powerloss::request(number)).await {
            Ok(answer) => ledger.acknowledged(number, answer.into_inner().revision),
            Err(_) => return,
        }
        // nobody listens once the moment has come
        let _late = tell.send(());
    }
}
