//! The end of an archive: where records begin, and a checksum over everything that is not a value.

use almanac_model::Revision;

use super::{Format, Head};

/// Where a record begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) revision: Revision,
    /// In bytes from the beginning of the file.
    pub(super) offset: u64,
}

/// What follows the values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct End {
    pub(super) last: Revision,
    /// Sorted by revision and by offset; the first is that of the first record.
    pub(super) entries: Vec<Entry>,
}

const ENTRY_BYTES: usize = 16;
/// The last revision, the number of entries, and the checksum.
pub(super) const FIXED_BYTES: usize = 16;
/// A damaged number of entries never makes a reader reserve the memory: so many stand for a terabyte of values.
pub(super) const MAX_BYTES: usize = (1 << 20) * ENTRY_BYTES + FIXED_BYTES;

impl End {
    pub(super) fn bytes(&self, head: &Head) -> Vec<u8> {
        let mut bytes = Vec::new();
        for Entry { revision, offset } in &self.entries {
            bytes.extend_from_slice(&revision.0.to_be_bytes());
            bytes.extend_from_slice(&offset.to_be_bytes());
        }
        bytes.extend_from_slice(&self.last.0.to_be_bytes());
        if head.format == Format::Two {
            let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        let checksum = crc32c::crc32c_append(crc32c::crc32c(head.text().as_bytes()), &bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// The end that these bytes are; none if they are not what was written.
    pub(super) fn parse(head: &Head, bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk::<4>()?;
        let computed = crc32c::crc32c_append(crc32c::crc32c(head.text().as_bytes()), content);
        if computed != u32::from_be_bytes(*checksum) {
            return None;
        }
        let content = match head.format {
            Format::One => content,
            Format::Two => content.split_last_chunk::<4>()?.0,
        };
        let (entries, last) = content.split_last_chunk::<8>()?;
        let (entries, rest) = entries.as_chunks::<ENTRY_BYTES>();
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let entries = entries.iter().map(|entry| Entry {
            revision: Revision(number(&entry[..8])),
            offset: number(&entry[8..]),
        });
        rest.is_empty().then(|| Self {
            last: Revision(u64::from_be_bytes(*last)),
            entries: entries.collect(),
        })
    }

    /// How many bytes before the end of a file an end begins, told from its last ones.
    pub(super) fn length(fixed: &[u8; FIXED_BYTES]) -> u64 {
        let count = u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]);
        u64::from(count) * ENTRY_BYTES as u64 + FIXED_BYTES as u64
    }
}
