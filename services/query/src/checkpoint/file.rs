//! The file of a checkpoint: blocks, each with a checksum over it and everything before it.
//!
//! ```text
//! head    almanac checkpoint\n             so that a person sees what it is
//!         format u32, format of the cube u32, crc32c of all this u32
//! block   kind u8, codec u8 (0 as it is, 1 zstd), bytes here u32, bytes of its content u32
//!         the bytes
//!         crc32c of the checksum before it, and of all this u32
//! ```
//!
//! The last block is of kind 0 and holds the number of blocks before it; nothing comes after it. All numbers are big endian.
//! Since each checksum covers the one before, a block that is missing, doubled or from another file is noticed like a flipped
//! bit. Every later format keeps the head, so that damage is told from novelty.

use std::io::{self, Read, Write};

use tracing::trace;

use crate::limits;

const TITLE: &[u8; 19] = b"almanac checkpoint\n";
/// The version of the layout, here and in `content.rs`.
const FORMAT: u32 = 1;
/// The kind of the last block.
const END: u8 = 0;
const RAW: u8 = 0;
const ZSTD: u8 = 1;

/// Why a file is no checkpoint that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system does not give it.
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    /// Something else lies there.
    #[error("it is no checkpoint")]
    Title,
    /// Written by another version of this service.
    #[error("it has format {found:?}, and this version reads {supported:?}")]
    Format { found: (u32, u32), supported: (u32, u32) },
    /// It has no end.
    #[error("it is cut off after {after} bytes")]
    CutOff { after: u64 },
    /// It is not what was written.
    #[error("the block at byte {at} is damaged")]
    Damaged { at: u64 },
    /// It goes on after its end.
    #[error("something comes after its end, at byte {at}")]
    Longer { at: u64 },
}

/// Writes blocks.
pub(super) struct Writer<W> {
    out: W,
    checksum: u32,
    blocks: u64,
    written: u64,
    zstd: zstd::bulk::Compressor<'static>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(mut out: W, cube_format: u32) -> io::Result<Self> {
        let head = head(cube_format);
        let checksum = crc32c::crc32c(&head);
        out.write_all(&head)?;
        out.write_all(&checksum.to_be_bytes())?;
        Ok(Self {
            out,
            checksum,
            blocks: 0,
            written: head.len() as u64 + 4,
            zstd: zstd::bulk::Compressor::new(limits::CHECKPOINT_EFFORT)?,
        })
    }

    /// Adds a block.
    pub(super) fn block(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let compressed = self.zstd.compress(content)?;
        let (codec, bytes) = if compressed.len() < content.len() {
            (ZSTD, compressed.as_slice())
        } else {
            (RAW, content)
        };
        let length = |bytes: &[u8]| {
            let short = bytes.len() <= limits::CHECKPOINT_BLOCK_BYTES;
            let length = short.then(|| u32::try_from(bytes.len()).ok()).flatten();
            length.ok_or_else(|| io::Error::other("a block of a checkpoint is too long"))
        };
        let mut front = [kind, codec, 0, 0, 0, 0, 0, 0, 0, 0];
        front[2..6].copy_from_slice(&length(bytes)?.to_be_bytes());
        front[6..].copy_from_slice(&length(content)?.to_be_bytes());
        self.checksum = chained(self.checksum, &front, bytes);
        self.out.write_all(&front)?;
        self.out.write_all(bytes)?;
        self.out.write_all(&self.checksum.to_be_bytes())?;
        self.blocks += 1;
        trace!(kind, bytes = bytes.len(), "write block of checkpoint");
        self.written += (front.len() + bytes.len() + 4) as u64;
        Ok(())
    }

    /// Adds the end, and tells how long the file is.
    pub(super) fn finish(mut self) -> io::Result<(W, u64)> {
        self.block(END, &self.blocks.to_be_bytes())?;
        self.out.flush()?;
        Ok((self.out, self.written))
    }
}

