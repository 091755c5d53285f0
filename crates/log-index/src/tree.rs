//! The index as a tree of runs.

use std::any::Any;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::num::NonZero;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use lsm_tree::compaction::Leveled;
use lsm_tree::config::PinningPolicy;
use lsm_tree::{AbstractTree, AnyTree, Cache, Config, Guard as _, SeqNo, SequenceNumberCounter, UserValue};

use crate::{Basis, Forget, IndexError, manifest};

/// Before every other key.
const BASIS_KEY: [u8; 1] = [0];
/// More than a row takes with its share of filters, in bytes.
const ROW_BYTES: u64 = 128;
/// What stays free of a disk, in bytes.
const RESERVE_BYTES: u64 = 8 << 20;
/// Merging runs writes a part of the index anew before the old one goes: at most about so many bytes at once.
const MERGE_BYTES: u64 = 1 << 30;
/// With so much for each core the cache keeps filters of two megabytes, those of 64 MiB of rows: it is divided into four parts for each.
const WHOLE_FILTERS_BYTES: u64 = 16 << 20;
/// So many steps of merging follow on each run: more than one run makes necessary.
const MERGE_STEPS: usize = 4;
/// Its name in the folder of an index that could not be read.
const CONDEMNED: &str = "condemned";

/// How an index is set up.
#[derive(Clone, Debug)]
pub struct IndexOptions {
    /// How much of filters and rows is kept in memory, in bytes. Default 256 MiB. A filter takes 10 bits a row. With 16 MiB for each
    /// core the filters of the newest rows are whole; those of rows that were merged once since the start are beside it.
    pub cache_bytes: u64,
    /// Which rows may leave the disk. Default: none.
    pub forget: Option<Forget>,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 256 << 20,
            forget: None,
        }
    }
}

/// An index on disk. See the crate's documentation for what it promises.
///
/// Any number of threads may read it, also while one writes.
pub struct LogIndex {
    dir: PathBuf,
    tree: AnyTree,
    visible: SequenceNumberCounter,
    basis: Mutex<Option<Basis>>,
}

