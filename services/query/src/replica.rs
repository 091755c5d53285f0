//! What the log has told so far.
//!
//! Nothing is ever taken back: a later revision adds, so that a question as of an earlier one has the same answer for
//! ever. A record that cannot be read halts the replica at the revision before it; applying the next one instead would
//! make every figure after it wrong.

mod locate;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;

use almanac_catalog::{Catalog, compatibility};
use almanac_cube::Cube;
use almanac_indicator::History;
use almanac_model::{LogId, ReleaseName, Revision};
use jiff::Timestamp;

pub(crate) use locate::{Moment, Unlocated};
pub(crate) use record::{Content, RecordError};

use record::check_series;

use crate::error::Lag;

/// What the log has told so far.
#[derive(Debug, Default)]
pub(crate) struct Replica {
    /// Which log; none before it was first heard of.
    log: Option<LogId>,
    /// The log's newest revision, as last heard.
    head: Revision,
    heard: Option<Timestamp>,
    connected: bool,
    /// Everything that the log held was applied at some time since this replica was empty.
    caught_up: bool,
    halted: bool,
    cube: Cube,
    /// Each version of the catalogue with the revision from which it is in force.
    catalogs: Vec<(Revision, Arc<Catalog>)>,
    releases: BTreeMap<ReleaseName, Revision>,
    /// The record time of each revision from 1 on, in unix nanoseconds. Never descends.
    times: Vec<i64>,
    /// How often it was emptied. A log that was restored from an older copy keeps its id; what was read before it was emptied
    /// does not go with what is read after.
    rebuilds: u64,
}

/// How far a replica is. Published after every change.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Progress {
    /// Which log.
    pub(crate) log: Option<LogId>,
    /// The last revision that was applied.
    pub(crate) applied: Revision,
    /// The log's newest, as last heard.
    pub(crate) head: Revision,
    /// Whether the log is being heard.
    pub(crate) connected: bool,
    /// Whether questions can be answered: it has caught up once, there is a catalogue, and no record was unreadable.
    pub(crate) can_serve: bool,
    /// How often the replica was emptied.
    pub(crate) rebuilds: u64,
}

/// What the log said belongs to another log, or to one that has lost its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum OtherLogError {
    /// Another id.
    #[error("the log is {found}, this replica follows {own}")]
    Id { own: LogId, found: LogId },
    /// The log is shorter than what was applied of it.
    #[error("the log ends at revision {head}, before revision {applied}, which was applied here")]
    Shorter { head: Revision, applied: Revision },
}

impl Replica {
    /// The last revision that was applied.
    pub(crate) fn applied(&self) -> Revision {
        Revision(self.times.len() as u64)
    }

    /// The recorded values.
    pub(crate) fn cube(&self) -> &Cube {
        &self.cube
    }

    /// All that was recorded and defined up to a revision.
    pub(crate) fn history(&self, as_of: Revision) -> History<'_> {
        History {
            catalogs: &self.catalogs,
            cube: &self.cube,
            as_of,
        }
    }

    /// Which log.
    pub(crate) fn log(&self) -> Option<LogId> {
        self.log
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            log: self.log,
            applied: self.applied(),
            head: self.head,
            connected: self.connected,
            can_serve: self.caught_up && !self.halted && !self.catalogs.is_empty(),
            rebuilds: self.rebuilds,
        }
    }

    /// An empty one in its place, for another log or another past of this one.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            rebuilds: self.rebuilds + 1,
            ..Self::default()
        }
    }

    pub(crate) fn rebuilds(&self) -> u64 {
        self.rebuilds
    }

    pub(crate) fn lag(&self) -> Lag {
        Lag {
            applied: self.applied(),
            head: self.head,
            halted: self.halted,
        }
    }

    /// When a revision was recorded; `None` for one that was not applied.
    pub(crate) fn record_time(&self, revision: Revision) -> Option<Timestamp> {
        let index = usize::try_from(revision.0.checked_sub(1)?).ok()?;
        Timestamp::from_nanosecond(i128::from(*self.times.get(index)?)).ok()
    }

    /// Notes how far the log is.
    pub(crate) fn hear(&mut self, log: LogId, head: Revision, now: Timestamp) -> Result<(), OtherLogError> {
        if let Some(own) = self.log.filter(|own| *own != log) {
            return Err(OtherLogError::Id { own, found: log });
        }
        let applied = self.applied();
        if head < applied {
            return Err(OtherLogError::Shorter { head, applied });
        }
        self.log = Some(log);
        self.head = head;
        self.heard = Some(now);
        self.connected = true;
        self.caught_up |= applied == head;
        Ok(())
    }

    /// Notes that the log is not heard any more.
    pub(crate) fn disconnect(&mut self) {
        self.connected = false;
    }

    /// Applies the next record, or halts for good.
    pub(crate) fn apply(&mut self, time: Timestamp, content: Content) -> Result<(), RecordError> {
        self.try_apply(time, content).inspect_err(|_| self.halt())
    }

    /// Applies nothing any more.
    pub(crate) fn halt(&mut self) {
        self.halted = true;
    }

    fn try_apply(&mut self, time: Timestamp, content: Content) -> Result<(), RecordError> {
        let revision = self.applied().next();
        let nanoseconds = i64::try_from(time.as_nanosecond()).map_err(|_| RecordError::Time)?;
        if self.times.last().is_some_and(|last| *last > nanoseconds) {
            return Err(RecordError::Time);
        }
        match content {
            Content::Events(batch) => {
                let (_, catalog) = self.catalogs.last().ok_or(RecordError::NoCatalog)?;
                check_series(&batch, catalog)?;
                self.cube.apply(revision, &batch, catalog)?;
            }
            Content::Catalog(catalog) => {
                if let Some((_, before)) = self.catalogs.last() {
                    check_compatible(before, &catalog)?;
                }
                self.catalogs.push((revision, catalog));
            }
            // a name once published keeps its revision
            Content::Release(release) => {
                self.releases.entry(release.name).or_insert(release.revision);
            }
        }
        self.times.push(nanoseconds);
        self.caught_up |= revision == self.head;
        Ok(())
    }

    /// The catalogue in force at a revision, with the revision from which it is.
    fn catalog_at(&self, revision: Revision) -> Option<&(Revision, Arc<Catalog>)> {
        let later = self.catalogs.partition_point(|(from, _)| *from <= revision);
        self.catalogs.get(later.checked_sub(1)?)
    }

    /// The last revision recorded at or before an instant.
    fn revision_at(&self, time: Timestamp) -> Revision {
        let nanoseconds = time.as_nanosecond();
        Revision(
            self.times
                .partition_point(|recorded| i128::from(*recorded) <= nanoseconds) as u64,
        )
    }
}

fn check_compatible(before: &Catalog, after: &Catalog) -> Result<(), RecordError> {
    let problems = compatibility(before, after);
    problems.first().map_or(Ok(()), |first| {
        Err(RecordError::Incompatible {
            count: problems.len(),
            first: first.to_string(),
        })
    })
}

#[cfg(test)]
mod tests;
