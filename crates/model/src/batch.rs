//! A batch of checked events in columns: the one form in which events travel, are stored and are applied.

use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use crate::{AreaId, Code, Correction, DimensionId, Granularity, MetricId, ReporterId, Status};

/// The bit of the status column that takes something back: for a report the value of the period is withdrawn, for a tally
/// an event with this value and status.
const RETRACTION: u32 = 1 << 8;

/// Events in columns; row `i` of every column is event `i`. See `almanac.v1.EventBatch` for the bytes.
///
/// All columns have one length, every series index points into `series` and every status byte means something:
/// [`Self::new`] refuses anything else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    series: Vec<BatchSeries>,
    series_index: Vec<u32>,
    period: Vec<i32>,
    value: Vec<i64>,
    status: Vec<u32>,
    extras: Vec<BatchExtra>,
}

/// One series of a batch: everything that its events share.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BatchSeries {
    /// What is counted.
    pub metric: MetricId,
    /// Where.
    pub area: AreaId,
    /// Who reports.
    pub reporter: ReporterId,
    /// The code of each dimension, sorted by dimension. Series with the same codes may share them.
    pub dimensions: Arc<[(DimensionId, Code)]>,
    /// What the period column counts.
    pub granularity: Granularity,
    /// The values are in units of `10^-decimals`.
    pub decimals: u8,
}

/// What few events have. Sorted by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchExtra {
    /// The event.
    pub row: u32,
    /// The reporter's id of it.
    pub event_id: Option<String>,
    /// A remark.
    pub note: Option<String>,
    /// The instant, in unix milliseconds, from which the period was found.
    pub occurred_at_ms: Option<i64>,
    /// Why it replaces an earlier value.
    pub correction: Option<Correction>,
}

/// Why columns are not a batch.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BatchShapeError {
    /// A column is longer or shorter than the first.
    #[error("column {column} has {found} rows where series_index has {expected}")]
    Length {
        /// Which.
        column: &'static str,
        /// Its rows.
        found: usize,
        /// The rows of the first column.
        expected: usize,
    },
    /// A row names a series that the table does not have.
    #[error("row {row} names series {index} of {len}")]
    SeriesIndex {
        /// The row.
        row: usize,
        /// What it names.
        index: u32,
        /// How many series there are.
        len: usize,
    },
    /// A status byte without a meaning.
    #[error("row {row} has status bits {bits:#x}, which mean nothing")]
    Status {
        /// The row.
        row: usize,
        /// Its bits.
        bits: u32,
    },
    /// An extra for a row that is not there, or out of order.
    #[error("extra {index} is for row {row}, which is absent or out of order")]
    ExtraRow {
        /// Which extra.
        index: usize,
        /// The row it names.
        row: u32,
    },
}

/// Puts events into columns.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    series: IndexSet<BatchSeries, RandomState>,
    batch: Batch,
}

/// One event of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchRow<'a> {
    /// Its series.
    pub series: &'a BatchSeries,
    /// The index of that series in the batch.
    pub series_index: u32,
    /// The ordinal of its period in the series' granularity.
    pub period: i32,
    /// The scaled value; meaningless when the status says missing.
    pub value: i64,
    /// Quality, qualifier, missing reason.
    pub status: Status,
    /// Whether it takes back what it says: for a report the value of the period is withdrawn, for a tally an event with
    /// this value and status.
    pub is_retraction: bool,
}

impl Batch {
    /// A batch of these columns, if they fit together.
    pub fn new(
        series: Vec<BatchSeries>,
        series_index: Vec<u32>,
        period: Vec<i32>,
        value: Vec<i64>,
        status: Vec<u32>,
        extras: Vec<BatchExtra>,
    ) -> Result<Self, BatchShapeError> {
        let expected = series_index.len();
        for (column, found) in [
            ("period", period.len()),
            ("value", value.len()),
            ("status", status.len()),
        ] {
            if found != expected {
                return Err(BatchShapeError::Length {
                    column,
                    found,
                    expected,
                });
            }
        }
        let len = series.len();
        if let Some((row, &index)) = series_index
            .iter()
            .enumerate()
            .find(|&(_, &index)| index as usize >= len)
        {
            return Err(BatchShapeError::SeriesIndex { row, index, len });
        }
        if let Some((row, &bits)) = status
            .iter()
            .enumerate()
            .find(|&(_, &bits)| Status::from_bits(bits & !RETRACTION).is_none())
        {
            return Err(BatchShapeError::Status { row, bits });
        }
        let mut previous = None;
        for (index, extra) in extras.iter().enumerate() {
            if extra.row as usize >= expected || previous.is_some_and(|row| row >= extra.row) {
                return Err(BatchShapeError::ExtraRow { index, row: extra.row });
            }
            previous = Some(extra.row);
        }
        Ok(Self {
            series,
            series_index,
            period,
            value,
            status,
            extras,
        })
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series_index.len()
    }

