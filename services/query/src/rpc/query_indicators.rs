//! `QueryIndicators`: figures for indicators, areas and periods.

use std::sync::Arc;

use almanac_indicator::{Question, State, answer as answer_question};
use almanac_wire::figure_to_proto;
use almanac_wire::pb::{query as pb, shared};
use prost::Message;
use tonic::Request;

use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::error::QueryError;
use crate::page::{Page, next_token};
use crate::replica::{Moment, Replica};
use crate::shared::Work;
use crate::{ask, limits};

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::QueryIndicatorsRequest>,
) -> Answered<pb::QueryIndicatorsResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mut mistakes) = query.open_page(&request, until).await?;
    let question = ask::question(&request, &moment.catalog, &mut mistakes);
    mistakes.refuse_any()?;
    let (figures, next) = figures(query, &moment, question, page).await?;
    let response = pb::QueryIndicatorsResponse {
        figures,
        answered_at: Some(answered_at(&moment)),
        next_page_token: next_token(&request, &moment, next),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

/// A page of figures, computed some at a time, and where the next page begins. It ends early before it grows larger than
/// clients take.
async fn figures(
    query: &Query,
    moment: &Moment,
    question: Question,
    page: Page,
) -> Result<(Vec<shared::Figure>, Option<usize>), QueryError> {
    let few = ask::at_least_figures(&question) <= limits::FIGURES_INLINE && question.group_by.is_empty();
    let work = if few { Work::Small } else { Work::Large };
    let question = Arc::new(question);
    let (mut figures, mut bytes, mut offset) = (Vec::new(), 0, page.offset);
    loop {
        let (asked, limit) = (
            Arc::clone(&question),
            (page.limit - figures.len()).min(limits::FIGURES_AT_ONCE),
        );
        let compute = move |_: &Replica, state: State<'_>| answer_question(state, &asked, offset, limit);
        let answer = query
            .replica
            .compute(moment, work, compute)
            .await?
            .map_err(QueryError::Refused)?;
        for figure in answer.figures.into_iter().map(figure_to_proto) {
            bytes += figure.encoded_len();
            if bytes > limits::PAGE_BYTES && !figures.is_empty() {
                return Ok((figures, Some(offset)));
            }
            figures.push(figure);
            offset += 1;
        }
        if answer.next.is_none() || figures.len() >= page.limit {
            return Ok((figures, answer.next));
        }
    }
}
