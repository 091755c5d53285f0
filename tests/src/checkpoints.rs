//! A log, replicas of it that keep checkpoints, and what they have to answer: the requests of `powerloss.rs`, one after the
//! other, so that revision 1 is the catalogue and revision n holds request n - 1.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::MemoryLog;
use almanac_ingest::{CatalogSource, Ledger, LedgerOptions, ensure_catalog};
use almanac_model::LogId;
use almanac_query::{Disk, RealDisk};
use almanac_wire::pb::query::{QueryIndicatorsRequest, ReadAt};
use almanac_wire::pb::shared::{AsOf, Figure, as_of, event};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Endpoint;

use crate::powerloss;

type Fault = Box<dyn Error + Send + Sync>;

/// The disk under checkpoints, with what is not to be done as it should be: a proof that cannot fail proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProofDisk {
    /// Nothing is synced.
    pub without_sync: bool,
    /// A checkpoint takes the place of the earlier ones before it is whole.
    pub in_place: bool,
}

impl Disk for ProofDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        if self.in_place {
            for entry in fs::read_dir(path.parent().unwrap_or(Path::new(".")))? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with("checkpoint-") {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        RealDisk.create(path)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.without_sync {
            return Ok(());
        }
        RealDisk.sync(file)
    }
}

/// An ingest service on a log in memory, and its address. It ends when the handle is dropped.
pub async fn serve_log() -> Result<(SocketAddr, AbortOnDropHandle<()>), Fault> {
    let log = Arc::new(MemoryLog::new(LogId::from_random([7; 16])));
    let ledger = Ledger::recover(log, Arc::new(powerloss::now), LedgerOptions::default())?;
    let ledger = Arc::new(ledger);
    ensure_catalog(&ledger, &CatalogSource::BuiltinCaMau).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (always, accepts_writes) = watch::channel(true);
    let deps = almanac_ingest::Deps {
        ledger,
        accepts_writes,
        drain: Duration::from_secs(10),
    };
    let serving = tokio::spawn(async move {
        let _always = always;
        if let Err(error) = almanac_ingest::serve(listener, deps, CancellationToken::new()).await {
            eprintln!("the log ends: {error}");
        }
    });
    Ok((address, AbortOnDropHandle::new(serving)))
}

/// A query service, and its address. It ends when the handle is dropped.
pub async fn serve_replica(deps: almanac_query::Deps) -> Result<(SocketAddr, AbortOnDropHandle<()>), Fault> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move {
        if let Err(error) = almanac_query::serve(listener, deps, CancellationToken::new()).await {
            eprintln!("the replica ends: {error}");
        }
    });
    Ok((address, AbortOnDropHandle::new(serving)))
}

/// What a query service needs to follow the log behind an address.
pub fn deps(log: SocketAddr) -> Result<almanac_query::Deps, Fault> {
    let log = Endpoint::from_shared(format!("http://{log}"))?;
    Ok(almanac_query::Deps::new(log, Arc::new(powerloss::now)))
}

/// The question for everything that the requests record, as of a revision.
#[must_use]
pub fn question(revision: u64) -> QueryIndicatorsRequest {
    let as_of = AsOf {
        state: Some(as_of::State::Revision(revision)),
    };
    QueryIndicatorsRequest {
        indicators: vec!["internet.subscriptions".into()],
        areas: vec!["96".into()],
        periods: vec!["1998..2017".into()],
        group_by: vec!["technology".into()],
        read_at: Some(ReadAt {
            as_of: Some(as_of),
            ..ReadAt::default()
        }),
        ..QueryIndicatorsRequest::default()
    }
}

/// Holds the figures against what the requests up to a revision recorded last; an error when one is another.
pub fn check(figures: &[Figure], revision: u64) -> Result<(), Fault> {
    let mut expected: BTreeMap<(String, String), String> = BTreeMap::new();
    for number in 1..u32::try_from(revision)? {
        for event in powerloss::request(number).decode_events()? {
            let (Some(event::When::Period(year)), Some(event::Measure::Value(value))) = (event.when, event.measure)
            else {
                return Err("a numbered event has a year and a value".into());
            };
            let code = event.dimensions.into_values().next().unwrap_or_default();
            expected.insert((code, year), value);
        }
    }
    let told = |figure: &Figure| {
        let code = figure.dimensions.get("technology").cloned().unwrap_or_default();
        Some(((code, figure.period.clone()), figure.value.clone()?))
    };
    let found: BTreeMap<_, _> = figures.iter().filter_map(told).collect();
    if found == expected {
        return Ok(());
    }
    let other = expected.iter().find(|(key, value)| found.get(key) != Some(value));
    Err(format!("as of revision {revision} there are other figures than were recorded, such as of {other:?}").into())
}
