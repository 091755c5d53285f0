//! `ListVintages`: all values that one figure has had.

use std::sync::Arc;

use almanac_indicator::{FigureChange, OneFigure, RevisionSize, State, Vintage, keep_vintage};
use almanac_model::Revision;
use almanac_wire::pb::query as pb;
use almanac_wire::{figure_to_proto, percent_missing_to_proto, timestamp_to_proto};
use tonic::Request;

use super::one_figure::{Key, QUERY};
use super::{Answered, Query};
use crate::answer::{answered_on, respond};
use crate::error::QueryError;
use crate::limits;
use crate::mistakes::Mistakes;
use crate::page::next_token;
use crate::replica::{Moment, Replica};
use crate::shared::Work;

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ListVintagesRequest>,
) -> Answered<pb::ListVintagesResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mistakes) = query.open_page(&request, until).await?;
    let figure = Arc::new(asked(&request, &moment, mistakes)?);
    let vintages = all(query, &moment, &figure).await?;
    let first_to_latest = first_to_latest(query, &moment, &figure, &vintages).await?;
    let (end, total) = (page.offset.saturating_add(page.limit), vintages.len());
    let listed: Vec<Vintage> = vintages.into_iter().skip(page.offset).take(page.limit).collect();
    let convert = |replica: &Replica| listed.into_iter().map(|one| vintage_to_proto(one, replica)).collect();
    let response = pb::ListVintagesResponse {
        vintages: query
            .replica
            .compute(&moment, Work::Small, |replica, _| convert(replica))
            .await?,
        first_to_latest,
        answered_at: Some(answered_on(&moment, figure.on_boundaries_of())),
        next_page_token: next_token(&request, &moment, (end < total).then_some(end)),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn asked(request: &pb::ListVintagesRequest, moment: &Moment, mistakes: Mistakes) -> Result<OneFigure, QueryError> {
    let pb::ListVintagesRequest {
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
    Ok(key.figure(moment, mistakes)?.uncompared())
}

/// All vintages. They are looked for some revisions at a time, so that a record that arrives never waits long.
async fn all(query: &Query, moment: &Moment, figure: &Arc<OneFigure>) -> Result<Vec<Vintage>, QueryError> {
    let asked = Arc::clone(figure);
    let find = move |replica: &Replica, state: State<'_>| {
        let history = replica.history(state.as_of);
        let refused = |refusals| QueryError::Refused(refusals).under(QUERY);
        history.figure_at(&asked, state.as_of).map_err(refused)?;
        history
            .candidates(&asked, limits::REVISIONS)
            .map_err(|_| QueryError::TooManyRevisions)
    };
    let revisions = query.replica.compute_history(moment, figure, find).await??;
    let revisions: Vec<Revision> = revisions.into_iter().collect();
    let mut vintages = Vec::new();
    for some in revisions.chunks(limits::REVISIONS_AT_ONCE) {
        let (asked, some) = (Arc::clone(figure), some.to_vec());
        vintages = query
            .replica
            .compute_history(moment, figure, move |replica, state| {
                let history = replica.history(state.as_of);
                for revision in some {
                    // what the definitions of the time could not answer was no figure
                    if let Ok(Some(figure)) = history.figure_at(&asked, revision) {
                        keep_vintage(&mut vintages, revision, figure);
                    }
                }
                vintages
            })
            .await?;
    }
    Ok(vintages)
}

async fn first_to_latest(
    query: &Query,
    moment: &Moment,
    figure: &Arc<OneFigure>,
    vintages: &[Vintage],
) -> Result<Option<pb::RevisionSize>, QueryError> {
    let has_value = |vintage: &&Vintage| vintage.figure.value.is_ok();
    let ends = vintages
        .iter()
        .find(has_value)
        .zip(vintages.last().filter(has_value))
        .filter(|(first, latest)| first.figure.unit == latest.figure.unit);
    let Some((from, to)) = ends.map(|(first, latest)| (first.revision, latest.revision)) else {
        return Ok(None);
    };
    let asked = Arc::clone(figure);
    let size = move |replica: &Replica, state: State<'_>| replica.history(state.as_of).size(&asked, from, to);
    let size = query.replica.compute_history(moment, figure, size).await?;
    Ok(size.map(|size| size_to_proto(size, from, to)))
}

fn size_to_proto(size: RevisionSize, from: Revision, to: Revision) -> pb::RevisionSize {
    let RevisionSize { absolute, percent } = size;
    pb::RevisionSize {
        from_revision: from.0,
        to_revision: to.0,
        absolute_change: absolute,
        percent_missing: percent_missing_to_proto(percent.as_ref().err()).into(),
        percent_change: percent.ok(),
    }
}

fn vintage_to_proto(vintage: Vintage, replica: &Replica) -> pb::Vintage {
    let Vintage {
        revision,
        figure,
        changes,
    } = vintage;
    pb::Vintage {
        figure: Some(figure_to_proto(figure)),
        revision: revision.0,
        revision_time: replica.record_time(revision).map(timestamp_to_proto),
        changes: changes
            .into_iter()
            .map(|change| change_to_proto(change).into())
            .collect(),
    }
}

const fn change_to_proto(change: FigureChange) -> pb::FigureChange {
    match change {
        FigureChange::Value => pb::FigureChange::Value,
        FigureChange::Missing => pb::FigureChange::Missing,
        FigureChange::Unit => pb::FigureChange::Unit,
        FigureChange::Quality => pb::FigureChange::Quality,
        FigureChange::Qualifier => pb::FigureChange::Qualifier,
        FigureChange::Operands => pb::FigureChange::Operands,
        FigureChange::Coverage => pb::FigureChange::Coverage,
        FigureChange::Flags => pb::FigureChange::Flags,
    }
}
