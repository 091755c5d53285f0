//! Where to listen, and how a binary says that it could not start.

use std::{error::Error, fmt::Write as _, io, net::SocketAddr, process::ExitCode, time::Duration};

use clap::Args;
use thiserror::Error;
use tokio::net::TcpListener;

/// Where a server listens and how long it takes to stop. Flatten it into the binary's arguments.
///
/// The default address is the binary's to say: `#[command(mut_arg("listen", |arg| arg.default_value("127.0.0.1:50051")))]`
/// on its own struct. Without it the address must be given.
#[derive(Args, Clone, Debug)]
pub struct ListenArgs {
    /// Address and port to serve gRPC on; port 0 takes a free one
    // Not required for the parser, which would not count the binary's default; without either it is still an error.
    #[arg(long, env = "ALMANAC_LISTEN", value_name = "ADDRESS", required = false)]
    pub listen: SocketAddr,

    /// Seconds that open calls have to finish after a stop signal; then their connections are cut
    #[arg(long, env = "ALMANAC_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(0..=600))]
    pub drain_seconds: u16,
}

impl ListenArgs {
    /// The time open calls have to finish, for [`ServerOptions::drain`](crate::server::ServerOptions::drain).
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(u64::from(self.drain_seconds))
    }
}

/// An address cannot be listened on. The text says what to do.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another socket holds the port.
    #[error("address {addr} is in use; stop the process that holds it or choose another with --listen ADDRESS")]
    InUse {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// The port is reserved for privileged processes.
    #[error("no permission to listen on {addr}; ports below 1024 need privileges, choose a higher one with --listen")]
    NoPermission {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// The address belongs to another machine.
    #[error(
        "{addr} is not an address of this machine; use 127.0.0.1 for this machine alone or 0.0.0.0 for all networks"
    )]
    NotLocal {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// Anything else the system refuses.
    #[error("cannot listen on {addr}")]
    Io {
        /// The address asked for.
        addr: SocketAddr,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

/// Listens on `addr`. Ask the listener for its address when the port was 0.
pub async fn bind(addr: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(addr).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { addr },
        io::ErrorKind::PermissionDenied => BindError::NoPermission { addr },
        io::ErrorKind::AddrNotAvailable => BindError::NotLocal { addr },
        _ => BindError::Io { addr, source },
    })
}

/// Prints the error and its causes to stderr and gives the exit code of a failure.
pub fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    // Not through tracing: the error may be that tracing could not be set up.
    eprint!("{}", chain(error));
    ExitCode::FAILURE
}

fn chain(error: &dyn Error) -> String {
    let mut text = format!("error: {error}\n");
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Some libraries wrap an error in another one with the same words.
        if words != said {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  caused by: {words}");
        }
        said = words;
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051")))]
    struct Defaulted {
        #[command(flatten)]
        listen: ListenArgs,
    }

    #[derive(Debug, Parser)]
    struct Bare {
        #[command(flatten)]
        listen: ListenArgs,
    }

    #[test]
    fn the_binary_chooses_the_default_address() {
        let args = Defaulted::parse_from(["x"]);
        assert_eq!(args.listen.listen.port(), 50051);
        assert_eq!(args.listen.drain(), crate::limits::DRAIN);
        let args = Defaulted::parse_from(["x", "--listen", "[::1]:9", "--drain-seconds", "0"]);
        assert_eq!(
            (args.listen.listen.to_string().as_str(), args.listen.drain()),
            ("[::1]:9", Duration::ZERO)
        );
        let error = Bare::try_parse_from(["x"]).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::MissingRequiredArgument);
    }

    #[tokio::test]
    async fn a_taken_port_says_what_to_do() {
        let first = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let addr = first.local_addr().unwrap();
        let error = bind(addr).await.unwrap_err();
        assert!(matches!(error, BindError::InUse { addr: taken } if taken == addr));
        assert!(error.to_string().contains("--listen"), "{error}");
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named_as_such() {
        // 192.0.2.0/24 is for documentation and belongs to nobody.
        let error = bind(SocketAddr::from(([192, 0, 2, 1], 0))).await.unwrap_err();
        assert!(matches!(error, BindError::NotLocal { .. }), "{error}");
    }

    #[test]
    fn causes_are_printed_one_a_line() {
        let source = io::Error::other("disk on fire");
        let error = BindError::Io {
            addr: SocketAddr::from(([127, 0, 0, 1], 1)),
            source,
        };
        assert_eq!(
            chain(&error),
            "error: cannot listen on 127.0.0.1:1\n  caused by: disk on fire\n"
        );
    }
}
