//! Logs: their format, their filter, and the fields of an RPC that only its handler knows.

use std::{
    env,
    io::{self, IsTerminal},
};

use clap::{Args, ValueEnum};
use thiserror::Error;
use tracing::Span;
use tracing_subscriber::{
    EnvFilter,
    filter::{LevelFilter, ParseError},
    util::{SubscriberInitExt, TryInitError},
};

pub use crate::rpc_span::{RpcSpan, RpcSpanLayer};

/// The variable that holds the filter, as everywhere in the Rust world.
const FILTER_VARIABLE: &str = "RUST_LOG";

/// How logs look. Flatten it into the binary's arguments; what is logged is said by `RUST_LOG` (default `info`).
#[derive(Args, Clone, Debug)]
pub struct TelemetryArgs {
    /// Format of the log lines on stderr
    #[arg(long, env = "ALMANAC_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for log collectors.
    Json,
}

/// Logging cannot be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// `RUST_LOG` is not a filter.
    #[error(
        "RUST_LOG is `{filter}`, which is not a log filter; \
         use a level (error, warn, info, debug, trace) or target=level pairs, such as `info,h2=warn`"
    )]
    BadFilter {
        /// The value found.
        filter: String,
        /// Where it goes wrong.
        #[source]
        source: ParseError,
    },
    /// Something else set up logging before.
    #[error("logging is already set up in this process")]
    AlreadySet(#[source] TryInitError),
}

impl TelemetryArgs {
    /// Sends the logs of this process to stderr, filtered by `RUST_LOG`. Once per process.
    pub fn init(&self) -> Result<(), TelemetryError> {
        // A value that is not Unicode is shown as well as it can be, and refused as a filter.
        let filter = env::var_os(FILTER_VARIABLE)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // Colours are for a terminal whose owner wants them (https://no-color.org), not for a file.
        let colours = io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let builder = tracing_subscriber::fmt()
            .with_env_filter(parse(&filter)?)
            .with_writer(io::stderr)
            .with_ansi(colours);
        match self.log_format {
            LogFormat::Text => builder.finish().try_init(),
            LogFormat::Json => builder.json().with_span_list(false).finish().try_init(),
        }
        .map_err(TelemetryError::AlreadySet)
    }
}

fn parse(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(filter)
        .map_err(|source| TelemetryError::BadFilter {
            filter: filter.to_owned(),
            source,
        })
}

/// Notes on the RPC's span at which revision its answer was computed. Call it from the handler itself: inside a span of
/// the handler's own the field does not exist and nothing is noted.
pub fn record_revision(revision: u64) {
    Span::current().record("revision", revision);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filter_is_info() {
        assert_eq!(parse("").unwrap().to_string(), "info");
        assert_eq!(parse("debug,h2=warn").unwrap().to_string(), "h2=warn,debug");
    }

    #[test]
    fn a_bad_filter_names_the_variable_and_the_remedy() {
        let error = parse("almanac=loud").unwrap_err();
        assert!(error.to_string().starts_with("RUST_LOG is `almanac=loud`"), "{error}");
        assert!(error.to_string().contains("info"), "{error}");
    }
}
