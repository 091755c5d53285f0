//! The command line of the binary.

use almanac_service_kit::{config::ListenArgs, telemetry::TelemetryArgs};
use clap::Parser;
use http::Uri;
use tonic::transport::Endpoint;

/// Answers questions about official figures from a replica of the log.
#[derive(Clone, Debug, Parser)]
#[command(name = "almanac-query", version, mut_arg("listen", |listen| listen.default_value("127.0.0.1:50052").env("ALMANAC_QUERY_LISTEN")))]
pub struct Args {
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// What to log.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Address of the ingest service whose log is followed
    #[arg(long, env = "ALMANAC_INGEST", value_name = "URL", default_value = "http://127.0.0.1:50051",
          value_parser = ingest_endpoint)]
    pub ingest: Endpoint,
}

/// Why a text is not the address of an ingest service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IngestAddressError {
    /// No address at all, or one with a path.
    #[error("write it as http://HOST:PORT, such as http://127.0.0.1:50051")]
    Malformed,
    /// Another scheme than http.
    #[error("the scheme {scheme} is not supported; write it as http://HOST:PORT")]
    Scheme {
        /// What was given.
        scheme: String,
    },
}

/// The endpoint of an ingest service's address, such as `http://127.0.0.1:50051`.
pub fn ingest_endpoint(text: &str) -> Result<Endpoint, IngestAddressError> {
    let uri: Uri = text.parse().map_err(|_| IngestAddressError::Malformed)?;
    let scheme = uri.scheme_str().ok_or(IngestAddressError::Malformed)?;
    if scheme != "http" {
        return Err(IngestAddressError::Scheme {
            scheme: scheme.to_owned(),
        });
    }
    if uri.host().is_none_or(str::is_empty) || uri.path_and_query().is_some_and(|path| path != "/") {
        return Err(IngestAddressError::Malformed);
    }
    Ok(Endpoint::from(uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_with_its_scheme_only() {
        assert!(ingest_endpoint("http://127.0.0.1:50051").is_ok());
        assert!(ingest_endpoint("http://ingest.internal").is_ok());
        for wrong in [
            "",
            "127.0.0.1:50051",
            "localhost",
            "http://",
            "http://a b",
            "http://host:1/path",
        ] {
            assert_eq!(
                ingest_endpoint(wrong).err(),
                Some(IngestAddressError::Malformed),
                "{wrong}"
            );
        }
        assert!(matches!(
            ingest_endpoint("https://host:1"),
            Err(IngestAddressError::Scheme { .. })
        ));
        assert!(ingest_endpoint("localhost:50051").is_err());
    }

    #[test]
    fn a_bad_value_says_what_to_write() {
        let error = Args::try_parse_from(["almanac-query", "--ingest", "127.0.0.1:50051"]).unwrap_err();
        assert!(error.to_string().contains("http://HOST:PORT"), "{error}");
        let args = Args::try_parse_from(["almanac-query"]).unwrap();
        assert_eq!(args.listen.listen.port(), 50052);
    }
}
