//! What all series under one area have together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use almanac_model::{Revision, Status};

use crate::sheet::{Sheet, grow_in_front, grow_to};

/// What lies under an area while no boundary changes: so many areas, and the sums of their series by period.
#[derive(Clone, Debug)]
pub struct Subtree {
    areas: usize,
    series: u32,
    /// How many blocks of each shape.
    shapes: Arc<BTreeMap<usize, usize>>,
    /// Cut as the sheets of blocks are, and by their numbers.
    sheets: Vec<(i32, Arc<Sums>)>,
}

/// Sums by period.
#[derive(Clone, Debug)]
struct Sums {
    first: i32,
    rows: Vec<Row>,
    /// What they were before they were changed, from when on they were whole, the oldest first.
    earlier: BTreeMap<i32, Vec<Row>>,
}

/// What series have together for a period.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    units: i128,
    /// How many of them have a value.
    cells: u32,
    /// The states of those, added, and the squares of the states. They tell whether all are of one: then, and only then, is the mean
    /// of the squares the square of the mean.
    states: u32,
    squares: u64,
    /// The last that changed it.
    revision: Revision,
}

/// What a revision changed in one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) period: i32,
    /// How much more it is.
    pub(crate) units: i128,
    /// The bits of its status; none where it has no value.
    pub(crate) before: Option<u8>,
    pub(crate) after: Option<u8>,
}

impl Subtree {
    pub(crate) fn new(areas: usize) -> Self {
        Self {
            areas,
            series: 0,
            shapes: Arc::default(),
            sheets: Vec::new(),
        }
    }

    /// How many areas of the level that is reported lie in it, whether or not anything was recorded of them.
    #[must_use]
    pub const fn areas(&self) -> usize {
        self.areas
    }

    /// The shapes of the blocks that lie in it, and how many are of each; see [`Block::shape`](crate::Block::shape).
    pub fn shapes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.shapes.iter().map(|(shape, blocks)| (*shape, *blocks))
    }

    /// The total of a stretch in which, as of a revision, each of its series has a value of one status in every period, and that
    /// status; `None` elsewhere, where one has to look at the blocks, and also where the total then is not known any more.
    #[must_use]
    pub fn total(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<(i128, Status)> {
        let (mut next, end) = (*periods.start(), *periods.end());
        let (mut units, mut first) = (0, None);
        while next <= end {
            let sums = &self.sheets[self.place(Sheet::number(next)).ok()?].1;
            let until = end.min(Sheet::last_period(next));
            for (newest, period) in sums.rows_of(next, until)?.iter().zip(next..) {
                let row = sums.as_of(period, newest, as_of)?;
                if !row.is_like(first.get_or_insert(row)) {
                    return None;
                }
                units += row.units;
            }
            next = until.checked_add(1)?;
        }
        // what is like the first one is of its state
        let state = first?.state(self.series)?;
        Some((units, Status::from_bits(state.into())?))
    }

    /// Takes up series that were put in a block, which had another shape before.
    pub(crate) fn add_series(&mut self, count: u32, before: usize, shape: usize) {
        self.series += count;
        let shapes = Arc::make_mut(&mut self.shapes);
        if let Some(blocks) = shapes.get_mut(&before) {
            *blocks -= 1;
            if *blocks == 0 {
                shapes.remove(&before);
            }
        }
        *shapes.entry(shape).or_default() += 1;
    }

    /// Adds what some of its series have for a period.
    pub(crate) fn add(&mut self, period: i32, row: &Row) {
        self.sums(period).row(period).add(row);
    }

    /// Changes the sums of some periods, as a revision says; keeps what they were, if that is wanted.
    pub(crate) fn change(&mut self, changes: &[Change], revision: Revision, keeps_earlier: bool) {
        let series = self.series;
        for changes in changes.chunk_by(|one, next| Sheet::number(one.period) == Sheet::number(next.period)) {
            let sums = self.sums(changes[0].period);
            for change in changes {
                if keeps_earlier {
                    sums.keep(change.period, revision, series);
                }
                sums.row(change.period).change(change, revision);
            }
        }
    }

    fn sums(&mut self, period: i32) -> &mut Sums {
        let number = Sheet::number(period);
        let place = self.place(number).unwrap_or_else(|place| {
            let sums = Sums {
                first: period,
                rows: Vec::new(),
                earlier: BTreeMap::new(),
            };
            self.sheets.insert(place, (number, Arc::new(sums)));
            place
        });
        Arc::make_mut(&mut self.sheets[place].1)
    }

    fn place(&self, number: i32) -> Result<usize, usize> {
        self.sheets.binary_search_by_key(&number, |(number, _)| *number)
    }
}

