//! `ListIndicators`: the indicators of the catalogue.

use almanac_catalog::{Catalog, Indicator};
use almanac_wire::indicator_to_proto;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::listing::{Listing, list};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::mistakes::Mistakes;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ListIndicatorsRequest>,
) -> Answered<pb::ListIndicatorsResponse> {
    let Listing {
        items,
        next_page_token,
        moment,
    } = list(query, request, select, indicator_to_proto).await?;
    let response = pb::ListIndicatorsResponse {
        indicators: items,
        next_page_token,
        answered_at: Some(answered_at(&moment)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn select<'c>(catalog: &'c Catalog, _: &pb::ListIndicatorsRequest, _: &mut Mistakes) -> Vec<&'c Indicator> {
    catalog.indicators().collect()
}
