//! What the catalogue expects of its reporters, and how much of it came.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Expectation, Metric};
use almanac_model::{Coverage, MissingReason, Period, PeriodRange};

use super::Oracle;
use super::boundaries::Share;
use super::records::SeriesKey;
use super::series::relevant;
use super::term::{Term, level_of};
use super::territory::Territory;

/// A term and the stretch for which it was read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) term: Term,
    pub(super) span: PeriodRange,
}

impl Oracle<'_> {
    /// Whether the catalogue expects a report of a series for a sub-period.
    pub(super) fn is_expected(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> bool {
        let expectations = self.catalog.expectations(&metric.id);
        expectations
            .iter()
            .any(|expectation| self.covers(expectation, series, sub_period))
            && self.is_collected(metric, series, sub_period)
    }

    /// Whether values of the series' level are collected in a sub-period.
    pub(super) fn is_collected(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> bool {
        let area = self.catalog.area(series.area.as_str());
        area.is_some_and(|area| level_of(metric, sub_period) == Some(&area.level))
    }

    pub(super) fn covers(&self, expectation: &Expectation, series: &SeriesKey, sub_period: Period) -> bool {
        let day = sub_period.last_day();
        expectation.reporter == series.reporter
            && expectation.cells.contains(&series.codes)
            && expectation.from <= sub_period.start()
            && expectation.to.is_none_or(|to| sub_period.end() <= to)
            && expectation
                .areas
                .iter()
                .any(|above| self.catalog.lies_under(&series.area, above, day))
    }

    /// Every series that the catalogue can expect of a metric at some time.
    pub(super) fn expectable_series(&self, metric: &Metric) -> BTreeSet<SeriesKey> {
        let mut found = BTreeSet::new();
        for expectation in self.catalog.expectations(&metric.id) {
            for area in self.catalog.areas() {
                for codes in &expectation.cells {
                    found.insert(SeriesKey {
                        area: area.id.clone(),
                        codes: codes.clone(),
                        reporter: expectation.reporter.clone(),
                    });
                }
            }
        }
        found
    }

    /// Reports received and expected of all that was read, in the whole of a territory. A report that is read twice, by
    /// two terms or for two periods, counts once. `None` when the catalogue asks for no report; one that cannot exist is asked for, but not expected.
    pub(super) fn coverage(&self, readings: &[Reading], territory: &Territory) -> Option<Coverage> {
        let mut asked_for = BTreeMap::new();
        for Reading { term, span } in readings {
            let metric = &term.metric;
            for run in self.runs(metric, territory, *span) {
                for series in self.expectable_series(metric) {
                    if self.belongs(term, &series, territory, &run) == Share::Nothing {
                        continue;
                    }
                    for sub_period in relevant(metric, &run.parts) {
                        if self.is_expected(metric, &series, sub_period) {
                            let record = self.record(metric, &series, sub_period);
                            let report = (metric.id.clone(), series.clone(), sub_period);
                            asked_for.insert(report, record.map(|record| record.outcome));
                        }
                    }
                }
            }
        }
        let came: Vec<bool> = asked_for
            .values()
            .filter(|outcome| **outcome != Some(Err(MissingReason::CannotExist)))
            .map(Option::is_some)
            .collect();
        (!asked_for.is_empty()).then(|| Coverage {
            reported: count(came.iter().filter(|came| **came).count()),
            expected: count(came.len()),
        })
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
