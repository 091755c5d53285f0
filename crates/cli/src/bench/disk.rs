//! What the disk allows, whatever is written to it: how long a small write takes to become durable.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::BenchError;
use super::ask::{histogram, note};
use super::pace::moments;

/// How long it takes until what comes at a rate is durable, from when it was due, when a page is written and synced for all that
/// came meanwhile: a log that costs nothing but the disk. It blocks on the disk.
pub(super) fn open(folder: &Path, rate: u32, time: Duration) -> Result<Histogram<u64>, BenchError> {
    let path = folder.join("synced");
    let failed = BenchError::files(&path);
    let file = File::create(&path).map_err(&failed)?;
    let mut taken = histogram()?;
    let mut due = moments(rate, time);
    while let Some(first) = due.blocking_recv() {
        let mut group = vec![first];
        while let Ok(other) = due.try_recv() {
            group.push(other);
        }
        let written = file.write_all_at(&[1; 4096], 0).and_then(|()| file.sync_data());
        written.map_err(&failed)?;
        for due in group {
            note(&mut taken, due.elapsed());
        }
    }
    fs::remove_file(&path).map_err(&failed)?;
    Ok(taken)
}
