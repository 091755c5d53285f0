//! What was recorded: for one series and one period of the metric's frequency.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Method, Metric};
use almanac_model::{
    AreaId, Batch, Code, DimensionId, Exact, MetricId, MissingReason, Period, Qualifier, Quality, ReporterId, Revision,
};

use super::Oracle;

/// One event of a series.
#[derive(Clone, Debug)]
pub(super) struct Event {
    period: Period,
    record: Record,
    pub(super) revision: Revision,
    is_retraction: bool,
}

/// The events of each series, in the order of the log.
pub(super) type Events = BTreeMap<MetricId, BTreeMap<SeriesKey, Vec<Event>>>;

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

/// The events of a batch, row by row.
pub(super) fn events(revision: Revision, batch: &Batch) -> Vec<(MetricId, SeriesKey, Event)> {
    let rows = batch.rows().filter_map(|row| {
        let number = Exact::from_scaled(row.value.into(), row.series.decimals);
        let series = SeriesKey {
            area: row.series.area.clone(),
            codes: row.series.dimensions.iter().cloned().collect(),
            reporter: row.series.reporter.clone(),
        };
        let event = Event {
            period: Period::from_ordinal(row.series.granularity, row.period)?,
            record: Record {
                outcome: row.status.missing.map_or(Ok(number), Err),
                quality: row.status.quality,
                qualifier: row.status.qualifier,
                is_secret: row.status.confidential,
            },
            revision,
            is_retraction: row.is_retraction,
        };
        Some((row.series.metric.clone(), series, event))
    });
    rows.collect()
}

impl Oracle<'_> {
    /// The series of which anything was ever recorded.
    pub(super) fn recorded_series(&self, metric: &Metric) -> BTreeSet<SeriesKey> {
        let of_metric = self.events.get(&metric.id).into_iter();
        of_metric.flat_map(BTreeMap::keys).cloned().collect()
    }

    /// The events of a series and sub-period.
    fn events_of(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> impl Iterator<Item = &Event> {
        let of_series = self.events.get(&metric.id).and_then(|of_metric| of_metric.get(series));
        let events = of_series.into_iter().flatten();
        events.filter(move |event| event.period == sub_period)
    }

    /// The places at which anything of a metric was recorded, when a secret was among it.
    pub(super) fn places_with_secrets(&self, metric: &Metric) -> BTreeSet<Place> {
        let of_metric = self.events.get(&metric.id);
        let events = || of_metric.into_iter().flatten();
        let mut all = events().flat_map(|(_, events)| events);
        if !all.any(|event| event.record.is_secret) {
            return BTreeSet::new();
        }
        let places = events().flat_map(|(series, events)| {
            events.iter().map(|event| Place {
                metric: metric.id.clone(),
                series: series.clone(),
                period: event.period,
            })
        });
        places.collect()
    }

    /// The revision of the last event of a series and sub-period.
    pub(super) fn recorded_last(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> Option<Revision> {
        self.events_of(metric, series, sub_period)
            .map(|event| event.revision)
            .max()
    }

    /// What stands for a series in a sub-period; `None` when nothing was recorded, or all of it was taken back.
    ///
    /// Of reports the last one counts. The events of a tally add up.
    pub(super) fn record(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> Option<Record> {
        let mut standing: Vec<Record> = Vec::new();
        for event in self.events_of(metric, series, sub_period) {
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
