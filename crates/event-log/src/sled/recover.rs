//! From the folder as a crash left it to a log that goes on where it was.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use almanac_model::Revision;

use super::files::{self, Witness};
use super::manifest::{self, Manifest};
use super::options::SledOptions;
use super::segment::{self, Segment, SegmentOptions, Tail};
use crate::assemble::Batch;
use crate::fault::Fault;
use crate::{Failure, OpenError, ReadError};

/// A log that is ready to be written.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) manifest: Manifest,
    pub(super) active: Segment,
    pub(super) active_options: SegmentOptions,
    pub(super) witness: Witness,
    /// The last record, durable.
    pub(super) last: Revision,
    pub(super) last_recorded_at_ms: i64,
    pub(super) blob_files: usize,
}

/// Opens the log in a folder, or makes a new one if there is none.
pub(super) fn recover(dir: &Path, options: &SledOptions) -> Result<Recovered, OpenError> {
    let stored = Manifest::load(dir)?;
    let manifest = match &stored {
        Some(manifest) => manifest.clone(),
        None => Manifest {
            log: options.id(),
            archived: Vec::new(),
            sealed: Vec::new(),
            active: Revision(1),
        },
    };
    let active_options = SegmentOptions {
        log: manifest.log,
        cache_bytes: options.active_cache_bytes,
        flush_every_ms: options.flush_every_ms,
        disk: Arc::clone(&options.disk),
    };
    let active = match stored {
        Some(_) => open_active(dir, &manifest, &active_options)?,
        None => create(dir, &manifest, &active_options)?,
    };
    let witness = Witness::open(dir)?;
    let (last, last_recorded_at_ms) = find_end(&manifest, &active, &witness)?;
    // What a crash left behind may be whole and yet not durable; it becomes visible now.
    let blob_files = active.commit()?;
    witness.write(last)?;
    Ok(Recovered {
        manifest,
        active,
        active_options,
        witness,
        last,
        last_recorded_at_ms,
        blob_files,
    })
}

/// The manifest is written last, so that a log with a manifest is complete; without one nothing was ever acknowledged.
fn create(dir: &Path, manifest: &Manifest, options: &SegmentOptions) -> Result<Segment, OpenError> {
    let missing = || OpenError::ManifestMissing {
        path: manifest::path(dir),
    };
    let first = manifest.active;
    if folders(dir)?.iter().any(|found| *found != first) || Witness::open(dir)?.read()? > Revision::EMPTY {
        return Err(missing());
    }
    files::create_folder(&segment::root(dir))?;
    let active = match Segment::create(dir, first, options) {
        Err(failure) if is_half_made(dir, first) => {
            set_aside(dir, first, &failure)?;
            Segment::create(dir, first, options)?
        }
        made => made?,
    };
    if !active.is_empty()? {
        return Err(missing());
    }
    manifest.store(dir)?;
    tracing::info!(log.id = %manifest.log, dir = %dir.display(), "create log");
    Ok(active)
}

/// Of the other segments it is seen that they are there; their number has no bound, so none of them is opened.
fn open_active(dir: &Path, manifest: &Manifest, options: &SegmentOptions) -> Result<Segment, OpenError> {
    let listed = manifest
        .sealed
        .iter()
        .map(|sealed| sealed.first)
        .chain([manifest.active]);
    for first in listed.clone() {
        let path = segment::folder(dir, first);
        if !segment::exists(&path) {
            return Err(OpenError::SegmentMissing { path, first });
        }
    }
    // the database of a segment that was being archived is removed when its file is known to be whole
    let archived = manifest.archived.iter().map(|segment| segment.first);
    let listed: BTreeSet<_> = listed.chain(archived).collect();
    for first in folders(dir)? {
        if !listed.contains(&first) {
            clear_unlisted(dir, first, options)?;
        }
    }
    Ok(Segment::open(dir, manifest.active, options)?)
}

