//! A log, or a stretch of one, in one file: what a backup is made of, and what old segments are packed into.
//!
//! ```text
//! almanac log archive\n
//! format 2\n
//! log 01234567-89ab-cdef-0123-456789abcdef\n
//! first 00000000000000000001\n
//! value*                         length u32, then the bytes of a stored value (frame.rs), part after part
//! 0 u32                          no more values
//! entry*                         revision u64, offset u64: where the length of its first part is, about every MiB
//! last revision u64, entries u32, crc32c of the lines, of the entries and of these two numbers u32
//! ```
//!
//! All numbers are big endian. The values are those that the log stores, each with its own checksum, revision and log id,
//! so that a restored log gives the same answers to late retries as the one that was copied. An archive without its end was
//! cut off, and is refused. Format 1 had no line of the first revision, which was 1, no entries and no number of them; it is
//! read as well.

mod end;
mod file;
mod read;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use almanac_model::{LogId, Revision};

use crate::Damage;

pub(crate) use file::ArchiveFile;
pub use read::ArchiveReader;
pub use write::ArchiveWriter;

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

/// What an archive says of itself before its values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Head {
    format: Format,
    log: LogId,
    first: Revision,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    /// From revision 1 on, without entries.
    One,
    Two,
}

impl Head {
    fn text(&self) -> String {
        let Self { format, log, first } = self;
        match format {
            Format::One => format!("almanac log archive\nformat 1\nlog {log}\n"),
            Format::Two => format!("almanac log archive\nformat 2\nlog {log}\nfirst {:020}\n", first.0),
        }
    }

    /// The lengths of the heads of both formats: that of the first is the beginning of that of the second.
    fn lengths() -> [usize; 2] {
        [Format::One, Format::Two].map(|format| {
            let log = LogId::from_bytes([0; 16]);
            let first = Revision(1);
            Self { format, log, first }.text().len()
        })
    }

    /// The head that begins with so much text as the first format has, and its line of the first revision if there is one.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("almanac log archive\nformat ")?;
        let (format, rest) = rest.split_once("\nlog ")?;
        let (log, rest) = rest.split_once('\n')?;
        let (format, first) = match format {
            "1" => (Format::One, Some(Revision(1))),
            "2" => (Format::Two, rest.strip_prefix("first ").and_then(revision_line)),
            _ => return None,
        };
        let log = log.parse().ok()?;
        Some(Self {
            format,
            log,
            first: first?,
        })
    }
}

fn revision_line(line: &str) -> Option<Revision> {
    let number = line.strip_suffix('\n')?.parse().ok()?;
    (number > 0).then_some(Revision(number))
}

fn failed(place: &Path) -> impl Fn(io::Error) -> ArchiveError + '_ {
    |source| ArchiveError::Read {
        place: place.to_owned(),
        source,
    }
}
