//! What the disk allows, whatever is written to it: how long one small write takes to become durable.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::BenchError;
use super::ask::{histogram, note};

/// Writes one page again and again, each time synced, for so long. It blocks on the disk.
pub(super) fn syncs(folder: &Path, time: Duration) -> Result<Histogram<u64>, BenchError> {
    let path = folder.join("synced");
    let failed = BenchError::files(&path);
    let file = File::create(&path).map_err(&failed)?;
    let mut taken = histogram()?;
    let begun = Instant::now();
    while begun.elapsed() < time {
        let at = Instant::now();
        let written = file.write_all_at(&[1; 4096], 0).and_then(|()| file.sync_data());
        written.map_err(&failed)?;
        note(&mut taken, at.elapsed());
    }
    fs::remove_file(&path).map_err(&failed)?;
    Ok(taken)
}
