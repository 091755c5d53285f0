//! Every limit of a server, with its reason. A server without limits fails at a time its clients choose.
//!
//! Sizes are bytes, times are [`Duration`]s. What a binary or a test may change is a field of
//! [`ServerOptions`](crate::server::ServerOptions); the rest is fixed here.

use std::time::Duration;

/// Open connections, counted when they are accepted. One more is closed at once: a client told "connection closed"
/// tries again after its back-off, one left waiting in the kernel's queue hangs until its deadline.
pub const CONNECTIONS: usize = 1024;

/// Streams at one time on one HTTP/2 connection. tonic removes hyper's 200; without it a single client can open as many
/// RPCs as its memory holds.
pub const STREAMS_PER_CONNECTION: u32 = 200;

/// RPCs whose handler has not answered yet, over all connections. Past some hundreds they only wait for one another;
/// refusing tells the client at once, and early.
pub const REQUESTS_IN_FLIGHT: usize = 512;

/// Answers still being sent, over all connections: watches, subscriptions and long downloads live here for hours, so they
/// must not use up the places of [`REQUESTS_IN_FLIGHT`].
pub const ANSWERS_OPEN: usize = 8192;

/// The encoded size of a plain request, before and after decompression. A repeated empty submessage of two bytes becomes
/// about a hundred when decoded, so that at worst one request takes fifty times this.
pub const PLAIN_REQUEST_BYTES: usize = 4 << 20;

/// The encoded size of a message with packed columns, which grow little when decoded.
pub const PACKED_REQUEST_BYTES: usize = 16 << 20;

/// The encoded size from which an answer is compressed for a client that takes it. To set up a compressor takes longer than to
/// send less: it was an eighth of the processor time of recording single events.
pub const COMPRESSED_ANSWER_BYTES: usize = 4 << 10;

/// What a client may send on one stream of batches before the first is answered. With 10 ms for a sync it is 800 MB a second,
/// far above what one stream is checked at; and so much one slow answer may hold.
pub const STREAM_CREDIT_BYTES: u64 = 8 << 20;

/// What a client may send on one stream before we have read it. The 64 KiB of HTTP/2 hold a stream to
/// 64 KiB a round trip.
pub const STREAM_WINDOW_BYTES: u32 = 1 << 20;

/// The same for a whole connection: four streams at full speed.
pub const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// The largest piece in which a client may send. With the 16 KiB of HTTP/2 a batch of a stream takes four reads and writes.
pub const FRAME_BYTES: u32 = 256 << 10;

/// The request's header list (path and metadata). Tokens and trace headers fit many times over.
pub const HEADER_LIST_BYTES: u32 = 16 << 10;

/// The time from a request's headers to its answer's headers, and the most a client's `grpc-timeout` can ask for. It
/// does not cover the body of a streamed answer.
pub const UNARY_TIMEOUT: Duration = Duration::from_secs(30);

/// A ping this often on a silent connection, so that a peer that vanished without a FIN is noticed and middleboxes
/// keep the connection open.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A ping not answered in this time closes the connection.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// The time a new connection has to send the HTTP/2 preface. Pings start only after it, so a silent connection would
/// otherwise keep its place for ever.
pub const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// The pause after a failed `accept`, which is mostly "too many open files": trying again at once would use a core
/// and help nobody.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The default time RPCs have to end after a signal, before their connections are cut. Shorter than the 30 s after
/// which Kubernetes kills.
pub const DRAIN: Duration = Duration::from_secs(10);

/// The time connections have to notice that they are cut. Only a handler that blocks its thread can use it up.
pub const CUT_GRACE: Duration = Duration::from_secs(1);

/// A status as HTTP/2 headers: names, values and the 32 bytes HTTP/2 counts for each. Clients accept 8 or 16 KiB of
/// headers in all, and some hang above it.
pub const STATUS_BYTES: usize = 4 << 10;

/// The text of a status, percent-encoded as it travels. A quarter of [`STATUS_BYTES`], since it travels twice and leaves
/// room for its details.
pub const STATUS_TEXT_BYTES: usize = 1 << 10;

/// When to try again after a refusal for load: about the time a burst takes to pass.
pub const RETRY_AFTER_OVERLOAD: Duration = Duration::from_millis(500);

/// When to try again after this process said that it stops: about the time another one takes to answer.
pub const RETRY_AFTER_SHUTDOWN: Duration = Duration::from_secs(1);

/// The characters of a method's path kept in logs: the path is the client's to choose.
pub const LOGGED_METHOD_CHARS: usize = 160;
