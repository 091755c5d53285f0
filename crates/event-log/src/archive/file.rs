//! Reading an archive from the middle: an old segment of a log that was packed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use almanac_model::{LogId, Revision};

use super::Head;
use super::end::{self, End, Entry};
use crate::assemble::{Assembler, Batch};
use crate::error::Damage;
use crate::fault::Fault;
use crate::frame;
use crate::limits::MAX_VALUE_BYTES;
use crate::{Failure, ReadError};

/// The length that says that no value follows.
const MARK_BYTES: usize = 4;
const READ_BYTES: usize = 256 * 1024;

/// An archive whose end was read, so that any of its records is found.
#[derive(Debug)]
pub(crate) struct ArchiveFile {
    place: PathBuf,
    file: File,
    log: LogId,
    entries: Vec<Entry>,
}

impl ArchiveFile {
    /// Opens the archive of a stretch of a log; what is not that is damaged.
    pub(crate) fn open(place: &Path, log: LogId, first: Revision, last: Revision) -> Result<Self, ReadError> {
        let failed = |error: io::Error| Failure::new("read", place, &error);
        let file = File::open(place).map_err(failed)?;
        let head = read_head(&file).map_err(failed)?;
        let head = head.filter(|head| (head.log, head.first) == (log, first));
        let end = head.map_or(Ok(None), |head| read_end(&file, &head)).map_err(failed)?;
        let end =
            end.filter(|end| end.last == last && end.entries.first().is_some_and(|entry| entry.revision == first));
        let Some(End { entries, .. }) = end else {
            let fault = Fault::Malformed { what: "the archive" };
            return Err(damage(place, first, fault).into());
        };
        Ok(Self {
            place: place.to_owned(),
            file,
            log,
            entries,
        })
    }

    /// Adds to `batch` the records from `from` to `last`, until it is full. All of them must be here.
    pub(crate) fn read(&self, from: Revision, last: Revision, batch: &mut Batch) -> Result<(), ReadError> {
        let before = self.entries.partition_point(|entry| entry.revision <= from);
        let Some(entry) = before.checked_sub(1).and_then(|index| self.entries.get(index)) else {
            return Err(damage(&self.place, from, Fault::Missing).into());
        };
        let mut assembler = Assembler::new(self.log, &self.place, entry.revision);
        let mut values = Values::from(self, entry.offset);
        let (mut revision, mut part) = (entry.revision, 0);
        while revision <= last {
            let value = values.next()?.ok_or_else(|| assembler.damage(Fault::Missing))?;
            match assembler.push(&frame::key(revision, part), value)? {
                None => part += 1,
                Some(record) => {
                    (revision, part) = (revision.next(), 0);
                    if record.revision >= from && !batch.add(record) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

fn damage(place: &Path, revision: Revision, fault: Fault) -> Damage {
    Damage {
        revision,
        part: 0,
        place: place.to_owned(),
        fault,
    }
}

fn read_head(file: &File) -> io::Result<Option<Head>> {
    let mut text = vec![0; Head::lengths()[1]];
    match file.read_exact_at(&mut text, 0) {
        Ok(()) => Ok(std::str::from_utf8(&text).ok().and_then(Head::parse)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_end(file: &File, head: &Head) -> io::Result<Option<End>> {
    let length = file.metadata()?.len();
    let Some(fixed_at) = length.checked_sub(end::FIXED_BYTES as u64) else {
        return Ok(None);
    };
    let mut fixed = [0; end::FIXED_BYTES];
    file.read_exact_at(&mut fixed, fixed_at)?;
    let end_bytes = End::length(&fixed);
    let marked_bytes = end_bytes + MARK_BYTES as u64;
    let begin = length.checked_sub(marked_bytes);
    let Some(begin) = begin.filter(|_| end_bytes <= end::MAX_BYTES as u64) else {
        return Ok(None);
    };
    let mut bytes = vec![0; usize::try_from(marked_bytes).unwrap_or(0)];
    file.read_exact_at(&mut bytes, begin)?;
    let (mark, bytes) = bytes.split_at(MARK_BYTES);
    Ok(End::parse(head, bytes).filter(|_| mark == [0; MARK_BYTES]))
}

/// The stored values from an offset on.
struct Values<'a> {
    place: &'a Path,
    file: BufReader<From<'a>>,
    value: Vec<u8>,
}

/// A file from an offset on. Several readers have one file, and none moves the others on.
struct From<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for From<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(bytes, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl<'a> Values<'a> {
    fn from(archive: &'a ArchiveFile, offset: u64) -> Self {
        let file = From {
            file: &archive.file,
            offset,
        };
        Self {
            place: &archive.place,
            file: BufReader::with_capacity(READ_BYTES, file),
            value: Vec::new(),
        }
    }

    /// The next value; none where there is no whole one.
    fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        let mut length = [0; 4];
        if !self.fill(&mut length)? {
            return Ok(None);
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 || length > MAX_VALUE_BYTES {
            return Ok(None);
        }
        let mut value = std::mem::take(&mut self.value);
        value.resize(length, 0);
        let is_whole = self.fill(&mut value)?;
        self.value = value;
        Ok(is_whole.then_some(&self.value))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<bool, Failure> {
        match self.file.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(Failure::new("read", self.place, &error)),
        }
    }
}
