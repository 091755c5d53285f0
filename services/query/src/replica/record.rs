//! What a record of the log tells, decoded and checked before the replica is touched.

use std::sync::Arc;

use almanac_catalog::{Catalog, Metric};
use almanac_cube::ApplyError;
use almanac_model::{Batch, BatchSeries, DimensionId, MetricId, Release};
use almanac_wire::{Payload, PayloadError, record_digest};
use jiff::Timestamp;

/// What a record tells.
pub(crate) enum Content {
    /// Events.
    Events(Batch),
    /// A version of the catalogue.
    Catalog(Arc<Catalog>),
    /// A release.
    Release(Release),
}

/// What is known of a record beside its content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// When it was recorded.
    pub(crate) time: Timestamp,
    /// What tells it from every other record.
    pub(crate) digest: [u8; 32],
    /// The length of its payload.
    pub(crate) bytes: u64,
}

impl Mark {
    pub(crate) fn of(time: Timestamp, payload: &[u8]) -> Self {
        Self {
            time,
            digest: record_digest(time.as_millisecond(), payload),
            bytes: payload.len() as u64,
        }
    }
}

/// A record that cannot be applied: it is damaged, or a newer version of this service is needed. Skipping it would make
/// every later figure wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The bytes are of no kind that is known here.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The record's time is absent, outside the calendar, or earlier than that of the record before.
    #[error("the record has no time, or an earlier one than the record before")]
    Time,
    /// The catalogue has mistakes for this version's eyes.
    #[error("the catalogue has {count} problems, the first: {first}")]
    Catalog { count: usize, first: String },
    /// The catalogue would change what recorded figures mean.
    #[error("the catalogue does not fit the one before in {count} places, the first: {first}")]
    Incompatible { count: usize, first: String },
    /// Events before there was a catalogue.
    #[error("events were recorded before a catalogue")]
    NoCatalog,
    /// Events of an undefined metric.
    #[error(transparent)]
    Metric(#[from] ApplyError),
    /// Events that count in other units than the definition.
    #[error("a series of {metric} has another granularity, number of decimals or dimensions than its definition")]
    Series { metric: MetricId },
}

impl Content {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        Ok(match Payload::decode(bytes)? {
            Payload::Events(batch) => Self::Events(batch),
            Payload::Release(release) => Self::Release(release),
            Payload::Catalog(files) => {
                let catalog = Catalog::load(&files).map_err(|problems| RecordError::Catalog {
                    count: problems.len(),
                    first: problems.first().map(ToString::to_string).unwrap_or_default(),
                })?;
                Self::Catalog(Arc::new(catalog))
            }
        })
    }
}

/// Whether a batch counts as the catalogue defines. Cells keep bare numbers: with other decimals they would be read
/// a hundred times too large.
pub(super) fn check_series(batch: &Batch, catalog: &Catalog) -> Result<(), RecordError> {
    let wrong = batch.series_by_metric().find(|series| {
        let metric = catalog.metric(series[0].metric.as_str());
        metric.is_some_and(|metric| !fit(series, metric))
    });
    wrong.map_or(Ok(()), |series| {
        Err(RecordError::Series {
            metric: series[0].metric.clone(),
        })
    })
}

fn fit(series: &[BatchSeries], metric: &Metric) -> bool {
    let mut dimensions: Vec<&DimensionId> = metric.dimensions.iter().collect();
    dimensions.sort();
    series.iter().all(|series| {
        let named = series.dimensions.iter().map(|(dimension, _)| dimension);
        series.decimals == metric.decimals
            && series.granularity == metric.frequency
            && named.eq(dimensions.iter().copied())
    })
}
