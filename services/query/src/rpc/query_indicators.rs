//! `QueryIndicators`: figures for indicators, areas and periods.

use almanac_wire::FiguresAnswer;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::figures::{FigureMessage, Figures, OneByOne};
use super::{Answered, Query};
use crate::answer::respond;
use crate::page::next_token;

pub(super) async fn answer(query: &Query, request: Request<pb::QueryIndicatorsRequest>) -> Answered<FiguresAnswer> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mistakes) = query.open_page(&request, until).await?;
    let mut asked = Figures::asked(&request, moment, mistakes)?;
    let (page, next) = asked.page::<OneByOne>(&query.replica, page).await?;
    let moment = asked.moment();
    let response = FiguresAnswer {
        answered_at: Some(asked.answered_at()),
        next_page_token: next_token(&request, moment, next),
        resolved_periods: asked.resolved_periods(),
        ..page.into_answer()
    };
    Ok(respond(response, moment, (query.clock)()))
}
