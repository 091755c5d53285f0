//! The series of one metric.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::ops::RangeInclusive;
use std::sync::Arc;

use almanac_catalog::{Catalog, Method, Metric};
use almanac_model::{AreaId, BatchSeries, Code, Granularity, ReporterId, Revision};
use foldhash::fast::RandomState;

use crate::above::{Above, Change, Subtree};
use crate::block::{Head, Kind};
use crate::fold::Folded;
use crate::series::{Entry, Named};
use crate::sheet::Sheet;
use crate::{Block, Series, SeriesKey};

/// All values of one metric.
///
/// A clone shares the series, and what finds them, with the original; whichever of the two is changed first copies what it
/// changes.
#[derive(Clone, Debug)]
pub struct MetricCube {
    granularity: Granularity,
    blocks: Vec<Block>,
    places: Arc<Places>,
    /// The series and period of each cell that ever had a confidential version. Most metrics have none.
    confidential: Secrets,
    folded: Folded,
    /// What is kept of the areas above; none of a metric that was not always reported for one level, or as long as nobody said which
    /// area lies under which.
    above: Option<Above>,
}

/// Series and periods.
type Secrets = Arc<BTreeSet<(Place, i32)>>;

/// Where a series is: the place of its block, and its column there.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) column: u8,
}

/// Where each series is.
#[derive(Clone, Debug, Default)]
struct Places {
    by_key: hashbrown::HashMap<SeriesKey, Place, RandomState>,
    /// Blocks, of which only the last has room.
    by_area: HashMap<AreaId, Vec<u32>, RandomState>,
    /// Every combination of codes that a series has, and every reporter of one.
    combinations: Numbered<Vec<Code>>,
    reporters: Numbered<ReporterId>,
    /// Of each shape of blocks, from 1 on, which one is without its last series, and of what kind that is; 0 is that of an empty one.
    shapes: Numbered<(usize, Kind)>,
}

/// Different things, numbered in the order in which they came.
#[derive(Clone, Debug)]
struct Numbered<T: Eq + Hash> {
    all: Vec<T>,
    numbers: HashMap<T, u32, RandomState>,
}

