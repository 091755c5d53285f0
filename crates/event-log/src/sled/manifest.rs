//! The manifest: which log this is, and which segments it has. It is the truth about them; the folders must agree.
//!
//! ```text
//! almanac event log
//! format 2                            1 as long as nothing was archived, so that earlier versions read it too
//! log 1f0c0b2e-5a8a-4b8e-9d52-2f3f0a6f7c11
//! archived 1 9712 1400000000000       first and last revision, when the last was recorded in Unix milliseconds
//! sealed 9713 23570 1500000000000     the same
//! active 23571                        first revision of the segment that is written
//! crc32c 9a3e21b7                     of everything above
//! ```
//!
//! Every later format keeps the first two lines and the last, so that damage is told from novelty.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use almanac_model::{LogId, Revision};

use super::files;
use crate::{Failure, OpenError};

/// The newest format.
const FORMAT: u32 = 2;
/// The newest format without archived segments.
const FORMAT_WITHOUT_ARCHIVE: u32 = 1;
const TITLE: &str = "almanac event log";

/// A segment that is written no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sealed {
    pub(super) first: Revision,
    pub(super) last: Revision,
    pub(super) last_recorded_at_ms: i64,
}

/// Which log this is, and which segments it has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Manifest {
    pub(super) log: LogId,
    /// Segments that were packed into files of another folder.
    pub(super) archived: Vec<Sealed>,
    pub(super) sealed: Vec<Sealed>,
    /// The first revision of the segment that is written.
    pub(super) active: Revision,
}

/// Whether a folder has one.
pub(super) fn is_in(dir: &Path) -> bool {
    path(dir).is_file()
}

/// Where it is.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("manifest")
}

impl Manifest {
    /// Reads the manifest; none if there is no log yet.
    pub(super) fn load(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = path(dir);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(OpenError::ManifestDamaged {
                    path,
                    what: "it is not text",
                });
            }
            Err(error) => return Err(files::failed("read", &path)(error).into()),
        };
        match parse(&text) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(Refusal::Newer(found)) => Err(OpenError::NewerFormat {
                path,
                found,
                supported: FORMAT,
            }),
            Err(Refusal::Damaged(what)) => Err(OpenError::ManifestDamaged { path, what }),
        }
    }

    /// Replaces the manifest, durably.
    pub(super) fn store(&self, dir: &Path) -> Result<(), Failure> {
        files::replace(&path(dir), self.text().as_bytes())
    }

    /// Where the log ends if the active segment is empty, and when that was recorded.
    pub(super) fn sealed_end(&self) -> (Revision, i64) {
        let last = self.sealed.last().or(self.archived.last());
        last.map_or((Revision::EMPTY, i64::MIN), |sealed| {
            (sealed.last, sealed.last_recorded_at_ms)
        })
    }

    fn text(&self) -> String {
        let format = if self.archived.is_empty() {
            FORMAT_WITHOUT_ARCHIVE
        } else {
            FORMAT
        };
        let mut lines = vec![
            TITLE.to_owned(),
            format!("format {format}"),
            format!("log {}", self.log),
        ];
        for (word, segments) in [("archived", &self.archived), ("sealed", &self.sealed)] {
            lines.extend(segments.iter().map(|segment| {
                let Sealed {
                    first,
                    last,
                    last_recorded_at_ms,
                } = segment;
                format!("{word} {first} {last} {last_recorded_at_ms}")
            }));
        }
        lines.push(format!("active {}\n", self.active));
        let content = lines.join("\n");
        format!("{content}crc32c {:08x}\n", crc32c::crc32c(content.as_bytes()))
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Refusal {
    Newer(u32),
    Damaged(&'static str),
}

fn parse(text: &str) -> Result<Manifest, Refusal> {
    let damaged = |what| move || Refusal::Damaged(what);
    let (content, checksum) = text.rsplit_once("crc32c ").ok_or_else(damaged("it is cut off"))?;
    if checksum != format!("{:08x}\n", crc32c::crc32c(content.as_bytes())) {
        return Err(Refusal::Damaged("its checksum is wrong"));
    }
    let mut lines = content.lines();
    if lines.next() != Some(TITLE) {
        return Err(Refusal::Damaged("it is not the manifest of an event log"));
    }
    let format = lines.next().and_then(|line| line.strip_prefix("format ")?.parse().ok());
    match format.ok_or_else(damaged("its format is missing"))? {
        FORMAT | FORMAT_WITHOUT_ARCHIVE => {}
        newer if newer > FORMAT => return Err(Refusal::Newer(newer)),
        _ => return Err(Refusal::Damaged("its format never existed")),
    }
    let log = lines.next().and_then(|line| line.strip_prefix("log ")?.parse().ok());
    let log = log.ok_or_else(damaged("its log id is missing"))?;
    let active = lines
        .next_back()
        .and_then(|line| line.strip_prefix("active ")?.parse().ok())
        .map(Revision);
    let active = active.ok_or_else(damaged("its active segment is missing"))?;
    let (archived, sealed): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("archived "));
    let each = |word, lines: Vec<&str>| {
        let segments = lines.into_iter().map(|line| parse_sealed(word, line));
        segments
            .collect::<Option<_>>()
            .ok_or_else(damaged("a segment is malformed"))
    };
    let manifest = Manifest {
        log,
        archived: each("archived ", archived)?,
        sealed: each("sealed ", sealed)?,
        active,
    };
    if manifest.has_gap() {
        return Err(Refusal::Damaged("its segments leave a gap"));
    }
    Ok(manifest)
}

fn parse_sealed(word: &str, line: &str) -> Option<Sealed> {
    let mut words = line.strip_prefix(word)?.split(' ');
    let first = Revision(words.next()?.parse().ok()?);
    let last = Revision(words.next()?.parse().ok()?);
    let last_recorded_at_ms = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Sealed {
        first,
        last,
        last_recorded_at_ms,
    })
}

