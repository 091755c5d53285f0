//! From a folder to a ledger with a catalogue in force.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use almanac_catalog::{Catalog, CatalogFiles, Problem, ReadError};
use almanac_event_log::{Failure, OpenError, SledLog, SledOptions, wait_durable};
use tokio::sync::watch;
use tracing::{Instrument, info, warn};

use crate::ledger::{Clock, Ledger, LedgerOptions, OrderError, RecoverError};

const BUILTIN_CA_MAU: &str = "builtin:ca-mau";
/// The folder of the index, in that of the log. A backup needs no copy of it.
const INDEX: &str = "index";

/// Where the first catalogue of a log comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CatalogSource {
    /// The embedded catalogue of Ca Mau, `builtin:ca-mau`.
    BuiltinCaMau,
    /// A folder.
    Dir(PathBuf),
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log cannot be read.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The catalogue cannot be read.
    #[error("--catalog: {0}")]
    ReadCatalog(#[from] ReadError),
    /// The catalogue has mistakes.
    #[error("--catalog: {} mistakes:\n{}", .problems.len(), lines(.problems))]
    Catalog {
        /// All of them.
        problems: Vec<Problem>,
    },
    /// The catalogue cannot be recorded.
    #[error("cannot record the catalogue: {0}")]
    Order(#[from] OrderError),
    /// The catalogue cannot be made durable.
    #[error("cannot record the catalogue: {0}")]
    Durable(#[from] Failure),
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl FromStr for CatalogSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == BUILTIN_CA_MAU {
            Self::BuiltinCaMau
        } else {
            Self::Dir(text.into())
        })
    }
}

impl CatalogSource {
    fn files(&self) -> Result<CatalogFiles, ReadError> {
        match self {
            Self::BuiltinCaMau => Ok(almanac_ca_mau::catalog_files()),
            Self::Dir(dir) => CatalogFiles::read_dir(dir),
        }
    }
}

/// Opens the log of a folder and its index, and says from then on whether its disk has room. It blocks on the disk.
pub fn open(
    dir: &Path,
    log: SledOptions,
    clock: Clock,
    options: LedgerOptions,
) -> Result<(Arc<Ledger>, watch::Receiver<bool>), StartError> {
    let log = SledLog::open(dir, log)?;
    let mut disk = log.disk_state();
    let (room, accepts_writes) = watch::channel(disk.borrow().accepts_writes);
    let ledger = Arc::new(Ledger::open(Arc::new(log), &dir.join(INDEX), clock, options)?);
    let watcher = async move {
        while disk.changed().await.is_ok() {
            let accepts = disk.borrow_and_update().accepts_writes;
            room.send_if_modified(|room| std::mem::replace(room, accepts) != accepts);
        }
    };
    tokio::spawn(watcher.in_current_span());
    Ok((ledger, accepts_writes))
}

/// Puts a catalogue into force if the log has none. A log that has one keeps it: later versions come by `ApplyCatalog`,
/// so that a restart with an old flag does not bring an old catalogue back.
pub async fn ensure_catalog(ledger: &Arc<Ledger>, source: &CatalogSource) -> Result<(), StartError> {
    let files = source.files()?;
    if let Some(in_force) = ledger.in_force() {
        if in_force.catalog.hash() != files.hash() {
            warn!(
                revision = in_force.revision.0,
                "keep the log's catalogue; --catalog has another, which ApplyCatalog can put into force"
            );
        }
        return Ok(());
    }
    let catalog = Catalog::load(&files).map_err(|problems| StartError::Catalog { problems })?;
    let applied = ledger.apply_catalog(Arc::new(catalog), None, "start".to_owned())?;
    if let Some(revision) = applied {
        wait_durable(ledger.log.as_ref(), revision).await?;
        info!(revision = revision.0, "put catalogue into force");
    }
    Ok(())
}
