//! The read model: values side by side by metric, area and period, with their superseded versions.
//!
//! ```text
//! Cube      metric id -> MetricCube
//! MetricCube            blocks, found by area; their series, found by key; combinations of codes and reporters, numbered
//! Subtree               the sums, by period, of all series under an area above those that are reported       above.rs
//! Block                 up to 64 series of one area, and sheets of up to 512 periods of them                  block.rs
//! Sheet                 the newest values | revisions | states, by period; the sum of each period; superseded versions  sheet.rs
//!                       of tallies, how many events of which status each total has                            sheet/tallies.rs
//! Series                one column of a block                                                                 series.rs
//! Cell                  value, status, the revision that put it there
//! ```
//!
//! Reports and tallies are kept alike: each revision that touches a cell makes a new version of it, the reported value,
//! the new total, or nothing where it was withdrawn. So the newest value costs one look, and a value as of an earlier
//! revision a look into the superseded versions of that one cell. The whole becomes bytes, and they the whole, piece by piece
//! (`encoding.rs`). Nothing here reads a clock or does IO: the same batches give the same cube.
//!
//! Reports keep every version: corrections are few. Tallies are changed by every event, so a [`Window`] folds what revisions
//! before the newest so many did to them, and what is more than so many changes; then memory follows the cells and not the
//! events. Of each metric the cube knows from which revision on it has the whole past ([`MetricCube::floor`]), and [`Cube::only_with`] gives it to questions without the
//! metrics of which it does not have what they need, so that nothing is ever read that is not there.
//!
//! A question reads areas, most often whole: of all their series, or those with some codes, either one period (a level) or a stretch
//! of them (a flow's months). Both lie in one piece in a sheet, whose sum and status are told at once where all that is read has
//! one status and nothing of it is newer than what is asked (`Block::total`); of all series from the sums of the periods, which are
//! kept, so that a month of 32 series is thirty numbers and not a thousand. What was corrected or is missing is looked at cell by
//! cell. Codes and reporters are numbered, so that whatever is asked of them is answered once for each combination, and not by
//! comparing texts for each series.
//!
//! Most figures are of an area above those that are reported, and of all there is of it: a province of which districts report. Those
//! sums are kept too ([`Subtree`]), by epoch of the hierarchy, and each event changes those above it. They are told where all series
//! below have a value of one status, as of any revision of reports; where not, and where a part of the series is asked for, the blocks
//! are read. They take 0.5 bytes more for each value of the national feed of `almanac bench`, and about 20 ns more for each of its
//! events; in turn a province costs as much as a district (every metric, province and month: 7.4 ms without them, 2.6 with them). Sums by code as well would be as much again as the values of a district for each area above.
//!
//! Whole cells side by side (64 bytes each, which is what this was first) took 61 bytes for each value of the national feed
//! of `almanac bench`, columns by series about 10, and these sheets about 8. Columns by series were as fast for one long series; but
//! a level of many series, and a month of them, was a cache line of its own for each. Sheets of all series of a metric would
//! have to be moved whenever a series comes between two others. Those of one area report at the same times nearly always; where
//! they do not, a sheet has holes, and its bounds say how many at most.

mod above;
mod block;
mod columns;
mod encoding;
mod fold;
mod metric;
mod past;
mod series;
mod sheet;
mod tally;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use almanac_catalog::{Catalog, Method, Metric};
use almanac_model::{Batch, BatchSeries, Granularity, MetricId, Revision};
use foldhash::fast::RandomState;

pub use above::Subtree;
pub use block::{Block, Kind};
pub use columns::Columns;
pub use encoding::{CubeDecoder, DecodeError, ENCODING};
pub use metric::MetricCube;
use metric::Place;
pub use past::{Lacking, Past};
use series::Entry;
pub use series::{Cell, Series, SeriesKey, Write};
pub use window::{Cells, Stretch, Window, WindowSize};

/// All recorded values.
///
/// A clone costs a look at each metric and no memory: it shares everything with the original. While both are there, the one
/// that is changed copies what it changes, a sheet at a time; so a state of the cube can be read for long while batches
/// are applied.
#[derive(Clone, Debug, Default)]
pub struct Cube {
    metrics: HashMap<MetricId, Arc<MetricCube>, RandomState>,
    /// The metrics that were taken out of it, for a question that needs more of their past than it has.
    lacking: Option<Arc<Lacking>>,
}

/// Which metrics of a batch are recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Which {
    All,
    Tallies,
}

/// Equal are cubes with the same metrics.
impl PartialEq for Cube {
    fn eq(&self, other: &Self) -> bool {
        self.metrics == other.metrics
    }
}

