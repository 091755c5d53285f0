//! Opening a sled database as it must be opened after a crash.

use std::any::Any;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use super::files;
use super::segment::{SLED_SEGMENT_BYTES, SegmentOptions};
use crate::Failure;

/// sled's background threads may hold the data file a moment after a database was dropped, and give no signal. The log's
/// own lock excludes every other process, so that waiting for them ends.
const LOCK_ATTEMPTS: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Opens the database in a folder, or makes one in an empty folder.
pub(super) fn open(path: &Path, options: &SegmentOptions) -> Result<::sled::Db, Failure> {
    // A crash while sled wrote a snapshot leaves a half one, which sled takes for a whole one.
    each_file(path, |name| name.ends_with(".generating"), |file| fs::remove_file(file))?;
    let failed = |error: &::sled::Error| Failure::new("open", path, error);
    match attempt(path, options)? {
        Ok(db) => Ok(db),
        Err(::sled::Error::Corruption { .. }) => {
            // The snapshot only abbreviates what the data file says.
            tracing::error!(segment = %path.display(), "set snapshot aside: sled finds it damaged");
            each_file(path, |name| name.starts_with("snap."), set_aside)?;
            attempt(path, options)?.map_err(|error| failed(&error))
        }
        Err(error) => Err(failed(&error)),
    }
}

fn attempt(path: &Path, options: &SegmentOptions) -> Result<::sled::Result<::sled::Db>, Failure> {
    let config = ::sled::Config::new()
        .path(path)
        .segment_size(SLED_SEGMENT_BYTES)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(options.flush_every_ms.clamp(200, 500)));
    let mut attempts_left = LOCK_ATTEMPTS;
    loop {
        // sled panics on some kinds of damage.
        let opened = catch_unwind(AssertUnwindSafe(|| config.clone().open()));
        match opened.map_err(|panic| Failure::new("open", path, &panic_text(&*panic)))? {
            Err(error) if is_locked(&error) && attempts_left > 0 => {
                attempts_left -= 1;
                std::thread::park_timeout(LOCK_PAUSE);
            }
            outcome => return Ok(outcome),
        }
    }
}

/// sled has no variant for it.
fn is_locked(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock"))
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}

/// Renames a snapshot so that sled does not see it. It is kept for whoever looks into the damage.
fn set_aside(snapshot: &Path) -> io::Result<()> {
    let name = snapshot.file_name().unwrap_or_default().to_string_lossy();
    fs::rename(snapshot, snapshot.with_file_name(format!("aside.{name}")))
}

fn each_file(
    folder: &Path,
    select: impl Fn(&str) -> bool,
    act: impl Fn(&Path) -> io::Result<()>,
) -> Result<(), Failure> {
    let run = || {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if select(&entry.file_name().to_string_lossy()) {
                act(&entry.path())?;
            }
        }
        Ok(())
    };
    run().map_err(files::failed("clean", folder))
}
