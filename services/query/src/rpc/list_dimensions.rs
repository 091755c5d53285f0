//! `ListDimensions`: the dimensions of the catalogue and its groupings of areas.

use almanac_catalog::{Catalog, Dimension};
use almanac_wire::dimension_to_proto;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::listing::{Listing, list};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::mistakes::Mistakes;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ListDimensionsRequest>,
) -> Answered<pb::ListDimensionsResponse> {
    let Listing {
        items,
        next_page_token,
        moment,
    } = list(query, request, select, dimension_to_proto).await?;
    let response = pb::ListDimensionsResponse {
        dimensions: items,
        next_page_token,
        answered_at: Some(answered_at(&moment)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn select<'c>(catalog: &'c Catalog, _: &pb::ListDimensionsRequest, _: &mut Mistakes) -> Vec<&'c Dimension> {
    catalog.classifications()
}
