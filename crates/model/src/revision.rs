//! Where in the log something is: a log has an id, a batch in it has a revision.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use crate::ReleaseName;

/// The sequence number of a batch in one log. The first batch has revision 1; 0 is the empty log.
///
/// Every answer says at which revision it was computed, and the same question at the same revision has the same answer
/// for ever.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revision(pub u64);

impl Revision {
    /// The state of a log in which nothing was recorded yet.
    pub const EMPTY: Self = Self(0);
    /// No batch comes after it: "whatever is newest".
    pub const LATEST: Self = Self(u64::MAX);

    /// The revision of the batch that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one log for ever: made when the log is created, part of every record.
///
/// A revision means something in its own log only; comparing the ids keeps a replaced log from being taken for the old one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LogId(Uuid);

impl LogId {
    /// An id from 16 random bytes. Randomness is an argument, so that simulations repeat.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The id that [`Self::as_bytes`] gave.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The sixteen bytes that are stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LogId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A frozen revision with a name: what was published stays reproducible under it for ever.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Release {
    /// Its name.
    pub name: ReleaseName,
    /// What it freezes.
    pub revision: Revision,
    /// A remark.
    pub note: String,
    /// When it was created.
    pub created_at: Timestamp,
}
