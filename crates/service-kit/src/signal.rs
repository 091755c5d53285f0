//! From a signal to a token.

use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, info, warn};

/// What a shell reports for a process ended by Ctrl-C (128 + SIGINT).
const INTERRUPTED: i32 = 130;

/// The process cannot listen to signals.
#[derive(Debug, Error)]
#[error("cannot listen to signals")]
pub struct SignalError(#[source] std::io::Error);

/// A token that is cancelled at the first SIGINT or SIGTERM. The second signal ends the process at once with exit code
/// 130, for a person who does not want to wait for the drain.
///
/// Must be called within a tokio runtime; the handlers stay for the life of the process.
pub fn shutdown_on_signal() -> Result<CancellationToken, SignalError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(SignalError)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(SignalError)?;
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let wait = async move {
        let name = either(&mut interrupt, &mut terminate).await;
        info!(signal = name, "stop on signal; a second one ends the process at once");
        token.cancel();
        let name = either(&mut interrupt, &mut terminate).await;
        warn!(signal = name, "end at once on second signal");
        std::process::exit(INTERRUPTED);
    };
    tokio::spawn(wait.instrument(Span::current()));
    Ok(shutdown)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}
