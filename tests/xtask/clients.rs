//! Clients that write numbered requests until their service is gone.

use std::net::SocketAddr;
use std::time::Duration;

use almanac_tests::powerloss;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::Fault;
use crate::ledger::{Ledger, Way};

/// The service answers sooner, or its process is gone.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn channel(address: SocketAddr) -> Result<Channel, Fault> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    Ok(endpoint.timeout(PATIENCE).connect_lazy())
}

/// Clients that write until the service is gone. Each acknowledgement is told.
pub(crate) struct Clients {
    running: JoinSet<()>,
    pub(crate) told: mpsc::UnboundedReceiver<()>,
}

impl Clients {
    pub(crate) fn start(count: usize, address: SocketAddr, ledger: &Ledger) -> Result<Self, Fault> {
        let (tell, told) = mpsc::unbounded_channel();
        let mut running = JoinSet::new();
        for _ in 0..count {
            let (channel, ledger, tell) = (channel(address)?, ledger.clone(), tell.clone());
            running.spawn(write(channel, ledger, tell));
        }
        Ok(Self { running, told })
    }

    /// Waits for so many acknowledgements; false when the clients ended before.
    pub(crate) async fn acknowledged(&mut self, count: usize) -> bool {
        for _ in 0..count {
            if self.told.recv().await.is_none() {
                return false;
            }
        }
        true
    }

    /// Waits until the last has met the end of the service.
    pub(crate) async fn end(self) {
        self.running.join_all().await;
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
