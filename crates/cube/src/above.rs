//! The areas above those for which a metric is reported, and what the series under each have together.
//!
//! Where all of a province is asked for, its districts need not be looked at: their sum is kept here, by period, and changed by each
//! event. Which areas lie under another changes with time; within an epoch it does not, and each period is of one epoch, that of
//! its last day.

mod subtree;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use almanac_catalog::{Catalog, Method, Metric};
use almanac_model::{AreaId, Granularity, LevelId, Period, Revision};
use foldhash::fast::RandomState;
use jiff::civil::Date;

use crate::Block;
pub use subtree::Subtree;
pub(crate) use subtree::{Change, Row};

/// The areas above those of one metric's series.
#[derive(Clone, Debug)]
pub(crate) struct Above {
    hierarchy: [u8; 32],
    /// The level for which it is reported.
    level: LevelId,
    granularity: Granularity,
    /// Whether earlier sums are kept: those of tallies would be as many as events.
    keeps_earlier: bool,
    /// The first period of each epoch but the earliest.
    starts: Arc<[i32]>,
    /// Those of which something is recorded.
    epochs: BTreeMap<usize, Epoch>,
}

/// A stretch of time in which each area lies under the same ones.
#[derive(Clone, Debug)]
struct Epoch {
    day: Date,
    /// The subtrees in which each block lies.
    of_block: Arc<Vec<Arc<[u32]>>>,
    by_area: Arc<HashMap<AreaId, u32, RandomState>>,
    subtrees: Vec<Subtree>,
}

impl Above {
    /// The areas above those of some blocks; `None` for a metric that was not always reported for one level.
    pub(crate) fn of(metric: &Metric, catalog: &Catalog, blocks: &[Block]) -> Option<Self> {
        let changes = catalog.change_days(Date::MIN, Date::MAX).into_iter();
        let starts = changes.map(|day| Period::containing(metric.frequency, day).ordinal());
        let mut starts: Vec<i32> = starts.collect();
        starts.dedup();
        let mut above = Self {
            hierarchy: *catalog.hierarchy_digest(),
            level: metric.only_level()?.clone(),
            granularity: metric.frequency,
            keeps_earlier: metric.method == Method::Report,
            starts: starts.into(),
            epochs: BTreeMap::new(),
        };
        above.add_all(blocks, catalog, metric.method);
        Some(above)
    }

    /// Whether it is that of a metric in a catalogue.
    pub(crate) fn is_of(&self, metric: &Metric, catalog: &Catalog) -> bool {
        self.hierarchy == *catalog.hierarchy_digest() && metric.only_level() == Some(&self.level)
    }

    /// What lies under an area in all of some periods.
    pub(crate) fn subtree(&self, area: &AreaId, first: i32, last: i32) -> Option<&Subtree> {
        let number = self.number(first);
        let epoch = self.epochs.get(&number).filter(|_| self.number(last) == number)?;
        epoch.subtrees.get(*epoch.by_area.get(area)? as usize)
    }

    /// Takes up a series that was put in a block, which had another shape before.
    pub(crate) fn add_series(&mut self, place: u32, blocks: &[Block], before: usize, catalog: &Catalog) {
        for epoch in self.epochs.values_mut() {
            let block = &blocks[place as usize];
            epoch.place(place, block, (&self.level, catalog));
            for subtree in epoch.subtrees_of(place) {
                epoch.subtrees[subtree as usize].add_series(1, before, block.shape());
            }
        }
    }

    /// Changes the sums over a block, as a revision says.
    pub(crate) fn change(
        &mut self,
        block: u32,
        blocks: &[Block],
        (revision, changes): (Revision, &[Change]),
        catalog: &Catalog,
    ) {
        let starts = Arc::clone(&self.starts);
        let number = |change: &Change| starts.partition_point(|start| *start <= change.period);
        for changes in changes.chunk_by(|one, next| number(one) == number(next)) {
            let keeps_earlier = self.keeps_earlier;
            if let Some(epoch) = self.epoch(changes[0].period, blocks, catalog) {
                let Epoch { of_block, subtrees, .. } = epoch;
                for subtree in of_block[block as usize].iter() {
                    subtrees[*subtree as usize].change(changes, revision, keeps_earlier);
                }
            }
        }
    }

