//! The command line of the binary.

use std::path::PathBuf;
use std::time::Duration;

use almanac_event_log::{ArchiveOptions, Limits, SledOptions};
use almanac_service_kit::config::ListenArgs;
use almanac_service_kit::telemetry::TelemetryArgs;
use clap::Parser;

use crate::{CatalogSource, IndexLimits, LedgerOptions};

/// Stores metric events for ever, and answers when they are on disk.
#[derive(Clone, Debug, Parser)]
#[command(name = "almanac-ingest", version, mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051").env("ALMANAC_INGEST_LISTEN")))]
pub struct Args {
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Folder of the log; made when it is not there
    #[arg(long, env = "ALMANAC_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Catalogue for a new log: a folder, or "builtin:ca-mau"
    #[arg(long, env = "ALMANAC_CATALOG", value_name = "DIR|builtin:ca-mau")]
    pub catalog: CatalogSource,
    /// Days for which a repeated request id is recognised
    #[arg(long, env = "ALMANAC_REQUEST_ID_DAYS", value_name = "DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub request_id_days: u32,
    /// Microseconds for which a sync waits at most for records that are likely to come: two fifths of as many as the two syncs
    /// before made durable. With 0 no sync waits
    #[arg(long, env = "ALMANAC_GROUP_WAIT_MICROSECONDS", value_name = "MICROSECONDS", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    pub group_wait_microseconds: u64,
    /// Mebibytes that one sync makes durable at most
    #[arg(long, env = "ALMANAC_GROUP_MIB", value_name = "MIB", default_value_t = 8,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub group_mib: u16,
    /// Mebibytes that may wait for a sync; more is refused, and told when to try again, so that nobody waits longer
    #[arg(long, env = "ALMANAC_QUEUE_MIB", value_name = "MIB", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub queue_mib: u16,
    /// Folder to which old segments of the log are packed, perhaps on a larger disk; they stay where they are without it
    #[arg(long, env = "ALMANAC_ARCHIVE_DIR", value_name = "DIR")]
    pub archive_dir: Option<PathBuf>,
    /// Sealed segments of about 512 MiB that are not packed yet
    #[arg(
        long,
        env = "ALMANAC_KEEP_SEGMENTS",
        value_name = "COUNT",
        default_value_t = 4,
        requires = "archive_dir"
    )]
    pub keep_segments: usize,
    /// Mebibytes of the index of recorded requests and events that are kept in memory
    #[arg(long, env = "ALMANAC_INDEX_CACHE_MIB", value_name = "MIB", default_value_t = 256,
          value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub index_cache_mib: u64,
    /// What to log.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

impl Args {
    /// What is remembered of what was recorded.
    #[must_use]
    pub fn ledger_options(&self) -> LedgerOptions {
        LedgerOptions {
            request_retention: Duration::from_hours(24 * u64::from(self.request_id_days)),
            index: IndexLimits {
                cache_bytes: self.index_cache_mib << 20,
                ..IndexLimits::default()
            },
            ..LedgerOptions::default()
        }
    }

    /// How the log lies on the disk, and how it is written.
    #[must_use]
    pub fn log_options(&self) -> SledOptions {
        let limits = Limits {
            group_wait: Duration::from_micros(self.group_wait_microseconds),
            group_bytes: usize::from(self.group_mib) << 20,
            queue_bytes: usize::from(self.queue_mib) << 20,
            ..Limits::default()
        };
        let archive = self.archive_dir.clone().map(|dir| ArchiveOptions {
            dir,
            keep_sealed: self.keep_segments,
        });
        SledOptions {
            limits,
            archive,
            ..SledOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(more: &[&str]) -> Args {
        let needed = ["almanac-ingest", "--data-dir", "data", "--catalog", "builtin:ca-mau"];
        Args::try_parse_from(needed.iter().chain(more)).unwrap()
    }

    #[test]
    fn without_more_words_the_limits_are_those_of_the_log() {
        let (given, default) = (args(&[]).log_options(), SledOptions::default());
        assert_eq!(format!("{given:?}"), format!("{default:?}"));
    }

    #[test]
    fn how_long_a_caller_waits_is_set_by_words() {
        let words = [
            "--group-wait-microseconds",
            "500",
            "--group-mib",
            "2",
            "--queue-mib",
            "16",
        ];
        let limits = args(&words).log_options().limits;
        assert_eq!(
            (limits.group_wait, limits.group_bytes, limits.queue_bytes),
            (Duration::from_micros(500), 2 << 20, 16 << 20)
        );
    }
}
