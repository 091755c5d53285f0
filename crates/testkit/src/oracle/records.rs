//! What was recorded: for one series and one period of the metric's frequency.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Method, Metric};
use almanac_model::{
    AreaId, Batch, Code, DimensionId, Exact, MetricId, MissingReason, Period, Qualifier, Quality, ReporterId, Revision,
};

use super::Oracle;

/// One event of the log.
#[derive(Clone, Debug)]
pub(super) struct Event {
    metric: MetricId,
    series: SeriesKey,
    period: Period,
    record: Record,
    pub(super) revision: Revision,
    is_retraction: bool,
}

/// Everything that tells the series of one metric apart.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct SeriesKey {
    pub(super) area: AreaId,
    pub(super) codes: BTreeMap<DimensionId, Code>,
    pub(super) reporter: ReporterId,
}

/// Where a value is recorded.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) metric: MetricId,
    pub(super) series: SeriesKey,
    pub(super) period: Period,
}

/// What stands for a series in a sub-period: a number or a reason, and how good it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) outcome: Result<Exact, MissingReason>,
    pub(super) quality: Quality,
    pub(super) qualifier: Qualifier,
    /// Whether the number is never to be told.
    pub(super) is_secret: bool,
}

impl Event {
    pub(super) fn series(&self) -> (MetricId, SeriesKey) {
        (self.metric.clone(), self.series.clone())
    }
}

/// The events of a batch, row by row.
pub(super) fn events(revision: Revision, batch: &Batch) -> Vec<Event> {
    let rows = batch.rows().filter_map(|row| {
        let number = Exact::from_scaled(row.value.into(), row.series.decimals);
        Some(Event {
            metric: row.series.metric.clone(),
            series: SeriesKey {
                area: row.series.area.clone(),
                codes: row.series.dimensions.iter().cloned().collect(),
                reporter: row.series.reporter.clone(),
            },
            period: Period::from_ordinal(row.series.granularity, row.period)?,
            record: Record {
                outcome: row.status.missing.map_or(Ok(number), Err),
                quality: row.status.quality,
                qualifier: row.status.qualifier,
                is_secret: row.status.confidential,
            },
            revision,
            is_retraction: row.is_retraction,
        })
    });
    rows.collect()
}

impl Oracle<'_> {
    /// The series of which anything was ever recorded.
    pub(super) fn recorded_series(&self, metric: &Metric) -> BTreeSet<SeriesKey> {
        let of_metric = self.series.iter().filter(|(id, _)| *id == metric.id);
        of_metric.map(|(_, series)| series.clone()).collect()
    }

    /// The places at which anything of a metric was recorded, when a secret was among it.
    pub(super) fn places_with_secrets(&self, metric: &Metric) -> BTreeSet<Place> {
        let of_metric: Vec<&Event> = self.events.iter().filter(|event| event.metric == metric.id).collect();
        if !of_metric.iter().any(|event| event.record.is_secret) {
            return BTreeSet::new();
        }
        let places = of_metric.into_iter().map(|event| Place {
            metric: metric.id.clone(),
            series: event.series.clone(),
            period: event.period,
        });
        places.collect()
    }

    /// The revision of the last event of a series and sub-period.
    pub(super) fn recorded_last(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> Option<Revision> {
        let of_series = |event: &&Event| event.metric == metric.id && event.series == *series;
        let events = self.events.iter().filter(of_series);
        let revisions = events
            .filter(|event| event.period == sub_period)
            .map(|event| event.revision);
        revisions.max()
    }

    /// What stands for a series in a sub-period; `None` when nothing was recorded, or all of it was taken back.
    ///
    /// Of reports the last one counts. The events of a tally add up.
    pub(super) fn record(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> Option<Record> {
        let events = self
            .events
            .iter()
            .filter(|event| event.period == sub_period && event.metric == metric.id && event.series == *series);
        let mut standing: Vec<Record> = Vec::new();
        for event in events {
            match (metric.method, event.is_retraction) {
                (Method::Report, false) => standing = vec![event.record.clone()],
                (Method::Report, true) => standing.clear(),
                (Method::Tally, false) => standing.push(event.record.clone()),
                (Method::Tally, true) => {
                    if let Some(position) = standing.iter().position(|record| *record == event.record) {
                        standing.remove(position);
                    }
                }
            }
        }
        let mut total = standing.into_iter().reduce(|total, record| total.plus(&record))?;
        if let Some(by) = self.moved_by(metric, series, sub_period) {
            total.outcome = total.outcome.map(|number| &number + by);
        }
        Some(total)
    }
}

impl Record {
    pub(super) const fn is_number(&self) -> bool {
        self.outcome.is_ok()
    }

    /// Two events of a tally together. A missing event adds nothing to a number; two missing ones are no number.
    fn plus(&self, other: &Self) -> Self {
        let outcome = match (&self.outcome, &other.outcome) {
            (Ok(one), Ok(two)) => Ok(one + two),
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(one.clone()),
            (Err(reason), Err(_)) => Err(*reason),
        };
        Self {
            outcome,
            quality: self.quality.min(other.quality),
            qualifier: self.qualifier.plus(other.qualifier),
            is_secret: self.is_secret || other.is_secret,
        }
    }
}
