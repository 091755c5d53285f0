//! The folder: two generations, and what is refused.

use std::fs::{self, File};
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::checkpoint::folder::Folder;
use crate::checkpoint::{CheckpointOptions, Checkpoints, Disk, OpenError, RealDisk};

fn folder(dir: &Path) -> Folder {
    Folder::open(dir, Arc::new(RealDisk)).unwrap()
}

fn names(dir: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(dir.path()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "lock")
        .collect();
    names.sort();
    names
}

fn name(revision: u64) -> String {
    format!("checkpoint-{revision:020}")
}

/// Stores checkpoints of revisions 8, 9 and so on; so many.
fn store(folder: &Folder, count: i64) -> Replica {
    let mut replica = small();
    for value in 0..count {
        if value > 0 {
            apply(&mut replica, [Content::Events(small_batch(value))]);
        }
        folder.store(checkpoint(&replica)).unwrap();
    }
    replica
}

#[test]
fn the_newest_and_the_one_before_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    let replica = store(&folder, 4);
    assert_eq!(names(&dir), [name(10), name(11)]);
    assert_equal(&folder.newest().unwrap().derived, replica.derived());
}

#[test]
fn a_damaged_checkpoint_is_refused_whole_and_the_one_before_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    store(&folder, 2);
    let newest = dir.path().join(name(9));
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, bytes).unwrap();
    assert_eq!(folder.newest().unwrap().derived.applied(), Revision(8));
    assert_eq!(names(&dir), [name(8), name(9) + ".refused"]);
    // the other one too: then there is none, and the log is read from its start
    fs::write(dir.path().join(name(8)), b"almanac checkpoint\n").unwrap();
    assert!(folder.newest().is_none());
    assert_eq!(names(&dir), [name(8) + ".refused"]);
    // what was set aside is not in the way of later ones
    store(&folder, 2);
    assert_eq!(folder.newest().unwrap().derived.applied(), Revision(9));
}

#[test]
fn a_checkpoint_under_the_name_of_another_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    store(&folder, 1);
    fs::rename(dir.path().join(name(8)), dir.path().join(name(800))).unwrap();
    assert!(folder.newest().is_none());
}

#[test]
fn what_a_crash_left_unfinished_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    store(&folder(dir.path()), 1);
    fs::write(dir.path().join("checkpoint.new"), b"almanac check").unwrap();
    let folder = folder(dir.path());
    assert_eq!(names(&dir), [name(8)]);
    assert_eq!(folder.newest().unwrap().derived.applied(), Revision(8));
}

#[test]
fn a_folder_is_for_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let first = Checkpoints::open(dir.path(), CheckpointOptions::default()).unwrap();
    let second = Checkpoints::open(dir.path(), CheckpointOptions::default()).unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    drop(first);
    Checkpoints::open(dir.path(), CheckpointOptions::default()).unwrap();
    let file = dir.path().join(name(1));
    fs::write(&file, b"").unwrap();
    let unusable = Checkpoints::open(&file, CheckpointOptions::default()).unwrap_err();
    assert!(matches!(unusable, OpenError::Unusable { .. }), "{unusable}");
}

/// A disk whose syncs fail.
#[derive(Debug)]
struct Failing;

impl Disk for Failing {
    fn create(&self, path: &Path) -> io::Result<File> {
        RealDisk.create(path)
    }

    fn sync(&self, _: &File) -> io::Result<()> {
        Err(io::Error::other("as the test wants it"))
    }
}

#[test]
fn a_checkpoint_that_cannot_be_synced_does_not_take_its_name() {
    let dir = tempfile::tempdir().unwrap();
    store(&folder(dir.path()), 1);
    let folder = Folder::open(dir.path(), Arc::new(Failing)).unwrap();
    let mut replica = small();
    apply(&mut replica, [Content::Events(small_batch(1))]);
    assert!(folder.store(checkpoint(&replica)).is_err());
    assert_eq!(folder.newest().unwrap().derived.applied(), Revision(8));
}

#[test]
fn checkpoints_of_another_log_are_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(dir.path());
    store(&folder, 2);
    folder.set_all_aside().unwrap();
    assert!(folder.newest().is_none());
    assert_eq!(names(&dir), [name(9) + ".stale"]);
}
