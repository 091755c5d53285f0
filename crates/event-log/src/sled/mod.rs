//! The engine on disk, made of sled databases. No other module of the project names sled.

mod archive;
mod disk;
mod engine;
mod files;
mod layout;
mod manifest;
mod options;
mod queue;
mod recent;
mod recover;
mod segment;
mod writer;

use std::fs::File;
use std::path::{self, Path};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use almanac_model::{LogId, Revision};
use tokio::sync::watch;

pub use self::archive::ArchiveOptions;
pub use self::disk::{Disk, DiskState, RealDisk};
pub use self::layout::SegmentInfo;
pub use self::options::SledOptions;

use self::archive::{Archive, Archiver};
use self::disk::DiskGuard;
use self::layout::Layout;
use self::queue::Queue;
use self::recover::Recovered;
use self::writer::{Shared, Writer};
use crate::assemble::Batch;
use crate::body;
use crate::limits::Limits;
use crate::{AppendError, EventLog, LogStatus, NewRecord, OpenError, ReadError, Record};

/// A log on disk. See the crate's documentation for its files and its promise.
///
/// Dropping it closes it.
#[derive(Debug)]
pub struct SledLog {
    id: LogId,
    limits: Limits,
    status: watch::Receiver<LogStatus>,
    threads: Mutex<Option<Threads>>,
    shared: Arc<Shared>,
    /// Last, so that it is released when the segments are closed.
    _lock: File,
}

/// What works on the log until it is closed.
#[derive(Debug)]
struct Threads {
    writer: JoinHandle<()>,
    archiver: Option<Archiver>,
}

impl SledLog {
    /// Opens the log in `dir`, or makes a new one if there is none. Blocks while sled reads what it wrote since its last
    /// snapshot of the newest segment.
    pub fn open(dir: &Path, options: SledOptions) -> Result<Self, OpenError> {
        // Messages name files that can be found, and a process may change its working folder.
        let dir = &path::absolute(dir).map_err(files::failed("find", dir))?;
        files::create_folder(dir)?;
        let lock = files::lock(dir)?;
        let guard = DiskGuard::new(dir, &options)?;
        let recovered = recover::recover(dir, &options)?;
        Self::start(dir, options, lock, guard, recovered)
    }

    /// Whether there is a log in `dir`.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        manifest::is_in(dir)
    }

    /// The space on the disk: what health reports of ingest. There is word of each change; of how much is free, only while writes
    /// are refused.
    #[must_use]
    pub fn disk_state(&self) -> watch::Receiver<DiskState> {
        self.shared.guard.watch()
    }

    /// The segments, the oldest first: where they are, what they hold and how much disk they take.
    pub fn segments(&self) -> std::io::Result<Vec<SegmentInfo>> {
        self.shared.layout.segments(self.status.borrow().durable)
    }

    fn start(
        dir: &Path,
        options: SledOptions,
        lock: File,
        guard: DiskGuard,
        recovered: Recovered,
    ) -> Result<Self, OpenError> {
        let Recovered {
            manifest,
            active,
            active_options,
            witness,
            last,
            last_recorded_at_ms,
            blob_files,
        } = recovered;
        let id = manifest.log;
        // A group never overshoots a segment by more than a record.
        let group_bytes = usize::try_from(options.segment_bytes)
            .unwrap_or(usize::MAX)
            .min(options.limits.group_bytes);
        let queue = Queue::new(&options.limits, group_bytes, last, last_recorded_at_ms);
        let active_bytes = active.occupied_bytes();
        let layout = Layout::new(dir.to_owned(), &options, manifest, active);
        let active = layout.active();
        let shared = Arc::new(Shared { queue, layout, guard });
        shared.alarm_of_blobs(blob_files, &active);
        let (sender, status) = watch::channel(LogStatus {
            durable: last,
            failure: None,
        });
        let (archiver, sealed) = options
            .archive
            .as_ref()
            .map(|archive| {
                let keep_sealed = archive.keep_sealed;
                Archiver::start(Archive::new(archive, id), keep_sealed, Arc::clone(&shared))
            })
            .transpose()
            .map_err(files::failed("start the archiver of", dir))?
            .unzip();
        let writer = Writer {
            shared: Arc::clone(&shared),
            dir: dir.to_owned(),
            options: active_options,
            segment_bytes: options.segment_bytes,
            patience: options.disk_check_every,
            witness,
            sealed,
            status: sender,
            active,
            active_bytes,
            last,
            last_recorded_at_ms,
        };
        let thread = thread::Builder::new()
            .name("event-log-writer".into())
            .spawn(move || writer.run());
        let writer = thread.map_err(files::failed("start the writer of", dir))?;
        tracing::info!(log.id = %id, log.revision = last.0, dir = %dir.display(), "open log");
        Ok(Self {
            id,
            limits: options.limits,
            status,
            threads: Mutex::new(Some(Threads { writer, archiver })),
            shared,
            _lock: lock,
        })
    }
}

impl EventLog for SledLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn earliest(&self) -> Revision {
        self.shared.layout.earliest()
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.status.clone()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        self.limits.check(&record)?;
        self.shared.queue.check()?;
        let disk = self.shared.guard.state();
        if !disk.accepts_writes {
            let DiskState {
                free_bytes,
                reserve_bytes,
                ..
            } = disk;
            return Err(AppendError::DiskFull {
                free_bytes,
                reserve_bytes,
            });
        }
        self.shared.queue.push(body::pack(&record), record)
    }

    fn read_recent(&self, from: Revision, max_bytes: usize) -> Vec<Record> {
        let durable = self.status.borrow().durable;
        self.shared.queue.recent(from, durable, max_bytes)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        let earliest = self.earliest();
        if from < earliest {
            return Err(ReadError::BeforeEarliest { from, earliest });
        }
        let durable = self.status.borrow().durable;
        let mut batch = Batch::new(max_bytes);
        let mut next = from;
        while next <= durable && !batch.is_full() {
            next = self.shared.layout.read(next, durable, &mut batch)?.next();
        }
        Ok(batch.into_records())
    }

    fn close(&self) {
        self.shared.queue.close();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Threads { writer, archiver }) = threads else {
            return;
        };
        if writer.join().is_err() {
            tracing::error!("stop writer: it panicked while it reported a failure");
        }
        // the writer is gone, and with it the word of new segments
        if let Some(archiver) = archiver {
            archiver.join();
        }
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        self.close();
    }
}
