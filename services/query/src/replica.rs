//! What the log has told so far.
//!
//! Nothing is ever taken back: a later revision adds, so that a question as of an earlier one has the same answer for
//! ever. A record that cannot be read halts the replica at the revision before it; applying the next one instead would
//! make every figure after it wrong.

mod derived;
mod locate;
mod record;

use std::sync::Arc;

use almanac_catalog::{Catalog, compatibility};
use almanac_cube::{Cube, Window};
use almanac_indicator::History;
use almanac_model::{LogId, Revision};
use jiff::Timestamp;

pub(crate) use derived::{Derived, Times};
pub(crate) use locate::{Moment, Unlocated};
pub(crate) use record::{Content, Mark, RecordError};

use record::check_series;

use crate::lag::{Heads, Lag};
use crate::limits;

/// What the log has told so far.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Which log; none before it was first heard of.
    log: Option<LogId>,
    /// The log's newest revision, as last heard.
    head: Revision,
    heard: Option<Timestamp>,
    /// Heads that were heard and are not applied yet.
    heads: Heads,
    /// When what is applied was last known to be the newest.
    newest_at: Option<Timestamp>,
    connected: bool,
    /// Everything that the log held was applied at some time since this replica was empty.
    caught_up: bool,
    halted: bool,
    /// What its records came to.
    derived: Derived,
    /// How much of the past of tallies that keeps.
    window: Window,
    /// Bytes of the records that were applied since this process began with it.
    bytes: u64,
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
    /// The digest of the record that was applied last: a log that was restored from an older copy has another one there.
    pub(crate) last_record: Option<[u8; 32]>,
    /// Bytes of the records that were applied since this process began with it.
    pub(crate) bytes: u64,
    /// How far it is behind.
    pub(crate) lag: Lag,
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

impl Default for Replica {
    fn default() -> Self {
        Self::keeping(Window::new(limits::TALLIES))
    }
}

impl Replica {
    /// An empty one, which keeps so much of the past of tallies.
    pub(crate) fn keeping(window: Window) -> Self {
        Self {
            log: None,
            head: Revision::EMPTY,
            heard: None,
            heads: Heads::default(),
            newest_at: None,
            connected: false,
            caught_up: false,
            halted: false,
            derived: Derived::default(),
            window,
            bytes: 0,
            rebuilds: 0,
        }
    }

    /// The last revision that was applied.
    pub(crate) fn applied(&self) -> Revision {
        self.derived.applied()
    }

    /// What the log's records came to so far.
    pub(crate) fn derived(&self) -> &Derived {
        &self.derived
    }

    /// Goes on where another one of this log was.
    pub(crate) fn resume(&mut self, log: LogId, mut derived: Derived) {
        if let Some((_, catalog)) = derived.catalogs.last() {
            derived.cube.arrange(catalog);
        }
        let window = Window::of(&derived.cube, self.window.size());
        *self = Self {
            log: Some(log),
            // at least; it was not heard yet
            head: derived.applied(),
            derived,
            ..Self::keeping(window)
        };
    }

    /// Goes on where another replica of this log is, when that is further; tells whether it does.
    pub(crate) fn take_over(&mut self, log: LogId, derived: Derived) -> bool {
        let applied = self.applied();
        if self.log.is_some_and(|own| own != log) || derived.applied() <= applied {
            return false;
        }
        // what was read before may be of another past of the log
        let rebuilds = self.rebuilds + u64::from(applied > Revision::EMPTY);
        self.resume(log, derived);
        self.rebuilds = rebuilds;
        true
    }

    /// The recorded values.
    pub(crate) fn cube(&self) -> &Cube {
        &self.derived.cube
    }

