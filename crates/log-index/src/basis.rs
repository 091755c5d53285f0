//! What an index was derived from.

use almanac_model::{LogId, Revision};

/// The version of the layout of an index and of the rows in it. Another one is never read.
pub const FORMAT: u8 = 1;

const BYTES: usize = 1 + 16 + 8 + 32 + 8;

/// What an index was derived from: all records of a log up to one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Basis {
    /// The log.
    pub log: LogId,
    /// The last record that the index has seen; it has seen all before, too.
    pub revision: Revision,
    /// A digest of that record: a log that was restored from an older copy and has grown differently has another one.
    pub record_digest: [u8; 32],
    /// What the rows depend on beside the records, as a number that its reader chooses.
    pub terms: u64,
}

impl Basis {
    /// ```text
    /// offset  size
    ///      0     1  format version, 1
    ///      1    16  log id
    ///     17     8  revision, big endian
    ///     25    32  digest of its record
    ///     57     8  terms, big endian
    /// ```
    pub(crate) fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[0] = FORMAT;
        bytes[1..17].copy_from_slice(self.log.as_bytes());
        bytes[17..25].copy_from_slice(&self.revision.0.to_be_bytes());
        bytes[25..57].copy_from_slice(&self.record_digest);
        bytes[57..].copy_from_slice(&self.terms.to_be_bytes());
        bytes
    }

    /// The basis, or the format version of another layout; none if it was never written by this crate.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Option<u8>> {
        let (format, rest) = bytes.split_first().ok_or(None)?;
        if *format != FORMAT {
            return Err(Some(*format));
        }
        let (log, rest) = rest.split_first_chunk().ok_or(None)?;
        let (revision, rest) = rest.split_first_chunk().ok_or(None)?;
        let (record_digest, rest) = rest.split_first_chunk().ok_or(None)?;
        let terms = rest.try_into().map_err(|_| None)?;
        Ok(Self {
            log: LogId::from_bytes(*log),
            revision: Revision(u64::from_be_bytes(*revision)),
            record_digest: *record_digest,
            terms: u64::from_be_bytes(terms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_is_read_as_it_was_written() {
        let basis = Basis {
            log: LogId::from_bytes([0x1f; 16]),
            revision: Revision(0x0102_0304_0506_0708),
            record_digest: std::array::from_fn(|index| u8::try_from(index).unwrap_or_default()),
            terms: 2_592_000_000,
        };
        assert_eq!(Basis::from_bytes(&basis.to_bytes()), Ok(basis));
        let mut newer = basis.to_bytes();
        newer[0] = 2;
        assert_eq!(Basis::from_bytes(&newer), Err(Some(2)));
        assert_eq!(Basis::from_bytes(&basis.to_bytes()[..64]), Err(None));
    }
}
