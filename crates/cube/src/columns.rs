//! The newest version of each period of one series, in columns.
//!
//! What versions of one series have in common is kept once: a column of numbers is as narrow as its widest one, the state is one
//! byte for all of them until one differs, and only what was not made by exactly one event says by how many. So a value
//! of a report that was never corrected takes eight bytes.

mod numbers;
mod states;

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use almanac_model::{Revision, Status};

use self::numbers::Numbers;
use self::states::{NOTHING, States, WITHDRAWN};
use crate::series::Version;

/// The newest versions, by period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    /// The period of the first place.
    first: i32,
    values: Numbers,
    revisions: Numbers,
    states: States,
    /// By period, what was not made by one event that was recorded: how many were recorded, and how many taken back.
    events: BTreeMap<i32, (u32, u32)>,
    /// Of all its versions.
    newest_revision: Revision,
}

const ONE_EVENT: (u32, u32) = (1, 0);

impl Columns {
    /// The newest version of a period.
    pub(crate) fn get(&self, period: i32) -> Option<Version> {
        self.at(self.place(period)?, period)
    }

    /// Puts a version in the place of the one before, and gives that.
    pub(crate) fn put(&mut self, period: i32, version: Version) -> Option<Version> {
        let Version {
            revision,
            content,
            recorded,
            taken_back,
        } = version;
        let place = self.make_place(period);
        let before = self.at(place, period);
        let (value, state) = content.map_or((0, WITHDRAWN), |(value, status)| (value, status.bits()));
        self.values.set(place, value);
        self.revisions.set(place, revision.0.into());
        self.states.put(place, state);
        if (recorded, taken_back) == ONE_EVENT {
            self.events.remove(&period);
        } else {
            self.events.insert(period, (recorded, taken_back));
        }
        self.newest_revision = self.newest_revision.max(revision);
        before
    }

    /// Sees to it that so many later periods can be put without moving those that are there.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.values.reserve(count);
        self.revisions.reserve(count);
        self.states.reserve(count);
    }

    /// The periods from the first to the last version.
    pub(crate) fn periods(&self) -> RangeInclusive<i32> {
        let count = i32::try_from(self.states.len()).unwrap_or(i32::MAX);
        self.first..=self.first.saturating_add(count).saturating_sub(1)
    }

    /// Whether any version is newer than a revision.
    pub(crate) fn is_newer_than(&self, revision: Revision) -> bool {
        self.newest_revision > revision
    }

    /// The newest value of a period, and its status.
    pub(crate) fn value(&self, period: i32) -> Option<(i128, Status)> {
        let place = self.place(period)?;
        let status = Status::from_bits(self.states.get(place).into())?;
        Some((self.values.get(place), status))
    }

    /// The status of a stretch in which, as of a revision, every period has a value of that status.
    pub(crate) fn status(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<Status> {
        Some(self.uniform(periods, as_of)?.1)
    }

    /// The total of such a stretch, and its status.
    pub(crate) fn total(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<(i128, Status)> {
        let (range, status) = self.uniform(periods, as_of)?;
        Some((self.values.sum(range), status))
    }

    fn uniform(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<(Range<usize>, Status)> {
        let range = self.place(*periods.start())?..self.place(*periods.end())? + 1;
        if range.is_empty() || self.is_newer_than(as_of) {
            return None;
        }
        let state = self.states.common(range.clone())?;
        Some((range, Status::from_bits(state.into())?))
    }

    fn at(&self, place: usize, period: i32) -> Option<Version> {
        let content = match self.states.get(place) {
            NOTHING => return None,
            WITHDRAWN => None,
            state => Some((self.values.get(place), Status::from_bits(state.into())?)),
        };
        let (recorded, taken_back) = self.events.get(&period).copied().unwrap_or(ONE_EVENT);
        Some(Version {
            // what was put in was not negative
            revision: Revision(u64::try_from(self.revisions.get(place)).unwrap_or_default()),
            content,
            recorded,
            taken_back,
        })
    }

    fn place(&self, period: i32) -> Option<usize> {
        let place = usize::try_from(period.checked_sub(self.first)?).ok()?;
        (place < self.states.len()).then_some(place)
    }

    /// The place of a period, made when it is not there yet. The state of the last place is put next.
    fn make_place(&mut self, period: i32) -> usize {
        if self.states.len() == 0 {
            self.first = period;
        }
        let distance = i64::from(period) - i64::from(self.first);
        let (gap, place) = match usize::try_from(distance) {
            Ok(place) => (0, place),
            Err(_) => (usize::try_from(-distance).unwrap_or_default(), 0),
        };
        if gap > 0 {
            self.values.grow_in_front(gap);
            self.revisions.grow_in_front(gap);
            self.states.grow_in_front(gap);
            self.first = period;
        }
        if place >= self.states.len() {
            self.values.grow_to(place + 1);
            self.revisions.grow_to(place + 1);
            self.states.grow_to(place);
        }
        place
    }
}

/// Equal are columns with the same versions, however wide they are.
impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        let versions = |columns: &Self| {
            let all = columns.periods().map(|period| (period, columns.get(period)));
            all.collect::<Vec<_>>()
        };
        versions(self) == versions(other)
    }
}

impl Eq for Columns {}
