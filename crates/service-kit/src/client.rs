//! Who is at the other end of a connection.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use tonic::transport::server::TcpConnectInfo;

/// The address of a client, put into words once for all calls of its connection.
#[derive(Clone, Debug)]
pub struct Client(Option<Arc<str>>);

impl Client {
    pub(crate) fn of(connection: &TcpConnectInfo) -> Self {
        Self(connection.remote_addr().map(|address| address.to_string().into()))
    }

    /// Who sent a request with these extensions; nothing is known of one that came on no connection of [`server`](crate::server).
    #[must_use]
    pub fn who_sent(request: &Extensions) -> Self {
        request.get().cloned().unwrap_or(Self(None))
    }

    pub(crate) fn address(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for Client {
    /// `unknown` where nothing is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address().unwrap_or("unknown"))
    }
}