/// Reads blocks.
pub(super) struct Reader<R> {
    file: R,
    checksum: u32,
    blocks: u64,
    read: u64,
    stored: Vec<u8>,
    content: Vec<u8>,
    zstd: zstd::bulk::Decompressor<'static>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(file: R, cube_format: u32) -> Result<Self, FileError> {
        let mut reader = Self {
            file,
            checksum: 0,
            blocks: 0,
            read: 0,
            stored: Vec::new(),
            content: Vec::new(),
            zstd: zstd::bulk::Decompressor::new()?,
        };
        let expected = head(cube_format);
        let mut found = expected;
        reader.fill(&mut found)?;
        let checksum = reader.number()?;
        if found[..TITLE.len()] != *TITLE {
            return Err(FileError::Title);
        }
        if checksum != crc32c::crc32c(&found) {
            return Err(FileError::Damaged { at: 0 });
        }
        if found != expected {
            return Err(FileError::Format {
                found: formats(&found),
                supported: formats(&expected),
            });
        }
        reader.checksum = checksum;
        Ok(reader)
    }

    /// The kind and the content of the next block; `None` after the last one, when the file ends there.
    pub(super) fn block(&mut self) -> Result<Option<(u8, &[u8])>, FileError> {
        let at = self.read;
        let damaged = || FileError::Damaged { at };
        let mut front = [0; 10];
        self.fill(&mut front)?;
        let [kind, codec, bytes @ ..] = front;
        let (stored, length) = bytes.split_at(4);
        let (stored, length) = (size(stored).ok_or_else(damaged)?, size(length).ok_or_else(damaged)?);
        let mut bytes = std::mem::take(&mut self.stored);
        bytes.resize(stored, 0);
        self.fill(&mut bytes)?;
        let checksum = self.number()?;
        self.checksum = chained(self.checksum, &front, &bytes);
        if checksum != self.checksum {
            return Err(damaged());
        }
        self.stored = bytes;
        self.content.clear();
        match codec {
            RAW => self.content.extend_from_slice(&self.stored),
            ZSTD => {
                self.content.reserve(length);
                let unpacked = self.zstd.decompress_to_buffer(&self.stored, &mut self.content);
                unpacked.map_err(|_| damaged())?;
            }
            _ => return Err(damaged()),
        }
        if self.content.len() != length {
            return Err(damaged());
        }
        if kind == END {
            return self.end(at).map(|()| None);
        }
        self.blocks += 1;
        Ok(Some((kind, &self.content)))
    }

    /// How much was read.
    pub(super) fn bytes(&self) -> u64 {
        self.read
    }

    fn end(&mut self, at: u64) -> Result<(), FileError> {
        if self.content != self.blocks.to_be_bytes() {
            return Err(FileError::Damaged { at });
        }
        match self.file.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(FileError::Longer { at: self.read }),
        }
    }

    fn number(&mut self) -> Result<u32, FileError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), FileError> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FileError::CutOff { after: self.read },
            _ => FileError::Read(error),
        })?;
        self.read += bytes.len() as u64;
        Ok(())
    }
}

fn head(cube_format: u32) -> [u8; TITLE.len() + 8] {
    let mut head = [0; TITLE.len() + 8];
    head[..TITLE.len()].copy_from_slice(TITLE);
    head[TITLE.len()..TITLE.len() + 4].copy_from_slice(&FORMAT.to_be_bytes());
    head[TITLE.len() + 4..].copy_from_slice(&cube_format.to_be_bytes());
    head
}

fn formats(head: &[u8; TITLE.len() + 8]) -> (u32, u32) {
    let number = |from: usize| u32::from_be_bytes(std::array::from_fn(|index| head[from + index]));
    (number(TITLE.len()), number(TITLE.len() + 4))
}

/// A length, unless no block is so long.
fn size(bytes: &[u8]) -> Option<usize> {
    let size = usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()?;
    (size <= limits::CHECKPOINT_BLOCK_BYTES).then_some(size)
}

fn chained(before: u32, front: &[u8], bytes: &[u8]) -> u32 {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&before.to_be_bytes()), front);
    crc32c::crc32c_append(checksum, bytes)
}
