//! One segment: one sled database in its own folder, and everything that sled itself does not promise.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::sled::IVec;
use almanac_model::{LogId, Revision};

use super::disk::Disk;
use super::engine::{self, panic_text};
use super::files;
use crate::assemble::{Assembler, Batch};
use crate::bundle;
use crate::fault::Fault;
use crate::frame::{self, Entry};
use crate::{Damage, Failure, ReadError};

/// sled moves a page larger than a quarter of this to a file of its own, which it never syncs: as large as possible.
pub(super) const SLED_SEGMENT_BYTES: usize = 4 * 1024 * 1024;

/// sled looks whether its cache is too large when 64 accesses to pages of one of its 256 shards have come together, and counts an
/// insert as one, however large: with values of 48 KiB it would hold a whole segment. So each value counts as so many accesses
/// as it has pieces of this size.
const ACCESS_BYTES: usize = 4096;

/// How a segment is opened.
#[derive(Clone, Debug)]
pub(super) struct SegmentOptions {
    pub(super) log: LogId,
    pub(super) cache_bytes: u64,
    pub(super) flush_every_ms: u64,
    pub(super) disk: Arc<dyn Disk>,
}

/// An open segment.
pub(super) struct Segment {
    pub(super) first: Revision,
    pub(super) path: PathBuf,
    log: LogId,
    /// Open until the segment is dropped.
    db: Option<::sled::Db>,
    /// A second handle on sled's data file. sled's flush is `sync_file_range`, which leaves the data in the drive's
    /// cache; and an error that sled's own thread meets and drops is reported once to every handle, so to this one too.
    data: File,
    disk: Arc<dyn Disk>,
    delivered_bytes: AtomicU64,
}

/// A key and its value.
type Stored = (IVec, IVec);

/// The end of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    /// The last record of which there is something.
    pub(super) last: Revision,
    /// Whether all of it is there.
    pub(super) is_whole: bool,
}

impl Drop for Segment {
    /// sled syncs a database that is dropped, and panics when the disk refuses: whoever drops it because of an error is to
    /// tell that error.
    fn drop(&mut self) {
        let db = self.db.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(db))) {
            tracing::error!(segment = %self.path.display(), panic = panic_text(&*panic), "close segment");
        }
    }
}

/// The folder of the segments.
pub(super) fn root(dir: &Path) -> PathBuf {
    dir.join("log")
}

/// The folder of the segment that starts at `first`: names sort as revisions do.
pub(super) fn folder(dir: &Path, first: Revision) -> PathBuf {
    root(dir).join(format!("{:020}", first.0))
}

/// Whether there is a segment in this folder.
pub(super) fn exists(path: &Path) -> bool {
    path.join("db").is_file()
}

