//! `ExplainFigure`: what one figure was made of.

use almanac_indicator::{Contribution, Explanation, OneFigure, State, TermExplanation, explain};
use almanac_model::Decimal;
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{
    documentation_to_proto, figure_to_proto, missing_to_proto, qualifier_to_proto, quality_to_proto, timestamp_to_proto,
};
use tonic::Request;

use super::{Answered, Query, for_one_figure};
use crate::answer::{answered_at, respond};
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::names::Names;
use crate::replica::{Moment, Replica};
use crate::shared::Work;
use crate::{ask, limits};

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::ExplainFigureRequest>,
) -> Answered<pb::ExplainFigureResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, mistakes) = query.open(request.read_at.as_ref(), until).await?;
    let OneFigure {
        measure,
        area,
        period,
        filters,
    } = asked(&request, &moment, mistakes)?;
    let compute = move |replica: &Replica, state: State<'_>| {
        let explanation = explain(state, &measure, &area, period, &filters, request.strict)?;
        Ok(explanation.map(|explanation| explanation_to_proto(explanation, replica)))
    };
    let explained = query
        .replica
        .compute(&moment, Work::Large, compute)
        .await?
        .map_err(for_one_figure)?;
    let response = explained.ok_or(QueryError::Broken)?;
    let response = pb::ExplainFigureResponse {
        answered_at: Some(answered_at(&moment)),
        ..response
    };
    Ok(respond(response, &moment, (query.clock)()))
}

fn asked(request: &pb::ExplainFigureRequest, moment: &Moment, mut mistakes: Mistakes) -> Result<OneFigure, QueryError> {
    let pb::ExplainFigureRequest {
        indicator,
        area,
        period,
        filters,
        read_at: _,
        strict: _,
    } = request;
    let mut names = Names::at(moment, &mut mistakes);
    let figure = ask::one_figure(indicator, area, period, filters, &mut names);
    mistakes.refuse_any()?;
    figure.ok_or(QueryError::Broken)
}

fn explanation_to_proto(explanation: Explanation, replica: &Replica) -> pb::ExplainFigureResponse {
    let Explanation {
        figure,
        formula,
        substituted,
        terms,
    } = explanation;
    pb::ExplainFigureResponse {
        figure: Some(figure_to_proto(figure)),
        formula,
        substituted,
        terms: terms.into_iter().map(|term| term_to_proto(term, replica)).collect(),
        answered_at: None,
    }
}

fn term_to_proto(term: TermExplanation, replica: &Replica) -> pb::Term {
    let TermExplanation {
        expression,
        documentation,
        value,
        unit,
        decimals,
        dimensions,
        period,
        contributions,
    } = term;
    let count = i32::try_from(contributions.len()).unwrap_or(i32::MAX);
    let missing = value
        .as_ref()
        .err()
        .map_or(shared::MissingReason::Unspecified, |reason| missing_to_proto(*reason));
    let listed = contributions.iter().take(limits::CONTRIBUTIONS);
    pb::Term {
        expression,
        documentation: Some(documentation_to_proto(&documentation)),
        value: value.ok(),
        missing: missing.into(),
        unit: unit.to_string(),
        period: period.to_string(),
        contributions: listed
            .map(|one| contribution_to_proto(one, &dimensions, decimals, replica))
            .collect(),
        contribution_count: Some(count),
    }
}

fn contribution_to_proto(
    contribution: &Contribution,
    dimensions: &[String],
    decimals: u8,
    replica: &Replica,
) -> pb::Contribution {
    let Contribution { series, period, cell } = contribution;
    let number = cell.status.missing.is_none();
    let qualifier = qualifier_to_proto(cell.status.qualifier);
    pb::Contribution {
        area: series.area.to_string(),
        dimensions: dimensions
            .iter()
            .cloned()
            .zip(series.codes.iter().map(ToString::to_string))
            .collect(),
        reporter: series.reporter.to_string(),
        period: period.to_string(),
        value: number.then(|| Decimal::new(cell.value, decimals).to_string()),
        missing: cell
            .status
            .missing
            .map_or(shared::MissingReason::Unspecified, missing_to_proto)
            .into(),
        quality: quality_to_proto(cell.status.quality).into(),
        qualifier: if number {
            qualifier
        } else {
            shared::Qualifier::Unspecified
        }
        .into(),
        revision: cell.revision.0,
        record_time: replica.record_time(cell.revision).map(timestamp_to_proto),
    }
}
