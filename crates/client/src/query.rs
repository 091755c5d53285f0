//! The query service: indicators, reports, explanations.

use std::fmt::Display;
use std::time::Duration;

use almanac_wire::pb::query as pb;
use almanac_wire::pb::query::query_service_client::QueryServiceClient;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

use crate::connection::{CallOptions, connect, stub};
use crate::convert;
use crate::retry::call;
use crate::{
    ClientError, CompletenessQuestion, ConnectError, Explanation, IndicatorsQuestion, ReadAt, Report, RulesQuestion,
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

/// Which figure to explain.
#[derive(Clone, Debug, Default)]
pub struct FigureQuestion {
    request: pb::ExplainFigureRequest,
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

    /// The same client sending compressed requests. Answers may always be compressed.
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

    /// What one figure was made of: formula, terms, and every recorded value with its revision.
    pub async fn explain(&self, figure: &FigureQuestion, read_at: &ReadAt) -> Result<Explanation, ClientError> {
        let request = pb::ExplainFigureRequest {
            read_at: Some(read_at.to_proto()),
            ..figure.request.clone()
        };
        let answer = call(&request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.explain_figure(request).await }
        })
        .await?;
        Ok(convert::explanation(answer)?)
    }

    pub(crate) async fn query_indicators(
        &self,
        request: &pb::QueryIndicatorsRequest,
    ) -> Result<pb::QueryIndicatorsResponse, ClientError> {
        call(request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.query_indicators(request).await }
        })
        .await
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

impl FigureQuestion {
    /// The figure of an indicator or metric for an area and a period.
    #[must_use]
    pub fn new(indicator: impl Display, area: impl Display, period: impl Display) -> Self {
        Self {
            request: pb::ExplainFigureRequest {
                indicator: indicator.to_string(),
                area: area.to_string(),
                period: period.to_string(),
                ..pb::ExplainFigureRequest::default()
            },
        }
    }

    /// Only these codes of a dimension.
    #[must_use]
    pub fn filter(mut self, dimension: impl Display, codes: impl IntoIterator<Item = impl Display>) -> Self {
        self.request.filters.push(filter(dimension, codes));
        self
    }

    /// All or nothing: a figure that lacks a part is missing instead of partial.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.request.strict = true;
        self
    }
}

pub(crate) fn filter(dimension: impl Display, codes: impl IntoIterator<Item = impl Display>) -> pb::DimensionFilter {
    pb::DimensionFilter {
        dimension: dimension.to_string(),
        codes: codes.into_iter().map(|code| code.to_string()).collect(),
    }
}
