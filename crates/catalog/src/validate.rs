//! Whether an event fits the catalogue. Every mistake of an event is told at once.

mod area;
mod content;
mod rights;
mod rules;
mod series;
mod time;
mod violation;

use almanac_model::{BatchSeries, Event, Measure, Period, ReporterId, Status};
use jiff::Timestamp;
use jiff::civil::Date;

use self::content::check_unknown_metric;
pub(crate) use self::rules::EventRules;
pub use self::series::SeriesRules;
pub use self::violation::{Violation, ViolationReason};
use crate::{Catalog, Metric};

/// An event that fits the catalogue, as batches carry it.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedEvent {
    /// Its series; the dimensions are sorted, the granularity is the metric's frequency.
    pub series: BatchSeries,
    /// Its period, in the metric's frequency.
    pub period: Period,
    /// The value in units of `10^-decimals`; 0 when it is missing.
    pub value: i64,
    /// Quality, qualifier, missing reason.
    pub status: Status,
    /// The instant from which the period was found, for tallies that gave one.
    pub occurred_at: Option<Timestamp>,
}

/// An event and what it is held against.
struct Check<'a> {
    catalog: &'a Catalog,
    metric: &'a Metric,
    rules: &'a EventRules,
    event: &'a Event,
    today: Date,
    violations: Vec<Violation>,
}

impl Check<'_> {
    fn refuse(&mut self, field: impl Into<String>, reason: ViolationReason, message: String) {
        self.violations.push(Violation {
            field: field.into(),
            reason,
            message,
        });
    }
}

impl Catalog {
    /// The event as a batch carries it, or every reason why it cannot be recorded. `today` is the day on which it
    /// arrives, in the catalogue's time zone.
    pub fn check_event(
        &self,
        reporter: &ReporterId,
        event: &Event,
        today: Date,
    ) -> Result<CheckedEvent, Vec<Violation>> {
        let Some(position) = self.metrics.position(event.metric.as_str()) else {
            return Err(check_unknown_metric(self, event));
        };
        let mut check = Check {
            catalog: self,
            metric: &self.metrics.items()[position],
            rules: &self.event_rules[position],
            event,
            today,
            violations: Vec::new(),
        };
        check.reporter(reporter);
        check.dimensions();
        let time = check.time();
        check.area(time.map(|time| time.period));
        let value = check.value();
        check.event_id();
        check.confidential();
        match (time, value) {
            (Some(time), Some(value)) if check.violations.is_empty() => Ok(CheckedEvent {
                series: series(reporter, event, check.metric),
                period: time.period,
                value,
                status: status(event),
                occurred_at: time.occurred_at,
            }),
            _ => Err(check.violations),
        }
    }
}

/// The series of a checked event. Events have their dimensions sorted.
fn series(reporter: &ReporterId, event: &Event, metric: &Metric) -> BatchSeries {
    let dimensions = event.dimensions.iter();
    BatchSeries {
        metric: event.metric.clone(),
        area: event.area.clone(),
        reporter: reporter.clone(),
        dimensions: dimensions
            .map(|(dimension, code)| (dimension.clone(), code.clone()))
            .collect(),
        granularity: metric.frequency,
        decimals: metric.decimals,
    }
}

fn status(event: &Event) -> Status {
    Status {
        quality: event.quality,
        qualifier: event.qualifier,
        missing: match event.measure {
            Measure::Value(_) => None,
            Measure::Missing(reason) => Some(reason),
        },
        confidential: event.confidential,
    }
}
