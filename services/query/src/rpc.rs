//! The methods of the service, one file each.

mod check_rules;
mod explain_figure;
mod feed;
mod figures;
mod get_completeness;
mod get_report;
mod list_areas;
mod list_calendars;
mod list_dimensions;
mod list_indicators;
mod list_metrics;
mod list_vintages;
mod listing;
mod one_figure;
mod query_indicators;
mod stream_indicators;
mod watch_indicators;

use std::sync::Arc;
use std::time::Duration;

use almanac_indicator::Refusal;
use almanac_service_kit::deadline::Deadline;
use almanac_wire::FiguresAnswer;
use almanac_wire::pb::encoded::query_service_server::QueryService;
use almanac_wire::pb::query as pb;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use self::feed::Messages;
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::page::{self, Page, Paged};
use crate::read_at::ReadAt;
use crate::replica::Moment;
use crate::shared::SharedReplica;
use crate::{Clock, limits};

/// The service.
#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) replica: Arc<SharedReplica>,
    pub(crate) clock: Clock,
    pub(crate) patience: Duration,
    pub(crate) progress_every: Duration,
}

/// An answer, or why there is none.
type Answered<T> = Result<Response<T>, QueryError>;

#[tonic::async_trait]
impl QueryService for Query {
    async fn query_indicators(
        &self,
        request: Request<pb::QueryIndicatorsRequest>,
    ) -> Result<Response<FiguresAnswer>, Status> {
        self.told(query_indicators::answer(self, request).await)
    }

    type StreamIndicatorsStream = Messages<FiguresAnswer>;

    async fn stream_indicators(
        &self,
        request: Request<pb::StreamIndicatorsRequest>,
    ) -> Result<Response<Self::StreamIndicatorsStream>, Status> {
        self.told(stream_indicators::answer(self, request).await)
    }

    type WatchIndicatorsStream = Messages<pb::WatchIndicatorsResponse>;

    async fn watch_indicators(
        &self,
        request: Request<pb::WatchIndicatorsRequest>,
    ) -> Result<Response<Self::WatchIndicatorsStream>, Status> {
        self.told(watch_indicators::answer(self, request).await)
    }

    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::GetReportResponse>, Status> {
        self.told(get_report::answer(self, request).await)
    }

    async fn explain_figure(
        &self,
        request: Request<pb::ExplainFigureRequest>,
    ) -> Result<Response<pb::ExplainFigureResponse>, Status> {
        self.told(explain_figure::answer(self, request).await)
    }

    async fn list_vintages(
        &self,
        request: Request<pb::ListVintagesRequest>,
    ) -> Result<Response<pb::ListVintagesResponse>, Status> {
        self.told(list_vintages::answer(self, request).await)
    }

    async fn get_completeness(
        &self,
        request: Request<pb::GetCompletenessRequest>,
    ) -> Result<Response<pb::GetCompletenessResponse>, Status> {
        self.told(get_completeness::answer(self, request).await)
    }

    async fn check_rules(
        &self,
        request: Request<pb::CheckRulesRequest>,
    ) -> Result<Response<pb::CheckRulesResponse>, Status> {
        self.told(check_rules::answer(self, request).await)
    }

    async fn list_indicators(
        &self,
        request: Request<pb::ListIndicatorsRequest>,
    ) -> Result<Response<pb::ListIndicatorsResponse>, Status> {
        self.told(list_indicators::answer(self, request).await)
    }

    async fn list_metrics(
        &self,
        request: Request<pb::ListMetricsRequest>,
    ) -> Result<Response<pb::ListMetricsResponse>, Status> {
        self.told(list_metrics::answer(self, request).await)
    }

    async fn list_areas(
        &self,
        request: Request<pb::ListAreasRequest>,
    ) -> Result<Response<pb::ListAreasResponse>, Status> {
        self.told(list_areas::answer(self, request).await)
    }

    async fn list_dimensions(
        &self,
        request: Request<pb::ListDimensionsRequest>,
    ) -> Result<Response<pb::ListDimensionsResponse>, Status> {
        self.told(list_dimensions::answer(self, request).await)
    }

    async fn list_calendars(
        &self,
        request: Request<pb::ListCalendarsRequest>,
    ) -> Result<Response<pb::ListCalendarsResponse>, Status> {
        self.told(list_calendars::answer(self, request).await)
    }
}

impl Query {
    /// The answer, which says how far the replica is, or the refusal, which says it too.
    fn told<T>(&self, answered: Answered<T>) -> Result<Response<T>, Status> {
        answered.map_err(|error| refusal(error, &self.replica, &self.clock))
    }

    /// Until when a call may wait: shortly before its deadline, so that the answer says what did not come.
    fn until<T>(&self, request: &Request<T>) -> Instant {
        let now = Instant::now();
        // the server's own limit is no deadline of the client's
        let asked = request.metadata().contains_key("grpc-timeout");
        match Deadline::of(request) {
            Some(deadline) if asked => {
                let left = deadline.remaining();
                now + left.saturating_sub((left / 10).min(limits::DEADLINE_MARGIN))
            }
            _ => now + self.patience,
        }
    }

    /// The state that a request is read at. When the request does not say it rightly, the newest one, so that its other
    /// mistakes are found too.
    async fn open(&self, read_at: Option<&pb::ReadAt>, until: Instant) -> Result<(Moment, Mistakes), QueryError> {
        let mut mistakes = Mistakes::default();
        let wanted = ReadAt::from_proto(read_at, &mut mistakes);
        match self.replica.locate(&wanted.unwrap_or_default(), until).await {
            Ok(moment) => Ok((moment, mistakes)),
            Err(error) => mistakes.refuse_any().and(Err(error)),
        }
    }

    /// The state and the page that a request is about.
    async fn open_page<R: Paged>(&self, request: &R, until: Instant) -> Result<(Moment, Page, Mistakes), QueryError> {
        let opened = self.open(request.read_at(), until).await;
        let (mut moment, mut mistakes) = match R::PARENT {
            None => opened?,
            Some(parent) => {
                let (moment, inner) = opened.map_err(|error| error.under(parent))?;
                let mut mistakes = Mistakes::default();
                mistakes.add_all(inner, parent);
                (moment, mistakes)
            }
        };
        let mut page = Page {
            offset: 0,
            limit: page::limit(request, &mut mistakes),
        };
        if let Some((revision, offset)) = page::continued(request, moment.log, &mut mistakes) {
            moment = self
                .replica
                .locate(&ReadAt::pinned(moment.log, revision), until)
                .await?;
            page.offset = offset;
        }
        Ok((moment, page, mistakes))
    }
}

/// The status of an error, with how far the replica is.
fn refusal(error: QueryError, replica: &SharedReplica, clock: &Clock) -> Status {
    let mut status = Status::from(error);
    let lag = replica.progress().borrow().lag;
    lag.tell(status.metadata_mut(), clock());
    status
}

/// Refusals name the fields of a question with lists; the requests for one figure have fields for one.
fn for_one_figure(refusals: Vec<Refusal>) -> QueryError {
    let renamed = |refusal: Refusal| match refusal.field.as_str() {
        "areas" => Refusal {
            field: "area".to_owned(),
            ..refusal
        },
        "periods" | "periods[0]" => Refusal {
            field: "period".to_owned(),
            ..refusal
        },
        _ => refusal,
    };
    QueryError::Refused(refusals.into_iter().map(renamed).collect())
}
