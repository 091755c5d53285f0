//! Serving: the limits, the layers, health and reflection, and an orderly end.

use std::{future::Future, pin::Pin, time::Duration};

use http::Request;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    service::Routes,
    transport::{Error as TransportError, Server},
};
use tower::util::MapRequestLayer;
use tracing::{info, warn};

use crate::{
    Listener, admission::AdmissionLayer, connection::Connections, deadline::DeadlineLayer, health::HealthHandle,
    limits, plain_mistakes::PlainMistakesLayer, rpc_span::RpcSpanLayer,
};

#[doc(hidden)]
pub use tonic::codec::CompressionEncoding;

/// Gives a generated server what every service has: gzip and zstd both ways, and the largest message it decodes.
/// Compression and sizes are settings of each generated server, which no layer can reach.
///
/// `configure!(QueryServiceServer::new(query), limits::PLAIN_REQUEST_BYTES)`
#[macro_export]
macro_rules! configure {
    ($server:expr, $max_decoded_bytes:expr) => {
        $server
            .accept_compressed($crate::server::CompressionEncoding::Gzip)
            .accept_compressed($crate::server::CompressionEncoding::Zstd)
            .send_compressed($crate::server::CompressionEncoding::Gzip)
            .send_compressed($crate::server::CompressionEncoding::Zstd)
            .max_decoding_message_size($max_decoded_bytes)
    };
}

/// What differs between servers, and what tests make small. The defaults are those of [`limits`].
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Encoded descriptor sets of the services, for reflection. Those of health, reflection and google.rpc are added.
    pub descriptor_sets: Vec<&'static [u8]>,
    /// Open connections; one more is closed at once.
    pub max_connections: usize,
    /// Calls whose handler is at work; one more is refused.
    pub max_in_flight: usize,
    /// Answers being sent, streams included; one more is refused.
    pub max_answers_open: usize,
    /// The most time from a request to the beginning of its answer.
    pub unary_timeout: Duration,
    /// The time open calls have to end after a shutdown began.
    pub drain: Duration,
}

impl ServerOptions {
    /// The defaults, with these descriptor sets.
    #[must_use]
    pub fn new(descriptor_sets: &[&'static [u8]]) -> Self {
        Self {
            descriptor_sets: descriptor_sets.to_vec(),
            max_connections: limits::CONNECTIONS,
            max_in_flight: limits::REQUESTS_IN_FLIGHT,
            max_answers_open: limits::ANSWERS_OPEN,
            unary_timeout: limits::UNARY_TIMEOUT,
            drain: limits::DRAIN,
        }
    }
}

/// The server could not serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// A descriptor set cannot be read: a fault of the build.
    #[error("cannot read the descriptor sets for reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The transport gave up.
    #[error("cannot go on serving")]
    Transport(#[source] TransportError),
}

/// How a server ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Drained {
    /// Every call ended by itself.
    Clean,
    /// The time was over and the connections still open were cut.
    Cut {
        /// How many.
        connections: usize,
    },
}

/// Ends the streams of a server that shuts down. In the extensions of every request.
#[derive(Clone, Debug)]
struct StreamStop(CancellationToken);

/// The token that is cancelled when the server begins to drain, for handlers whose stream has no end of its own: they
/// answer [`StatusBuilder::shutting_down`](crate::status::StatusBuilder::shutting_down) then. A stream that ends by
/// itself may use the time of the drain.
///
/// For a request that did not come through [`serve`] it is a token that nobody cancels.
#[must_use]
pub fn stream_stop<T>(request: &tonic::Request<T>) -> CancellationToken {
    request
        .extensions()
        .get::<StreamStop>()
        .map_or_else(CancellationToken::new, |stop| stop.0.clone())
}

