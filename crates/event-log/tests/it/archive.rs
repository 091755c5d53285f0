//! A log in one file is the same log, or is refused.

use std::path::Path;

use almanac_event_log::{ArchiveError, ArchiveReader, ArchiveWriter, EventLog, NewRecord, Record};

use almanac_model::Revision;

use crate::support::{Folder, LOG, append_durably, read_all, sample};

fn archive(records: &[Record]) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new(), LOG, Revision(1)).expect("memory is writable");
    for record in records {
        writer.append(record.clone()).expect("memory is writable");
    }
    writer.finish().expect("memory is writable")
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, ArchiveError> {
    let mut reader = ArchiveReader::new(bytes, Path::new("copy.almanac"))?;
    assert_eq!(reader.log(), LOG);
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok(records)
}

/// Records of one and of several parts, with and without request and producer.
async fn records() -> (Folder, Vec<Record>) {
    let folder = Folder::with_small_segments();
    folder.fill(7).await;
    let log = folder.open();
    append_durably(&log, sample(200, 150_000)).await;
    let records = read_all(&log);
    (folder, records)
}

#[tokio::test]
async fn an_archive_has_every_record_as_it_was_stored() {
    let (_folder, records) = records().await;
    assert_eq!(records.len(), 8);
    assert_eq!(read(&archive(&records)).expect("whole"), records);
}

#[tokio::test]
async fn an_archive_restores_the_same_log() {
    let (_folder, records) = records().await;
    let restored = Folder::with_small_segments();
    let log = restored.open();
    for record in read(&archive(&records)).expect("whole") {
        let revision = record.revision;
        let appended = append_durably(&log, NewRecord::from(record)).await;
        assert_eq!(appended, revision);
    }
    assert_eq!((log.id(), read_all(&log)), (LOG, records));
}

#[tokio::test]
async fn an_archive_that_was_cut_off_is_refused_wherever_it_was() {
    let (_folder, records) = records().await;
    let bytes = archive(&records[..3]);
    for length in 0..bytes.len() {
        let refused = read(&bytes[..length]).expect_err("it is not whole");
        let by_kind = matches!(
            refused,
            ArchiveError::NoArchive { .. } | ArchiveError::CutOff { .. } | ArchiveError::Damage(_)
        );
        assert!(by_kind, "{length}: {refused}");
    }
}

#[tokio::test]
async fn an_archive_with_a_flipped_byte_is_refused_wherever_it_is() {
    let (_folder, records) = records().await;
    let bytes = archive(&records[..3]);
    // an id with another letter is another log, whose records these are not
    for index in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[index] ^= 0x10;
        let reader = ArchiveReader::new(flipped.as_slice(), Path::new("copy.almanac"));
        let read = reader.and_then(|mut reader| {
            while reader.next_record()?.is_some() {}
            Ok(())
        });
        assert!(read.is_err(), "byte {index}");
    }
}

#[test]
fn the_golden_archives_are_read_and_the_newest_is_written() {
    let first = include_bytes!("../golden/archive-v1.almanac");
    let newest = include_bytes!("../golden/archive-v2.almanac");
    let records = read(first).expect("format 1");
    assert_eq!(read(newest).expect("format 2"), records);
    let [catalog, events] = &records[..] else {
        panic!("two records: {records:?}")
    };
    assert_eq!(
        (catalog.principal.as_str(), &catalog.payload[..]),
        ("start", &b"catalogue"[..])
    );
    assert_eq!(
        (events.recorded_at_ms, &events.payload[..]),
        (1_500_000_000_001, &b"events"[..])
    );
    assert_eq!(events.request.map(|request| request.digest), Some([6; 32]));
    assert_eq!(archive(&records), newest);
}
