//! Some periods of some series side by side: all versions of what they have there.
//!
//! The newest ones lie period by period: those of one period next to one another, and a stretch of periods in one piece. What
//! they have in common is kept once: numbers are as narrow as the widest of them, states take a byte each only from the
//! first one on that differs, and only what was not made by exactly one event says by how many. So a value of a report that was
//! never corrected takes four to nine bytes.

mod encoding;
mod first;
mod numbers;
mod rows;
mod states;
mod tallies;

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use almanac_catalog::Method;
use almanac_model::{Revision, Status};

use self::numbers::Numbers;
pub(crate) use self::numbers::{grow_in_front, grow_to};
use self::states::{NOTHING, States, WITHDRAWN, held};
use self::tallies::Tallies;
use crate::above::Change;
use crate::columns::Columns;
use crate::series::{Cell, Entry, Version};

/// So many periods are in one sheet at most: one that lies far from the others takes the memory of one sheet, and what is changed
/// while somebody reads is copied by sheets.
const PERIODS: i32 = 512;

/// Periods by series.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// The period of the first row.
    first: i32,
    /// So many series have a column.
    width: usize,
    values: Numbers,
    /// Of each period the sum of its values, so that long stretches of all series are added by periods.
    totals: Numbers,
    revisions: Numbers,
    states: States,
    /// Of all newest versions.
    newest_revision: Revision,
    /// What was not made by one event that was recorded: how many were recorded, and how many taken back.
    pub(crate) events: BTreeMap<Place, (u32, u32)>,
    /// Earlier versions, the oldest first. Most cells have none.
    pub(crate) superseded: BTreeMap<Place, Vec<Version>>,
    /// What the newest totals of tallies were added up from.
    tallies: Tallies,
}

/// A column and a period.
pub(crate) type Place = (u8, i32);

/// Cells in which, as of a revision, there are values of one status.
struct Steady {
    rows: Range<usize>,
    /// Whether all columns of the rows are meant.
    whole: bool,
    status: Status,
    /// What the values were that were changed since, less what they are now.
    corrected: i128,
}

const ONE_EVENT: (u32, u32) = (1, 0);

impl Sheet {
    /// In which sheet a period is.
    pub(crate) const fn number(period: i32) -> i32 {
        period.div_euclid(PERIODS)
    }

    /// The last period that may be in the sheet of one.
    pub(crate) const fn last_period(period: i32) -> i32 {
        period.saturating_add(PERIODS - 1 - period.rem_euclid(PERIODS))
    }

    /// One that begins with a period.
    pub(crate) fn new(first: i32) -> Self {
        Self {
            first,
            width: 0,
            values: Numbers::default(),
            totals: Numbers::default(),
            revisions: Numbers::default(),
            states: States::default(),
            newest_revision: Revision::EMPTY,
            events: BTreeMap::new(),
            superseded: BTreeMap::new(),
            tallies: Tallies::default(),
        }
    }

    /// The periods of its rows.
    pub(crate) fn periods(&self) -> RangeInclusive<i32> {
        let rows = self.states.len().checked_div(self.width).unwrap_or_default();
        let rows = i32::try_from(rows).unwrap_or(i32::MAX);
        self.first..=self.first.saturating_add(rows).saturating_sub(1)
    }

    /// Makes room for these periods of so many series.
    pub(crate) fn cover(&mut self, periods: &RangeInclusive<i32>, width: usize) {
        if width > self.width {
            self.values.lengthen_rows(self.width, width);
            self.revisions.lengthen_rows(self.width, width);
            self.states.lengthen_rows(self.width, width);
            self.tallies.lengthen_rows(self.width, width);
            self.width = width;
        }
        if let Ok(rows @ 1..) = usize::try_from(i64::from(self.first) - i64::from(*periods.start())) {
            self.values.grow_in_front(rows * width);
            self.totals.grow_in_front(rows);
            self.revisions.grow_in_front(rows * width);
            self.states.grow_in_front(rows * width);
            self.tallies.grow_in_front(rows * width);
            self.first = *periods.start();
        }
        let rows = i64::from(*periods.end()) - i64::from(self.first) + 1;
        let rows = usize::try_from(rows).unwrap_or_default();
        let cells = rows * self.width;
        if cells > self.states.len() {
            self.values.grow_to(cells);
            self.totals.grow_to(rows);
            self.revisions.grow_to(cells);
            self.states.grow_to(cells);
            self.tallies.grow_to(cells);
        }
    }

