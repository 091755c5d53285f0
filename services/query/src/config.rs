//! The command line of the binary.

use std::path::PathBuf;
use std::time::Duration;

use almanac_cube::WindowSize;
use almanac_service_kit::{config::ListenArgs, telemetry::TelemetryArgs};
use clap::Parser;
use http::Uri;
use tonic::transport::Endpoint;

use crate::checkpoint::{CheckpointOptions, Checkpoints, OpenError};
use crate::limits;

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
    /// Seconds of lag beyond which health says that questions should go elsewhere. Without it a replica that has lost the log
    /// goes on serving: when the ingest service is away, all have lost it
    #[arg(long, env = "ALMANAC_MAX_LAG", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(2..))]
    pub max_lag: Option<u64>,
    /// Address of another query service of the same log, from which this one takes a snapshot when it is new, far behind, or
    /// behind what the ingest service has at hand
    #[arg(long, env = "ALMANAC_SNAPSHOT_FROM", value_name = "URL", value_parser = ingest_endpoint)]
    pub snapshot_from: Option<Endpoint>,
    /// Newest revisions of which it is kept in memory what they did to tallies. What tallies were before is read from the log when
    /// it is asked for, which is as exact and slower
    #[arg(long, env = "ALMANAC_TALLY_REVISIONS", value_name = "COUNT", default_value_t = limits::TALLIES.revisions)]
    pub tally_revisions: u64,
    /// So many changes of tallies are kept at most, however few revisions made them; each takes some hundred bytes
    #[arg(long, env = "ALMANAC_TALLY_CHANGES", value_name = "COUNT", default_value_t = limits::TALLIES.changes)]
    pub tally_changes: usize,
    /// Where and when checkpoints are written.
    #[command(flatten)]
    pub checkpoints: CheckpointArgs,
}

impl Args {
    /// How much of the past of tallies is kept.
    #[must_use]
    pub const fn tallies(&self) -> WindowSize {
        WindowSize {
            revisions: self.tally_revisions,
            changes: self.tally_changes,
        }
    }
}

/// Where and when checkpoints are written.
#[derive(Clone, Debug, clap::Args)]
pub struct CheckpointArgs {
    /// Folder for checkpoints, from which a restart goes on; made when it is not there. Without it nothing is stored, and
    /// each start reads the whole log
    #[arg(long, visible_alias = "data", env = "ALMANAC_QUERY_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Revisions of the log after which a checkpoint is written
    #[arg(long, env = "ALMANAC_CHECKPOINT_REVISIONS", value_name = "COUNT",
          default_value_t = limits::CHECKPOINT_REVISIONS, value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_revisions: u64,
    /// Mebibytes of the log after which a checkpoint is written
    #[arg(long, env = "ALMANAC_CHECKPOINT_MEBIBYTES", value_name = "MIB",
          default_value_t = limits::CHECKPOINT_BYTES >> 20, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub checkpoint_mebibytes: u64,
    /// Seconds after which a checkpoint is written when anything is new
    #[arg(long, env = "ALMANAC_CHECKPOINT_SECONDS", value_name = "SECONDS",
          default_value_t = limits::CHECKPOINT_EVERY.as_secs(), value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub checkpoint_seconds: u64,
}

impl CheckpointArgs {
    /// Takes the folder, when there is to be one.
    pub fn open(&self) -> Result<Option<Checkpoints>, OpenError> {
        let options = CheckpointOptions {
            revisions: self.checkpoint_revisions,
            bytes: self.checkpoint_mebibytes << 20,
            every: Duration::from_secs(self.checkpoint_seconds),
            ..CheckpointOptions::default()
        };
        let open = |dir: &PathBuf| Checkpoints::open(dir, options);
        self.data_dir.as_ref().map(open).transpose()
    }
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

    #[test]
    fn without_a_folder_nothing_is_stored() {
        let args = Args::try_parse_from(["almanac-query"]).unwrap();
        assert!(args.checkpoints.open().unwrap().is_none());
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("replica").display().to_string();
        let args = Args::try_parse_from(["almanac-query", "--data", &folder, "--checkpoint-seconds", "7"]).unwrap();
        assert_eq!(args.checkpoints.checkpoint_seconds, 7);
        assert!(args.checkpoints.open().unwrap().is_some());
    }
}
