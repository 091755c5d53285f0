//! Terms, series and recorded values, as they are answered.

use std::collections::BTreeMap;

use almanac_indicator::{AreaRead, SeriesExplanation, StretchRead, TermExplanation, ValueExplanation, ValueWrite};
use almanac_model::{Code, Decimal, MissingReason, Qualifier, Status};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{
    documentation_to_proto, missing_to_proto, operator_to_proto, qualifier_to_proto, quality_to_proto,
    timestamp_to_proto,
};

use super::{count, number_to_proto, weight_to_proto};
use crate::replica::Replica;

/// What of a term is shown with each of its series.
pub(super) struct Shown {
    pub(super) expression: String,
    dimensions: Vec<String>,
    decimals: u8,
}

impl Shown {
    pub(super) fn of(term: &TermExplanation) -> Self {
        Self {
            expression: term.expression.clone(),
            dimensions: term.dimensions.clone(),
            decimals: term.decimals,
        }
    }

    /// The codes of a series by dimension.
    pub(super) fn codes(&self, codes: &[Code]) -> BTreeMap<String, String> {
        let codes = codes.iter().map(ToString::to_string);
        self.dimensions.iter().cloned().zip(codes).collect()
    }

    fn digits(&self, units: i128) -> String {
        Decimal::new(units, self.decimals).to_string()
    }
}

pub(super) fn term_to_proto(term: TermExplanation, replica: &Replica) -> pb::Term {
    let shown = Shown::of(&term);
    let TermExplanation {
        expression,
        documentation,
        value,
        unit,
        decimals: _,
        dimensions: _,
        period,
        time,
        stretches,
        series,
        series_count,
        event_count,
    } = term;
    pb::Term {
        expression,
        documentation: Some(documentation_to_proto(&documentation)),
        missing: missing(value.as_ref().err().copied()).into(),
        value: value.ok().map(number_to_proto),
        unit: unit.to_string(),
        period: period.to_string(),
        time_operator: operator_to_proto(time).into(),
        stretches: stretches.into_iter().map(stretch_to_proto).collect(),
        contributions: series
            .into_iter()
            .map(|one| series_to_proto(one, &shown, replica))
            .collect(),
        contribution_count: count(series_count),
        event_count: count(event_count),
    }
}

fn stretch_to_proto(stretch: StretchRead) -> pb::Stretch {
    let StretchRead {
        parts,
        day,
        areas,
        area_count,
    } = stretch;
    let area = |AreaRead { area, share, sources }| pb::AreaShare {
        area: area.to_string(),
        weight: weight_to_proto(&share),
        weight_sources: sources.into_iter().collect(),
    };
    pb::Stretch {
        periods: parts.to_string(),
        boundaries_of: day.to_string(),
        areas: areas.into_iter().map(area).collect(),
        area_count: count(area_count),
    }
}

fn series_to_proto(series: SeriesExplanation, shown: &Shown, replica: &Replica) -> pb::Contribution {
    let SeriesExplanation {
        key,
        day,
        share,
        value,
        quality,
        qualifier,
        carried_from,
        values,
        value_count,
        event_count,
    } = series;
    pb::Contribution {
        area: key.area.to_string(),
        dimensions: shown.codes(&key.codes),
        reporter: key.reporter.to_string(),
        missing: missing(value.as_ref().err().copied()).into(),
        quality: quality.map_or(shared::Quality::Unspecified, quality_to_proto).into(),
        qualifier: bound(qualifier, value.is_ok()).into(),
        value: value.ok().map(number_to_proto),
        weight: weight_to_proto(&share),
        boundaries_of: day.to_string(),
        carried_from: carried_from.as_ref().map(ToString::to_string).unwrap_or_default(),
        values: values
            .into_iter()
            .map(|value| value_to_proto(value, shown, replica))
            .collect(),
        value_count: count(value_count),
        event_count: count(event_count),
    }
}

fn value_to_proto(value: ValueExplanation, shown: &Shown, replica: &Replica) -> pb::RecordedValue {
    let ValueExplanation {
        period,
        cell,
        days,
        is_subtracted,
        writes,
        event_count,
    } = value;
    let Status {
        quality,
        qualifier,
        missing: reason,
        // what is told is none of it
        confidential: _,
    } = cell.status;
    pb::RecordedValue {
        period: period.to_string(),
        value: reason.is_none().then(|| shown.digits(cell.value)),
        missing: missing(reason).into(),
        quality: quality_to_proto(quality).into(),
        qualifier: bound(qualifier, reason.is_none()).into(),
        days,
        writes: writes
            .iter()
            .map(|write| write_to_proto(write, shown, replica))
            .collect(),
        event_count: count(event_count),
        subtracted: is_subtracted,
    }
}

fn write_to_proto(write: &ValueWrite, shown: &Shown, replica: &Replica) -> pb::ValueWrite {
    let ValueWrite {
        revision,
        amount,
        recorded,
        taken_back,
        quality,
        qualifier,
    } = *write;
    pb::ValueWrite {
        revision: revision.0,
        record_time: replica.record_time(revision).map(timestamp_to_proto),
        amount: amount.map(|amount| shown.digits(amount)),
        recorded_count: Some(recorded.into()),
        taken_back_count: Some(taken_back.into()),
        quality: quality.map_or(shared::Quality::Unspecified, quality_to_proto).into(),
        qualifier: qualifier
            .map_or(shared::Qualifier::Unspecified, qualifier_to_proto)
            .into(),
    }
}

fn missing(reason: Option<MissingReason>) -> shared::MissingReason {
    reason.map_or(shared::MissingReason::Unspecified, missing_to_proto)
}

/// How a number is bounded; nothing when there is none.
fn bound(qualifier: Qualifier, is_number: bool) -> shared::Qualifier {
    if is_number {
        qualifier_to_proto(qualifier)
    } else {
        shared::Qualifier::Unspecified
    }
}
