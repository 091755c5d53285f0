//! `StreamIndicators`: all figures of a question, at one revision, in many messages.

use std::sync::Arc;

use almanac_service_kit::server::stream_stop;
use almanac_wire::pb::{query as pb, shared};
use tonic::Request;

use super::feed::{self, Messages, Outlet};
use super::figures::Figures;
use super::{Answered, Query};
use crate::answer::respond_with_stream;
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::page::{Page, next_token};
use crate::replica::Moment;
use crate::shared::SharedReplica;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::StreamIndicatorsRequest>,
) -> Answered<Messages<pb::StreamIndicatorsResponse>> {
    let (until, stop) = (query.until(&request), stream_stop(&request));
    let pb::StreamIndicatorsRequest { query: asked } = request.into_inner();
    let asked = asked.unwrap_or_default();
    let replica = Arc::clone(&query.replica);
    // what is refused is refused before the stream begins
    let begin = async {
        let (moment, page, mistakes) = query.open_page(&asked, until).await?;
        begin(&asked, (moment, page, mistakes), replica).await
    };
    let stream = begin.await.map_err(|error| error.under("query"))?;
    let moment = stream.figures.moment().clone();
    let messages = feed::begin(query, stop, |outlet| stream.send_all(asked, outlet));
    Ok(respond_with_stream(messages, &moment, (query.clock)()))
}

/// The rest of an answer, with what comes next.
struct FigureStream {
    replica: Arc<SharedReplica>,
    figures: Figures,
    page: Page,
    next: (Vec<shared::Figure>, Option<usize>),
}

async fn begin(
    asked: &pb::QueryIndicatorsRequest,
    (moment, page, mistakes): (Moment, Page, Mistakes),
    replica: Arc<SharedReplica>,
) -> Result<FigureStream, QueryError> {
    let mut figures = Figures::asked(asked, moment, mistakes)?;
    let next = figures.page(&replica, page).await?;
    Ok(FigureStream {
        replica,
        figures,
        page,
        next,
    })
}

impl FigureStream {
    async fn send_all(
        mut self,
        asked: pb::QueryIndicatorsRequest,
        outlet: Outlet<pb::StreamIndicatorsResponse>,
    ) -> Result<(), QueryError> {
        loop {
            let (figures, next) = self.next;
            let moment = self.figures.moment();
            let message = pb::StreamIndicatorsResponse {
                figures,
                answered_at: Some(self.figures.answered_at()),
                next_page_token: next_token(&asked, moment, next),
                resolved_periods: self.figures.resolved_periods(),
            };
            outlet.send(message).await;
            let Some(offset) = next else { return Ok(()) };
            let page = Page { offset, ..self.page };
            self.next = self.figures.page(&self.replica, page).await?;
        }
    }
}
