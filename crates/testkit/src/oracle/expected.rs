//! What the catalogue expects of its reporters, and how much of it came.

use std::collections::BTreeSet;

use almanac_catalog::{Expectation, Metric};
use almanac_model::{AreaId, Coverage, MissingReason, Period};

use super::Oracle;
use super::records::SeriesKey;
use super::series::relevant_sub_periods;
use super::term::Term;

/// A term and the period for which it was read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) term: Term,
    pub(super) period: Period,
}

impl Oracle<'_> {
    /// Whether the catalogue expects a report of a series for a sub-period: of the area at the level at which the
    /// metric is collected then.
    pub(super) fn is_expected(&self, metric: &Metric, series: &SeriesKey, sub_period: Period) -> bool {
        let area = self.catalog.area(series.area.as_str());
        let collected_here = area.is_some_and(|area| metric.level_for(sub_period) == Some(&area.level));
        let expectations = self.catalog.expectations(&metric.id);
        collected_here && expectations.iter().any(|expectation| self.covers(expectation, series, sub_period))
    }

    fn covers(&self, expectation: &Expectation, series: &SeriesKey, sub_period: Period) -> bool {
        let day = sub_period.last_day();
        expectation.reporter == series.reporter
            && expectation.cells.contains(&series.codes)
            && expectation.from <= sub_period.start()
            && expectation.to.is_none_or(|to| sub_period.end() <= to)
            && expectation.areas.iter().any(|above| self.catalog.lies_under(&series.area, above, day))
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

    /// Reports received and expected of all that was read, in the whole of an area. Two terms that read the same report
    /// count it once.
    pub(super) fn coverage(&self, readings: &[Reading], area: &AreaId) -> Option<Coverage> {
        let mut expected = BTreeSet::new();
        let mut reported = BTreeSet::new();
        for Reading { term, period } in readings {
            let metric = &term.metric;
            for series in self.expectable_series(metric) {
                if !self.belongs(term, &series, std::slice::from_ref(area), *period) {
                    continue;
                }
                for sub_period in relevant_sub_periods(metric, *period) {
                    let record = self.record(metric, &series, sub_period);
                    let cannot_exist = record
                        .as_ref()
                        .is_some_and(|record| record.outcome == Err(MissingReason::CannotExist));
                    if cannot_exist || !self.is_expected(metric, &series, sub_period) {
                        continue;
                    }
                    let report = (metric.id.clone(), *period, series.clone(), sub_period);
                    if record.is_some() {
                        reported.insert(report.clone());
                    }
                    expected.insert(report);
                }
            }
        }
        (!expected.is_empty()).then(|| Coverage {
            reported: count(reported.len()),
            expected: count(expected.len()),
        })
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
