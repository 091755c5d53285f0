//! The series of one area side by side.

use std::ops::RangeInclusive;
use std::sync::Arc;

use almanac_catalog::Method;
use almanac_model::{AreaId, Revision, Status};

use crate::SeriesKey;
use crate::above::Change;
use crate::columns::Columns;
use crate::series::{Entry, Series};
use crate::sheet::Sheet;

/// Up to [`Columns::MOST`] series of one metric and one area. What is recorded of them lies in sheets, by period, so that what
/// they have for a period is read in one piece.
///
/// A clone shares all of it with the original, and whichever is changed first copies the sheet that it changes.
#[derive(Clone, Debug, Default)]
pub struct Block {
    heads: Arc<Vec<Head>>,
    shape: u32,
    /// By number; few, and most often one.
    sheets: Vec<(i32, Arc<Sheet>)>,
}

/// What series it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Head {
    pub(crate) key: SeriesKey,
    pub(crate) kind: Kind,
}

/// What series of different areas have in common.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Kind {
    /// The place of its codes among [`MetricCube::combinations`](crate::MetricCube::combinations).
    pub combination: u32,
    /// The place of its reporter among [`MetricCube::reporters`](crate::MetricCube::reporters).
    pub reporter: u32,
}

impl Block {
    pub(crate) fn has_room(&self) -> bool {
        self.heads.len() < Columns::MOST
    }

    /// The number that the metric gave to the codes and reporters of its series, column by column: whatever is asked of them is
    /// answered alike for all blocks of one shape.
    #[must_use]
    pub const fn shape(&self) -> usize {
        self.shape as usize
    }

    /// Puts a series beside the others where there is room, and gives its column; then it has another shape.
    pub(crate) fn add(&mut self, head: Head, shape: u32) -> u8 {
        self.shape = shape;
        let column = u8::try_from(self.heads.len()).unwrap_or(u8::MAX);
        Arc::make_mut(&mut self.heads).push(head);
        column
    }

    /// Its series.
    #[must_use]
    pub fn all_series(&self) -> impl ExactSizeIterator<Item = Series<'_>> {
        let columns = u8::try_from(self.heads.len()).unwrap_or(u8::MAX);
        (0..columns).map(|column| Series::new(self, column))
    }

    /// Some of its series.
    pub fn series_in(&self, columns: Columns) -> impl Iterator<Item = Series<'_>> {
        columns.iter().map(|column| Series::new(self, column))
    }

    /// The area of its series; none while it has none.
    pub(crate) fn area(&self) -> Option<&AreaId> {
        self.heads.first().map(|head| &head.key.area)
    }

    pub(crate) fn head(&self, column: u8) -> &Head {
        &self.heads[usize::from(column)]
    }

    /// The status of a stretch in which, as of a revision, each of some series has a value of that status in every period; `None`
    /// elsewhere, where one has to look at the cells.
    #[must_use]
    pub fn status(&self, columns: Columns, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<Status> {
        let each = self.sheets_over(periods);
        let mut statuses = each.map(|(periods, sheet)| sheet?.status(columns, &periods, as_of));
        let first = statuses.next()??;
        statuses.try_fold(first, |one, other| other.filter(|other| *other == one))
    }

    /// The total of such a stretch, and its status. It costs a fraction of looking at the cells.
    #[must_use]
    pub fn total(&self, columns: Columns, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<(i128, Status)> {
        let each = self.sheets_over(periods);
        let mut totals = each.map(|(periods, sheet)| sheet?.total(columns, &periods, as_of));
        let first = totals.next()??;
        totals.try_fold(first, |(sum, status), other| {
            let (total, _) = other.filter(|(_, other)| *other == status)?;
            Some((sum + total, status))
        })
    }

    /// A stretch of periods, cut by sheets; none where there is no sheet, for all that is left.
    fn sheets_over(
        &self,
        periods: &RangeInclusive<i32>,
    ) -> impl Iterator<Item = (RangeInclusive<i32>, Option<&Sheet>)> {
        let (mut next, end) = (Some(*periods.start()), *periods.end());
        std::iter::from_fn(move || {
            let start = next.filter(|start| *start <= end)?;
            let sheet = self.sheet(start);
            let last = sheet.map_or(end, |sheet| end.min(*sheet.periods().end()).max(start));
            next = last.checked_add(1);
            Some((start..=last, sheet))
        })
    }

    pub(crate) fn sheet(&self, period: i32) -> Option<&Sheet> {
        let place = self.place(Sheet::number(period)).ok()?;
        Some(&self.sheets[place].1)
    }

    /// The sheet of a period, to be copied when others have it too and it is changed.
    pub(crate) fn sheet_mut(&mut self, period: i32) -> Option<&mut Arc<Sheet>> {
        let place = self.place(Sheet::number(period)).ok()?;
        Some(&mut self.sheets[place].1)
    }

    /// Its sheets, the earliest first.
    pub(crate) fn sheets(&self) -> impl DoubleEndedIterator<Item = &Sheet> {
        self.sheets.iter().map(|(_, sheet)| sheet.as_ref())
    }

    fn place(&self, number: i32) -> Result<usize, usize> {
        self.sheets.binary_search_by_key(&number, |(number, _)| *number)
    }

    /// The sheet of some periods, with room for them; it is made when it is not there yet.
    fn covered(&mut self, periods: &RangeInclusive<i32>) -> &mut Sheet {
        let number = Sheet::number(*periods.start());
        let place = self.place(number).unwrap_or_else(|place| {
            let sheet = Sheet::new(*periods.start());
            self.sheets.insert(place, (number, Arc::new(sheet)));
            place
        });
        let sheet = Arc::make_mut(&mut self.sheets[place].1);
        sheet.cover(periods, self.heads.len());
        sheet
    }

    /// Records events of one series, and tells what each changed.
    pub(crate) fn record(
        &mut self,
        column: u8,
        revision: Revision,
        entries: &[Entry],
        method: Method,
        changes: &mut Vec<Change>,
    ) {
        let number = |entry: &Entry| Sheet::number(entry.period);
        for entries in entries.chunk_by(|one, next| number(one) == number(next)) {
            let periods = entries.iter().map(|entry| entry.period);
            if let (Some(first), Some(last)) = (periods.clone().min(), periods.max()) {
                let sheet = self.covered(&(first..=last));
                sheet.record(column, revision, entries, method, changes);
            }
        }
    }

    /// Puts a sheet after those that are there; false when it belongs before one of them.
    #[must_use]
    pub(crate) fn restore(&mut self, sheet: Sheet) -> bool {
        let number = Sheet::number(*sheet.periods().start());
        let ascends = self.sheets.last().is_none_or(|(last, _)| *last < number);
        self.sheets.push((number, Arc::new(sheet)));
        ascends
    }

    /// The last of its sheets, to put back what is rare in it.
    pub(crate) fn last_sheet(&mut self) -> Option<&mut Sheet> {
        self.sheets.last_mut().map(|(_, sheet)| Arc::make_mut(sheet))
    }
}

/// Equal are blocks of the same series with the same versions, however they lie.
impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (Series<'_>, Series<'_>)| {
            one.key() == other.key() && one.history().eq(other.history()) && one.tallies().eq(other.tallies())
        };
        self.heads.len() == other.heads.len() && self.all_series().zip(other.all_series()).all(same)
    }
}

impl Eq for Block {}
