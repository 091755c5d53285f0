//! One connection to a service.

use std::time::Duration;

use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};

/// How long a call may take, with everything that is tried again.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The time in which a service that is there accepts a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A ping this often keeps the connection open in middleboxes, and one without an answer closes it.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// A page of figures has at most 3.5 MB by the service's own limit; this leaves room for an explanation of 1,000 values.
pub(crate) const ANSWER_BYTES: usize = 16 << 20;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not an address.
    #[error("{uri:?} is not an address of a service; give one like \"http://127.0.0.1:50051\"")]
    Uri {
        /// What was given.
        uri: String,
        /// Why not.
        source: tonic::transport::Error,
    },
    /// Nothing answers there.
    #[error("cannot connect to {uri}")]
    Connect {
        /// The address.
        uri: String,
        /// Why not.
        source: tonic::transport::Error,
    },
}

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallOptions {
    pub(crate) deadline: Duration,
    pub(crate) compression: Option<CompressionEncoding>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            deadline: DEADLINE,
            compression: None,
        }
    }
}

pub(crate) async fn connect(uri: &str) -> Result<Channel, ConnectError> {
    let wrong = |source| ConnectError::Uri {
        uri: uri.to_owned(),
        source,
    };
    let endpoint = Endpoint::from_shared(uri.to_owned())
        .and_then(|endpoint| endpoint.user_agent(concat!("almanac-client/", env!("CARGO_PKG_VERSION"))))
        .map_err(wrong)?;
    endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect()
        .await
        .map_err(|source| ConnectError::Connect {
            uri: uri.to_owned(),
            source,
        })
}

/// A generated client as its options want it: requests and answers in the chosen encoding.
macro_rules! stub {
    ($client:ident, $channel:expr, $options:expr) => {{
        let stub = $client::new($channel.clone()).max_decoding_message_size($crate::connection::ANSWER_BYTES);
        match $options.compression {
            Some(encoding) => stub.accept_compressed(encoding).send_compressed(encoding),
            None => stub,
        }
    }};
}

pub(crate) use stub;
