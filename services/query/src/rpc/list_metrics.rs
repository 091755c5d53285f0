//! `ListMetrics`: the metrics of the catalogue.

use almanac_catalog::{Catalog, Metric};
use almanac_wire::metric_to_proto;
use almanac_wire::pb::query as pb;
use tonic::Request;

use super::listing::{Listing, list};
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::mistakes::Mistakes;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ListMetricsRequest>,
) -> Answered<pb::ListMetricsResponse> {
    let Listing {
        items,
        next_page_token,
        moment,
    } = list(query, request, select, metric_to_proto).await?;
    let response = pb::ListMetricsResponse {
        metrics: items,
        next_page_token,
        answered_at: Some(answered_at(&moment)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn select<'c>(catalog: &'c Catalog, _: &pb::ListMetricsRequest, _: &mut Mistakes) -> Vec<&'c Metric> {
    catalog.metrics().collect()
}