    /// Whether there is no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series_index.is_empty()
    }

    /// The series table.
    #[must_use]
    pub fn series(&self) -> &[BatchSeries] {
        &self.series
    }

    /// The series table in stretches, each of one metric.
    pub fn series_by_metric(&self) -> impl Iterator<Item = &[BatchSeries]> {
        self.series.chunk_by(|one, other| one.metric == other.metric)
    }

    /// The columns series index, period, value and status.
    #[must_use]
    pub fn columns(&self) -> (&[u32], &[i32], &[i64], &[u32]) {
        (&self.series_index, &self.period, &self.value, &self.status)
    }

    /// What few events have, sorted by row.
    #[must_use]
    pub fn extras(&self) -> &[BatchExtra] {
        &self.extras
    }

    /// The events that have an extra, with it.
    pub fn rows_with_extras(&self) -> impl Iterator<Item = (BatchRow<'_>, &BatchExtra)> {
        self.extras
            .iter()
            .filter_map(|extra| Some((self.row(extra.row as usize)?, extra)))
    }

    /// The events, one by one.
    pub fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        (0..self.len()).filter_map(|row| self.row(row))
    }

    /// The events, those of one series that follow one another together: the position of the series, and its rows.
    pub fn runs(&self) -> impl Iterator<Item = (usize, impl ExactSizeIterator<Item = BatchRow<'_>>)> {
        let mut next = 0;
        let runs = self.series_index.chunk_by(|one, other| one == other);
        runs.map(move |run| {
            let rows = next..next + run.len();
            next = rows.end;
            (run[0] as usize, rows.map(|row| self.at(row)))
        })
    }

    fn row(&self, row: usize) -> Option<BatchRow<'_>> {
        (row < self.len()).then(|| self.at(row))
    }

    fn at(&self, row: usize) -> BatchRow<'_> {
        let (series_index, bits) = (self.series_index[row], self.status[row]);
        BatchRow {
            series: &self.series[series_index as usize],
            series_index,
            period: self.period[row],
            value: self.value[row],
            status: Status::from_bits(bits & !RETRACTION).expect("a batch has no status that means nothing"),
            is_retraction: bits & RETRACTION != 0,
        }
    }
}

impl BatchBuilder {
    /// Adds an event. The extra's row is set to the event's; one that says nothing is left out.
    pub fn push(&mut self, series: BatchSeries, period: i32, value: i64, status: Status, extra: BatchExtra) {
        self.push_bits(series, period, value, u32::from(status.bits()), extra);
    }

    /// Adds the retraction of an event that says this.
    pub fn push_retraction(&mut self, series: BatchSeries, period: i32, value: i64, status: Status, extra: BatchExtra) {
        self.push_bits(series, period, value, u32::from(status.bits()) | RETRACTION, extra);
    }

    fn push_bits(&mut self, series: BatchSeries, period: i32, value: i64, bits: u32, extra: BatchExtra) {
        let row = u32::try_from(self.batch.len()).unwrap_or(u32::MAX);
        let (place, _) = self.series.insert_full(series);
        self.batch.series_index.push(u32::try_from(place).unwrap_or(u32::MAX));
        self.batch.period.push(period);
        self.batch.value.push(value);
        self.batch.status.push(bits);
        let extra = BatchExtra { row, ..extra };
        if extra
            != (BatchExtra {
                row,
                ..BatchExtra::default()
            })
        {
            self.batch.extras.push(extra);
        }
    }

    /// The batch.
    #[must_use]
    pub fn finish(self) -> Batch {
        Batch {
            series: self.series.into_iter().collect(),
            ..self.batch
        }
    }
}
