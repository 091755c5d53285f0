//! What the cells of each period come to together, for the sums of the areas above.

use std::collections::BTreeSet;

use almanac_catalog::Method;
use almanac_model::Revision;

use super::Sheet;
use super::states::held;
use crate::above::{Change, Row};
use crate::series::Version;

impl Sheet {
    /// By period, what the cells of reports had at first, and those of tallies have now.
    pub(crate) fn rows(&self, method: Method) -> impl Iterator<Item = (i32, Row)> {
        let corrected = self.superseded.keys().filter(move |_| method == Method::Report);
        let corrected: BTreeSet<i32> = corrected.map(|(_, period)| *period).collect();
        self.periods().map(move |period| {
            let row = if corrected.contains(&period) {
                self.first_row(period)
            } else {
                self.newest_row(period)
            };
            (period, row)
        })
    }

    /// What was changed since in cells of reports, cell by cell, and by which revision.
    pub(crate) fn corrections(&self) -> impl Iterator<Item = (Revision, Change)> {
        let corrected = self.superseded.keys();
        corrected.flat_map(|&(column, period)| {
            let pairs = self.versions(column, period).zip(self.versions(column, period).skip(1));
            pairs.map(move |(before, after)| (after.revision, change(period, before, after)))
        })
    }

    fn newest_row(&self, period: i32) -> Row {
        let row = self.row(period).unwrap_or_default();
        let cells = row * self.width..(row + 1) * self.width;
        let revision = Revision(u64::try_from(self.revisions.greatest(cells.clone())).unwrap_or_default());
        if let Some(state) = self.states.common(cells.clone()) {
            let count = u32::try_from(self.width).unwrap_or(u32::MAX);
            return Row::of_cells(self.totals.get(row), (held(state), count), revision);
        }
        let mut all = Row::of_cell(self.totals.get(row), None, revision);
        for cell in cells {
            all.add(&Row::of_cell(0, held(self.states.get(cell)), revision));
        }
        all
    }

    fn first_row(&self, period: i32) -> Row {
        let columns = 0..u8::try_from(self.width).unwrap_or(u8::MAX);
        let firsts = columns.filter_map(|column| self.versions(column, period).next());
        firsts.fold(Row::default(), |mut all, first| {
            let (units, state) = content(first);
            all.add(&Row::of_cell(units, state, first.revision));
            all
        })
    }
}

fn change(period: i32, before: Version, after: Version) -> Change {
    let (units, state) = content(after);
    let (units_before, state_before) = content(before);
    Change {
        period,
        units: units - units_before,
        before: state_before,
        after: state,
    }
}

/// Its value, zero without one, and the bits of its status.
fn content(version: Version) -> (i128, Option<u8>) {
    let content = version.content;
    content.map_or((0, None), |(value, status)| (value, Some(status.bits())))
}
