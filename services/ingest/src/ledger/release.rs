//! Releases: names of revisions, in the order of the log as all records are.

use almanac_event_log::RecordKind;
use almanac_model::{Release, ReleaseName, Revision};
use almanac_wire::{FieldViolation, Payload};
use bytes::Bytes;

use super::{Ledger, OrderError};
use crate::error::reason;
use crate::state::{Before, Content};

/// Why a release was not made.
#[derive(Debug)]
pub(crate) enum ReleaseRefusal {
    Violation(FieldViolation),
    /// The name is taken by another revision; with the revision that recorded it.
    Exists(Release, Revision),
}

impl Ledger {
    /// The releases, the newest first, and the newest record.
    pub(crate) fn releases(&self) -> (Vec<Release>, Revision) {
        let state = self.state();
        let mut releases: Vec<(Release, Revision)> = state.releases.values().cloned().collect();
        releases.sort_by_key(|(_, recorded)| std::cmp::Reverse(*recorded));
        (releases.into_iter().map(|(release, _)| release).collect(), state.head)
    }

    /// Orders a release: the same name for the same revision again is the same release.
    pub(crate) fn release(
        &self,
        name: ReleaseName,
        revision: Option<Revision>,
        note: String,
        principal: String,
    ) -> Result<Result<(Release, Revision), ReleaseRefusal>, OrderError> {
        let mut state = self.state();
        if let Some((release, recorded)) = state.releases.get(&name) {
            let same = revision.is_none_or(|revision| revision == release.revision);
            return Ok(if same {
                Ok((release.clone(), *recorded))
            } else {
                Err(ReleaseRefusal::Exists(release.clone(), *recorded))
            });
        }
        let frozen = revision.unwrap_or(state.head);
        if frozen > state.head {
            let message = format!("revision {frozen} is not recorded yet; the newest is {}", state.head);
            let violation = FieldViolation::new("revision", reason::FUTURE_REVISION, message);
            return Ok(Err(ReleaseRefusal::Violation(violation)));
        }
        let release = Release {
            name,
            revision: frozen,
            note,
            created_at: (self.clock)(),
        };
        let payload = Payload::Release(release.clone()).encode();
        let record = self.new_record(RecordKind::Release, principal, None, Bytes::new(), payload);
        let content = Content::Release(release.clone(), record.payload.clone());
        let recorded = self.append(&mut state, record, content, None, &Before::default())?;
        Ok(Ok((release, recorded)))
    }
}
