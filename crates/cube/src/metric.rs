//! The series of one metric.

use std::collections::{BTreeSet, HashMap};

use almanac_catalog::Method;
use almanac_model::{AreaId, Granularity, Revision};

use crate::series::Entry;
use crate::{Series, SeriesKey};

/// All values of one metric.
#[derive(Clone, Debug)]
pub struct MetricCube {
    granularity: Granularity,
    series: Vec<Series>,
    by_key: HashMap<SeriesKey, u32>,
    by_area: HashMap<AreaId, Vec<u32>>,
    /// The series and period of each cell that ever had a confidential version. Most metrics have none.
    confidential: BTreeSet<(u32, i32)>,
}

impl MetricCube {
    pub(crate) fn new(granularity: Granularity) -> Self {
        Self {
            granularity,
            series: Vec::new(),
            by_key: HashMap::new(),
            by_area: HashMap::new(),
            confidential: BTreeSet::new(),
        }
    }

    /// What its periods count.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The series that were recorded for exactly this area.
    pub fn series_of(&self, area: &AreaId) -> impl Iterator<Item = &Series> {
        self.by_area
            .get(area)
            .into_iter()
            .flatten()
            .map(|&index| &self.series[index as usize])
    }

    /// All its series.
    pub fn all_series(&self) -> impl Iterator<Item = &Series> {
        self.series.iter()
    }

    /// The series with this key.
    #[must_use]
    pub fn series(&self, key: &SeriesKey) -> Option<&Series> {
        self.by_key.get(key).map(|&index| &self.series[index as usize])
    }

    /// Whether any cell ever had a confidential version: nothing is kept secret of a metric without one.
    #[must_use]
    pub fn has_confidential(&self) -> bool {
        !self.confidential.is_empty()
    }

    /// Whether any cell had a confidential version by a revision.
    #[must_use]
    pub fn had_confidential(&self, as_of: Revision) -> bool {
        self.confidential.iter().any(|&(index, period)| {
            let mut writes = self.series[index as usize].writes(period, as_of);
            writes.any(|write| write.after.is_some_and(|cell| cell.status.confidential))
        })
    }

    /// The cells that are confidential as of a revision: series and period.
    #[must_use = "an iterator does nothing until it is read"]
    pub fn confidential(&self, as_of: Revision) -> impl Iterator<Item = (&Series, i32)> {
        let cells = self
            .confidential
            .iter()
            .map(|&(index, period)| (&self.series[index as usize], period));
        cells.filter(move |(series, period)| series.cell(*period, as_of).is_some_and(|cell| cell.status.confidential))
    }

    /// The index of the series with this key, made when it is not there yet.
    pub(crate) fn place(&mut self, key: SeriesKey) -> u32 {
        if let Some(&index) = self.by_key.get(&key) {
            return index;
        }
        let index = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        self.by_area.entry(key.area.clone()).or_default().push(index);
        self.by_key.insert(key.clone(), index);
        self.series.push(Series::new(key));
        index
    }

    pub(crate) fn record(&mut self, index: u32, revision: Revision, entry: Entry, method: Method) {
        // a tally's total is confidential from its first confidential event on; so the event tells which cells to look at
        if entry.status.confidential {
            self.confidential.insert((index, entry.period));
        }
        self.series[index as usize].record(revision, entry, method);
    }
}
