//! `ExplainFigure`: what one figure was made of.

mod cause;
mod term;

use std::sync::Arc;

use almanac_catalog::Share;
use almanac_indicator::{Explanation, Number, OneFigure, State, Window, explain};
use almanac_model::Exact;
use almanac_wire::figure_to_proto;
use almanac_wire::pb::query as pb;
use prost::Message;
use tonic::Request;

use self::cause::cause_to_proto;
use self::term::{Shown, term_to_proto};
use super::figures::tell_when_targets_were_set;
use super::one_figure::{Key, QUERY};
use super::{Answered, Query};
use crate::answer::{answered_on, respond};
use crate::error::QueryError;
use crate::limits;
use crate::mistakes::Mistakes;
use crate::page::{Page, next_token};
use crate::replica::{Moment, Replica};

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ExplainFigureRequest>,
) -> Answered<pb::ExplainFigureResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mistakes) = query.open_page(&request, until).await?;
    let figure = Arc::new(asked(&request, &moment, mistakes)?);
    let (response, next) = page_of(query, &moment, &figure, page).await?;
    let response = pb::ExplainFigureResponse {
        answered_at: Some(answered_on(&moment, figure.on_boundaries_of())),
        next_page_token: next_token(&request, &moment, next),
        ..response
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn asked(request: &pb::ExplainFigureRequest, moment: &Moment, mistakes: Mistakes) -> Result<OneFigure, QueryError> {
    let pb::ExplainFigureRequest {
        query,
        indicator,
        area,
        period,
        dimensions,
        page_size: _,
        page_token: _,
    } = request;
    let key = Key {
        query: query.as_ref(),
        indicator,
        area,
        period,
        dimensions,
    };
    key.figure(moment, mistakes)
}

/// A page of events with what they are behind, and where the next page begins. It has fewer events than asked for where it
/// would grow larger than clients take.
async fn page_of(
    query: &Query,
    moment: &Moment,
    figure: &Arc<OneFigure>,
    page: Page,
) -> Result<(pb::ExplainFigureResponse, Option<usize>), QueryError> {
    let mut window = Window {
        skip: page.offset,
        take: page.limit,
    };
    loop {
        let asked = Arc::clone(figure);
        let compute = move |replica: &Replica, state: State<'_>| {
            let explanation = explain(state, &asked, window)?;
            Ok(explanation.map(|explanation| {
                let end = window.skip.saturating_add(window.take);
                let next = (end < explanation.event_count).then_some(end);
                (explanation_to_proto(explanation, replica), next)
            }))
        };
        let refused = |refusals| QueryError::Refused(refusals).under(QUERY);
        let explained = query.replica.compute_history(moment, figure, compute).await?;
        let (response, next) = explained.map_err(refused)?.ok_or(QueryError::Broken)?;
        if response.encoded_len() <= limits::PAGE_BYTES || window.take <= 1 {
            return Ok((response, next));
        }
        window.take /= 2;
    }
}

fn explanation_to_proto(explanation: Explanation, replica: &Replica) -> pb::ExplainFigureResponse {
    let Explanation {
        mut figure,
        exact,
        formula,
        substituted,
        terms,
        causes,
        event_count,
    } = explanation;
    tell_when_targets_were_set(std::slice::from_mut(&mut figure), replica);
    let shown: Vec<Shown> = terms.iter().map(Shown::of).collect();
    pb::ExplainFigureResponse {
        figure: Some(figure_to_proto(figure)),
        formula,
        substituted,
        terms: terms.into_iter().map(|term| term_to_proto(term, replica)).collect(),
        answered_at: None,
        exact_value: exact.map(number_to_proto),
        causes: causes.into_iter().map(|cause| cause_to_proto(cause, &shown)).collect(),
        event_count: count(event_count),
        next_page_token: String::new(),
    }
}

fn number_to_proto(number: Number) -> pb::Number {
    let Number { digits, fraction } = number;
    pb::Number {
        value: digits,
        fraction: fraction.unwrap_or_default(),
    }
}

/// How much of an area belongs to a figure; `None` when nobody published it.
fn weight_to_proto(share: &Share) -> Option<pb::Number> {
    let number = match share {
        Share::All => Number::of(&Exact::from_integer(1)),
        Share::Part(part) => Number::of(part),
        Share::Nothing => Number::of(&Exact::from_integer(0)),
        Share::Unknown => return None,
    };
    Some(number_to_proto(number))
}

/// A count, printed even when it is 0.
#[expect(clippy::unnecessary_wraps, reason = "as the field of an answer is")]
fn count(count: usize) -> Option<i64> {
    Some(i64::try_from(count).unwrap_or(i64::MAX))
}
