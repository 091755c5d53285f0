//! Why a figure has its flags or no value, as it is answered.

use almanac_indicator::{Cause, Culprit, Effect, Side};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{flag_to_proto, missing_to_proto, transition_to_proto};

use super::count;
use super::term::Shown;

pub(super) fn cause_to_proto(cause: Cause, terms: &[Shown]) -> pb::Cause {
    let Cause {
        effect,
        sentence,
        culprits,
    } = cause;
    let (flag, missing) = match effect {
        Effect::Flag(flag) => (flag_to_proto(flag), shared::MissingReason::Unspecified),
        Effect::Missing(reason) => (shared::FigureFlag::Unspecified, missing_to_proto(reason)),
    };
    pb::Cause {
        flag: flag.into(),
        missing: missing.into(),
        sentence,
        culprit_count: count(culprits.count),
        culprits: culprits
            .listed
            .into_iter()
            .map(|culprit| culprit_to_proto(culprit, terms))
            .collect(),
    }
}

fn culprit_to_proto(culprit: Culprit, terms: &[Shown]) -> pb::Culprit {
    let Culprit {
        term,
        series,
        area,
        period,
        day,
        missing,
        lacks,
        range,
        source,
        transition,
    } = culprit;
    let term = term.and_then(|term| terms.get(term));
    let area = series.as_ref().map(|series| &series.area).or(area.as_ref());
    let range = range.unwrap_or_default();
    pb::Culprit {
        term: term.map(|term| term.expression.clone()).unwrap_or_default(),
        area: text(area),
        dimensions: term
            .zip(series.as_ref())
            .map(|(term, series)| term.codes(&series.codes))
            .unwrap_or_default(),
        reporter: text(series.as_ref().map(|series| &series.reporter)),
        period: text(period.as_ref()),
        day: text(day.as_ref()),
        missing: missing
            .map_or(shared::MissingReason::Unspecified, missing_to_proto)
            .into(),
        lacks: side_to_proto(lacks).into(),
        range_min: text(range.min.as_ref()),
        range_max: text(range.max.as_ref()),
        transition_from: text(transition.as_ref().map(|transition| &transition.from)),
        transition: transition.as_ref().map(transition_to_proto),
        source: source.unwrap_or_default(),
    }
}

const fn side_to_proto(side: Option<Side>) -> pb::QuotientSide {
    match side {
        None => pb::QuotientSide::Unspecified,
        Some(Side::Numerator) => pb::QuotientSide::Numerator,
        Some(Side::Denominator) => pb::QuotientSide::Denominator,
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}
