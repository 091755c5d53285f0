//! `ListAreas`: the areas of the catalogue.

use almanac_catalog::{Area, Catalog};
use almanac_wire::area_to_proto;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::listing::{Listing, list};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::mistakes::Mistakes;
use crate::names::Names;

pub(super) async fn answer(query: &Query, request: Request<pb::ListAreasRequest>) -> Answered<pb::ListAreasResponse> {
    let Listing {
        items,
        next_page_token,
        moment,
    } = list(query, request, select, area_to_proto).await?;
    let response = pb::ListAreasResponse {
        areas: items,
        next_page_token,
        answered_at: Some(answered_at(&moment)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

/// The areas that pass every filter. Without a date an area lies under another when it does so at some time.
fn select<'c>(catalog: &'c Catalog, request: &pb::ListAreasRequest, mistakes: &mut Mistakes) -> Vec<&'c Area> {
    let mut names = Names::of(catalog, mistakes);
    let under = (!request.under.is_empty())
        .then(|| names.area("under", &request.under))
        .flatten();
    let level = (!request.level.is_empty())
        .then(|| names.level("level", &request.level))
        .flatten();
    let date = (!request.date.is_empty())
        .then(|| names.date("date", &request.date))
        .flatten();
    let passes = |area: &&Area| {
        let lies_under = under.as_ref().is_none_or(|under| match date {
            Some(day) => catalog.lies_under(&area.id, under, day),
            None => catalog.lies_under_at_any_date(&area.id, under),
        });
        let of_level = level.as_ref().is_none_or(|level| area.level == *level);
        of_level && date.is_none_or(|day| catalog.is_valid_at(&area.id, day)) && lies_under
    };
    catalog.areas().filter(passes).collect()
}
