//! How much of the past of tallies is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_model::{AreaId, Batch, BatchSeries, MetricId, Revision};

use crate::metric::Place;
use crate::{ApplyError, Cube, Which};

/// How much of the past of tallies is kept: what the newest so many revisions did, and not more than so many changes of cells. The
/// second bounds the memory, whatever is in a revision.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WindowSize {
    /// So many revisions.
    pub revisions: u64,
    /// So many changes, of which a revision makes one or more for each cell that it touches. Each takes some hundred bytes.
    pub changes: usize,
}

/// Keeps of the tallies of a cube what the newest revisions did, and folds what is older.
///
/// It remembers which cells these revisions touched, so that folding costs as much as recording did, cell by cell, and nobody
/// ever waits for a walk through all of them.
#[derive(Debug)]
pub struct Window {
    size: WindowSize,
    /// The cells that are touched, the oldest first.
    touched: VecDeque<Touched>,
    metrics: Vec<MetricId>,
    /// Cells that keep their whole past.
    spared: Cells,
}

/// A cell that a revision touched.
#[derive(Clone, Copy, Debug)]
struct Touched {
    revision: Revision,
    /// Its place among the metrics of the window.
    metric: u32,
    place: Place,
    period: i32,
}

/// Some cells of some metrics.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cells(BTreeMap<MetricId, Vec<Stretch>>);

/// Some cells of a metric.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stretch {
    /// All.
    Everything,
    /// Those of some areas in some periods.
    Of(BTreeSet<AreaId>, RangeInclusive<i32>),
}

impl Cells {
    /// Adds some cells of a metric.
    pub fn add(&mut self, metric: &MetricId, cells: Stretch) {
        let known = self.0.entry(metric.clone()).or_default();
        if !known.contains(&cells) {
            known.push(cells);
        }
    }

    /// Whether the cell of a series is among them.
    fn has(&self, series: &BatchSeries, period: i32) -> bool {
        let holds = |cells: &Stretch| match cells {
            Stretch::Everything => true,
            Stretch::Of(areas, periods) => periods.contains(&period) && areas.contains(&series.area),
        };
        self.0.get(&series.metric).is_some_and(|all| all.iter().any(holds))
    }
}

impl WindowSize {
    /// Nothing but what is.
    pub const NOTHING: Self = Self {
        revisions: 0,
        changes: 0,
    };
}

impl Window {
    /// One of a size, for a cube that nothing was applied to.
    #[must_use]
    pub const fn new(size: WindowSize) -> Self {
        Self::sparing(size, Cells(BTreeMap::new()))
    }

    /// The same for all but some cells, which keep their whole past.
    #[must_use]
    pub const fn sparing(size: WindowSize, spared: Cells) -> Self {
        Self {
            size,
            touched: VecDeque::new(),
            metrics: Vec::new(),
            spared,
        }
    }

    /// One for a cube that was applied to before: what it has of the past of tallies is folded in its turn, or with the next batch
    /// when it is too much.
    #[must_use]
    pub fn of(cube: &Cube, size: WindowSize) -> Self {
        let mut window = Self::new(size);
        let mut touched = Vec::new();
        for (id, metric) in &cube.metrics {
            let metric_place = window.number(id);
            touched.extend(metric.tallied_versions().map(|(place, period, revision)| Touched {
                revision,
                metric: metric_place,
                place,
                period,
            }));
        }
        touched.sort_by_key(|touched| touched.revision);
        window.touched = touched.into();
        window
    }

    /// How much it keeps.
    #[must_use]
    pub const fn size(&self) -> WindowSize {
        self.size
    }

    /// Adds a batch to the cube, as [`Cube::apply`] does, and folds what is older than the window then.
    pub fn apply(
        &mut self,
        cube: &mut Cube,
        revision: Revision,
        batch: &Batch,
        catalog: &Catalog,
    ) -> Result<(), ApplyError> {
        self.add(cube, (revision, batch, catalog), Which::All)
    }

    /// The same with the tallies of the batch alone.
    pub fn apply_tallies(
        &mut self,
        cube: &mut Cube,
        revision: Revision,
        batch: &Batch,
        catalog: &Catalog,
    ) -> Result<(), ApplyError> {
        self.add(cube, (revision, batch, catalog), Which::Tallies)
    }

    fn add(
        &mut self,
        cube: &mut Cube,
        (revision, batch, catalog): (Revision, &Batch, &Catalog),
        which: Which,
    ) -> Result<(), ApplyError> {
        cube.apply_noting((revision, batch, catalog), which, &mut |series, place, entries| {
            let metric = self.number(&series.metric);
            for entry in entries {
                if !self.spared.has(series, entry.period) {
                    self.touched.push_back(Touched {
                        revision,
                        metric,
                        place,
                        period: entry.period,
                    });
                }
            }
        })?;
        let too_old = Revision(revision.0.saturating_sub(self.size.revisions));
        self.fold(cube, too_old.max(self.too_many()));
        Ok(())
    }

    /// The last revision whose changes are too many.
    fn too_many(&self) -> Revision {
        let last = self.touched.len().checked_sub(self.size.changes.saturating_add(1));
        let last = last.and_then(|last| self.touched.get(last));
        last.map_or(Revision::EMPTY, |touched| touched.revision)
    }

    /// Folds what the touched cells were before a revision.
    fn fold(&mut self, cube: &mut Cube, floor: Revision) {
        while let Some(touched) = self.touched.pop_front_if(|touched| touched.revision <= floor) {
            let metric = self.metrics.get(touched.metric as usize);
            if let Some(metric) = metric.and_then(|id| cube.metrics.get_mut(id)) {
                Arc::make_mut(metric).fold(touched.place, touched.period, floor);
            }
        }
    }

    /// The place of a metric; metrics are few.
    fn number(&mut self, metric: &MetricId) -> u32 {
        let place = self.metrics.iter().position(|known| known == metric);
        let place = place.unwrap_or_else(|| {
            self.metrics.push(metric.clone());
            self.metrics.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}
