//! Which segment has a revision; sealed segments are opened when they are read and closed again.

use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use almanac_model::Revision;

use super::files;
use super::manifest::{Manifest, Sealed};
use super::options::SledOptions;
use super::segment::{self, Segment, SegmentOptions};
use crate::Failure;

/// One segment of a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentInfo {
    /// Its folder.
    pub path: PathBuf,
    /// The first revision in it.
    pub first: Revision,
    /// The last revision in it; before `first` in a new one.
    pub last: Revision,
    /// The bytes of its files.
    pub disk_bytes: u64,
}

/// All segments of a log.
#[derive(Debug)]
pub(super) struct Layout {
    dir: PathBuf,
    options: SegmentOptions,
    read_bytes: u64,
    keep: usize,
    idle: Duration,
    segments: RwLock<Segments>,
    /// The sealed segments that are open, the one used last at the end.
    ///
    /// A segment is opened, handed out and dropped under this lock only, so that no folder is opened twice.
    open: Mutex<Vec<Open>>,
}

#[derive(Debug)]
struct Segments {
    manifest: Manifest,
    active: Arc<Segment>,
}

#[derive(Debug)]
struct Open {
    segment: Arc<Segment>,
    used: Instant,
}

impl Layout {
    pub(super) fn new(dir: PathBuf, options: &SledOptions, manifest: Manifest, active: Segment) -> Self {
        Self {
            dir,
            options: SegmentOptions {
                log: manifest.log,
                cache_bytes: options.sealed_cache_bytes,
                flush_every_ms: options.flush_every_ms,
                disk: Arc::clone(&options.disk),
            },
            read_bytes: options.sealed_read_bytes,
            keep: options.sealed_open.max(1),
            idle: options.sealed_idle,
            segments: RwLock::new(Segments {
                manifest,
                active: Arc::new(active),
            }),
            open: Mutex::new(Vec::new()),
        }
    }

    /// The segment that is written.
    pub(super) fn active(&self) -> Arc<Segment> {
        Arc::clone(&self.segments.read().unwrap_or_else(PoisonError::into_inner).active)
    }

    /// What segments there are; the last one ends with `durable`.
    pub(super) fn segments(&self, durable: Revision) -> io::Result<Vec<SegmentInfo>> {
        let manifest = self
            .segments
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .manifest
            .clone();
        let sealed = manifest.sealed.iter().map(|sealed| (sealed.first, sealed.last));
        let each = sealed.chain([(manifest.active, durable)]).map(|(first, last)| {
            let path = segment::folder(&self.dir, first);
            let disk_bytes = files::folder_bytes(&path)?;
            Ok(SegmentInfo {
                path,
                first,
                last,
                disk_bytes,
            })
        });
        each.collect()
    }

    /// The segment that has `revision`, and the last revision that can be in it.
    pub(super) fn find(&self, revision: Revision) -> Result<(Arc<Segment>, Revision), Failure> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let sealed = &segments.manifest.sealed;
        match sealed
            .get(sealed.partition_point(|sealed| sealed.last < revision))
            .copied()
        {
            None => Ok((Arc::clone(&segments.active), Revision::LATEST)),
            Some(Sealed { first, last, .. }) => {
                // Opening may take a while, and the writer must not wait for it.
                drop(segments);
                Ok((self.sealed(first)?, last))
            }
        }
    }

    /// Seals the active segment, which ends with `last`, and goes on with a new one. Both are durable afterwards.
    pub(super) fn roll(&self, last: Revision, last_recorded_at_ms: i64, active: Segment) -> Result<(), Failure> {
        // Only the writer changes the manifest; readers need not wait while it is stored.
        let mut manifest = self
            .segments
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .manifest
            .clone();
        manifest.sealed.push(Sealed {
            first: manifest.active,
            last,
            last_recorded_at_ms,
        });
        manifest.active = active.first;
        manifest.store(&self.dir)?;
        let fresh = Segments {
            manifest,
            active: Arc::new(active),
        };
        let mut open = self.lock();
        let before = mem::replace(
            &mut *self.segments.write().unwrap_or_else(PoisonError::into_inner),
            fresh,
        );
        // Followers are usually here.
        open.push(Open {
            segment: before.active,
            used: Instant::now(),
        });
        self.close_surplus(&mut open);
        Ok(())
    }

    /// Closes the sealed segments that nobody read for a while.
    pub(super) fn close_idle(&self) {
        let idle = self.idle;
        self.lock()
            .retain(|open| open.used.elapsed() < idle || Arc::strong_count(&open.segment) > 1);
    }

    fn sealed(&self, first: Revision) -> Result<Arc<Segment>, Failure> {
        let mut open = self.lock();
        let known = open
            .iter()
            .position(|open| open.segment.first == first)
            .map(|index| open.remove(index));
        let fresh =
            |open: &Open| open.segment.delivered_bytes() < self.read_bytes || Arc::strong_count(&open.segment) > 1;
        let segment = match known.filter(fresh) {
            Some(known) => known.segment,
            None => Arc::new(Segment::open(&self.dir, first, &self.options)?),
        };
        open.push(Open {
            segment: Arc::clone(&segment),
            used: Instant::now(),
        });
        self.close_surplus(&mut open);
        Ok(segment)
    }

    /// A segment that is being read stays open, so that its folder is not opened a second time.
    fn close_surplus(&self, open: &mut Vec<Open>) {
        let mut surplus = open.len().saturating_sub(self.keep);
        open.retain(|open| {
            let close = surplus > 0 && Arc::strong_count(&open.segment) == 1;
            surplus -= usize::from(close);
            !close
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