    /// All that was recorded and defined up to a revision.
    pub(crate) fn history(&self, as_of: Revision) -> History<'_> {
        History {
            catalogs: &self.derived.catalogs,
            cube: &self.derived.cube,
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
            can_serve: self.caught_up && !self.halted && !self.derived.catalogs.is_empty(),
            rebuilds: self.rebuilds,
            last_record: self.derived.last_record,
            bytes: self.bytes,
            lag: self.lag(),
        }
    }

    /// An empty one in its place, for another log or another past of this one.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            rebuilds: self.rebuilds + 1,
            ..Self::keeping(Window::new(self.window.size()))
        }
    }

    /// The same with other values, to be read.
    pub(crate) fn with_cube(&self, cube: Cube) -> Self {
        Self {
            log: self.log,
            derived: Derived {
                cube,
                ..self.derived.clone()
            },
            rebuilds: self.rebuilds,
            ..Self::keeping(Window::new(self.window.size()))
        }
    }

    pub(crate) fn rebuilds(&self) -> u64 {
        self.rebuilds
    }

    pub(crate) fn lag(&self) -> Lag {
        Lag {
            log: self.log,
            applied: self.applied(),
            head: self.head,
            heard: self.heard,
            newest_at: self.newest_at,
            halted: self.halted,
        }
    }

    /// When a revision was recorded; `None` for one that was not applied.
    pub(crate) fn record_time(&self, revision: Revision) -> Option<Timestamp> {
        Timestamp::from_nanosecond(i128::from(self.derived.times.get(revision)?)).ok()
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
        if applied == head {
            self.caught_up = true;
            self.newest_at = Some(now);
        } else {
            self.heads.hear(head, now);
        }
        Ok(())
    }

    /// Notes that the log is not heard any more.
    pub(crate) fn disconnect(&mut self) {
        self.connected = false;
    }

    /// Applies the next record, or halts for good.
    pub(crate) fn apply(&mut self, mark: Mark, content: Content) -> Result<(), RecordError> {
        self.try_apply(mark, content).inspect_err(|_| self.halt())
    }

    /// Applies nothing any more.
    pub(crate) fn halt(&mut self) {
        self.halted = true;
    }

    fn try_apply(&mut self, mark: Mark, content: Content) -> Result<(), RecordError> {
        let revision = self.applied().next();
        let nanoseconds = i64::try_from(mark.time.as_nanosecond()).map_err(|_| RecordError::Time)?;
        let derived = &mut self.derived;
        if derived.times.last().is_some_and(|last| last > nanoseconds) {
            return Err(RecordError::Time);
        }
        match content {
            Content::Events(batch) => {
                let (_, catalog) = derived.catalogs.last().ok_or(RecordError::NoCatalog)?;
                check_series(&batch, catalog)?;
                self.window.apply(&mut derived.cube, revision, &batch, catalog)?;
            }
            Content::Catalog(catalog) => {
                if let Some((_, before)) = derived.catalogs.last() {
                    check_compatible(before, &catalog)?;
                }
                derived.cube.arrange(&catalog);
                derived.catalogs.push((revision, catalog));
            }
            // a name once published keeps its revision
            Content::Release(release) => {
                derived.releases.entry(release.name).or_insert(release.revision);
            }
        }
        derived.times.push(nanoseconds);
        derived.last_record = Some(mark.digest);
        self.bytes = self.bytes.saturating_add(mark.bytes);
        self.newest_at = self.heads.reach(revision).or(self.newest_at);
        if revision == self.head {
            self.caught_up = true;
            self.newest_at = self.heard;
        }
        Ok(())
    }

    /// The catalogue in force at a revision, with the revision from which it is.
    fn catalog_at(&self, revision: Revision) -> Option<&(Revision, Arc<Catalog>)> {
        let catalogs = &self.derived.catalogs;
        let later = catalogs.partition_point(|(from, _)| *from <= revision);
        catalogs.get(later.checked_sub(1)?)
    }

    /// The last revision recorded at or before an instant.
    fn revision_at(&self, time: Timestamp) -> Revision {
        self.derived.times.last_at(time.as_nanosecond())
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