impl Sums {
    /// The rows of some periods, when all of them are there.
    fn rows_of(&self, first: i32, last: i32) -> Option<&[Row]> {
        let first = first.checked_sub(self.first)?;
        let last = last.checked_sub(self.first)?;
        self.rows
            .get(usize::try_from(first).ok()?..=usize::try_from(last).ok()?)
    }

    /// What the row of a period was as of a revision, if that is known.
    fn as_of<'a>(&'a self, period: i32, newest: &'a Row, as_of: Revision) -> Option<&'a Row> {
        if newest.revision <= as_of {
            return Some(newest);
        }
        let earlier = self.earlier.get(&period)?;
        earlier.iter().rfind(|row| row.revision <= as_of)
    }

    /// Keeps what is there for a period before a revision changes it, if it was ever whole.
    fn keep(&mut self, period: i32, revision: Revision, series: u32) {
        let before = *self.row(period);
        // what a revision has changed already nobody has seen as it was between
        if before.revision >= revision {
            return;
        }
        if before.state(series).is_some() {
            self.earlier.entry(period).or_default().push(before);
        } else if let Some(earlier) = self.earlier.get_mut(&period) {
            earlier.push(before);
        }
    }

    /// The row of a period, which is made when it is not there.
    fn row(&mut self, period: i32) -> &mut Row {
        if period < self.first {
            grow_in_front(&mut self.rows, places_from(period, self.first), Row::default());
            self.first = period;
        }
        let index = places_from(self.first, period);
        if index >= self.rows.len() {
            grow_to(&mut self.rows, index + 1, Row::default());
        }
        &mut self.rows[index]
    }
}

impl Row {
    /// What one cell has.
    pub(crate) fn of_cell(units: i128, state: Option<u8>, revision: Revision) -> Self {
        Self::of_cells(units, (state, 1), revision)
    }

    /// What so many cells of one state have.
    pub(crate) fn of_cells(units: i128, (state, cells): (Option<u8>, u32), revision: Revision) -> Self {
        let cells = if state.is_some() { cells } else { 0 };
        let state = u32::from(state.unwrap_or_default());
        Self {
            units,
            cells,
            states: state * cells,
            squares: u64::from(state * state) * u64::from(cells),
            revision,
        }
    }

    /// The state of all cells, when all series have one and it is the same.
    fn state(&self, series: u32) -> Option<u8> {
        let (cells, states) = (u128::from(self.cells), u128::from(self.states));
        let is_one = self.cells == series && cells * u128::from(self.squares) == states * states;
        let mean = self.states.checked_div(self.cells).filter(|_| is_one)?;
        u8::try_from(mean).ok()
    }

    /// Whether as many series have a value as in another, and of the same states.
    fn is_like(&self, other: &Self) -> bool {
        (self.cells, self.states, self.squares) == (other.cells, other.states, other.squares)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.units += other.units;
        self.cells += other.cells;
        self.states += other.states;
        self.squares += other.squares;
        self.revision = self.revision.max(other.revision);
    }

    fn change(&mut self, change: &Change, revision: Revision) {
        if let Some(before) = change.before {
            self.cells -= 1;
            self.states -= u32::from(before);
            self.squares -= u64::from(before).pow(2);
        }
        self.add(&Self::of_cell(change.units, change.after, revision));
    }
}

/// From one period to another that is not before it.
fn places_from(one: i32, other: i32) -> usize {
    usize::try_from(i64::from(other) - i64::from(one)).unwrap_or_default()
}