/// A crash between making a segment and listing it leaves an empty one. One with records is not that.
fn clear_unlisted(dir: &Path, first: Revision, options: &SegmentOptions) -> Result<(), OpenError> {
    match Segment::open(dir, first, options) {
        Ok(segment) if segment.is_empty()? => {
            Ok(fs::remove_dir_all(&segment.path).map_err(files::failed("remove", &segment.path))?)
        }
        Ok(segment) => Err(OpenError::SegmentUnlisted {
            path: segment.path.clone(),
        }),
        Err(failure) if is_half_made(dir, first) => set_aside(dir, first, &failure),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether a segment that does not open is surely without records: sled's data file is no longer than a fresh one.
fn is_half_made(dir: &Path, first: Revision) -> bool {
    const FRESH_BYTES: u64 = 96;
    let data = segment::folder(dir, first).join("db");
    fs::metadata(data).map_or_else(
        |error| error.kind() == io::ErrorKind::NotFound,
        |data| data.len() <= FRESH_BYTES,
    )
}

/// Renames the folder of a half-made segment. It is kept for whoever looks into it.
fn set_aside(dir: &Path, first: Revision, failure: &Failure) -> Result<(), OpenError> {
    let path = segment::folder(dir, first);
    tracing::warn!(error = %failure, segment = %path.display(), "set segment aside: a crash left it half made");
    let mut number = 1;
    let aside = |number: u32| PathBuf::from(format!("{}.aside-{number}", path.display()));
    while aside(number).exists() {
        number += 1;
    }
    fs::rename(&path, aside(number)).map_err(files::failed("rename", &path))?;
    Ok(())
}

/// The first revisions of the segments whose folders exist, sorted.
fn folders(dir: &Path) -> Result<Vec<Revision>, OpenError> {
    let root = segment::root(dir);
    let entries = match fs::read_dir(&root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(files::failed("list", &root))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(files::failed("list", &root))?.file_name();
        found.extend(name.to_str().and_then(|name| name.parse().ok()).map(Revision));
    }
    found.sort_unstable();
    Ok(found)
}

/// The last whole record. The parts of an unfinished one are discarded: nobody was told of it.
fn find_end(manifest: &Manifest, active: &Segment, witness: &Witness) -> Result<(Revision, i64), OpenError> {
    let acknowledged = witness.read()?;
    let mut tail = active.tail().map_err(open_error)?;
    if let Some(Tail { last, is_whole: false }) = tail
        && last > acknowledged
    {
        active.discard(last)?;
        tracing::info!(log.revision = last.0, "discard unfinished record");
        tail = active.tail().map_err(open_error)?;
    }
    let end = match tail {
        Some(Tail { last, .. }) if last < active.first => {
            return Err(active.damage(active.first, Fault::Missing).into());
        }
        Some(Tail { last, .. }) => (last, recorded_at(active, last).map_err(open_error)?),
        None => manifest.sealed_end(),
    };
    if end.0 < acknowledged {
        let (place, witness) = (active.path.clone(), witness.path().to_owned());
        return Err(OpenError::TailLost {
            place,
            found: end.0,
            acknowledged,
            witness,
        });
    }
    Ok(end)
}

/// Reads the first record and the last, so that a segment that does not start or end well is not opened.
fn recorded_at(active: &Segment, last: Revision) -> Result<i64, ReadError> {
    active.read(active.first, active.first, &mut Batch::new(0))?;
    let mut batch = Batch::new(0);
    active.read(last, last, &mut batch)?;
    Ok(batch
        .into_records()
        .first()
        .map_or(i64::MIN, |record| record.recorded_at_ms))
}

fn open_error(error: ReadError) -> OpenError {
    match error {
        ReadError::Damaged(damage) => OpenError::Damaged(damage),
        ReadError::Storage(failure) => OpenError::Storage(failure),
        ReadError::BeforeEarliest { from, .. } => unreachable!("revision {from} was not asked for"),
    }
}
