//! `ListCalendars`: the custom calendars of the catalogue.

use almanac_catalog::{Catalog, CustomCalendar};
use almanac_wire::calendar_to_proto;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::listing::{Listing, list};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::mistakes::Mistakes;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ListCalendarsRequest>,
) -> Answered<pb::ListCalendarsResponse> {
    let Listing {
        items,
        next_page_token,
        moment,
    } = list(query, request, select, |calendar, _| calendar_to_proto(calendar)).await?;
    let response = pb::ListCalendarsResponse {
        calendars: items,
        next_page_token,
        answered_at: Some(answered_at(&moment)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn select<'c>(catalog: &'c Catalog, _: &pb::ListCalendarsRequest, _: &mut Mistakes) -> Vec<&'c CustomCalendar> {
    catalog.calendars().collect()
}
