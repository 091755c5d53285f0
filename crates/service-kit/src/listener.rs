//! Where connections come from.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::debug;

/// Where connections come from: a socket, or what stands for one in a simulated network.
pub trait Listener: Send + Unpin + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Connected<ConnectInfo = TcpConnectInfo> + Send + Unpin + 'static;

    /// The next connection.
    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Self::Stream>>;

    /// Where it listens.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let (stream, _) = ready!(Self::poll_accept(self, context))?;
        // Without it a small answer waits up to 40 ms for the acknowledgement of the one before.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "set TCP_NODELAY");
        }
        Poll::Ready(Ok(stream))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
