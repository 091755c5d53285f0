//! A log in one file, from its first revision on: what a backup is made of.
//!
//! ```text
//! almanac log archive\n
//! format 1\n
//! log 01234567-89ab-cdef-0123-456789abcdef\n
//! value*                         length u32, then the bytes of a stored value (frame.rs), part after part
//! 0 u32                          no more values
//! last revision u64, crc32c of the lines above and of this number u32
//! ```
//!
//! All numbers are big endian. The values are those that the log stores, each with its own checksum, revision and log id,
//! so that a restored log gives the same answers to late retries as the one that was copied. An archive without its end was
//! cut off, and is refused.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use almanac_model::{LogId, Revision};

use crate::assemble::Assembler;
use crate::body;
use crate::frame;
use crate::limits::MAX_VALUE_BYTES;
use crate::{Damage, Record};

const TITLE: &str = "almanac log archive\nformat 1\nlog ";

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file cannot be read.
    #[error("cannot read {}", place.display())]
    Read {
        /// The file.
        place: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not an archive, or one of a newer version.
    #[error("{} is no archive of a log, or one of a newer version", place.display())]
    NoArchive {
        /// The file.
        place: PathBuf,
    },
    /// It has no end: the copy was interrupted.
    #[error("{} ends after revision {last}, before its end was written; make the copy anew", place.display())]
    CutOff {
        /// The file.
        place: PathBuf,
        /// The last whole record in it.
        last: Revision,
    },
    /// A record in it is not what was written.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// Writes an archive.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    file: W,
    log: LogId,
    last: Revision,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins the archive of a log.
    pub fn new(mut file: W, log: LogId) -> io::Result<Self> {
        file.write_all(head(log).as_bytes())?;
        Ok(Self {
            file,
            log,
            last: Revision(0),
        })
    }

    /// Adds the next record; they come in the order of their revisions, from the first on.
    ///
    /// # Panics
    ///
    /// When a revision is left out: an archive with a gap would restore another log.
    pub fn append(&mut self, record: Record) -> io::Result<()> {
        let (revision, recorded_at_ms) = (record.revision, record.recorded_at_ms);
        assert_eq!(revision, self.last.next(), "an archive has every revision");
        let packed = body::pack(&record.into());
        for (_, value) in frame::encode(&packed, self.log, revision, recorded_at_ms) {
            // at most MAX_VALUE_BYTES
            let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
            self.file.write_all(&length.to_be_bytes())?;
            self.file.write_all(&value)?;
        }
        self.last = revision;
        Ok(())
    }

    /// Writes the end, without which the archive is refused.
    pub fn finish(mut self) -> io::Result<W> {
        self.file.write_all(&0_u32.to_be_bytes())?;
        self.file.write_all(&self.last.0.to_be_bytes())?;
        self.file.write_all(&end_checksum(self.log, self.last).to_be_bytes())?;
        self.file.flush()?;
        Ok(self.file)
    }
}

/// Reads an archive.
#[derive(Debug)]
pub struct ArchiveReader<R> {
    file: R,
    place: PathBuf,
    log: LogId,
    next: Revision,
    value: Vec<u8>,
}

impl<R: Read> ArchiveReader<R> {
    /// Reads the head of an archive. `place` is named when something is wrong.
    pub fn new(mut file: R, place: &Path) -> Result<Self, ArchiveError> {
        let no_archive = || ArchiveError::NoArchive {
            place: place.to_owned(),
        };
        let mut found = vec![0; head(LogId::from_bytes([0; 16])).len()];
        file.read_exact(&mut found).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => no_archive(),
            _ => ArchiveError::Read {
                place: place.to_owned(),
                source: error,
            },
        })?;
        let id = std::str::from_utf8(&found)
            .ok()
            .and_then(|text| text.strip_prefix(TITLE)?.trim_end().parse().ok());
        let log: LogId = id.ok_or_else(no_archive)?;
        Ok(Self {
            file,
            place: place.to_owned(),
            log,
            next: Revision(1),
            value: Vec::new(),
        })
    }

    /// The id of the log.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The next record; `None` after the last one.
    pub fn next_record(&mut self) -> Result<Option<Record>, ArchiveError> {
        let place = self.place.clone();
        let mut assembler = Assembler::new(self.log, &place, self.next);
        for part in 0.. {
            let length = usize::try_from(u32::from_be_bytes(self.take()?)).unwrap_or(usize::MAX);
            if length == 0 && part == 0 {
                return self.end().map(|()| None);
            }
            if length == 0 || length > MAX_VALUE_BYTES {
                return Err(self.cut_off());
            }
            let mut value = std::mem::take(&mut self.value);
            value.resize(length, 0);
            self.fill(&mut value)?;
            let record = assembler.push(&frame::key(self.next, part), &value)?;
            self.value = value;
            if let Some(record) = record {
                self.next = self.next.next();
                return Ok(Some(record));
            }
        }
        Err(self.cut_off())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let last = Revision(u64::from_be_bytes(self.take()?));
        let checksum = u32::from_be_bytes(self.take()?);
        if last.next() == self.next && checksum == end_checksum(self.log, last) {
            Ok(())
        } else {
            Err(self.cut_off())
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ArchiveError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ArchiveError> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.cut_off(),
            _ => ArchiveError::Read {
                place: self.place.clone(),
                source: error,
            },
        })
    }

    fn cut_off(&self) -> ArchiveError {
        ArchiveError::CutOff {
            place: self.place.clone(),
            last: Revision(self.next.0 - 1),
        }
    }
}

fn head(log: LogId) -> String {
    format!("{TITLE}{log}\n")
}

fn end_checksum(log: LogId, last: Revision) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(head(log).as_bytes()), &last.0.to_be_bytes())
}