impl Eq for Cube {}

/// A batch that does not fit the catalogue it was recorded under: the log is damaged, or not ours.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("revision {revision} has events of {metric}, which the catalogue in force does not define")]
pub struct ApplyError {
    /// The batch.
    pub revision: Revision,
    /// The metric it names.
    pub metric: MetricId,
}

impl Cube {
    /// Adds a batch. Batches come in the order of their revisions.
    pub fn apply(&mut self, revision: Revision, batch: &Batch, catalog: &Catalog) -> Result<(), ApplyError> {
        self.apply_noting((revision, batch, catalog), Which::All, &mut |_, _, _| {})
    }

    /// Adds some metrics of a batch, and calls for the entries of each run of tallies, with the place of their series.
    fn apply_noting(
        &mut self,
        (revision, batch, catalog): (Revision, &Batch, &Catalog),
        which: Which,
        note: &mut impl FnMut(&BatchSeries, Place, &[Entry]),
    ) -> Result<(), ApplyError> {
        let places = self.places(revision, batch, catalog, which)?;
        let (mut entries, mut changes) = (Vec::new(), Vec::new());
        // rows of one series often follow one another, and series of one metric
        let mut runs = batch.runs().peekable();
        while let Some((first, _)) = runs.peek() {
            let id = &batch.series()[*first].metric;
            let mut cube = self.metrics.get_mut(id).map(Arc::make_mut);
            while let Some((index, rows)) = runs.next_if(|(index, _)| batch.series()[*index].metric == *id) {
                let (Some(cube), Some((place, method))) = (cube.as_deref_mut(), places[index]) else {
                    continue;
                };
                entries.clear();
                entries.extend(rows.map(|row| Entry {
                    period: row.period,
                    value: i128::from(row.value),
                    status: row.status,
                    is_retraction: row.is_retraction,
                }));
                cube.record(place, revision, &entries, (method, catalog), &mut changes);
                if method == Method::Tally {
                    note(&batch.series()[index], place, &entries);
                }
            }
        }
        Ok(())
    }

    /// Where each series of a batch is, and how its metric counts; nothing for those that are not recorded.
    fn places(
        &mut self,
        revision: Revision,
        batch: &Batch,
        catalog: &Catalog,
        which: Which,
    ) -> Result<Vec<Option<(Place, Method)>>, ApplyError> {
        let defined = batch.series_by_metric().map(|series| {
            let id = &series[0].metric;
            let unknown = || ApplyError {
                revision,
                metric: id.clone(),
            };
            Ok((catalog.metric(id.as_str()).ok_or_else(unknown)?, series))
        });
        let mut places = Vec::with_capacity(batch.series().len());
        for (metric, series) in defined.collect::<Result<Vec<_>, _>>()? {
            if which == Which::All || metric.method == Method::Tally {
                let cube = self.arranged(metric, series[0].granularity, catalog);
                let found = series.iter().map(|series| cube.place(series, catalog));
                places.extend(found.map(|place| Some((place, metric.method))));
            } else {
                places.extend(series.iter().map(|_| None));
            }
        }
        Ok(places)
    }

    /// Adds up for the areas above those that are reported, as a catalogue has them. Where that is done already, or the catalogue
    /// has the same areas as before, it costs a look at each metric, else one at all values.
    pub fn arrange(&mut self, catalog: &Catalog) {
        for (id, cube) in &mut self.metrics {
            if let Some(metric) = catalog.metric(id.as_str())
                && !cube.is_arranged(metric, catalog)
            {
                Arc::make_mut(cube).arrange(metric, catalog);
            }
        }
    }

    /// The values of a metric, ready to take more of them; none as long as nothing was recorded.
    fn arranged(&mut self, metric: &Metric, granularity: Granularity, catalog: &Catalog) -> &mut MetricCube {
        let empty = || Arc::new(MetricCube::new(granularity));
        let cube = Arc::make_mut(self.metrics.entry(metric.id.clone()).or_insert_with(empty));
        if !cube.is_arranged(metric, catalog) {
            cube.arrange(metric, catalog);
        }
        cube
    }

    /// The values of a metric; `None` when nothing of it was ever recorded, or when it was taken out by [`Self::only_with`].
    #[must_use]
    pub fn metric(&self, id: &MetricId) -> Option<&MetricCube> {
        let found = self.metrics.get(id).map(Arc::as_ref);
        if found.is_none()
            && let Some(lacking) = &self.lacking
        {
            lacking.ask(id);
        }
        found
    }
}