/// A row: its key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// The value of a row, in the memory of the index.
#[derive(Debug)]
pub struct Value(UserValue);

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for LogIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogIndex")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl LogIndex {
    /// Opens the index in `dir`, or makes an empty one if there is none. One that cannot be trusted is refused:
    /// [`Self::discard`] it and open again.
    pub fn open(dir: &Path, options: &IndexOptions) -> Result<Self, IndexError> {
        let dir = std::path::absolute(dir).map_err(|error| IndexError::storage("find", dir, &error))?;
        if dir.join(CONDEMNED).exists() {
            return Err(IndexError::damaged(&dir, "it could not be read or written before"));
        }
        manifest::check(&dir)?;
        let (next, visible) = (SequenceNumberCounter::default(), SequenceNumberCounter::default());
        // each new key is looked for in all runs that were not merged yet or only once, and to find the piece of a filter takes longer
        // than to look into it
        let cores = thread::available_parallelism().map_or(1, NonZero::get) as u64;
        let has_whole_filters = options.cache_bytes >= cores.saturating_mul(WHOLE_FILTERS_BYTES);
        let factory = options.forget.clone().map(Forget::factory);
        let config = Config::new(&dir, next.clone(), visible.clone())
            .use_cache(Arc::new(Cache::with_capacity_bytes(options.cache_bytes)))
            // in pieces of 4 KiB, all of them in the cache: a whole filter has a megabyte and more, which a small cache never keeps
            .index_block_partitioning_policy(PinningPolicy::all(true))
            .index_block_pinning_policy(PinningPolicy::all(false))
            .filter_block_partitioning_policy(PinningPolicy::new([!has_whole_filters, !has_whole_filters, true]))
            .filter_block_pinning_policy(PinningPolicy::new([true, true, false]))
            .with_compaction_filter_factory(factory);
        let tree = guarded("open", &dir, || config.open())?;
        // runs are ordered by number, also those of before
        let first_free = tree.get_highest_persisted_seqno().map_or(0, |highest| highest + 1);
        next.set(first_free);
        visible.set(first_free);
        let index = Self {
            tree,
            visible,
            basis: Mutex::new(None),
            dir,
        };
        let stored = index.get(&BASIS_KEY)?.map(|stored| Basis::from_bytes(&stored));
        let basis = stored.transpose().map_err(|found| match found {
            Some(found) => IndexError::OtherFormat {
                place: index.dir.clone(),
                found,
            },
            None => IndexError::damaged(&index.dir, "its basis is malformed"),
        })?;
        *index.basis.lock().unwrap_or_else(PoisonError::into_inner) = basis;
        Ok(index)
    }

    /// Removes the index in `dir`, if there is one. A crash leaves it whole or gone.
    pub fn discard(dir: &Path) -> Result<(), IndexError> {
        let removed = dir.with_extension("discarded");
        let failed = |error: io::Error| IndexError::storage("discard", dir, &error);
        remove(&removed).map_err(failed)?;
        match fs::rename(dir, &removed) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
        if let Some(parent) = dir.parent() {
            File::open(parent)
                .and_then(|parent| parent.sync_all())
                .map_err(failed)?;
        }
        remove(&removed).map_err(failed)
    }

    /// Its folder.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.dir
    }

    /// What it was derived from; none while it is empty.
    #[must_use]
    pub fn basis(&self) -> Option<Basis> {
        *self.basis.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of the row with this key. It may block on the disk; usually not for a key that is not there.
    pub fn get(&self, key: &[u8]) -> Result<Option<Value>, IndexError> {
        let value = self.condemning("read", || self.tree.get(key, SeqNo::MAX))?;
        Ok(value.map(Value))
    }

    /// The rows whose keys begin with `prefix`, in the order of their keys. It blocks on the disk; ask for few.
    pub fn scan(&self, prefix: &[u8]) -> Result<Vec<Row>, IndexError> {
        self.condemning("read", || {
            let rows = self.tree.prefix(prefix, SeqNo::MAX, None);
            rows.map(|row| row.into_inner().map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect()
        })
    }

    /// Adds rows, or replaces those with the same keys, and says what the index is derived from now. All of it is there
    /// afterwards, whatever happens, or nothing. It blocks on the disk; one thread may write.
    ///
    /// # Panics
    ///
    /// When the keys do not come in ascending order, or one is empty or a single zero byte.
    pub fn write<K, V, R>(&self, basis: &Basis, rows: R) -> Result<(), IndexError>
    where
        K: AsRef<[u8]>,
        V: AsRef<[u8]>,
        R: IntoIterator<Item = (K, V), IntoIter: ExactSizeIterator>,
    {
        let rows = rows.into_iter();
        self.check_space(RESERVE_BYTES + ROW_BYTES * rows.len() as u64)?;
        let mut run = self.condemning("write", || self.tree.ingestion())?;
        self.condemning("write", || run.write(BASIS_KEY.as_slice(), basis.to_bytes().as_slice()))?;
        let mut last: Option<K> = None;
        for (key, value) in rows {
            let before = last.as_ref().map_or(BASIS_KEY.as_slice(), AsRef::as_ref);
            assert!(before < key.as_ref(), "rows come in the order of their keys");
            self.condemning("write", || run.write(key.as_ref(), value.as_ref()))?;
            last = Some(key);
        }
        self.condemning("write", || run.finish())?;
        *self.basis.lock().unwrap_or_else(PoisonError::into_inner) = Some(*basis);
        Ok(())
    }

    /// Merges runs where there are too many, so that reading stays cheap. It takes long and blocks on the disk; one thread may
    /// do it.
    pub fn merge(&self) -> Result<(), IndexError> {
        self.check_space(RESERVE_BYTES + self.tree.disk_space().min(MERGE_BYTES))?;
        let choice = Arc::new(Leveled::default());
        for _ in 0..MERGE_STEPS {
            let choice = Arc::clone(&choice);
            self.condemning("write", || self.tree.compact(choice, self.visible.get()))?;
        }
        Ok(())
    }

    fn check_space(&self, needed_bytes: u64) -> Result<(), IndexError> {
        let disk = rustix::fs::statvfs(&self.dir).map_err(io::Error::from);
        let disk = disk.map_err(|error| IndexError::storage("find the space of", &self.dir, &error))?;
        let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free_bytes >= needed_bytes {
            return Ok(());
        }
        Err(IndexError::DiskFull {
            place: self.dir.clone(),
            free_bytes,
            needed_bytes,
        })
    }

    /// Does something with the tree. When it fails, though there is room, the next open refuses the index.
    fn condemning<T>(
        &self,
        operation: &'static str,
        act: impl FnOnce() -> lsm_tree::Result<T>,
    ) -> Result<T, IndexError> {
        guarded(operation, &self.dir, act).inspect_err(|error| {
            if matches!(error, IndexError::DiskFull { .. }) {
                return;
            }
            // if this fails as well, the next reader meets the same damage
            if let Err(error) = File::create(self.dir.join(CONDEMNED)).and_then(|mark| mark.sync_all()) {
                tracing::warn!(%error, index = %self.dir.display(), "condemn index");
            }
        })
    }
}

/// The tree panics on some kinds of damage.
fn guarded<T>(operation: &'static str, dir: &Path, act: impl FnOnce() -> lsm_tree::Result<T>) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(done) => done.map_err(|error| IndexError::of_tree(operation, dir, &error)),
        Err(panic) => Err(IndexError::damaged(dir, panic_text(&*panic))),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
