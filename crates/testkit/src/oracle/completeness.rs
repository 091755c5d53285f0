//! Rule 24: which expected reports are there, and when each first came.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use almanac_catalog::Metric;
use almanac_indicator::{AreaSelection, Expected};
use almanac_model::{
    AreaId, Code, DimensionId, ExpectedReport, MissingReason, Period, RecordedReport, ReportStatus, Revision,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::Oracle;
use super::records::{Place, SeriesKey};
use super::series::sub_periods;

impl Oracle<'_> {
    /// The reports of a metric that are expected for a period: by reporter, area, codes and sub-period.
    #[must_use]
    pub fn expected_reports(
        &self,
        expected: &Expected,
        metric: &Metric,
        period: Period,
        record_time: &dyn Fn(Revision) -> Option<Timestamp>,
    ) -> Vec<ExpectedReport> {
        let expectations = self.catalog.expectations(&metric.id);
        let cells: BTreeSet<&BTreeMap<DimensionId, Code>> = expectations.iter().flat_map(|one| &one.cells).collect();
        let mut found = Vec::new();
        for reporter in self.catalog.reporters().map(|reporter| &reporter.id) {
            for area in self.catalog.areas().map(|area| &area.id) {
                for codes in &cells {
                    for part in sub_periods(metric, period.into()) {
                        let series = SeriesKey {
                            area: area.clone(),
                            codes: (*codes).clone(),
                            reporter: reporter.clone(),
                        };
                        let of_reporter = expected.reporters.is_empty() || expected.reporters.contains(reporter);
                        let of_areas = self.is_asked(expected.areas.as_ref(), area, part.last_day());
                        if of_reporter && of_areas && self.is_expected(metric, &series, part) {
                            found.push(self.report(expected.on, metric, series, part, record_time));
                        }
                    }
                }
            }
        }
        found
    }

    fn is_asked(&self, asked: Option<&AreaSelection>, area: &AreaId, day: Date) -> bool {
        let lies_under = |above: &AreaId| self.catalog.lies_under(area, above, day);
        match asked {
            None => true,
            Some(AreaSelection::List(areas)) => areas.iter().any(lies_under),
            Some(AreaSelection::Under { area: above, level }) => {
                let mut of_level = self.catalog.areas().filter(|unit| unit.level == *level);
                of_level.any(|unit| self.catalog.lies_under(&unit.id, above, day) && lies_under(&unit.id))
            }
        }
    }

    fn report(
        &self,
        on: Date,
        metric: &Metric,
        series: SeriesKey,
        period: Period,
        record_time: &dyn Fn(Revision) -> Option<Timestamp>,
    ) -> ExpectedReport {
        let due = self.due(metric, &series, period);
        let place = Place {
            metric: metric.id.clone(),
            series: series.clone(),
            period,
        };
        let record = self.record(metric, &series, period);
        let recorded = record.as_ref().and_then(|_| {
            let first = self.there_since(metric, &place)?;
            Some(RecordedReport {
                first,
                first_time: record_time(first),
                last: self.recorded_last(metric, &series, period)?,
            })
        });
        let came = recorded.as_ref().and_then(|report| report.first_time);
        let came = came.map(|time| self.catalog.time_zone().to_datetime(time).date());
        let cannot_exist = record.is_some_and(|record| record.outcome == Err(MissingReason::CannotExist));
        let status = match (recorded.is_some(), due) {
            (true, _) if cannot_exist => ReportStatus::CannotExist,
            (true, Some(due)) if came.is_some_and(|day| day > due) => ReportStatus::Late,
            (true, Some(_)) if came.is_some() => ReportStatus::OnTime,
            (true, _) => ReportStatus::Reported,
            (false, Some(due)) if on > due => ReportStatus::Overdue,
            (false, None) if on > period.last_day() => ReportStatus::Missing,
            (false, _) => ReportStatus::NotYetDue,
        };
        ExpectedReport {
            reporter: series.reporter,
            metric: metric.id.clone(),
            area: series.area,
            codes: series.codes,
            period,
            due,
            status,
            recorded,
        }
    }

    /// The last day on which a report is on time: the first that any expectation of it says.
    fn due(&self, metric: &Metric, series: &SeriesKey, period: Period) -> Option<Date> {
        let expectations = self.catalog.expectations(&metric.id).iter();
        let of_it = expectations.filter(|expectation| self.covers(expectation, series, period));
        let days = of_it.filter_map(|expectation| expectation.due_days).min()?;
        Some(period.last_day().saturating_add(i64::from(days).days()))
    }

    /// The revision since which a report is there without having been away in between.
    fn there_since(&self, metric: &Metric, place: &Place) -> Option<Revision> {
        let events = self.events.values().flat_map(BTreeMap::values).flatten();
        let revisions: BTreeSet<Revision> = events.map(|event| event.revision).collect();
        let mut since = None;
        for revision in revisions {
            let mut events = (*self.events).clone();
            for of_series in events.values_mut().flat_map(BTreeMap::values_mut) {
                of_series.retain(|event| event.revision <= revision);
            }
            let then = Self {
                events: Rc::new(events),
                ..self.clone()
            };
            match then.record(metric, &place.series, place.period) {
                Some(_) => since = since.or(Some(revision)),
                None => since = None,
            }
        }
        since
    }
}
