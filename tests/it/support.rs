//! Services on free ports, and what tests say to them.

pub(crate) mod clock;
pub(crate) mod events;
pub(crate) mod gate;
pub(crate) mod held;
pub(crate) mod ingest;
pub(crate) mod log;
pub(crate) mod pair;
pub(crate) mod process;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod stream;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use almanac_tests::raw;
use tonic::transport::{Channel, Endpoint};

/// When a test gives up. Nothing takes this long; a machine may be slow.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A connection that is made when it is first used, and again after it broke.
pub(crate) fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}"))
        .expect("an address is a URI")
        .connect_lazy()
}
