//! The series of one metric.

use std::collections::HashMap;

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
}

impl MetricCube {
    pub(crate) fn new(granularity: Granularity) -> Self {
        Self {
            granularity,
            series: Vec::new(),
            by_key: HashMap::new(),
            by_area: HashMap::new(),
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

    /// The series with this key.
    #[must_use]
    pub fn series(&self, key: &SeriesKey) -> Option<&Series> {
        self.by_key.get(key).map(|&index| &self.series[index as usize])
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
        self.series[index as usize].record(revision, entry, method);
    }
}
