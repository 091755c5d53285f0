//! The services and their clients on a simulated network.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use almanac_query::Connecting;
use almanac_service_kit::Listener;
use almanac_tests::Fault;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::codegen::http::Uri;
use tonic::transport::server::{Connected, TcpConnectInfo};
use tonic::transport::{Channel, Endpoint};
use turmoil::net::{TcpListener, TcpStream};

pub(crate) const INGEST_PORT: u16 = 50051;
pub(crate) const QUERY_PORT: u16 = 50052;

/// A silent connection is noticed after this time.
const KEEPALIVE: Duration = Duration::from_millis(500);

type Accepting = Pin<Box<dyn Future<Output = (io::Result<(TcpStream, SocketAddr)>, TcpListener)> + Send>>;

/// A listening socket of a host.
pub(crate) struct SimListener {
    address: SocketAddr,
    accepting: Accepting,
}

impl SimListener {
    pub(crate) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("0.0.0.0", port)).await?;
        Ok(Self {
            address: listener.local_addr()?,
            accepting: accept(listener),
        })
    }
}

fn accept(listener: TcpListener) -> Accepting {
    Box::pin(async move { (listener.accept().await, listener) })
}

impl Listener for SimListener {
    type Stream = Accepted;

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        let (accepted, listener) = ready!(self.accepting.as_mut().poll(context));
        self.accepting = accept(listener);
        Poll::Ready(accepted.map(|(stream, _)| Accepted(stream)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The service's side of a connection.
pub(crate) struct Accepted(TcpStream);

impl Connected for Accepted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        TcpConnectInfo {
            local_addr: self.0.local_addr().ok(),
            remote_addr: self.0.peer_addr().ok(),
        }
    }
}

impl AsyncRead for Accepted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

async fn connect(uri: Uri) -> io::Result<TokioIo<TcpStream>> {
    let host = uri.host().unwrap_or_default().to_owned();
    let port = uri.port_u16().unwrap_or_default();
    TcpStream::connect((host, port)).await.map(TokioIo::new)
}

/// Connects to an endpoint from the host that is running, as the query service does to its log.
pub(crate) fn connecting(endpoint: Endpoint) -> Connecting {
    Box::pin(async move { endpoint.connect_with_connector(tower::service_fn(connect)).await })
}

/// The endpoint of a service.
pub(crate) fn endpoint(host: &str, port: u16) -> Result<Endpoint, Fault> {
    Ok(Endpoint::from_shared(format!("http://{host}:{port}"))?)
}

/// A client's connection, made when it is first used and again after it broke.
pub(crate) fn channel(host: &str, port: u16) -> Result<Channel, Fault> {
    let endpoint = endpoint(host, port)?
        .connect_timeout(KEEPALIVE * 2)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .keep_alive_while_idle(true);
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(connect)))
}
