//! At which state of the log to read.

use almanac_model::{ReleaseName, Revision};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::timestamp_to_proto;
use jiff::Timestamp;

use crate::RecordedAt;

/// At which state of the log to read: the newest, unless told otherwise.
///
/// ```
/// use almanac_client::ReadAt;
/// use almanac_client::model::ReleaseName;
///
/// let published: ReleaseName = "annual-review-2017".parse()?;
/// let read_at = ReadAt::newest().as_of_release(&published);
/// # drop(read_at);
/// # Ok::<(), almanac_client::model::IdError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReadAt {
    as_of: Option<State>,
    after: Option<RecordedAt>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    Revision(Revision),
    Time(Timestamp),
    Release(String),
}

impl ReadAt {
    /// The newest state.
    #[must_use]
    pub fn newest() -> Self {
        Self::default()
    }

    /// Nothing older than a write: the answer waits for it, and is refused with `OTHER_LOG` by a service that follows
    /// another log.
    #[must_use]
    pub fn min_revision(mut self, write: impl Into<RecordedAt>) -> Self {
        self.after = Some(write.into());
        self
    }

    /// The state after this revision: the same question has the same answer for ever.
    #[must_use]
    pub fn as_of_revision(mut self, revision: Revision) -> Self {
        self.as_of = Some(State::Revision(revision));
        self
    }

    /// The state after the last revision recorded at or before this instant.
    #[must_use]
    pub fn as_of_time(mut self, time: Timestamp) -> Self {
        self.as_of = Some(State::Time(time));
        self
    }

    /// The state that a release froze. One that was just created needs [`Self::min_revision`] of its answer, too.
    #[must_use]
    pub fn as_of_release(mut self, release: &ReleaseName) -> Self {
        self.as_of = Some(State::Release(release.to_string()));
        self
    }

    pub(crate) fn to_proto(&self) -> pb::ReadAt {
        let state = self.as_of.as_ref().map(|state| match state {
            State::Revision(revision) => shared::as_of::State::Revision(revision.0),
            State::Time(time) => shared::as_of::State::Time(timestamp_to_proto(*time)),
            State::Release(name) => shared::as_of::State::Release(name.clone()),
        });
        pb::ReadAt {
            as_of: state.map(|state| shared::AsOf { state: Some(state) }),
            min_revision: self.after.map(|write| write.revision.0).unwrap_or_default(),
            log_id: self.after.map(|write| write.log_id.to_string()).unwrap_or_default(),
        }
    }
}
