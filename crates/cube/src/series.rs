//! One series: a column of newest cells by period, and what they superseded.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use almanac_catalog::Method;
use almanac_model::{AreaId, BatchSeries, Code, ReporterId, Revision, Status};

/// What tells the series of one metric apart.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SeriesKey {
    /// Where.
    pub area: AreaId,
    /// The code of each dimension, in the order of the dimensions' ids.
    pub codes: Vec<Code>,
    /// Who reports.
    pub reporter: ReporterId,
}

/// One version of one value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cell {
    /// In units of `10^-decimals`; the total so far for a tally. Meaningless when the status says missing.
    pub value: i128,
    /// Quality, qualifier, missing reason.
    pub status: Status,
    /// The revision that made this version.
    pub revision: Revision,
}

/// The values of one series.
#[derive(Clone, Debug)]
pub struct Series {
    key: SeriesKey,
    /// The period of the first cell.
    first: i32,
    newest: Vec<Option<Cell>>,
    /// Earlier versions by period, the oldest first. Most cells have none.
    superseded: HashMap<i32, Vec<Cell>>,
}

impl SeriesKey {
    /// The key of a batch's series.
    #[must_use]
    pub fn of(series: &BatchSeries) -> Self {
        Self {
            area: series.area.clone(),
            codes: series.dimensions.iter().map(|(_, code)| code.clone()).collect(),
            reporter: series.reporter.clone(),
        }
    }
}

impl Series {
    pub(crate) fn new(key: SeriesKey) -> Self {
        Self { key, first: 0, newest: Vec::new(), superseded: HashMap::new() }
    }

    /// What series it is.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }

    pub(crate) fn record(&mut self, period: i32, event: Cell, method: Method) {
        let slot = self.slot(period);
        let version = match (method, *slot) {
            (Method::Tally, Some(total)) => added(total, event),
            (Method::Tally, None) | (Method::Report, _) => event,
        };
        let earlier = slot.replace(version);
        // within one revision a tally grows in place: a revision is read whole or not at all
        if let Some(cell) = earlier.filter(|cell| cell.revision != version.revision) {
            self.superseded.entry(period).or_default().push(cell);
        }
    }

    /// The place of a period, made when it is not there yet.
    fn slot(&mut self, period: i32) -> &mut Option<Cell> {
        if self.newest.is_empty() {
            self.first = period;
        }
        if period < self.first {
            let gap = usize::try_from(self.first - period).unwrap_or(0);
            self.newest.splice(0..0, std::iter::repeat_n(None, gap));
            self.first = period;
        }
        let index = usize::try_from(period - self.first).unwrap_or(0);
        if index >= self.newest.len() {
            self.newest.resize(index + 1, None);
        }
        &mut self.newest[index]
    }

    /// The value of a period as of a revision.
    #[must_use]
    pub fn cell(&self, period: i32, as_of: Revision) -> Option<Cell> {
        let index = usize::try_from(period.checked_sub(self.first)?).ok()?;
        let newest = (*self.newest.get(index)?)?;
        if newest.revision <= as_of {
            return Some(newest);
        }
        let earlier = self.superseded.get(&period)?;
        earlier.iter().rev().find(|cell| cell.revision <= as_of).copied()
    }

    /// The values in a range of periods as of a revision, the earliest first; periods without one are left out.
    pub fn cells(
        &self,
        periods: RangeInclusive<i32>,
        as_of: Revision,
    ) -> impl DoubleEndedIterator<Item = (i32, Cell)> + '_ {
        let end = self.first.saturating_add(i32::try_from(self.newest.len()).unwrap_or(i32::MAX));
        let (from, to) = ((*periods.start()).max(self.first), (*periods.end()).min(end - 1));
        (from..=to).filter_map(move |period| Some((period, self.cell(period, as_of)?)))
    }
}

fn added(total: Cell, event: Cell) -> Cell {
    Cell {
        value: total.value + event.value,
        status: Status {
            quality: total.status.quality.min(event.status.quality),
            qualifier: total.status.qualifier.plus(event.status.qualifier),
            missing: None,
        },
        revision: event.revision,
    }
}
