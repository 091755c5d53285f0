//! A network that goes wrong as a seed says: an address that stays, whoever answers behind it, and connections that are
//! late, cut, reset, silent in one direction, or made twice.

mod connection;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use crate::random::Random;

/// A follower of the log takes a connection for dead after five silent seconds.
const TO_NOTICE_SILENCE: Duration = Duration::from_secs(6);

/// What is wrong with a connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// Nothing.
    Healthy,
    /// Everything comes late.
    Delay,
    /// It is closed after some bytes.
    Cut,
    /// It is reset after some bytes.
    Reset,
    /// After some bytes one direction is silent, and the connection stays open.
    HalfOpen,
    /// All that the client says is said a second time, at the same time, on a connection that nobody listens to.
    Duplicate,
    /// It is closed after some bytes, and what the client said until then is said once more afterwards.
    Replay,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 7] = [
        Self::Healthy,
        Self::Delay,
        Self::Cut,
        Self::Reset,
        Self::HalfOpen,
        Self::Duplicate,
        Self::Replay,
    ];
}

/// What is to become of one connection.
#[derive(Clone, Copy, Debug)]
struct Fate {
    fault: Fault,
    /// So many bytes pass before it shows.
    after: usize,
    /// They are counted on the way to the service, or else on the way back.
    upwards: bool,
    /// How late everything is, where it is late.
    pause: Duration,
    /// Where more than one thing may happen it is closed then, so that others get their turn.
    life: Option<Duration>,
}

impl Fate {
    fn draw(random: &mut Random, faults: &[Fault]) -> Self {
        let fault = faults.get(random.below(faults.len())).copied();
        let fault = fault.unwrap_or(Fault::Healthy);
        // as often before the first answer as after many records
        let scale = 1 << random.below(18);
        let mut life = Duration::from_millis(100 + random.number() % 2000);
        if fault == Fault::HalfOpen {
            life += TO_NOTICE_SILENCE;
        }
        Self {
            fault,
            after: scale + random.below(scale),
            upwards: random.below(2) == 0,
            pause: Duration::from_millis(1 + random.number() % 20),
            life: (faults.len() > 1).then_some(life),
        }
    }
}

/// Forwards connections to the service behind it, and does to them what its seed says.
pub struct FaultProxy {
    /// Where it listens.
    pub address: SocketAddr,
    behind: watch::Sender<SocketAddr>,
    calm: watch::Sender<bool>,
    met: Arc<Mutex<BTreeMap<Fault, usize>>>,
    _forwarding: AbortOnDropHandle<()>,
}

impl FaultProxy {
    /// A proxy before a service, with connections that have one of these faults each.
    pub async fn start(behind: SocketAddr, seed: u64, faults: &[Fault]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (behind, leads_to) = watch::channel(behind);
        let (calm, is_calm) = watch::channel(false);
        let met = Arc::default();
        let forwarding = Forwarding {
            listener,
            leads_to,
            is_calm,
            random: Random(seed),
            faults: faults.to_vec(),
            met: Arc::clone(&met),
        };
        Ok(Self {
            address,
            behind,
            calm,
            met,
            _forwarding: AbortOnDropHandle::new(tokio::spawn(forwarding.run())),
        })
    }

    /// New connections lead to another service from now on.
    pub fn lead_to(&self, service: SocketAddr) {
        self.behind.send_replace(service);
    }

    /// Nothing goes wrong any more. Connections with which something is wrong are closed.
    pub fn heal(&self) {
        self.calm.send_replace(true);
    }

    /// How many connections there were, by what was wrong with them.
    #[must_use]
    pub fn met(&self) -> BTreeMap<Fault, usize> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Forwarding {
    listener: TcpListener,
    leads_to: watch::Receiver<SocketAddr>,
    is_calm: watch::Receiver<bool>,
    random: Random,
    faults: Vec<Fault>,
    met: Arc<Mutex<BTreeMap<Fault, usize>>>,
}

impl Forwarding {
    async fn run(mut self) {
        // they end with the proxy
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = self.listener.accept().await {
            while connections.try_join_next().is_some() {}
            let fate = self.next_fate();
            let (behind, mut is_calm) = (*self.leads_to.borrow(), self.is_calm.clone());
            connections.spawn(async move {
                tokio::select! {
                    // that a connection breaks is what it is for
                    _broken = connect(client, behind, fate) => {}
                    () = sleep(fate.life.unwrap_or_default()), if fate.life.is_some() => {}
                    () = healed(&mut is_calm), if fate.fault != Fault::Healthy => {}
                }
            });
        }
    }

    fn next_fate(&mut self) -> Fate {
        let mut fate = Fate::draw(&mut self.random, &self.faults);
        if *self.is_calm.borrow() {
            (fate.fault, fate.life) = (Fault::Healthy, None);
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        *met.entry(fate.fault).or_default() += 1;
        fate
    }
}

async fn connect(client: TcpStream, behind: SocketAddr, fate: Fate) -> io::Result<()> {
    let service = TcpStream::connect(behind).await?;
    client.set_nodelay(true)?;
    service.set_nodelay(true)?;
    connection::carry(client, service, behind, fate).await
}

async fn healed(is_calm: &mut watch::Receiver<bool>) {
    if is_calm.wait_for(|calm| *calm).await.is_err() {
        std::future::pending::<()>().await;
    }
}
