//! An address that stays, whoever answers behind it: what a load balancer or a service name is in production.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// Forwards connections to the service that is behind it; without one it closes them at once.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    behind: watch::Sender<Option<SocketAddr>>,
    _forwarding: AbortOnDropHandle<()>,
}

impl Gate {
    pub(crate) async fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (behind, watched) = watch::channel(Some(service));
        let forwarding = AbortOnDropHandle::new(tokio::spawn(forward(listener, watched)));
        Self {
            address,
            behind,
            _forwarding: forwarding,
        }
    }

    /// Leads to another service from now on. Open connections are cut.
    pub(crate) fn lead_to(&self, service: SocketAddr) {
        self.behind.send_replace(Some(service));
    }

    /// Leads nowhere from now on. Open connections are cut.
    pub(crate) fn shut(&self) {
        self.behind.send_replace(None);
    }
}

async fn forward(listener: TcpListener, mut behind: watch::Receiver<Option<SocketAddr>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let Some(service) = *behind.borrow_and_update() else {
            continue;
        };
        let mut changed = behind.clone();
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(service).await else {
                return;
            };
            tokio::select! {
                _ended = copy_bidirectional(&mut client, &mut server) => {}
                _another = changed.changed() => {}
            }
        });
    }
}
