//! Old segments packed into files: the same log, in fewer bytes.

use std::fs;
use std::path::PathBuf;
use std::thread;

use almanac_event_log::{ArchiveOptions, EventLog, ReadError, Record, SledLog};
use almanac_model::Revision;

use crate::support::{Folder, LOG, append_durably, copy, read_all, revisions, sample};

/// A log of small segments, all but one of the sealed ones of which are archived.
fn archiving() -> Folder {
    let mut folder = Folder::with_small_segments();
    folder.options.archive = Some(ArchiveOptions {
        dir: folder.temp.path().join("archive"),
        keep_sealed: 1,
    });
    folder
}

fn archive_files(folder: &Folder) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.temp.path().join("archive").join(LOG.to_string())) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// A log with several archived segments, open.
async fn filled(folder: &Folder) -> (SledLog, Vec<Record>) {
    let log = folder.open();
    for seed in 0..40 {
        append_durably(&log, sample(seed, 4_000)).await;
    }
    append_durably(&log, sample(77, 150_000)).await;
    append_durably(&log, sample(78, 100)).await;
    wait_until(|| folder.segments().len() <= 2);
    let records = read_all(&log);
    assert_eq!(revisions(&records), (1..=42).collect::<Vec<_>>());
    (log, records)
}

fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::yield_now();
    }
}

#[tokio::test]
async fn archived_segments_are_read_like_any_other() {
    let folder = archiving();
    let (log, records) = filled(&folder).await;
    assert!(archive_files(&folder).len() > 3, "{:?}", archive_files(&folder));
    assert_eq!(
        log.segments().expect("a listing").len(),
        archive_files(&folder).len() + 2
    );
    drop(log);

    let log = folder.open();
    assert_eq!((log.earliest(), read_all(&log)), (Revision(1), records.clone()));
    for from in 1..=42 {
        let page = log.read(Revision(from), 9_000).expect("a page");
        let begin = usize::try_from(from - 1).expect("small");
        assert_eq!(page, records[begin..begin + page.len()], "from {from}");
        assert!(!page.is_empty());
    }
}

#[tokio::test]
async fn without_its_archive_a_log_begins_after_it() {
    let mut folder = archiving();
    let (log, records) = filled(&folder).await;
    drop(log);
    let archive = folder.options.archive.take();
    let log = folder.open();
    let earliest = log.earliest();
    assert!(earliest > Revision(1));
    let begin = usize::try_from(earliest.0 - 1).expect("small");
    assert_eq!(read_all(&log), records[begin..]);
    let refused = log.read(Revision(1), 1).expect_err("it is elsewhere");
    assert!(
        matches!(refused, ReadError::BeforeEarliest { from: Revision(1), earliest: told } if told == earliest),
        "{refused}"
    );
    assert_eq!(append_durably(&log, sample(1, 10)).await, Revision(43));
    drop(log);

    folder.options.archive = archive;
    assert_eq!(read_all(&folder.open())[..42], records);
}

#[tokio::test]
async fn a_missing_file_of_the_archive_moves_the_beginning() {
    let folder = archiving();
    let (log, records) = filled(&folder).await;
    drop(log);
    let files = archive_files(&folder);
    fs::remove_file(&files[1]).expect("a file goes");
    let log = folder.open();
    assert!(log.earliest() > Revision(1), "the first file alone is no beginning");
    let begin = usize::try_from(log.earliest().0 - 1).expect("small");
    assert_eq!(read_all(&log), records[begin..]);
}

#[tokio::test]
async fn a_crash_while_a_segment_is_archived_loses_nothing() {
    let mut folder = archiving();
    let archive = folder.options.archive.take();
    folder.fill(40).await;
    let databases = folder.temp.path().join("before");
    copy(&folder.path(), &databases);
    folder.options.archive = archive;
    let log = folder.open();
    wait_until(|| folder.segments().len() <= 2);
    let records = read_all(&log);
    drop(log);
    let first_file = archive_files(&folder)[0].clone();

    // half a file, a whole one that the manifest does not know, and one whose database is still there
    for (what, manifest_is_old, cut) in [
        ("half a file", true, true),
        ("an unknown file", true, false),
        ("a database too many", false, false),
    ] {
        let crashed = archiving();
        copy(&databases, &crashed.path());
        if manifest_is_old {
            let target = crashed.temp.path().join("archive").join(LOG.to_string());
            fs::create_dir_all(&target).expect("a folder");
            let name = first_file.file_name().expect("a name");
            let bytes = fs::read(&first_file).expect("a file");
            let (path, length) = if cut {
                (target.join(name).with_extension("unfinished"), bytes.len() / 2)
            } else {
                (target.join(name), bytes.len())
            };
            fs::write(path, &bytes[..length]).expect("written");
        } else {
            copy(
                &folder.temp.path().join("archive"),
                &crashed.temp.path().join("archive"),
            );
            fs::copy(folder.path().join("manifest"), crashed.path().join("manifest")).expect("a copy");
        }
        let log = crashed.open();
        assert_eq!(read_all(&log), records, "{what}");
        wait_until(|| crashed.segments().len() <= 2);
        assert_eq!(read_all(&log), records, "{what}");
        let names = |folder: &Folder| -> Vec<_> {
            let files = archive_files(folder);
            files
                .iter()
                .map(|file| file.file_name().map(ToOwned::to_owned))
                .collect()
        };
        assert_eq!(names(&crashed), names(&folder), "{what}");
    }
}

#[tokio::test]
async fn a_flipped_byte_of_an_archived_segment_is_named_wherever_it_is() {
    let folder = archiving();
    let (log, _) = filled(&folder).await;
    let file = archive_files(&folder)[0].clone();
    let bytes = fs::read(&file).expect("a file");
    for index in (0..bytes.len()).step_by(11).chain(bytes.len() - 40..bytes.len()) {
        let mut flipped = bytes.clone();
        flipped[index] ^= 0x10;
        fs::write(&file, flipped).expect("written");
        let read = log.read(Revision(1), usize::MAX).map(|records| records.len());
        let Err(ReadError::Damaged(damage)) = &read else {
            panic!("byte {index}: {read:?}")
        };
        assert_eq!(damage.place, file, "byte {index}");
    }
}

#[tokio::test]
async fn a_segment_that_cannot_be_archived_stays_where_it_is() {
    let folder = archiving();
    fs::write(folder.temp.path().join("archive"), "no folder").expect("written");
    let log = folder.open();
    for seed in 0..20 {
        append_durably(&log, sample(seed, 4_000)).await;
    }
    assert_eq!(revisions(&read_all(&log)), (1..=20).collect::<Vec<_>>());
    assert!(folder.segments().len() > 3);
}
