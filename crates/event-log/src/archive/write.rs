//! Writing an archive.

use std::io::{self, Write};

use almanac_model::{LogId, Revision};

use super::end::{End, Entry};
use super::{Format, Head};
use crate::body;
use crate::frame;
use crate::record::Record;

/// A reader that looks for a record goes through so many bytes of values, and a record, in vain.
const BYTES_PER_ENTRY: u64 = 1 << 20;

/// Writes an archive.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    file: W,
    head: Head,
    next: Revision,
    /// What was written so far.
    bytes: u64,
    entries: Vec<Entry>,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins the archive of a log from a revision on: 1 for a whole log.
    pub fn new(mut file: W, log: LogId, first: Revision) -> io::Result<Self> {
        let format = Format::Two;
        let head = Head { format, log, first };
        let text = head.text();
        file.write_all(text.as_bytes())?;
        Ok(Self {
            file,
            head,
            next: first,
            bytes: text.len() as u64,
            entries: Vec::new(),
        })
    }

    /// Adds the next record; they come in the order of their revisions.
    ///
    /// # Panics
    ///
    /// When a revision is left out: an archive with a gap would restore another log.
    pub fn append(&mut self, record: Record) -> io::Result<()> {
        let (revision, recorded_at_ms) = (record.revision, record.recorded_at_ms);
        assert_eq!(revision, self.next, "an archive has every revision");
        let since = self.entries.last().map(|entry| self.bytes - entry.offset);
        if since.is_none_or(|bytes| bytes >= BYTES_PER_ENTRY) {
            let offset = self.bytes;
            self.entries.push(Entry { revision, offset });
        }
        let entry = frame::Entry {
            revision,
            recorded_at_ms,
            packed: body::pack(&record.into()),
        };
        for value in frame::encode(&entry, self.head.log) {
            // at most MAX_VALUE_BYTES
            let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
            self.file.write_all(&length.to_be_bytes())?;
            self.file.write_all(&value)?;
            self.bytes += 4 + u64::from(length);
        }
        self.next = revision.next();
        Ok(())
    }

    /// Writes the end, without which the archive is refused.
    pub fn finish(mut self) -> io::Result<W> {
        self.file.write_all(&0_u32.to_be_bytes())?;
        let end = End {
            last: Revision(self.next.0 - 1),
            entries: self.entries,
        };
        self.file.write_all(&end.bytes(&self.head))?;
        self.file.flush()?;
        Ok(self.file)
    }
}