    /// Adds what blocks have: what was recorded first, and then what was corrected.
    fn add_all(&mut self, blocks: &[Block], catalog: &Catalog, method: Method) {
        let mut corrections: Vec<(u32, Revision, Change)> = Vec::new();
        for (place, block) in (0..).zip(blocks) {
            for sheet in block.sheets() {
                for (period, row) in sheet.rows(method) {
                    if let Some(epoch) = self.epoch(period, blocks, catalog) {
                        for subtree in epoch.subtrees_of(place) {
                            epoch.subtrees[subtree as usize].add(period, &row);
                        }
                    }
                }
                if method == Method::Report {
                    let of_block = sheet.corrections().map(|(revision, change)| (place, revision, change));
                    corrections.extend(of_block);
                }
            }
        }
        corrections.sort_by_key(|(_, revision, _)| *revision);
        for (place, revision, change) in corrections {
            self.change(place, blocks, (revision, &[change]), catalog);
        }
    }

    /// The number of the epoch of a period.
    fn number(&self, period: i32) -> usize {
        self.starts.partition_point(|start| *start <= period)
    }

    /// The epoch of a period; it is made when it is not there yet. None is outside the calendar.
    fn epoch(&mut self, period: i32, blocks: &[Block], catalog: &Catalog) -> Option<&mut Epoch> {
        let number = self.number(period);
        if !self.epochs.contains_key(&number) {
            let day = Period::from_ordinal(self.granularity, period)?.last_day();
            self.epochs
                .insert(number, Epoch::of(day, blocks, (&self.level, catalog)));
        }
        self.epochs.get_mut(&number)
    }
}

impl Epoch {
    fn of(day: Date, blocks: &[Block], source: (&LevelId, &Catalog)) -> Self {
        let mut epoch = Self {
            day,
            of_block: Arc::default(),
            by_area: Arc::default(),
            subtrees: Vec::new(),
        };
        for (place, block) in (0..).zip(blocks) {
            epoch.place(place, block, source);
            for subtree in epoch.subtrees_of(place) {
                let series = u32::try_from(block.all_series().len()).unwrap_or(u32::MAX);
                epoch.subtrees[subtree as usize].add_series(series, 0, block.shape());
            }
        }
        epoch
    }

    /// The subtrees in which a block lies.
    fn subtrees_of(&self, block: u32) -> impl Iterator<Item = u32> + use<> {
        let subtrees = Arc::clone(&self.of_block[block as usize]);
        (0..subtrees.len()).map(move |index| subtrees[index])
    }

    /// Finds in which subtrees a block lies, when that is not known.
    fn place(&mut self, place: u32, block: &Block, (level, catalog): (&LevelId, &Catalog)) {
        if (place as usize) < self.of_block.len() {
            return;
        }
        let area = block.area().and_then(|area| catalog.area(area.as_str()));
        let area = area.filter(|area| area.level == *level).map(|area| &area.id);
        let day = self.day;
        let above = std::iter::successors(area, |area| catalog.parent_at(area, day)).skip(1);
        let subtrees = above.map(|area| self.subtree(area, level, catalog)).collect();
        Arc::make_mut(&mut self.of_block).push(subtrees);
    }

    /// The place of the subtree of an area.
    fn subtree(&mut self, area: &AreaId, level: &LevelId, catalog: &Catalog) -> u32 {
        if let Some(&known) = self.by_area.get(area) {
            return known;
        }
        let new = u32::try_from(self.subtrees.len()).unwrap_or(u32::MAX);
        let areas = catalog.descendants_at(area, level, self.day).len();
        self.subtrees.push(Subtree::new(areas));
        Arc::make_mut(&mut self.by_area).insert(area.clone(), new);
        new
    }
}