    /// Records events of one series, for periods that are covered, and tells what each changed.
    pub(crate) fn record(
        &mut self,
        column: u8,
        revision: Revision,
        entries: &[Entry],
        method: Method,
        changes: &mut Vec<Change>,
    ) {
        if !self.record_first(column, revision, entries, method, changes) {
            let each = entries.iter();
            changes.extend(each.filter_map(|entry| self.record_one(column, revision, *entry, method)));
        }
        self.states.settle();
    }

    fn record_one(&mut self, column: u8, revision: Revision, entry: Entry, method: Method) -> Option<Change> {
        let content = match method {
            Method::Tally => self.add_to_tally(column, entry),
            Method::Report => (!entry.is_retraction).then_some((entry.value, entry.status)),
        };
        let earlier = self.newest(column, entry.period);
        // within one revision a cell changes in place: a revision is read whole or not at all
        let same = earlier.filter(|version| version.revision == revision);
        let (recorded, taken_back) = same.map_or((0, 0), |version| (version.recorded, version.taken_back));
        let version = Version {
            revision,
            content,
            recorded: recorded.saturating_add(u32::from(!entry.is_retraction)),
            taken_back: taken_back.saturating_add(u32::from(entry.is_retraction)),
        };
        let change = self.put(column, entry.period, version);
        if same.is_none()
            && let Some(earlier) = earlier
        {
            self.supersede(column, entry.period, earlier);
        }
        change
    }

    fn add_to_tally(&mut self, column: u8, entry: Entry) -> Option<(i128, Status)> {
        let place = (column, entry.period);
        let mut tally = self.tally(place).unwrap_or_default();
        if entry.is_retraction {
            tally.take_back(entry.value, entry.status);
        } else {
            tally.add(entry.value, entry.status);
        }
        self.put_tally(place, tally);
        tally.value()
    }

    fn supersede(&mut self, column: u8, period: i32, earlier: Version) {
        self.superseded.entry((column, period)).or_default().push(earlier);
    }

    /// Puts a version in the place of the newest one.
    fn put(&mut self, column: u8, period: i32, version: Version) -> Option<Change> {
        let place = self.place(column, period)?;
        let (value, state) = version
            .content
            .map_or((0, WITHDRAWN), |(value, status)| (value, status.bits()));
        let change = Change {
            period,
            units: value.wrapping_sub(self.values.get(place)),
            before: held(self.states.get(place)),
            after: held(state),
        };
        self.totals.add(place / self.width, change.units);
        self.values.set(place, value);
        self.revisions.set(place, version.revision.0.into());
        self.states.put(place, state);
        if (version.recorded, version.taken_back) == ONE_EVENT {
            self.events.remove(&(column, period));
        } else {
            self.events
                .insert((column, period), (version.recorded, version.taken_back));
        }
        self.newest_revision = self.newest_revision.max(version.revision);
        Some(change)
    }

    /// The newest version of a period.
    pub(crate) fn newest(&self, column: u8, period: i32) -> Option<Version> {
        let place = self.place(column, period)?;
        let content = match self.states.get(place) {
            NOTHING => return None,
            WITHDRAWN => None,
            state => Some((self.values.get(place), Status::from_bits(state.into())?)),
        };
        let (recorded, taken_back) = self.events.get(&(column, period)).copied().unwrap_or(ONE_EVENT);
        Some(Version {
            // what was put in was not negative
            revision: Revision(u64::try_from(self.revisions.get(place)).unwrap_or_default()),
            content,
            recorded,
            taken_back,
        })
    }

