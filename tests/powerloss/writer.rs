//! Writes to the ingest service while the system calls are recorded: the first half of the proof that a loss of power
//! loses nothing that was acknowledged. See `powerloss.py`.
//!
//! The service runs in this process, over a socket, exactly as its binary runs it; only its segments are small, so that
//! they roll during the run. `ACK n` on stdout says that requests 1 to n were acknowledged.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use almanac_client::{Channel, EventStream, IngestClient, StreamAnswer};
use almanac_event_log::{Disk, RealDisk, SledOptions};
use almanac_ingest::{CatalogSource, Deps, ensure_catalog, open, serve};
use almanac_tests::{Fault, powerloss};
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;
use uuid::Uuid;

/// So many batches of a stream may have no answer.
const UNANSWERED: usize = 4;

/// Records events in a folder and says which are acknowledged.
#[derive(Parser)]
struct Args {
    /// Folder of the log
    dir: PathBuf,
    /// How many requests to send
    #[arg(long, default_value_t = 300)]
    requests: u32,
    /// How many to have under way at one time
    #[arg(long, default_value_t = 4)]
    at_once: u32,
    /// Size at which a segment of the log is sealed and another begun
    #[arg(long, default_value_t = 256 << 10)]
    segment_bytes: u64,
    /// Leave the syncs of the data out, to see that the loss is found
    #[arg(long)]
    without_sync: bool,
}

/// A disk that says "done" and does nothing.
#[derive(Debug)]
struct LyingDisk;

impl Disk for LyingDisk {
    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        RealDisk.free_bytes(dir)
    }

    fn sync_data(&self, _: &File) -> io::Result<()> {
        Ok(())
    }
}

/// The numbers that were acknowledged, told in order: `ACK n` when the first n are.
#[derive(Default)]
struct Acknowledged {
    through: u32,
    beyond: BTreeSet<u32>,
}

impl Acknowledged {
    fn add(&mut self, number: u32) -> io::Result<()> {
        self.beyond.insert(number);
        while self.beyond.remove(&(self.through + 1)) {
            self.through += 1;
            // one write for each line, so that it stands in the recorded run where it was said
            io::stdout().write_all(format!("ACK {}\n", self.through).as_bytes())?;
        }
        Ok(())
    }
}

fn log_options(args: &Args) -> SledOptions {
    SledOptions {
        segment_bytes: args.segment_bytes,
        ballast_bytes: 0,
        reserve_bytes: 0,
        disk: if args.without_sync {
            Arc::new(LyingDisk)
        } else {
            Arc::new(RealDisk)
        },
        ..SledOptions::default()
    }
}

/// Every second client sends its numbers as batches of a stream, the others one request at a time.
async fn send_all(args: &Args, endpoint: Endpoint) -> Result<(), Fault> {
    let channel = endpoint.connect().await?;
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let mut clients = JoinSet::new();
    for first in 1..=args.at_once {
        let (channel, acknowledged) = (channel.clone(), Arc::clone(&acknowledged));
        let numbers = (first..=args.requests).step_by(args.at_once as usize);
        if first % 2 == 0 {
            clients.spawn(stream(channel, numbers, acknowledged));
        } else {
            clients.spawn(send(channel, numbers, acknowledged));
        }
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    Ok(())
}

async fn send(
    channel: Channel,
    numbers: impl Iterator<Item = u32>,
    acknowledged: Arc<Mutex<Acknowledged>>,
) -> Result<(), Fault> {
    let mut ingest = IngestServiceClient::new(channel);
    for number in numbers {
        ingest.record_events(powerloss::request(number)).await?;
        add(&acknowledged, number)?;
    }
    Ok(())
}

async fn stream(
    channel: Channel,
    numbers: impl Iterator<Item = u32>,
    acknowledged: Arc<Mutex<Acknowledged>>,
) -> Result<(), Fault> {
    let reporter = powerloss::REPORTER.parse()?;
    let mut stream = IngestClient::new(channel).stream(&reporter, Uuid::new_v4()).await?;
    let mut unanswered = VecDeque::new();
    for number in numbers {
        if unanswered.len() >= UNANSWERED {
            hear(&mut stream, &mut unanswered, &acknowledged).await?;
        }
        stream.send(&powerloss::batch(number)?).await?;
        unanswered.push_back(number);
    }
    while !unanswered.is_empty() {
        hear(&mut stream, &mut unanswered, &acknowledged).await?;
    }
    Ok(())
}

async fn hear(
    stream: &mut EventStream,
    unanswered: &mut VecDeque<u32>,
    acknowledged: &Mutex<Acknowledged>,
) -> Result<(), Fault> {
    match (stream.next_answer().await?, unanswered.pop_front()) {
        (Some(StreamAnswer::Recorded { .. }), Some(number)) => add(acknowledged, number),
        other => Err(format!("a batch is answered with {other:?}").into()),
    }
}

fn add(acknowledged: &Mutex<Acknowledged>, number: u32) -> Result<(), Fault> {
    let mut acknowledged = acknowledged.lock().map_err(|_| "a client panicked")?;
    Ok(acknowledged.add(number)?)
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let args = Args::parse();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?;
    let clock = Arc::new(powerloss::now);
    let (ledger, accepts_writes) = open(&args.dir, log_options(&args), clock, powerloss::ledger_options())?;
    ensure_catalog(&ledger, &CatalogSource::BuiltinCaMau).await?;
    let shutdown = CancellationToken::new();
    let deps = Deps {
        ledger,
        accepts_writes,
        drain: std::time::Duration::from_secs(10),
    };
    let serving = tokio::spawn(serve(listener, deps, shutdown.clone()));
    send_all(&args, endpoint).await?;
    shutdown.cancel();
    serving.await??;
    Ok(())
}
