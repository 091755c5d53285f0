//! Which segment has a revision; sealed segments are opened when they are read and closed again, archived ones are files.

use std::fs;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use almanac_model::Revision;

use super::archive::Archive;
use super::files;
use super::manifest::{Manifest, Sealed};
use super::options::SledOptions;
use super::segment::{self, Segment, SegmentOptions};
use crate::assemble::Batch;
use crate::{Failure, ReadError};

/// One segment of a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SegmentInfo {
    /// Its folder; of an archived one the file.
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
    archive: Option<Archive>,
    /// The first revision at hand. Archived segments may be elsewhere.
    earliest: Revision,
    /// Held by whoever changes the manifest.
    changing: Mutex<()>,
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

/// What has a revision.
enum Place {
    Archived(Sealed),
    Sealed(Sealed),
    Active(Arc<Segment>),
}

#[derive(Debug)]
struct Open {
    segment: Arc<Segment>,
    used: Instant,
}

impl Layout {
    pub(super) fn new(dir: PathBuf, options: &SledOptions, manifest: Manifest, active: Segment) -> Self {
        let archive = options.archive.as_ref();
        let archive = archive.map(|archive| Archive::new(archive, manifest.log));
        let kept = manifest.sealed.first().map_or(manifest.active, |sealed| sealed.first);
        let at_hand = |archive: &Archive| archive.first_at_hand(&manifest.archived, kept);
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
            earliest: archive.as_ref().map_or(kept, at_hand),
            archive,
            changing: Mutex::new(()),
            segments: RwLock::new(Segments {
                manifest,
                active: Arc::new(active),
            }),
            open: Mutex::new(Vec::new()),
        }
    }

    /// The first revision that can be read.
    pub(super) fn earliest(&self) -> Revision {
        self.earliest
    }

    /// The segment that is written.
    pub(super) fn active(&self) -> Arc<Segment> {
        Arc::clone(&self.segments.read().unwrap_or_else(PoisonError::into_inner).active)
    }

    /// What segments there are; the last one ends with `durable`. Archived ones that are elsewhere are left out.
    pub(super) fn segments(&self, durable: Revision) -> io::Result<Vec<SegmentInfo>> {
        let manifest = self.manifest();
        let packed = manifest
            .archived
            .iter()
            .filter(|segment| segment.first >= self.earliest);
        let packed = packed.zip(self.archive.iter().cycle()).map(|(segment, archive)| {
            let path = archive.path(*segment);
            let disk_bytes = fs::metadata(&path)?.len();
            Ok((path, disk_bytes, segment.first, segment.last))
        });
        let sealed = manifest.sealed.iter().map(|sealed| (sealed.first, sealed.last));
        let databases = sealed.chain([(manifest.active, durable)]).map(|(first, last)| {
            let path = segment::folder(&self.dir, first);
            let disk_bytes = files::folder_bytes(&path)?;
            Ok((path, disk_bytes, first, last))
        });
        let told = |segment: io::Result<_>| {
            segment.map(|(path, disk_bytes, first, last)| SegmentInfo {
                path,
                first,
                last,
                disk_bytes,
            })
        };
        packed.chain(databases).map(told).collect()
    }

    fn manifest(&self) -> Manifest {
        self.segments
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .manifest
            .clone()
    }

    /// Adds to `batch` the records from `from` to `last`, until it is full or the segment that has `from` ends; gives the
    /// last revision that it looked for.
    pub(super) fn read(&self, from: Revision, last: Revision, batch: &mut Batch) -> Result<Revision, ReadError> {
        match self.place(from) {
            Place::Active(segment) => segment.read(from, last, batch).map(|()| last),
            Place::Sealed(place) => {
                let last = last.min(place.last);
                match self.sealed(place.first)? {
                    Some(segment) => segment.read(from, last, batch)?,
                    None => self.read_archived(place, from, last, batch)?,
                }
                Ok(last)
            }
            Place::Archived(place) => {
                let last = last.min(place.last);
                self.read_archived(place, from, last, batch).map(|()| last)
            }
        }
    }

    fn place(&self, revision: Revision) -> Place {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let Manifest { archived, sealed, .. } = &segments.manifest;
        let of = |segments: &[Sealed]| {
            let ended_before = segments.partition_point(|segment| segment.last < revision);
            segments.get(ended_before).copied()
        };
        let archived = of(archived).map(Place::Archived);
        let sealed = archived.or(of(sealed).map(Place::Sealed));
        sealed.unwrap_or_else(|| Place::Active(Arc::clone(&segments.active)))
    }

    fn read_archived(
        &self,
        segment: Sealed,
        from: Revision,
        last: Revision,
        batch: &mut Batch,
    ) -> Result<(), ReadError> {
        let earliest = self.earliest;
        let archive = self.archive.as_ref();
        let archive = archive.ok_or(ReadError::BeforeEarliest { from, earliest })?;
        archive.open(segment)?.read(from, last, batch)
    }

    /// The oldest sealed segment when there are more than so many.
    pub(super) fn oldest_sealed(&self, keep: usize) -> Option<Sealed> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let sealed = &segments.manifest.sealed;
        sealed.first().filter(|_| sealed.len() > keep).copied()
    }

    /// Notes that the oldest sealed segment was packed. From now on it is read from its file.
    pub(super) fn archive_oldest(&self, segment: Sealed) -> Result<(), Failure> {
        let (_changing, manifest) = self.store_changed(|manifest| {
            assert_eq!(manifest.sealed.first(), Some(&segment), "segments are packed in order");
            manifest.archived.push(manifest.sealed.remove(0));
        })?;
        self.segments.write().unwrap_or_else(PoisonError::into_inner).manifest = manifest;
        Ok(())
    }

    /// Removes the databases of archived segments, but those that somebody is reading.
    pub(super) fn remove_archived(&self) {
        let mut open = self.lock();
        for segment in self.manifest().archived {
            let path = segment::folder(&self.dir, segment.first);
            if !path.exists() {
                continue;
            }
            open.retain(|open| open.segment.first != segment.first || Arc::strong_count(&open.segment) > 1);
            let is_read = open.iter().any(|open| open.segment.first == segment.first);
            let is_packed = || {
                self.archive
                    .as_ref()
                    .is_some_and(|archive| archive.open(segment).is_ok())
            };
            if !is_read
                && is_packed()
                && let Err(error) = fs::remove_dir_all(&path)
            {
                // sled's own threads may write a last file into it; the next pass finds them gone
                tracing::debug!(%error, segment = %path.display(), "remove archived segment later");
            }
        }
    }

    /// Seals the active segment, which ends with `last`, and goes on with a new one. Both are durable afterwards.
    pub(super) fn roll(&self, last: Revision, last_recorded_at_ms: i64, active: Segment) -> Result<(), Failure> {
        let (_changing, manifest) = self.store_changed(|manifest| {
            manifest.sealed.push(Sealed {
                first: manifest.active,
                last,
                last_recorded_at_ms,
            });
            manifest.active = active.first;
        })?;
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

    /// Stores a changed manifest, durably; readers need not wait for it. Nobody else changes it until the guard is gone.
    fn store_changed(&self, change: impl FnOnce(&mut Manifest)) -> Result<(MutexGuard<'_, ()>, Manifest), Failure> {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut manifest = self.manifest();
        change(&mut manifest);
        manifest.store(&self.dir)?;
        Ok((changing, manifest))
    }

    /// Closes the sealed segments that nobody read for a while.
    pub(super) fn close_idle(&self) {
        let idle = self.idle;
        self.lock()
            .retain(|open| open.used.elapsed() < idle || Arc::strong_count(&open.segment) > 1);
    }

    /// A sealed segment; none when it was archived in the meantime.
    fn sealed(&self, first: Revision) -> Result<Option<Arc<Segment>>, Failure> {
        let mut open = self.lock();
        if matches!(self.place(first), Place::Archived(_)) {
            return Ok(None);
        }
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
        Ok(Some(segment))
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
