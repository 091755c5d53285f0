//! One page of expected reports, and the counts of all.

use std::collections::{BTreeMap, BTreeSet};

use almanac_indicator::MAX_REPORTS;
use almanac_model::{Completeness, CompletenessSummary, ExpectedReport, MetricId, Period, ReportStatus, ReporterId};
use almanac_wire::pb::query as pb;
use almanac_wire::{completeness_to_proto, expected_report_to_proto};
use prost::Message;

use crate::error::QueryError;
use crate::limits;
use crate::page::Page;

/// What was found so far.
#[derive(Clone)]
pub(super) struct Listing {
    page: Page,
    /// Reports of all statuses.
    total: usize,
    /// Reports of the statuses asked for.
    matched: usize,
    bytes: usize,
    pub(super) summaries: Vec<pb::CompletenessSummary>,
    pub(super) reports: Vec<pb::ExpectedReport>,
    /// Where the next page begins.
    pub(super) next: Option<usize>,
}

impl Listing {
    pub(super) const fn new(page: Page) -> Self {
        Self {
            page,
            total: 0,
            matched: 0,
            bytes: 0,
            summaries: Vec::new(),
            reports: Vec::new(),
            next: None,
        }
    }

    /// How many reports were looked at.
    pub(super) const fn total(&self) -> usize {
        self.total
    }

    /// Adds the reports of a metric for a period.
    pub(super) fn add(
        &mut self,
        metric: &MetricId,
        period: Period,
        reports: Vec<ExpectedReport>,
        statuses: &BTreeSet<ReportStatus>,
    ) -> Result<(), QueryError> {
        self.total += reports.len();
        if self.total > MAX_REPORTS {
            return Err(QueryError::TooManyReports);
        }
        self.count(metric, period, &reports)?;
        for report in reports {
            if statuses.is_empty() || statuses.contains(&report.status) {
                self.list(report);
            }
        }
        Ok(())
    }

    fn count(&mut self, metric: &MetricId, period: Period, reports: &[ExpectedReport]) -> Result<(), QueryError> {
        if self.page.offset > 0 {
            return Ok(());
        }
        let mut counts: BTreeMap<&ReporterId, Completeness> = BTreeMap::new();
        for report in reports {
            *counts.entry(&report.reporter).or_default() += report.status;
        }
        for (reporter, counts) in counts {
            let summary = completeness_to_proto(CompletenessSummary {
                reporter: reporter.clone(),
                metric: metric.clone(),
                period,
                counts,
            });
            self.bytes += summary.encoded_len();
            self.summaries.push(summary);
        }
        if self.summaries.len() > limits::SUMMARIES {
            return Err(QueryError::TooManyReports);
        }
        Ok(())
    }

    /// Keeps a report that belongs to the page, which ends early before it grows larger than clients take.
    fn list(&mut self, report: ExpectedReport) {
        let number = self.matched;
        self.matched += 1;
        if number < self.page.offset || self.next.is_some() {
            return;
        }
        let report = expected_report_to_proto(report);
        self.bytes += report.encoded_len();
        let full = self.reports.len() >= self.page.limit || self.bytes > limits::PAGE_BYTES;
        if full && !self.reports.is_empty() {
            self.next = Some(number);
        } else {
            self.reports.push(report);
        }
    }
}
