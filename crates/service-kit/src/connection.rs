//! Accepting connections: how many, with which socket options, and how they are cut.
//!
//! tonic serves each connection in a task of its own that nothing can end from outside; what can end it is its socket.
//! So the sockets handed to it fail when they are cut.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::{Sleep, sleep},
};
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};
use tracing::warn;

use crate::{Client, Listener, admission::AdmissionLayer, limits};

/// The bytes an HTTP/2 client opens with: "PRI * HTTP/2.0 ...".
const PREFACE_BYTES: usize = 24;

/// The places for connections and the ways to end them.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    most: usize,
    places: Arc<Semaphore>,
    admission: AdmissionLayer,
    /// Closes the connections that have not begun to speak HTTP/2: a graceful shutdown would wait for them.
    pub(crate) close_silent: CancellationToken,
    /// Closes every connection, whatever goes on in it.
    pub(crate) cut: CancellationToken,
}

impl Connections {
    pub(crate) fn new(most: usize, admission: AdmissionLayer) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self {
            most,
            places: Arc::new(Semaphore::new(most)),
            admission,
            close_silent: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    /// Connections open now.
    pub(crate) fn open(&self) -> usize {
        self.most - self.places.available_permits()
    }

    pub(crate) fn accept_from<L: Listener>(&self, listener: L) -> Incoming<L> {
        Incoming {
            listener,
            connections: self.clone(),
            pause: None,
            full: false,
        }
    }
}

/// The accepted connections. It has no end and no errors: tonic would try again at once after an error, for as long as
/// "too many open files" lasts.
pub(crate) struct Incoming<L> {
    listener: L,
    connections: Connections,
    pause: Option<Pin<Box<Sleep>>>,
    /// Connections are being refused; said once, not once per connection.
    full: bool,
}

impl<L: Listener> Incoming<L> {
    fn admit(&mut self, stream: L::Stream) -> Option<Connection<L::Stream>> {
        let Ok(place) = self.connections.places.clone().try_acquire_owned() else {
            if !std::mem::replace(&mut self.full, true) {
                warn!(limit = self.connections.most, "refuse connections above limit");
            }
            return None;
        };
        self.full = false;
        let preface = Preface {
            missing: PREFACE_BYTES,
            time: Box::pin(sleep(limits::PREFACE_TIMEOUT)),
        };
        // A child each: waiting on one shared token would be one lock for all connections.
        let end = Box::pin(self.connections.close_silent.child_token().cancelled_owned());
        Some(Connection {
            stream,
            end,
            cut: self.connections.cut.clone(),
            preface: Some(preface),
            admission: self.connections.admission.clone(),
            has_given_way: false,
            _place: place,
        })
    }
}

impl<L: Listener> Stream for Incoming<L> {
    type Item = io::Result<Connection<L::Stream>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(context)) {
                Ok(stream) => {
                    if let Some(connection) = self.admit(stream) {
                        return Poll::Ready(Some(Ok(connection)));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    warn!(%error, "accept connection");
                    self.pause = Some(Box::pin(sleep(limits::ACCEPT_PAUSE)));
                }
            }
        }
    }
}

/// An accepted connection, which holds its place until it is dropped.
pub(crate) struct Connection<S> {
    stream: S,
    end: Pin<Box<WaitForCancellationFutureOwned>>,
    cut: CancellationToken,
    preface: Option<Preface>,
    /// Of all connections.
    admission: AdmissionLayer,
    /// Whether other tasks were let go first since the last flush.
    has_given_way: bool,
    _place: OwnedSemaphorePermit,
}

struct Preface {
    missing: usize,
    time: Pin<Box<Sleep>>,
}

impl<S> Connection<S> {
    /// Fails when the connection is to end. Asked before each read and each write, since HTTP/2 does not read while it
    /// cannot write.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.end.as_mut().poll(context).is_ready() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the server is shutting down",
            ));
        }
        if let Some(preface) = &mut self.preface
            && preface.time.as_mut().poll(context).is_ready()
        {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no HTTP/2 preface in time"));
        }
        Ok(())
    }

    /// While calls are at work, lets other tasks that are ready go first, once before what is written until the next flush: answers
    /// that became ready together go out together, and not each with a call of its own.
    fn give_way(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.has_given_way, true) || !self.admission.is_at_work() {
            return Poll::Ready(());
        }
        // not by a wake of its own: that would have another thread awake to take it over
        pin!(yield_now()).poll(context)
    }

    fn count_preface(&mut self, bytes: usize) {
        let Some(preface) = &mut self.preface else { return };
        preface.missing = preface.missing.saturating_sub(bytes);
        if preface.missing == 0 {
            self.preface = None;
            // From here on the connection ends itself on a graceful shutdown.
            self.end = Box::pin(self.cut.child_token().cancelled_owned());
        }
    }
}

impl<S: Connected<ConnectInfo = TcpConnectInfo>> Connected for Connection<S> {
    type ConnectInfo = Client;

    fn connect_info(&self) -> Client {
        Client::of(&self.stream.connect_info())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count_preface(buffer.filled().len() - before);
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        ready!(self.give_way(context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        ready!(self.give_way(context));
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.has_given_way = false;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    fn connection(stream: DuplexStream, admission: &AdmissionLayer) -> Connection<DuplexStream> {
        let places = Arc::new(Semaphore::new(1));
        let cut = CancellationToken::new();
        Connection {
            stream,
            end: Box::pin(cut.child_token().cancelled_owned()),
            cut,
            preface: None,
            admission: admission.clone(),
            has_given_way: false,
            _place: places.try_acquire_owned().unwrap(),
        }
    }

    /// What is written to a connection that was flushed, when another task that is ready has something to say, too. The runtime
    /// has one thread: without giving way the other task does not run.
    async fn written(connection: &mut Connection<DuplexStream>, theirs: &mut DuplexStream) -> String {
        let told = Arc::new(std::sync::Mutex::new("only its own".to_owned()));
        let say = Arc::clone(&told);
        tokio::spawn(async move { *say.lock().unwrap() = "with the other".to_owned() });
        std::future::poll_fn(|context| {
            let text = told.lock().unwrap().clone();
            Pin::new(&mut *connection).poll_write(context, text.as_bytes())
        })
        .await
        .unwrap();
        connection.flush().await.unwrap();
        let mut read = [0; 64];
        let length = theirs.read(&mut read).await.unwrap();
        String::from_utf8_lossy(&read[..length]).into_owned()
    }

    /// What another task has to say by the time it is written goes along.
    #[tokio::test]
    async fn while_calls_are_at_work_tasks_that_are_ready_go_before_what_is_written_and_again_after_each_flush() {
        let (ours, mut theirs) = duplex(64);
        let admission = AdmissionLayer::new(2, 2);
        let mut connection = connection(ours, &admission);
        let at_work = admission.admit().unwrap();
        for _ in 0..2 {
            assert_eq!(written(&mut connection, &mut theirs).await, "with the other");
        }
        drop(at_work);
        assert_eq!(written(&mut connection, &mut theirs).await, "only its own");
    }
}
