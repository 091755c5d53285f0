//! `StreamIndicators`: all figures of a question, at one revision, in many messages.

use std::sync::Arc;

use almanac_service_kit::server::stream_stop;
use almanac_wire::pb::query as pb;
use almanac_wire::{FigureBatchBuilder, FiguresAnswer, MAX_BATCH_FIGURES};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Request;

use super::feed::{self, Messages, Outlet};
use super::figures::{FigureMessage, Figures, Form, OneByOne};
use super::{Answered, Query};
use crate::answer::respond_with_stream;
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::page::{Page, next_token};
use crate::shared::SharedReplica;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::StreamIndicatorsRequest>,
) -> Answered<Messages<FiguresAnswer>> {
    let (until, stop) = (query.until(&request), stream_stop(&request));
    let pb::StreamIndicatorsRequest { query: asked, form } = request.into_inner();
    let asked = asked.unwrap_or_default();
    let mut mistakes = Mistakes::default();
    let form = Form::from_proto(form, &mut mistakes);
    let opened = open(query, &asked, until).await;
    let opened = mistakes.beside(opened.map_err(|error| error.under("query")))?;
    match form {
        Form::Figures => stream::<OneByOne>(query, asked, opened, stop).await,
        Form::Columns => {
            let (figures, mut page) = opened;
            // a table of symbols is the cheaper the more figures share it
            if asked.page_size == 0 {
                page.limit = MAX_BATCH_FIGURES;
            }
            stream::<FigureBatchBuilder>(query, asked, (figures, page), stop).await
        }
    }
}

/// The question at the state that it is read at.
async fn open(
    query: &Query,
    asked: &pb::QueryIndicatorsRequest,
    until: Instant,
) -> Result<(Figures, Page), QueryError> {
    let (moment, page, mistakes) = query.open_page(asked, until).await?;
    Ok((Figures::asked(asked, moment, mistakes)?, page))
}

/// The answer in messages of one form. What is refused is refused before it begins.
async fn stream<M: FigureMessage + Send + 'static>(
    query: &Query,
    asked: pb::QueryIndicatorsRequest,
    (mut figures, page): (Figures, Page),
    stop: CancellationToken,
) -> Answered<Messages<FiguresAnswer>> {
    let replica = Arc::clone(&query.replica);
    let first = figures.page::<M>(&replica, page).await;
    let stream = FigureStream {
        next: first.map_err(|error| error.under("query"))?,
        replica,
        figures,
        page,
    };
    let moment = stream.figures.moment().clone();
    let messages = feed::begin(query, stop, |outlet| stream.send_all(asked, outlet));
    Ok(respond_with_stream(messages, &moment, (query.clock)()))
}

/// The rest of an answer, with what comes next.
struct FigureStream<M> {
    replica: Arc<SharedReplica>,
    figures: Figures,
    page: Page,
    next: (M, Option<usize>),
}

impl<M: FigureMessage> FigureStream<M> {
    async fn send_all(
        mut self,
        asked: pb::QueryIndicatorsRequest,
        outlet: Outlet<FiguresAnswer>,
    ) -> Result<(), QueryError> {
        loop {
            let (figures, next) = self.next;
            let moment = self.figures.moment();
            let message = FiguresAnswer {
                answered_at: Some(self.figures.answered_at()),
                next_page_token: next_token(&asked, moment, next),
                resolved_periods: self.figures.resolved_periods(),
                ..figures.into_answer()
            };
            outlet.send(message).await;
            let Some(offset) = next else { return Ok(()) };
            let page = Page { offset, ..self.page };
            self.next = self.figures.page(&self.replica, page).await?;
        }
    }
}
