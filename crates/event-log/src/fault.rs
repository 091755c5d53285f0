//! What can be wrong with a stored value.

use almanac_model::{LogId, Revision};

/// What is wrong with a stored value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// There is none.
    #[error("it is not there")]
    Missing,
    /// It is too short to be one.
    #[error("it has only {bytes} bytes")]
    TooShort {
        /// Its length.
        bytes: usize,
    },
    /// Its bytes are not those that were written.
    #[error("its checksum is {computed:08x}, {stored:08x} was stored")]
    Checksum {
        /// The checksum that was stored with it.
        stored: u32,
        /// The checksum of what is there.
        computed: u32,
    },
    /// It is intact, and a newer version wrote it.
    #[error("its format version is {found}, this version reads up to {supported}")]
    UnknownVersion {
        /// The version found.
        found: u8,
        /// The newest version that is known here.
        supported: u8,
    },
    /// It is intact, and a newer version wrote it.
    #[error("its kind is {found}, which only a newer version knows")]
    UnknownKind {
        /// The byte found.
        found: u8,
    },
    /// It is intact, and a newer version wrote it.
    #[error("its codec is {found}, which only a newer version knows")]
    UnknownCodec {
        /// The byte found.
        found: u8,
    },
    /// It belongs to another log.
    #[error("it belongs to log {found}")]
    OtherLog {
        /// The log it belongs to.
        found: LogId,
    },
    /// It belongs elsewhere in this log.
    #[error("it says that it is revision {revision}, part {part}")]
    Misplaced {
        /// The revision it has by itself.
        revision: Revision,
        /// The part it has by itself.
        part: u32,
    },
    /// The parts of one record contradict each other.
    #[error("it contradicts the parts before it")]
    PartsDisagree,
    /// The engine cannot read the page it is on.
    #[error("the page it is on cannot be read: {cause}")]
    Unreadable {
        /// What the engine said.
        cause: String,
    },
    /// The body does not uncompress to what was compressed.
    #[error("it does not uncompress")]
    Compression,
    /// It cannot be written by any version of this crate.
    #[error("{what} is malformed")]
    Malformed {
        /// Which piece of it.
        what: &'static str,
    },
}