/// Serves the routes on the listener until `shutdown` is cancelled and the calls have ended.
///
/// Then, in this order: health becomes `NOT_SERVING` for every service, the listener is closed and clients are told to go
/// elsewhere (GOAWAY), streams are stopped ([`stream_stop`]), calls have [`ServerOptions::drain`] to end, and what is
/// left is cut. Dropping the future cuts at once.
pub async fn serve(
    listener: impl Listener,
    routes: Routes,
    health: HealthHandle,
    options: &ServerOptions,
    shutdown: CancellationToken,
) -> Result<Drained, ServeError> {
    let routes = with_common_services(routes, &health, &options.descriptor_sets).map_err(ServeError::Reflection)?;
    let admission = AdmissionLayer::new(options.max_in_flight, options.max_answers_open);
    let connections = Connections::new(options.max_connections, admission.clone());
    let _cut_when_dropped = connections.cut.clone().drop_guard();
    let streams = CancellationToken::new();
    let _stop_when_dropped = streams.clone().drop_guard();
    let close = connections.close_silent.clone();
    if let Ok(address) = listener.local_addr() {
        info!(server.address = %address, "serve");
    }
    let mut serving = run(
        connections.accept_from(listener),
        routes,
        (admission, options.unary_timeout),
        streams.clone(),
        close.clone(),
    );

    tokio::select! {
        // Does not end by itself: the stream of connections has no end.
        ended = &mut serving => return ended.map(|()| Drained::Clean).map_err(ServeError::Transport),
        () = shutdown.cancelled() => {}
    }
    info!(connections = connections.open(), "drain");
    // First, so that nobody who asks is sent here any more.
    health.drain().await;
    close.cancel();
    streams.cancel();
    health.end_watches().await;
    if let Ok(ended) = timeout(options.drain, &mut serving).await {
        info!("stop");
        return ended.map(|()| Drained::Clean).map_err(ServeError::Transport);
    }
    let open = connections.open();
    warn!(
        connections = open,
        drain_seconds = options.drain.as_secs_f64(),
        "cut connections after drain time"
    );
    connections.cut.cancel();
    if timeout(limits::CUT_GRACE, serving).await.is_err() {
        warn!(connections = connections.open(), "leave connections that do not end");
    }
    Ok(Drained::Cut { connections: open })
}

fn with_common_services(
    routes: Routes,
    health: &HealthHandle,
    descriptor_sets: &[&'static [u8]],
) -> Result<Routes, tonic_reflection::server::Error> {
    let reflection = || {
        let common = [
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            // With these grpcurl prints the details of an error.
            tonic_types::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        descriptor_sets.iter().copied().chain(common).fold(
            tonic_reflection::server::Builder::configure().include_reflection_service(false),
            tonic_reflection::server::Builder::register_encoded_file_descriptor_set,
        )
    };
    Ok(routes
        .add_service(configure!(health.service(), limits::PLAIN_REQUEST_BYTES))
        .add_service(configure!(reflection().build_v1()?, limits::PLAIN_REQUEST_BYTES))
        // grpcurl up to 1.8 knows only this one.
        .add_service(configure!(reflection().build_v1alpha()?, limits::PLAIN_REQUEST_BYTES)))
}

type Serving = Pin<Box<dyn Future<Output = Result<(), TransportError>> + Send>>;

fn run<L: Listener>(
    incoming: crate::connection::Incoming<L>,
    routes: Routes,
    (admission, unary_timeout): (AdmissionLayer, Duration),
    streams: CancellationToken,
    close: CancellationToken,
) -> Serving {
    let stop = StreamStop(streams);
    let server = Server::builder()
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .max_frame_size(limits::FRAME_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
        .http2_keepalive_interval(Some(limits::KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE_TIMEOUT))
        // The first layer is the outermost: the span sees the status as it leaves, refusals included.
        .layer(RpcSpanLayer)
        .layer(PlainMistakesLayer)
        .layer(admission)
        .layer(DeadlineLayer::new(unary_timeout))
        .layer(MapRequestLayer::new(move |mut request: Request<Body>| {
            request.extensions_mut().insert(stop.clone());
            request
        }))
        .add_routes(routes);
    Box::pin(server.serve_with_incoming_shutdown(incoming, close.cancelled_owned()))
}
