//! From "at which state" to a revision and the catalogue in force at it.

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_model::{LogId, ReleaseName, Revision};
use jiff::Timestamp;

use super::Replica;
use crate::error::QueryError;
use crate::lag::Lag;
use crate::read_at::{AsOf, ReadAt};

/// A state of the log, found.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// Of which log.
    pub(crate) log: LogId,
    /// After which revision.
    pub(crate) revision: Revision,
    /// When that was recorded.
    pub(crate) revision_time: Timestamp,
    /// The definitions in force.
    pub(crate) catalog: Arc<Catalog>,
    /// From when they are.
    pub(crate) catalog_revision: Revision,
    /// How far the replica is.
    pub(crate) lag: Lag,
    /// How often the replica had been emptied.
    pub(crate) rebuilds: u64,
}

/// Why a state was not found.
#[derive(Debug)]
pub(crate) enum Unlocated {
    /// It may come with later records; the error when it does not.
    NotYet(QueryError),
    /// It will not.
    Never(QueryError),
}

impl Replica {
    /// Finds a state. A state that later records could still change is not there yet.
    pub(crate) fn locate(&self, wanted: &ReadAt) -> Result<Moment, Unlocated> {
        let log = self.log.ok_or_else(|| self.not_caught_up())?;
        if let Some(asked) = wanted.log_id.filter(|asked| *asked != log) {
            return Err(Unlocated::Never(QueryError::OtherLog { asked, own: log }));
        }
        self.reached(wanted.min_revision)?;
        let revision = match &wanted.as_of {
            AsOf::Newest => self.newest()?,
            AsOf::Revision(revision) => self.reached(*revision)?,
            AsOf::Time(time) => self.at_time(*time)?,
            AsOf::Release(name) => self.reached(self.release(name)?)?,
        };
        let no_catalog = || Unlocated::Never(QueryError::NoCatalog { revision });
        let (catalog_revision, catalog) = self.catalog_at(revision).ok_or_else(no_catalog)?;
        Ok(Moment {
            log,
            revision,
            revision_time: self.record_time(revision).ok_or_else(no_catalog)?,
            catalog: Arc::clone(catalog),
            catalog_revision: *catalog_revision,
            lag: self.lag(),
            rebuilds: self.rebuilds,
        })
    }

    /// A replica that has never caught up would answer "the newest" with something old.
    fn newest(&self) -> Result<Revision, Unlocated> {
        if self.caught_up {
            Ok(self.applied())
        } else {
            Err(self.not_caught_up())
        }
    }

    fn reached(&self, revision: Revision) -> Result<Revision, Unlocated> {
        if revision <= self.applied() {
            Ok(revision)
        } else {
            Err(self.unless_halted(QueryError::NotReached {
                asked: revision,
                lag: self.lag(),
            }))
        }
    }

    /// The last revision recorded at or before an instant. Whether there is a later one at or before it is known only when
    /// a record after it was applied, or all that the log is known to hold; so an instant to come is the newest state.
    fn at_time(&self, time: Timestamp) -> Result<Revision, Unlocated> {
        let revision = self.revision_at(time);
        if revision < self.applied() || self.has_all() {
            Ok(revision)
        } else {
            Err(self.not_caught_up())
        }
    }

    fn release(&self, name: &ReleaseName) -> Result<Revision, Unlocated> {
        if let Some(revision) = self.derived.releases.get(name) {
            return Ok(*revision);
        }
        if !self.has_all() {
            return Err(self.not_caught_up());
        }
        let nearest = nearest_names(name, self.derived.releases.keys());
        Err(Unlocated::Never(QueryError::UnknownRelease {
            name: name.clone(),
            nearest,
        }))
    }

    /// Whether everything that the log is known to hold was applied.
    fn has_all(&self) -> bool {
        self.caught_up && self.applied() >= self.head
    }

    fn not_caught_up(&self) -> Unlocated {
        self.unless_halted(QueryError::NotCaughtUp { lag: self.lag() })
    }

    fn unless_halted(&self, error: QueryError) -> Unlocated {
        if self.halted {
            Unlocated::Never(error)
        } else {
            Unlocated::NotYet(error)
        }
    }
}

/// Up to three names that begin or end alike: releases are called after what they freeze and a year.
fn nearest_names<'a>(wrong: &ReleaseName, names: impl Iterator<Item = &'a ReleaseName>) -> Vec<String> {
    let wrong = wrong.as_str().as_bytes();
    let common = |name: &ReleaseName| {
        let name = name.as_str().as_bytes();
        let start = wrong.iter().zip(name).take_while(|(left, right)| left == right).count();
        let end = wrong
            .iter()
            .rev()
            .zip(name.iter().rev())
            .take_while(|(left, right)| left == right)
            .count();
        start.max(end)
    };
    let mut scored: Vec<_> = names
        .map(|name| (common(name), name))
        .filter(|(common, _)| *common >= 3)
        .collect();
    // the nearest first, and of two equally near ones the later year
    scored.sort_by(|left, right| right.cmp(left));
    scored.into_iter().take(3).map(|(_, name)| name.to_string()).collect()
}
