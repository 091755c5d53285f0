//! A question for expected reports, put together step by step.

use std::fmt::Display;

use almanac_model::{Granularity, ReportStatus};
use almanac_wire::pb::query as pb;
use almanac_wire::{completeness_from_proto, expected_report_from_proto, granularity_to_proto, report_status_to_proto};
use jiff::civil::Date;

use crate::convert::{answered_at, calendars, parsed};
use crate::{AnswerError, ClientError, CompletenessAnswer, QueryClient, ReadAt};

/// A question for expected reports. Begun by [`QueryClient::completeness`], answered by [`Self::fetch`].
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until it is fetched"]
pub struct CompletenessQuestion<'a> {
    client: &'a QueryClient,
    request: pb::GetCompletenessRequest,
}

impl<'a> CompletenessQuestion<'a> {
    pub(crate) fn new(client: &'a QueryClient, period: impl Display) -> Self {
        let request = pb::GetCompletenessRequest {
            periods: vec![period.to_string()],
            ..pb::GetCompletenessRequest::default()
        };
        Self { client, request }
    }

    /// Also for this period, `2017`, or for these, `2015..2017`.
    pub fn period(mut self, period: impl Display) -> Self {
        self.request.periods.push(period.to_string());
        self
    }

    /// The periods cut into periods of this kind.
    pub fn granularity(mut self, granularity: Granularity) -> Self {
        self.request.granularity = granularity_to_proto(granularity).into();
        self
    }

    /// Only this metric, and those of other calls. All without one.
    pub fn metric(mut self, metric: impl Display) -> Self {
        self.request.metrics.push(metric.to_string());
        self
    }

    /// Only what lies under this area, and those of other calls. All areas without one.
    pub fn area(mut self, area: impl Display) -> Self {
        self.request.areas.push(area.to_string());
        self
    }

    /// Only what lies under the areas of a level under an area. Instead of [`Self::area`].
    pub fn areas_under(mut self, area: impl Display, level: impl Display) -> Self {
        self.request.areas_under = area.to_string();
        self.request.level = level.to_string();
        self
    }

    /// Only of this reporter, and those of other calls. Of all without one.
    pub fn reporter(mut self, reporter: impl Display) -> Self {
        self.request.reporters.push(reporter.to_string());
        self
    }

    /// List only reports of this status, and those of other calls. The counts are of all.
    pub fn status(mut self, status: ReportStatus) -> Self {
        self.request.statuses.push(report_status_to_proto(status).into());
        self
    }

    /// The day by which a report that is not there is overdue. Without it, that on which the answered revision was recorded.
    pub fn on(mut self, day: Date) -> Self {
        self.request.on = day.to_string();
        self
    }

    /// The state of the log to read. The newest without it.
    pub fn read_at(mut self, read_at: &ReadAt) -> Self {
        self.request.read_at = Some(read_at.to_proto());
        self
    }

    /// How many reports come in one message: 1,000 unless told otherwise. All pages are fetched, and read one revision.
    pub fn page_size(mut self, reports: u16) -> Self {
        self.request.page_size = reports.into();
        self
    }

    /// Asks, and follows the pages to the last. The deadline is each page's own.
    pub async fn fetch(self) -> Result<CompletenessAnswer, ClientError> {
        let Self { client, mut request } = self;
        let first = client.get_completeness(&request).await?;
        let calendars = calendars(first.answered_at.as_ref())?;
        let mut answer = CompletenessAnswer {
            summaries: first
                .summaries
                .iter()
                .map(|summary| completeness_from_proto(summary, &calendars))
                .collect::<Result<_, _>>()
                .map_err(AnswerError::from)?,
            reports: Vec::new(),
            unlisted: first
                .unlisted
                .iter()
                .map(|metric| parsed("unlisted.metric", &metric.metric))
                .collect::<Result<_, _>>()?,
            on: parsed("on", &first.on)?,
            answered_at: answered_at(first.answered_at)?,
        };
        let (mut reports, mut token) = (first.reports, first.next_page_token);
        loop {
            for report in reports {
                let report = expected_report_from_proto(report, &calendars).map_err(AnswerError::from)?;
                answer.reports.push(report);
            }
            if token.is_empty() {
                return Ok(answer);
            }
            request.page_token = token;
            let page = client.get_completeness(&request).await?;
            (reports, token) = (page.reports, page.next_page_token);
        }
    }
}