    /// The value of a period as of a revision; `None` when nothing was recorded by then, or when it was withdrawn.
    pub(crate) fn cell(&self, column: u8, period: i32, as_of: Revision) -> Option<Cell> {
        let newest = self.newest(column, period)?;
        if newest.revision <= as_of {
            return newest.cell();
        }
        let earlier = self.superseded.get(&(column, period))?;
        earlier.iter().rev().find(|version| version.revision <= as_of)?.cell()
    }

    /// Every version of a period, the oldest first.
    pub(crate) fn versions(&self, column: u8, period: i32) -> impl Iterator<Item = Version> + '_ {
        let earlier = self.superseded.get(&(column, period)).into_iter().flatten().copied();
        earlier.chain(self.newest(column, period))
    }

    /// The versions of tallies of which there is more than their value.
    pub(crate) fn tallied_versions(&self) -> impl Iterator<Item = (Place, Revision)> {
        let of = |place: Place| {
            self.versions(place.0, place.1)
                .map(move |version| (place, version.revision))
        };
        self.tallies_with_more().flat_map(of)
    }

    /// The status of a stretch in which, as of a revision, some series have a value of that status in every period.
    pub(crate) fn status(&self, columns: Columns, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<Status> {
        Some(self.steady(columns, periods, as_of)?.status)
    }

    /// The total of such a stretch, and its status.
    pub(crate) fn total(
        &self,
        columns: Columns,
        periods: &RangeInclusive<i32>,
        as_of: Revision,
    ) -> Option<(i128, Status)> {
        let Steady {
            rows,
            whole,
            status,
            corrected,
        } = self.steady(columns, periods, as_of)?;
        let total = if whole {
            self.totals.sum(rows)
        } else {
            self.values.sum_of(self.places(columns, rows))
        };
        Some((total + corrected, status))
    }

    fn steady(&self, columns: Columns, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<Steady> {
        let rows = self.row(*periods.start())?..self.row(*periods.end())? + 1;
        if rows.is_empty() || columns.is_empty() || !columns.are_below(self.width) {
            return None;
        }
        let (whole, cells) = (columns.len() == self.width, self.cells(&rows));
        let state = self.states.common(cells.clone()).or_else(|| {
            let mut states = self.places(columns, rows.clone()).map(|place| self.states.get(place));
            let first = states.next().filter(|_| !whole)?;
            states.all(|state| state == first).then_some(first)
        })?;
        let status = Status::from_bits(state.into())?;
        let is_seen = self.newest_revision <= as_of || self.revisions.are_at_most(cells, as_of.0.into());
        let corrected = if is_seen {
            0
        } else {
            self.corrected(columns, rows.clone(), (as_of, status))?
        };
        Some(Steady {
            rows,
            whole,
            status,
            corrected,
        })
    }

    /// What the values were as of a revision that were changed since, less what they are now; `None` when one of them was not
    /// there or had another status.
    fn corrected(&self, columns: Columns, rows: Range<usize>, (as_of, status): (Revision, Status)) -> Option<i128> {
        let newer = self
            .places(columns, rows)
            .filter(|place| self.revisions.get(*place) > i128::from(as_of.0));
        let mut sum = 0;
        for place in newer {
            let (row, column) = (i32::try_from(place / self.width).ok()?, place % self.width);
            let then = self.cell(u8::try_from(column).ok()?, self.first + row, as_of)?;
            if then.status != status {
                return None;
            }
            sum += then.value - self.values.get(place);
        }
        Some(sum)
    }

    const fn cells(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start * self.width..rows.end * self.width
    }

    fn places(&self, columns: Columns, rows: Range<usize>) -> impl Iterator<Item = usize> {
        let width = self.width;
        rows.flat_map(move |row| columns.iter().map(move |column| row * width + usize::from(column)))
    }

    fn row(&self, period: i32) -> Option<usize> {
        self.periods()
            .contains(&period)
            .then(|| usize::try_from(period - self.first).ok())
            .flatten()
    }

    fn place(&self, column: u8, period: i32) -> Option<usize> {
        let column = usize::from(column);
        (column < self.width).then_some(self.row(period)? * self.width + column)
    }
}
