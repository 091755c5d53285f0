//! The query service: indicators, reports, explanations.

use std::fmt::Display;
use std::time::Duration;

use almanac_wire::FiguresAnswer;
use almanac_wire::pb::encoded::query_service_client::QueryServiceClient;
use almanac_wire::pb::query as pb;
use tonic::Streaming;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

use crate::connection::{CallOptions, connect, stub};
use crate::convert;
use crate::retry::call;
use crate::{
    ClientError, CompletenessQuestion, ConnectError, Explanation, FigureQuestion, IndicatorsQuestion, ReadAt, Report,
    RulesQuestion, Vintages,
};

/// A client of the query service.
///
/// Names and periods are taken as texts and as the types of [`crate::model`] alike; the service checks them, and names
/// the nearest valid ones in its refusal.
#[derive(Clone, Debug)]
pub struct QueryClient {
    channel: Channel,
    options: CallOptions,
}

impl QueryClient {
    /// Connects to the service at an address such as `http://127.0.0.1:50052`.
    pub async fn connect(uri: &str) -> Result<Self, ConnectError> {
        Ok(Self::new(connect(uri).await?))
    }

    /// A client on a channel that was set up elsewhere: with TLS, over several replicas, or connecting later.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            options: CallOptions::default(),
        }
    }

    /// The same client with another time for each call, [`crate::DEADLINE`] by default. It is also how long a question
    /// waits for its least revision.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// The same client with compressed requests and longer answers: for slow networks. Within a data centre it costs more time
    /// than it saves.
    #[must_use]
    pub fn with_compression(mut self, encoding: CompressionEncoding) -> Self {
        self.options.compression = Some(encoding);
        self
    }

    /// Begins a question for figures of these indicators and plain metrics.
    pub fn indicators(&self, ids: impl IntoIterator<Item = impl Display>) -> IndicatorsQuestion<'_> {
        IndicatorsQuestion::new(self, ids)
    }

    /// Begins a question for the expected reports of a period, `2017`, or of several, `2015..2017`.
    pub fn completeness(&self, period: impl Display) -> CompletenessQuestion<'_> {
        CompletenessQuestion::new(self, period)
    }

    /// Begins a question for the rules of the catalogue that do not hold.
    pub fn check_rules(&self) -> RulesQuestion<'_> {
        RulesQuestion::new(self)
    }

    /// A report of the catalogue, filled: `("annual-review", "96", "2017")`.
    pub async fn get_report(
        &self,
        report: impl Display,
        area: impl Display,
        period: impl Display,
        read_at: &ReadAt,
    ) -> Result<Report, ClientError> {
        let request = pb::GetReportRequest {
            report: report.to_string(),
            area: area.to_string(),
            period: period.to_string(),
            read_at: Some(read_at.to_proto()),
        };
        let answer = call(&request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.get_report(request).await }
        })
        .await?;
        Ok(convert::report(answer)?)
    }

    /// What one figure was made of: formula, terms, series, and every recorded value with the events behind it. All pages are
    /// fetched, and read one revision.
    pub async fn explain(&self, figure: &FigureQuestion, read_at: &ReadAt) -> Result<Explanation, ClientError> {
        let mut request = figure.explanation(read_at);
        let mut whole: Option<Explanation> = None;
        loop {
            let page = call(&request, self.options.deadline, |request| {
                let mut stub = self.stub();
                async move { stub.explain_figure(request).await }
            })
            .await?;
            request.page_token.clone_from(&page.next_page_token);
            let page = convert::explanation(page)?;
            let explained = match whole.take() {
                None => page,
                Some(before) => before.continued(page),
            };
            if request.page_token.is_empty() {
                return Ok(explained);
            }
            whole = Some(explained);
        }
    }

    /// All values that one figure has had, the oldest first. All pages are fetched, and read up to one revision.
    pub async fn list_vintages(&self, figure: &FigureQuestion, read_at: &ReadAt) -> Result<Vintages, ClientError> {
        let mut request = figure.vintages(read_at);
        let mut vintages = Vec::new();
        loop {
            let page = call(&request, self.options.deadline, |request| {
                let mut stub = self.stub();
                async move { stub.list_vintages(request).await }
            })
            .await?;
            let calendars = convert::calendars(page.answered_at.as_ref())?;
            for vintage in page.vintages {
                vintages.push(convert::vintage(vintage, &calendars)?);
            }
            if page.next_page_token.is_empty() {
                return Ok(Vintages {
                    vintages,
                    answered_at: convert::answered_at(page.answered_at)?,
                });
            }
            request.page_token = page.next_page_token;
        }
    }

    pub(crate) async fn query_indicators(
        &self,
        request: &pb::QueryIndicatorsRequest,
    ) -> Result<FiguresAnswer, ClientError> {
        call(request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.query_indicators(request).await }
        })
        .await
    }

    pub(crate) async fn stream_indicators(
        &self,
        request: &pb::StreamIndicatorsRequest,
    ) -> Result<Streaming<FiguresAnswer>, ClientError> {
        call(request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.stream_indicators(request).await }
        })
        .await
    }

    /// How long a call may take, and a stream may say nothing.
    pub(crate) const fn deadline(&self) -> Duration {
        self.options.deadline
    }

    pub(crate) async fn get_completeness(
        &self,
        request: &pb::GetCompletenessRequest,
    ) -> Result<pb::GetCompletenessResponse, ClientError> {
        call(request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.get_completeness(request).await }
        })
        .await
    }

    pub(crate) async fn call_check_rules(
        &self,
        request: &pb::CheckRulesRequest,
    ) -> Result<pb::CheckRulesResponse, ClientError> {
        call(request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.check_rules(request).await }
        })
        .await
    }

    fn stub(&self) -> QueryServiceClient<Channel> {
        stub!(QueryServiceClient, self.channel, self.options)
    }
}

pub(crate) fn filter(dimension: impl Display, codes: impl IntoIterator<Item = impl Display>) -> pb::DimensionFilter {
    pb::DimensionFilter {
        dimension: dimension.to_string(),
        codes: codes.into_iter().map(|code| code.to_string()).collect(),
    }
}
