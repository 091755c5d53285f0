//! The ingest service as its binary runs it, with small segments, and with protections that can be switched off: a proof
//! that cannot fail proves nothing. See `tests/xtask`.

use std::error::Error;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use almanac_event_log::{
    AppendError, Disk, EventLog, LogStatus, NewRecord, ReadError, RealDisk, Record, SledLog, SledOptions,
};
use almanac_ingest::{CatalogSource, Deps, IndexLimits, Ledger, LedgerOptions, ensure_catalog, serve};
use almanac_model::{LogId, Revision};
use almanac_service_kit::config::fail;
use almanac_service_kit::telemetry::TelemetryArgs;
use almanac_tests::powerloss;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Serves a log in a folder and says on which address, until it is killed.
#[derive(Parser)]
struct Args {
    /// Folder of the log
    dir: PathBuf,
    /// Size at which a segment of the log is sealed and another begun
    #[arg(long, default_value_t = 256 << 10)]
    segment_bytes: u64,
    /// Writes are refused while the disk has fewer bytes free
    #[arg(long, default_value_t = 0)]
    reserve_bytes: u64,
    /// Write until the disk is full, to see what that does
    #[arg(long)]
    ignore_free_space: bool,
    /// Space that is given up when the log has to be opened on a full disk
    #[arg(long, default_value_t = 0)]
    ballast_bytes: u64,
    /// So many facts make a run of the index: few, so that a run is written all the time
    #[arg(long, default_value_t = 16)]
    index_run_rows: usize,
    /// Acknowledge before anything is written, to see that the loss is found
    #[arg(long)]
    acknowledge_early: bool,
    /// Go on after a sync that failed, to see that it is noticed
    #[arg(long)]
    ignore_failed_syncs: bool,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// The disk, with what is not to be known of it.
#[derive(Debug)]
struct ProofDisk {
    ignore_free_space: bool,
    ignore_failed_syncs: bool,
}

impl Disk for ProofDisk {
    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        if self.ignore_free_space {
            return Ok(u64::MAX);
        }
        RealDisk.free_bytes(dir)
    }

    fn sync_data(&self, file: &File) -> io::Result<()> {
        let synced = RealDisk.sync_data(file);
        if self.ignore_failed_syncs { Ok(()) } else { synced }
    }
}

/// A log that says that everything is durable as soon as it is appended.
struct HastyLog {
    log: SledLog,
    status: watch::Sender<LogStatus>,
}

impl HastyLog {
    fn new(log: SledLog) -> Self {
        let status = watch::Sender::new(log.status().borrow().clone());
        Self { log, status }
    }
}

impl EventLog for HastyLog {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn earliest(&self) -> Revision {
        self.log.earliest()
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.status.subscribe()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        let revision = self.log.append(record)?;
        self.status.send_modify(|status| status.durable = revision);
        Ok(revision)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        self.log.read(from, max_bytes)
    }

    fn close(&self) {
        self.log.close();
    }
}

fn options(args: &Args) -> SledOptions {
    SledOptions {
        segment_bytes: args.segment_bytes,
        reserve_bytes: args.reserve_bytes,
        ballast_bytes: args.ballast_bytes,
        disk_check_every: Duration::from_millis(50),
        disk: Arc::new(ProofDisk {
            ignore_free_space: args.ignore_free_space,
            ignore_failed_syncs: args.ignore_failed_syncs,
        }),
        ..SledOptions::default()
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    args.telemetry.init()?;
    let log = SledLog::open(&args.dir, options(&args))?;
    let mut disk = log.disk_state();
    let (room, accepts_writes) = watch::channel(disk.borrow().accepts_writes);
    let log: Arc<dyn EventLog> = if args.acknowledge_early {
        Arc::new(HastyLog::new(log))
    } else {
        Arc::new(log)
    };
    tokio::spawn(async move {
        while disk.changed().await.is_ok() {
            room.send_replace(disk.borrow_and_update().accepts_writes);
        }
    });
    let ledger_options = LedgerOptions {
        index: IndexLimits {
            run_rows: args.index_run_rows,
            ..IndexLimits::default()
        },
        ..LedgerOptions::default()
    };
    let index = args.dir.join("index");
    let ledger = Arc::new(Ledger::open(log, &index, Arc::new(powerloss::now), ledger_options)?);
    ensure_catalog(&ledger, &CatalogSource::BuiltinCaMau).await?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("{}", listener.local_addr()?);
    let deps = Deps {
        ledger,
        accepts_writes,
        drain: Duration::from_secs(10),
    };
    serve(listener, deps, CancellationToken::new()).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}
