//! The series of one metric.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use almanac_catalog::Method;
use almanac_model::{AreaId, Code, Granularity, ReporterId, Revision};

use crate::series::Entry;
use crate::{Series, SeriesKey};

/// All values of one metric.
///
/// A clone shares the series, and what finds them, with the original; whichever of the two is changed first copies what it
/// changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MetricCube {
    granularity: Granularity,
    series: Vec<Arc<Series>>,
    places: Arc<Places>,
    /// The series and period of each cell that ever had a confidential version. Most metrics have none.
    confidential: Secrets,
}

/// Series and periods.
type Secrets = Arc<BTreeSet<(u32, i32)>>;

/// Where each series is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Places {
    by_key: HashMap<SeriesKey, u32>,
    by_area: HashMap<AreaId, Vec<u32>>,
    /// Every combination of codes that a series has, and every reporter of one.
    combinations: Numbered<Vec<Code>>,
    reporters: Numbered<ReporterId>,
}

/// Different things, numbered in the order in which they came.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Numbered<T: Eq + Hash> {
    all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Eq + Hash> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of one, given to it when it is new.
    fn number(&mut self, one: &T) -> u32 {
        if let Some(&number) = self.numbers.get(one) {
            return number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(one.clone());
        self.numbers.insert(one.clone(), number);
        number
    }
}

impl MetricCube {
    pub(crate) fn new(granularity: Granularity) -> Self {
        Self {
            granularity,
            series: Vec::new(),
            places: Arc::default(),
            confidential: Arc::default(),
        }
    }

    /// What its periods count.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The series that were recorded for exactly this area.
    pub fn series_of(&self, area: &AreaId) -> impl Iterator<Item = &Series> {
        let places = self.places.by_area.get(area);
        places.into_iter().flatten().map(|&index| self.at(index))
    }

    /// All its series.
    pub fn all_series(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().map(Arc::as_ref)
    }

    /// The combinations of codes that its series have, in the order of the dimensions' ids: whatever is asked of the codes of
    /// many series is answered once for each of these.
    #[must_use]
    pub fn combinations(&self) -> &[Vec<Code>] {
        &self.places.combinations.all
    }

    /// The reporters of its series.
    #[must_use]
    pub fn reporters(&self) -> &[ReporterId] {
        &self.places.reporters.all
    }

    /// The series with this key.
    #[must_use]
    pub fn series(&self, key: &SeriesKey) -> Option<&Series> {
        self.places.by_key.get(key).map(|&index| self.at(index))
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
            let mut writes = self.at(index).writes(period, as_of);
            writes.any(|write| write.after.is_some_and(|cell| cell.status.confidential))
        })
    }

    /// The cells that are confidential as of a revision: series and period.
    #[must_use = "an iterator does nothing until it is read"]
    pub fn confidential(&self, as_of: Revision) -> impl Iterator<Item = (&Series, i32)> {
        let cells = self
            .confidential
            .iter()
            .map(|&(index, period)| (self.at(index), period));
        cells.filter(move |(series, period)| series.cell(*period, as_of).is_some_and(|cell| cell.status.confidential))
    }

    /// The index of the series with this key, made when it is not there yet.
    pub(crate) fn place(&mut self, key: SeriesKey) -> u32 {
        if let Some(&index) = self.places.by_key.get(&key) {
            return index;
        }
        let index = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        let places = Arc::make_mut(&mut self.places);
        places.by_area.entry(key.area.clone()).or_default().push(index);
        places.by_key.insert(key.clone(), index);
        let (combination, reporter) = (
            places.combinations.number(&key.codes),
            places.reporters.number(&key.reporter),
        );
        self.series.push(Arc::new(Series::new(key, combination, reporter)));
        index
    }

    /// The series with this index, to put back what it had; `None` when there is none.
    pub(crate) fn series_mut(&mut self, index: u32) -> Option<&mut Series> {
        self.series.get_mut(index as usize).map(Arc::make_mut)
    }

    /// Its series, and the index and period of each cell that ever had a confidential version.
    pub(crate) fn into_parts(self) -> (Vec<Arc<Series>>, Secrets) {
        (self.series, self.confidential)
    }

    /// Puts back that a cell once had a confidential version.
    pub(crate) fn restore_secret(&mut self, index: u32, period: i32) {
        Arc::make_mut(&mut self.confidential).insert((index, period));
    }

    fn at(&self, index: u32) -> &Series {
        &self.series[index as usize]
    }

    /// Records entries of one series.
    pub(crate) fn record(
        &mut self,
        index: u32,
        revision: Revision,
        entries: impl ExactSizeIterator<Item = Entry>,
        method: Method,
    ) {
        let series = Arc::make_mut(&mut self.series[index as usize]);
        series.reserve(entries.len());
        for entry in entries {
            // a tally's total is confidential from its first confidential event on; so the event tells which cells to look at
            if entry.status.confidential {
                Arc::make_mut(&mut self.confidential).insert((index, entry.period));
            }
            series.record(revision, entry, method);
        }
    }
}
