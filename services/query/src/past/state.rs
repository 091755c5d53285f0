//! An earlier state of the tallies, record by record.

use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_cube::{Cells, Cube, Window, WindowSize};
use almanac_model::Revision;
use almanac_wire::pb::log as pb;
use almanac_wire::timestamp_from_proto;
use jiff::Timestamp;

use crate::replica::{Content, Mark, RecordError};

/// All tallies up to a revision, and of some cells how they came to that.
#[derive(Debug)]
pub(super) struct PastState {
    cube: Cube,
    window: Window,
    applied: Revision,
    last_record: Option<[u8; 32]>,
    /// Nothing is added after a panic or a mistake in the middle of a record.
    is_broken: bool,
}

/// Why a record cannot be applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    /// The record is none.
    #[error("revision {revision} cannot be applied: {source}")]
    Record { revision: Revision, source: RecordError },
    /// Another record comes next.
    #[error("revision {found} came where {expected} comes next")]
    OutOfOrder { expected: Revision, found: Revision },
    /// The log has another record there than the replica applied.
    #[error("the log is another one")]
    OtherLog,
    /// What was derived so far is of no use.
    #[error("what was derived cannot be used after a mistake")]
    Broken,
}

impl PastState {
    pub(super) fn new(cells: Cells) -> Self {
        Self {
            cube: Cube::default(),
            window: Window::sparing(WindowSize::NOTHING, cells),
            applied: Revision::EMPTY,
            last_record: None,
            is_broken: false,
        }
    }

    /// Another one that goes on where this one is, or from the first record where this one cannot be used.
    pub(super) fn continued(&self, cells: Cells) -> Self {
        if self.is_broken {
            return Self::new(cells);
        }
        Self {
            cube: self.cube.clone(),
            window: Window::sparing(WindowSize::NOTHING, cells),
            ..*self
        }
    }

    pub(super) fn applied(&self) -> Revision {
        self.applied
    }

    /// The last revision, and the digest of its record.
    pub(super) fn end(&self) -> (Revision, Option<[u8; 32]>) {
        (self.applied, self.last_record)
    }

    /// What the tallies came to.
    pub(super) fn cube(&self) -> Cube {
        self.cube.clone()
    }

    /// Applies records, except those that were applied by a call that has ended since, and tells up to which revision. The last
    /// one has to be of a time that is known.
    pub(super) fn apply_all(
        &mut self,
        records: Vec<pb::LogRecord>,
        catalogs: &[(Revision, Arc<Catalog>)],
        (end, end_time): (Revision, Timestamp),
    ) -> Result<Revision, ApplyError> {
        if self.is_broken {
            return Err(ApplyError::Broken);
        }
        for record in records {
            if record.revision <= self.applied.0 {
                continue;
            }
            self.is_broken = true;
            self.apply(&record, catalogs, (end, end_time))?;
            self.is_broken = false;
        }
        Ok(self.applied)
    }

    fn apply(
        &mut self,
        record: &pb::LogRecord,
        catalogs: &[(Revision, Arc<Catalog>)],
        (end, end_time): (Revision, Timestamp),
    ) -> Result<(), ApplyError> {
        let (expected, revision) = (self.applied.next(), Revision(record.revision));
        if revision != expected {
            return Err(ApplyError::OutOfOrder {
                expected,
                found: revision,
            });
        }
        let unreadable = |source| ApplyError::Record { revision, source };
        let time = record.record_time.as_ref().and_then(timestamp_from_proto);
        let time = time.ok_or(RecordError::Time).map_err(unreadable)?;
        if revision == end && time != end_time {
            return Err(ApplyError::OtherLog);
        }
        // a version of the catalogue is known already
        if !catalogs.iter().any(|(from, _)| *from == revision)
            && let Content::Events(batch) = Content::decode(&record.payload).map_err(unreadable)?
        {
            let in_force = catalogs.partition_point(|(from, _)| *from <= revision);
            let catalog = in_force.checked_sub(1).and_then(|index| catalogs.get(index));
            let (_, catalog) = catalog.ok_or(RecordError::NoCatalog).map_err(unreadable)?;
            let applied = self.window.apply_tallies(&mut self.cube, revision, &batch, catalog);
            applied.map_err(|error| unreadable(RecordError::from(error)))?;
        }
        self.applied = revision;
        self.last_record = Some(Mark::of(time, &record.payload).digest);
        Ok(())
    }
}
