//! What stands in the blocks of a checkpoint.
//!
//! ```text
//! 1 head        log id 16, revision u64, digest of the last record 32
//! 2 catalogue   revision u64, the RecordPayload that defines it          from the first on
//! 3 releases    n times: revision u64, length of the name u8, the name
//! 4 times       n times: how many nanoseconds after the time before i64  of each revision, the first since 1970
//! 5 cube        a piece of the cube                                      laid out in the cube's crate
//! ```

use std::io::{self, Read, Write};

use almanac_cube::{CubeDecoder, DecodeError, ENCODING};
use almanac_model::{LogId, ReleaseName, Revision};
use almanac_wire::Payload;

use super::file::{FileError, Reader, Writer};
use crate::limits;
use crate::replica::{Content, Derived, RecordError, Times};

const HEAD: u8 = 1;
const CATALOG: u8 = 2;
const RELEASES: u8 = 3;
const TIMES: u8 = 4;
const CUBE: u8 = 5;

/// Why a file is no checkpoint that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Its bytes are not what was written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The values cannot be taken from them.
    #[error("its values are none")]
    Cube(#[from] DecodeError),
    /// A version of the catalogue cannot be read.
    #[error("the catalogue of revision {revision} cannot be read")]
    Catalog { revision: Revision, source: RecordError },
    /// Its parts contradict each other.
    #[error("{0}")]
    Unfit(&'static str),
}

/// What a checkpoint holds.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    /// Of which log.
    pub(crate) log: LogId,
    /// What its records came to.
    pub(crate) derived: Derived,
}

impl Checkpoint {
    /// Writes it block by block. Tells how many bytes it took.
    pub(crate) fn write<W: Write>(self, out: W) -> io::Result<(W, u64)> {
        let Self { log, derived } = self;
        let applied = derived.applied();
        let Derived {
            cube,
            catalogs,
            releases,
            times,
            last_record,
        } = derived;
        let mut file = Writer::new(out, ENCODING)?;
        let digest = last_record.unwrap_or_default();
        file.block(HEAD, &[&log.as_bytes()[..], &applied.0.to_be_bytes(), &digest].concat())?;
        for (revision, catalog) in catalogs {
            let payload = Payload::Catalog(catalog.files().clone()).encode();
            file.block(CATALOG, &[&revision.0.to_be_bytes()[..], &payload].concat())?;
        }
        in_blocks(&mut file, RELEASES, releases.into_iter(), |bytes, (name, revision)| {
            bytes.extend_from_slice(&revision.0.to_be_bytes());
            // no id is longer than 64 bytes
            bytes.push(u8::try_from(name.as_str().len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(name.as_str().as_bytes());
        })?;
        let mut before = 0_i64;
        in_blocks(&mut file, TIMES, times.iter(), |bytes, time| {
            bytes.extend_from_slice(&time.wrapping_sub(before).to_be_bytes());
            before = time;
        })?;
        cube.encode(|piece| file.block(CUBE, piece))?;
        file.finish()
    }

    /// Reads it. Every block is held against its checksum before it is looked at, and nothing is given out before the end was
    /// reached and all parts fit.
    pub(crate) fn read<R: Read>(file: R) -> Result<(Self, u64), ReadError> {
        let mut file = Reader::new(file, ENCODING)?;
        let (kind, head) = file.block()?.ok_or(ReadError::Unfit("it has no head"))?;
        let (log, applied, digest) = (kind == HEAD)
            .then(|| parse_head(head))
            .flatten()
            .ok_or(ReadError::Unfit("it has no head"))?;
        let mut parts = Parts::default();
        while let Some((kind, content)) = file.block()? {
            parts.add(kind, content)?;
        }
        let derived = parts.finish(digest)?;
        if derived.applied() != applied || applied == Revision::EMPTY {
            return Err(ReadError::Unfit("it has not as many times as revisions"));
        }
        Ok((Self { log, derived }, file.bytes()))
    }
}

/// Blocks of at most [`limits::CHECKPOINT_ITEMS`] items; none when there is no item.
fn in_blocks<W: Write, T>(
    file: &mut Writer<W>,
    kind: u8,
    mut items: impl Iterator<Item = T>,
    mut put: impl FnMut(&mut Vec<u8>, T),
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let some = items.by_ref().take(limits::CHECKPOINT_ITEMS);
        some.for_each(|item| put(&mut bytes, item));
        if bytes.is_empty() {
            return Ok(());
        }
        file.block(kind, &bytes)?;
    }
}

/// What was read so far.
#[derive(Default)]
struct Parts {
    derived: Derived,
    cube: CubeDecoder,
}

impl Parts {
    fn add(&mut self, kind: u8, content: &[u8]) -> Result<(), ReadError> {
        match kind {
            CATALOG => self.catalog(content)?,
            RELEASES => parse_releases(content, &mut self.derived)
                .ok_or(ReadError::Unfit("a release has no name or no revision"))?,
            TIMES => parse_times(content, &mut self.derived.times)
                .ok_or(ReadError::Unfit("a revision is earlier than the one before"))?,
            CUBE => self.cube.add(content)?,
            _ => return Err(ReadError::Unfit("it has a block of an unknown kind")),
        }
        Ok(())
    }

    fn catalog(&mut self, content: &[u8]) -> Result<(), ReadError> {
        let (revision, payload) = revision(content).ok_or(ReadError::Unfit("a catalogue has no revision"))?;
        let ascends = self.derived.catalogs.last().is_none_or(|(last, _)| *last < revision);
        match Content::decode(payload).map_err(|source| ReadError::Catalog { revision, source })? {
            Content::Catalog(catalog) if ascends => self.derived.catalogs.push((revision, catalog)),
            _ => return Err(ReadError::Unfit("a catalogue is none, or out of its place")),
        }
        Ok(())
    }

    fn finish(self, digest: [u8; 32]) -> Result<Derived, ReadError> {
        let Self { mut derived, cube } = self;
        derived.cube = cube.finish()?;
        derived.last_record = Some(digest);
        let applied = derived.applied();
        let late = derived.catalogs.last().is_some_and(|(revision, _)| *revision > applied);
        if late || derived.releases.values().any(|revision| *revision > applied) {
            return Err(ReadError::Unfit("it names a later revision than its own"));
        }
        Ok(derived)
    }
}

fn parse_head(bytes: &[u8]) -> Option<(LogId, Revision, [u8; 32])> {
    let (log, bytes) = bytes.split_first_chunk::<16>()?;
    let (revision, digest) = revision(bytes)?;
    Some((LogId::from_bytes(*log), revision, digest.try_into().ok()?))
}

fn revision(bytes: &[u8]) -> Option<(Revision, &[u8])> {
    let (revision, rest) = bytes.split_first_chunk::<8>()?;
    Some((Revision(u64::from_be_bytes(*revision)), rest))
}

fn parse_releases(mut bytes: &[u8], derived: &mut Derived) -> Option<()> {
    while !bytes.is_empty() {
        let (revision, rest) = revision(bytes)?;
        let (length, rest) = rest.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let name: ReleaseName = std::str::from_utf8(name).ok()?.parse().ok()?;
        derived.releases.insert(name, revision);
        bytes = rest;
    }
    Some(())
}

fn parse_times(bytes: &[u8], times: &mut Times) -> Option<()> {
    let (differences, rest) = bytes.as_chunks::<8>();
    for difference in differences {
        let difference = i64::from_be_bytes(*difference);
        let time = match times.last() {
            Some(before) if difference >= 0 => before.checked_add(difference)?,
            Some(_) => return None,
            None => difference,
        };
        times.push(time);
    }
    rest.is_empty().then_some(())
}
