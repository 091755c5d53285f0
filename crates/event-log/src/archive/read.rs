//! Reading an archive from its beginning to its end.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use almanac_model::{LogId, Revision};

use super::end::{self, End};
use super::{ArchiveError, Format, Head, failed};
use crate::assemble::Assembler;
use crate::frame;
use crate::limits::MAX_VALUE_BYTES;
use crate::record::Record;

/// Reads an archive.
#[derive(Debug)]
pub struct ArchiveReader<R> {
    file: R,
    place: PathBuf,
    head: Head,
    next: Revision,
    value: Vec<u8>,
}

impl<R: Read> ArchiveReader<R> {
    /// Reads the head of an archive. `place` is named when something is wrong.
    pub fn new(mut file: R, place: &Path) -> Result<Self, ArchiveError> {
        let no_archive = || ArchiveError::NoArchive {
            place: place.to_owned(),
        };
        let [shorter, longer] = Head::lengths();
        let mut text = vec![0; longer];
        let mut read = |bytes: &mut [u8]| {
            file.read_exact(bytes).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => no_archive(),
                _ => failed(place)(error),
            })
        };
        read(&mut text[..shorter])?;
        let is_first_format = std::str::from_utf8(&text[..shorter]).is_ok_and(|text| Head::parse(text).is_some());
        if is_first_format {
            text.truncate(shorter);
        } else {
            read(&mut text[shorter..])?;
        }
        let head = std::str::from_utf8(&text).ok().and_then(Head::parse);
        let head = head.ok_or_else(no_archive)?;
        Ok(Self {
            file,
            place: place.to_owned(),
            next: head.first,
            head,
            value: Vec::new(),
        })
    }

    /// The id of the log.
    pub fn log(&self) -> LogId {
        self.head.log
    }

    /// The first revision of the archive.
    pub fn first(&self) -> Revision {
        self.head.first
    }

    /// The next record; `None` after the last one.
    pub fn next_record(&mut self) -> Result<Option<Record>, ArchiveError> {
        let place = self.place.clone();
        let mut assembler = Assembler::new(self.head.log, &place, self.next);
        for part in 0.. {
            let Some(value) = self.next_value(part == 0)? else {
                return Ok(None);
            };
            let record = assembler.push(&frame::key(self.next, part), &value)?;
            self.value = value;
            if let Some(record) = record {
                self.next = self.next.next();
                return Ok(Some(record));
            }
        }
        Err(self.cut_off())
    }

    /// The bytes of the next part; `None` at the end, which can only come before the first part of a record.
    fn next_value(&mut self, may_end: bool) -> Result<Option<Vec<u8>>, ArchiveError> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length == 0 && may_end {
            return self.end().map(|()| None);
        }
        if length == 0 || length > MAX_VALUE_BYTES {
            return Err(self.cut_off());
        }
        let mut value = std::mem::take(&mut self.value);
        value.resize(length, 0);
        self.fill(&mut value)?;
        Ok(Some(value))
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        let most = match self.head.format {
            Format::One => end::FIXED_BYTES,
            Format::Two => end::MAX_BYTES,
        };
        let mut bytes = Vec::new();
        let mut rest = self.file.by_ref().take(most as u64 + 1);
        rest.read_to_end(&mut bytes).map_err(failed(&self.place))?;
        let end = End::parse(&self.head, &bytes).filter(|end| end.last.next() == self.next);
        end.map(drop).ok_or_else(|| self.cut_off())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ArchiveError> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.cut_off(),
            _ => failed(&self.place)(error),
        })
    }

    fn cut_off(&self) -> ArchiveError {
        ArchiveError::CutOff {
            place: self.place.clone(),
            last: Revision(self.next.0 - 1),
        }
    }
}