impl fmt::Debug for Segment {
    /// Not the database: it would print all of its records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Segment {
    /// Opens the segment in an existing folder, or makes one in an empty folder.
    pub(super) fn open(dir: &Path, first: Revision, options: &SegmentOptions) -> Result<Self, Failure> {
        let path = folder(dir, first);
        let db = engine::open(&path, options)?;
        let data_path = path.join("db");
        let data = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&data_path)
            .map_err(files::failed("open", &data_path))?;
        Ok(Self {
            first,
            path,
            log: options.log,
            db: Some(db),
            data,
            disk: Arc::clone(&options.disk),
            delivered_bytes: AtomicU64::new(0),
        })
    }

    /// Makes a new segment, and all of its names durable.
    pub(super) fn create(dir: &Path, first: Revision, options: &SegmentOptions) -> Result<Self, Failure> {
        let path = folder(dir, first);
        files::create_folder(&path)?;
        let segment = Self::open(dir, first, options)?;
        segment.commit()?;
        for name in ["db", "conf", "blobs"] {
            files::sync_file(&path.join(name))?;
        }
        files::sync_folder(&path)?;
        files::sync_folder(&root(dir))?;
        Ok(segment)
    }

    fn db(&self) -> &::sled::Db {
        self.db.as_ref().expect("it is open until the segment is dropped")
    }

    /// Whether it has no record.
    pub(super) fn is_empty(&self) -> Result<bool, Failure> {
        Ok(self.db().first().map_err(self.failed("read"))?.is_none())
    }

    /// What the segment occupies, in bytes, beyond what an empty one does.
    pub(super) fn occupied_bytes(&self) -> u64 {
        let length = self.data.metadata().map_or(0, |data| data.len());
        length.saturating_sub(2 * SLED_SEGMENT_BYTES as u64)
    }

    /// What readers got from it since it was opened, in bytes of stored values.
    pub(super) fn delivered_bytes(&self) -> u64 {
        self.delivered_bytes.load(Ordering::Relaxed)
    }

    /// Inserts consecutive records; gives the bytes of their values. They are durable after [`Self::commit`].
    pub(super) fn insert(&self, entries: &[Entry]) -> Result<u64, Failure> {
        let mut bytes = 0;
        for (key, value) in bundle::encode_all(entries, self.log) {
            let length = value.len();
            self.db().insert(key, value).map_err(self.failed("write to"))?;
            self.access(&key, length / ACCESS_BYTES)?;
            bytes += length as u64;
        }
        Ok(bytes)
    }

    /// Counts as accesses to the page of a key.
    fn access(&self, key: &[u8], times: usize) -> Result<(), Failure> {
        for _ in 0..times {
            self.db().contains_key(key).map_err(self.failed("read"))?;
        }
        Ok(())
    }

    /// Makes everything inserted so far durable; gives the number of files that sled put next to the data file.
    pub(super) fn commit(&self) -> Result<usize, Failure> {
        self.db().flush().map_err(self.failed("flush"))?;
        let blob_files = self.sync_blobs()?;
        self.disk
            .sync_data(&self.data)
            .map_err(files::failed("sync", &self.path))?;
        Ok(blob_files)
    }

    /// There should be none, see [`SLED_SEGMENT_BYTES`]. If there are, their data is synced like any other.
    fn sync_blobs(&self) -> Result<usize, Failure> {
        let blobs = self.path.join("blobs");
        let mut count = 0;
        for entry in fs::read_dir(&blobs).map_err(files::failed("list", &blobs))? {
            files::sync_file(&entry.map_err(files::failed("list", &blobs))?.path())?;
            count += 1;
        }
        if count > 0 {
            files::sync_folder(&blobs)?;
        }
        Ok(count)
    }

    /// Adds to `batch` the records from `from` to `last`, until it is full. All of them must be here.
    pub(super) fn read(&self, from: Revision, last: Revision, batch: &mut Batch) -> Result<(), ReadError> {
        let mut assembler = Assembler::new(self.log, &self.path, from);
        let first = self.key_of(&assembler)?;
        let mut entries = self.db().range(first..=IVec::from(&frame::key(last, u32::MAX)));
        while let Some((key, value)) = self.look(&assembler, || entries.next())? {
            self.delivered_bytes.fetch_add(value.len() as u64, Ordering::Relaxed);
            let has_room = if bundle::is_bundle(&value) {
                assembler.push_bundle(&key, &value, last, batch)?
            } else {
                let record = assembler.push(&key, &value)?;
                record.is_none_or(|record| batch.add(record))
            };
            if !has_room {
                return Ok(());
            }
        }
        if assembler.expected() <= last {
            return Err(assembler.damage(Fault::Missing).into());
        }
        Ok(())
    }

    /// The key of the value that has the first record which the assembler expects: a bundle may begin before it.
    fn key_of(&self, assembler: &Assembler<'_>) -> Result<IVec, ReadError> {
        let own = frame::key(assembler.expected(), 0);
        let last = self.look(assembler, || self.db().range(..=own).next_back())?;
        Ok(last.map_or_else(|| own.as_slice().into(), |(key, _)| key))
    }

    /// Looks into the database. sled panics on some kinds of damage; the log goes on with what is intact.
    fn look(
        &self,
        assembler: &Assembler<'_>,
        look: impl FnOnce() -> Option<::sled::Result<Stored>>,
    ) -> Result<Option<Stored>, ReadError> {
        let unreadable = |cause| ReadError::from(assembler.damage(Fault::Unreadable { cause }));
        let found = catch_unwind(AssertUnwindSafe(look)).map_err(|panic| unreadable(panic_text(&*panic)))?;
        found.transpose().map_err(|error| match error {
            ::sled::Error::Io(_) => ReadError::Storage(self.failed("read")(error)),
            other => unreadable(other.to_string()),
        })
    }

    /// Where the segment ends; none when it is empty.
    pub(super) fn tail(&self) -> Result<Option<Tail>, ReadError> {
        let Some((key, value)) = self.db().last().map_err(self.failed("read"))? else {
            return Ok(None);
        };
        let Some((revision, _)) = frame::split_key(&key) else {
            return Err(self.damage(self.first, Fault::Malformed { what: "a key" }).into());
        };
        if bundle::is_bundle(&value) {
            let last = self.last_of(&key, &value);
            let last = last.map_err(|fault| self.damage(revision, fault))?;
            return Ok(Some(Tail { last, is_whole: true }));
        }
        Ok(Some(Tail {
            last: revision,
            is_whole: self.has_all_parts(revision)?,
        }))
    }

    /// A fault of a record's first part.
    pub(super) fn damage(&self, revision: Revision, fault: Fault) -> Damage {
        Damage {
            revision,
            part: 0,
            place: self.path.clone(),
            fault,
        }
    }

    fn last_of(&self, key: &[u8], value: &[u8]) -> Result<Revision, Fault> {
        let bundle = bundle::decode(value)?;
        bundle.check(self.log, key)?;
        bundle.last()
    }

    /// Whether all parts of a record are there, as far as its first tells how many there are.
    fn has_all_parts(&self, revision: Revision) -> Result<bool, ReadError> {
        let Some(first) = self.db().get(frame::key(revision, 0)).map_err(self.failed("read"))? else {
            return Ok(false);
        };
        let parts = frame::decode(&first)
            .map_err(|fault| self.damage(revision, fault))?
            .header
            .parts;
        for part in 1..parts {
            if !self
                .db()
                .contains_key(frame::key(revision, part))
                .map_err(self.failed("read"))?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes what there is of a record that was never acknowledged.
    pub(super) fn discard(&self, revision: Revision) -> Result<(), Failure> {
        for entry in self
            .db()
            .range(frame::key(revision, 0)..=frame::key(revision, u32::MAX))
        {
            let (key, _) = entry.map_err(self.failed("read"))?;
            self.db().remove(key).map_err(self.failed("write to"))?;
        }
        self.commit().map(drop)
    }

    fn failed(&self, operation: &'static str) -> impl Fn(::sled::Error) -> Failure {
        move |error| Failure::new(operation, &self.path, &error)
    }
}
