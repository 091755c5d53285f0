//! The read model: every version of every value, in columns by metric and series.
//!
//! ```text
//! Cube      metric id -> MetricCube
//! MetricCube            series, found by key or by area; combinations of codes and reporters, numbered
//! Series                the newest version of each period in columns, and the versions they superseded
//! Columns               values | revisions | states       columns.rs
//! Cell                  value, status, the revision that put it there
//! ```
//!
//! Reports and tallies are kept alike: each revision that touches a cell makes a new version of it, the reported value,
//! the new total, or nothing where it was withdrawn. So the newest value costs one look, and a value as of an earlier
//! revision a look into the superseded versions of that one cell. The whole becomes bytes, and they the whole, piece by piece
//! (`encoding.rs`). Nothing here reads a clock or does IO: the same batches give the same cube.
//!
//! A question reads either a stretch of periods of many series (a flow's months) or one period of them (a level). Both are
//! answered from columns by series: a stretch is one slice, whose sum and status are told at once where all its values have one
//! status and nothing in the series is newer than what is asked (`Series::total`); what was corrected or is missing is looked at cell
//! by cell. Codes and reporters are numbered, so that whatever is asked of them is answered once for each combination, and
//! not by comparing texts for each series.
//!
//! Whole cells side by side (64 bytes each, which is what this was first) took 61 bytes for each value of the national feed
//! of `almanac bench`; columns take about 10. Columns by period, across series, would answer levels from fewer cache lines,
//! but have to be moved whenever a series comes between two others, and a metric whose series report at different times leaves
//! holes in all of them.

mod columns;
mod encoding;
mod metric;
mod series;
mod tally;

use std::collections::HashMap;
use std::sync::Arc;

use almanac_catalog::{Catalog, Method};
use almanac_model::{Batch, MetricId, Revision};

pub use encoding::{CubeDecoder, DecodeError, ENCODING};
pub use metric::MetricCube;
use series::Entry;
pub use series::{Cell, Series, SeriesKey, Write};

/// All recorded values.
///
/// A clone costs a look at each metric and no memory: it shares everything with the original. While both are there, the one
/// that is changed copies what it changes, a series at a time; so a state of the cube can be read for long while batches
/// are applied.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cube {
    metrics: HashMap<MetricId, Arc<MetricCube>>,
}

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
        let methods = batch
            .series()
            .iter()
            .map(|series| {
                let unknown = || ApplyError {
                    revision,
                    metric: series.metric.clone(),
                };
                catalog
                    .metric(series.metric.as_str())
                    .map(|metric| metric.method)
                    .ok_or_else(unknown)
            })
            .collect::<Result<Vec<Method>, _>>()?;
        let places: Vec<u32> = batch.series().iter().map(|series| self.place(series)).collect();
        // rows of one series often follow one another
        for (index, rows) in batch.runs() {
            if let Some(metric) = self.metrics.get_mut(&batch.series()[index].metric) {
                let entries = rows.map(|row| Entry {
                    period: row.period,
                    value: i128::from(row.value),
                    status: row.status,
                    is_retraction: row.is_retraction,
                });
                Arc::make_mut(metric).record(places[index], revision, entries, methods[index]);
            }
        }
        Ok(())
    }

    fn place(&mut self, series: &almanac_model::BatchSeries) -> u32 {
        let metric = self
            .metrics
            .entry(series.metric.clone())
            .or_insert_with(|| Arc::new(MetricCube::new(series.granularity)));
        Arc::make_mut(metric).place(SeriesKey::of(series))
    }

    /// The values of a metric; `None` when nothing of it was ever recorded.
    #[must_use]
    pub fn metric(&self, id: &MetricId) -> Option<&MetricCube> {
        self.metrics.get(id).map(Arc::as_ref)
    }
}