impl Manifest {
    fn has_gap(&self) -> bool {
        let mut expected = Revision(1);
        for sealed in self.archived.iter().chain(&self.sealed) {
            if sealed.first != expected || sealed.last < sealed.first {
                return true;
            }
            expected = sealed.last.next();
        }
        self.active != expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Manifest {
        let sealed = |first, last, last_recorded_at_ms| Sealed {
            first: Revision(first),
            last: Revision(last),
            last_recorded_at_ms,
        };
        Manifest {
            log: LogId::from_bytes([0x1f; 16]),
            archived: Vec::new(),
            sealed: vec![sealed(1, 10, -5), sealed(11, 11, 1_500_000_000_000)],
            active: Revision(12),
        }
    }

    #[test]
    fn the_golden_manifests_are_read_and_written() {
        let golden = include_str!("../../tests/golden/manifest-v1.txt");
        assert_eq!(parse(golden), Ok(example()));
        assert_eq!(example().text(), golden);

        let mut archived = example();
        archived.archived.push(archived.sealed.remove(0));
        let golden = include_str!("../../tests/golden/manifest-v2.txt");
        assert_eq!(parse(golden), Ok(archived.clone()));
        assert_eq!(archived.text(), golden);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let text = example().text();
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] ^= 1;
            let flipped = String::from_utf8(bytes).expect("still ASCII");
            assert!(
                matches!(parse(&flipped), Err(Refusal::Damaged(_))),
                "byte {index} of {flipped}"
            );
        }
    }

    #[test]
    fn a_newer_format_is_not_damage() {
        let content = "almanac event log\nformat 3\nanything\n";
        let text = format!("{content}crc32c {:08x}\n", crc32c::crc32c(content.as_bytes()));
        assert_eq!(parse(&text), Err(Refusal::Newer(3)));
    }

    #[test]
    fn segments_follow_each_other() {
        let mut manifest = example();
        manifest.sealed.remove(0);
        assert_eq!(
            parse(&manifest.text()),
            Err(Refusal::Damaged("its segments leave a gap"))
        );
    }
}