impl<T: Eq + Hash> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            numbers: HashMap::default(),
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
            blocks: Vec::new(),
            places: Arc::default(),
            confidential: Arc::default(),
            folded: Folded::default(),
            above: None,
        }
    }

    /// What its periods count.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.granularity
    }

    /// The revision from which on every value is known as of each; before it only those of reports are, and what happened to
    /// tallies is in the log alone. That of the empty log when the whole past is known.
    #[must_use]
    pub const fn floor(&self) -> Revision {
        self.folded.floor
    }

    /// The series that were recorded for exactly this area.
    pub fn series_of(&self, area: &AreaId) -> impl Iterator<Item = Series<'_>> {
        self.blocks_of(area).flat_map(|(_, block)| block.all_series())
    }

    /// The same, side by side, with the places of their blocks.
    pub fn blocks_of(&self, area: &AreaId) -> impl Iterator<Item = (u32, &Block)> {
        let blocks = self.places.by_area.get(area);
        blocks
            .into_iter()
            .flatten()
            .map(|&block| (block, &self.blocks[block as usize]))
    }

    /// So many shapes its blocks have at most; see [`Block::shape`].
    #[must_use]
    pub fn shapes(&self) -> usize {
        self.places.shapes.all.len() + 1
    }

    /// The series of the blocks of a shape, column by column.
    #[must_use]
    pub fn kinds(&self, shape: usize) -> Vec<Kind> {
        let step = |shape: usize| self.places.shapes.all.get(shape.checked_sub(1)?);
        let steps = std::iter::successors(step(shape), |(before, _)| step(*before));
        let mut kinds: Vec<Kind> = steps.map(|(_, kind)| *kind).collect();
        kinds.reverse();
        kinds
    }

    /// What lies under an area of a catalogue in each of some periods, when that is kept: not for metrics that were not always
    /// reported for one level, nor where boundaries change among the periods.
    #[must_use]
    pub fn subtree(
        &self,
        (metric, catalog): (&Metric, &Catalog),
        area: &AreaId,
        periods: &RangeInclusive<i32>,
    ) -> Option<&Subtree> {
        let above = self.above.as_ref().filter(|above| above.is_of(metric, catalog))?;
        above.subtree(area, *periods.start(), *periods.end())
    }

    /// Whether what is kept of the areas above is that of a catalogue.
    pub(crate) fn is_arranged(&self, metric: &Metric, catalog: &Catalog) -> bool {
        match &self.above {
            Some(above) => above.is_of(metric, catalog),
            None => metric.only_level().is_none(),
        }
    }

    /// Adds up for the areas above those that are reported, as a catalogue has them.
    pub(crate) fn arrange(&mut self, metric: &Metric, catalog: &Catalog) {
        self.above = Above::of(metric, catalog, &self.blocks);
    }

    /// The block at a place that [`Self::blocks_of`] gave.
    #[must_use]
    pub fn block(&self, place: u32) -> Option<&Block> {
        self.blocks.get(place as usize)
    }

    /// All its series.
    pub fn all_series(&self) -> impl Iterator<Item = Series<'_>> {
        self.blocks.iter().flat_map(Block::all_series)
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
    pub fn series(&self, key: &SeriesKey) -> Option<Series<'_>> {
        self.places.by_key.get(key).map(|&place| self.at(place))
    }

    /// Whether any cell ever had a confidential version: nothing is kept secret of a metric without one.
    #[must_use]
    pub fn has_confidential(&self) -> bool {
        !self.confidential.is_empty()
    }

    /// Whether any cell had a confidential version by a revision.
    #[must_use]
    pub fn had_confidential(&self, as_of: Revision) -> bool {
        let was_forgotten = self.folded.confidential.is_some_and(|first| first <= as_of);
        was_forgotten
            || self.confidential.iter().any(|&(place, period)| {
                let mut writes = self.at(place).writes(period, as_of);
                writes.any(|write| write.after.is_some_and(|cell| cell.status.confidential))
            })
    }

    /// The cells that are confidential as of a revision: series and period.
    #[must_use = "an iterator does nothing until it is read"]
    pub fn confidential(&self, as_of: Revision) -> impl Iterator<Item = (Series<'_>, i32)> {
        let cells = self
            .confidential
            .iter()
            .map(|&(place, period)| (self.at(place), period));
        cells.filter(move |(series, period)| series.cell(*period, as_of).is_some_and(|cell| cell.status.confidential))
    }

    /// Where a series of a batch is. It is put beside those of its area when it is not there yet.
    pub(crate) fn place(&mut self, series: &BatchSeries, catalog: &Catalog) -> Place {
        let known = self.places.by_key.get(&Named(series)).copied();
        known.unwrap_or_else(|| self.add(SeriesKey::of(series), Some(catalog)))
    }

    /// Puts a new series beside those of its area.
    pub(crate) fn add(&mut self, key: SeriesKey, catalog: Option<&Catalog>) -> Place {
        let places = Arc::make_mut(&mut self.places);
        let kind = Kind {
            combination: places.combinations.number(&key.codes),
            reporter: places.reporters.number(&key.reporter),
        };
        let of_area = places.by_area.entry(key.area.clone()).or_default();
        let block = with_room(&mut self.blocks, of_area);
        let beside = &mut self.blocks[block as usize];
        let before = beside.shape();
        let shape = places.shapes.number(&(before, kind)) + 1;
        let column = beside.add(Head { key: key.clone(), kind }, shape);
        let place = Place { block, column };
        places.by_key.insert(key, place);
        if let (Some(above), Some(catalog)) = (&mut self.above, catalog) {
            above.add_series(block, &self.blocks, before, catalog);
        }
        place
    }

    /// The block of a place, to put back what it had.
    pub(crate) fn block_mut(&mut self, place: Place) -> &mut Block {
        &mut self.blocks[place.block as usize]
    }

    /// What is known of versions that were forgotten.
    pub(crate) const fn folded(&self) -> Folded {
        self.folded
    }

    /// Keeps in mind that some were.
    pub(crate) fn note_folded(&mut self, forgotten: Folded) {
        self.folded = self.folded.and(forgotten);
    }

    /// The versions of tallies of which there is more than their value: the place, the period and the revision.
    pub(crate) fn tallied_versions(&self) -> impl Iterator<Item = (Place, i32, Revision)> {
        (0..).zip(&self.blocks).flat_map(|(block, series)| {
            let cells = series.sheets().flat_map(Sheet::tallied_versions);
            cells.map(move |((column, period), revision)| (Place { block, column }, period, revision))
        })
    }

    /// Its series side by side, and the place and period of each cell that ever had a confidential version.
    pub(crate) fn into_parts(self) -> (Vec<Block>, Secrets) {
        (self.blocks, self.confidential)
    }

    /// Puts back that a cell once had a confidential version.
    pub(crate) fn restore_secret(&mut self, place: Place, period: i32) {
        Arc::make_mut(&mut self.confidential).insert((place, period));
    }

    fn at(&self, place: Place) -> Series<'_> {
        Series::new(&self.blocks[place.block as usize], place.column)
    }

    /// Records entries of one series.
    pub(crate) fn record(
        &mut self,
        place: Place,
        revision: Revision,
        entries: &[Entry],
        (method, catalog): (Method, &Catalog),
        changes: &mut Vec<Change>,
    ) {
        // a tally's total is confidential from its first confidential event on; so the event tells which cells to look at
        for entry in entries.iter().filter(|entry| entry.status.confidential) {
            Arc::make_mut(&mut self.confidential).insert((place, entry.period));
        }
        changes.clear();
        self.blocks[place.block as usize].record(place.column, revision, entries, method, changes);
        if let Some(above) = &mut self.above {
            above.change(place.block, &self.blocks, (revision, changes), catalog);
        }
    }
}

/// The last of the blocks of an area, or a new one.
fn with_room(blocks: &mut Vec<Block>, of_area: &mut Vec<u32>) -> u32 {
    let last = of_area.last().copied();
    let last = last.filter(|last| blocks[*last as usize].has_room());
    last.unwrap_or_else(|| {
        let new = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        blocks.push(Block::default());
        of_area.push(new);
        new
    })
}

/// Equal are metrics with the same series in the same places; from these follows what finds them.
impl PartialEq for MetricCube {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            granularity,
            blocks,
            places: _,
            confidential,
            folded,
            above: _,
        } = self;
        (granularity, blocks, confidential, folded)
            == (&other.granularity, &other.blocks, &other.confidential, &other.folded)
    }
}

impl Eq for MetricCube {}
