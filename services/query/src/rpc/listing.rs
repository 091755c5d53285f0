//! What the lists of definitions share.

use almanac_catalog::Catalog;
use tonic::Request;

use super::Query;
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::page::{Paged, next_token};
use crate::replica::Moment;

/// A page of definitions.
pub(super) struct Listing<P> {
    pub(super) items: Vec<P>,
    pub(super) next_page_token: String,
    pub(super) moment: Moment,
}

/// A page of the definitions that `select` finds in the catalogue that the request reads.
pub(super) async fn list<R: Paged, T, P>(
    query: &Query,
    request: Request<R>,
    select: for<'c> fn(&'c Catalog, &R, &mut Mistakes) -> Vec<&'c T>,
    convert: fn(&T, &Catalog) -> P,
) -> Result<Listing<P>, QueryError> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mut mistakes) = query.open_page(&request, until).await?;
    let found = select(&moment.catalog, &request, &mut mistakes);
    mistakes.refuse_any()?;
    let end = page.offset.saturating_add(page.limit);
    let items = found
        .iter()
        .skip(page.offset)
        .take(page.limit)
        .map(|item| convert(item, &moment.catalog))
        .collect();
    let next_page_token = next_token(&request, &moment, (end < found.len()).then_some(end));
    Ok(Listing {
        items,
        next_page_token,
        moment,
    })
}
