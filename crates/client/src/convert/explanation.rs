//! Explanations and vintages as they come, into what the client gives back.

use almanac_model::{MissingReason, Revision};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::{
    Calendars, documentation_from_proto, figure_from_proto, flag_from_proto, period_from_proto, qualifier_from_proto,
    quality_from_proto, timestamp_from_proto, value_from_proto,
};

use super::{answered_at, calendars, parsed, range};
use crate::{AnswerError, Cause, Contribution, Explanation, Number, RecordedValue, Term, ValueWrite, Vintage};

pub(crate) fn explanation(explanation: pb::ExplainFigureResponse) -> Result<Explanation, AnswerError> {
    let pb::ExplainFigureResponse {
        figure,
        formula,
        substituted,
        terms,
        answered_at: at,
        exact_value,
        causes,
        event_count: _,
        next_page_token: _,
    } = explanation;
    let calendars = calendars(at.as_ref())?;
    let terms = terms.into_iter().map(|one| term(one, &calendars));
    Ok(Explanation {
        figure: figure_from_proto(figure.ok_or(AnswerError::Absent { field: "figure" })?, &calendars)?,
        exact_value: exact_value.map(number),
        formula,
        substituted,
        terms: terms.collect::<Result<_, _>>()?,
        causes: causes.into_iter().map(cause).collect::<Result<_, _>>()?,
        answered_at: answered_at(at)?,
    })
}

pub(crate) fn vintage(vintage: pb::Vintage, calendars: &Calendars) -> Result<Vintage, AnswerError> {
    let pb::Vintage {
        figure,
        revision,
        revision_time,
        changes: _,
    } = vintage;
    Ok(Vintage {
        figure: figure_from_proto(figure.ok_or(AnswerError::Absent { field: "figure" })?, calendars)?,
        revision: Revision(revision),
        revision_time: revision_time.as_ref().and_then(timestamp_from_proto),
    })
}

fn number(number: pb::Number) -> Number {
    let pb::Number { value, fraction } = number;
    Number {
        digits: value,
        fraction: (!fraction.is_empty()).then_some(fraction),
    }
}

/// A number that is there, or the reason why it is not.
fn outcome(
    field: &'static str,
    value: Option<pb::Number>,
    missing: i32,
) -> Result<Result<Number, MissingReason>, AnswerError> {
    let digits = value.as_ref().map(|value| value.value.clone());
    let read = value_from_proto(field, digits, missing)?;
    Ok(match (read, value) {
        (Err(reason), _) => Err(reason),
        (Ok(_), value) => Ok(number(value.unwrap_or_default())),
    })
}

fn term(term: pb::Term, calendars: &Calendars) -> Result<Term, AnswerError> {
    let pb::Term {
        expression,
        documentation,
        value,
        missing,
        unit,
        period,
        time_operator: _,
        stretches: _,
        contributions,
        contribution_count: _,
        event_count: _,
    } = term;
    Ok(Term {
        expression,
        documentation: documentation_from_proto(documentation),
        value: outcome("term.value", value, missing)?,
        unit: parsed("unit", &unit)?,
        period: range("term.period", &period, calendars)?,
        contributions: contributions
            .into_iter()
            .map(|one| contribution(one, calendars))
            .collect::<Result<_, _>>()?,
    })
}

fn contribution(contribution: pb::Contribution, calendars: &Calendars) -> Result<Contribution, AnswerError> {
    let pb::Contribution {
        area,
        dimensions,
        reporter,
        value,
        missing,
        quality: _,
        qualifier: _,
        weight: _,
        boundaries_of,
        carried_from: _,
        values,
        value_count: _,
        event_count: _,
    } = contribution;
    Ok(Contribution {
        area: parsed("area", &area)?,
        dimensions,
        reporter: parsed("reporter", &reporter)?,
        value: outcome("contribution.value", value, missing)?,
        boundaries_of: parsed("boundaries_of", &boundaries_of)?,
        values: values
            .into_iter()
            .map(|one| recorded_value(one, calendars))
            .collect::<Result<_, _>>()?,
    })
}

fn recorded_value(value: pb::RecordedValue, calendars: &Calendars) -> Result<RecordedValue, AnswerError> {
    let pb::RecordedValue {
        period,
        value,
        missing,
        quality,
        qualifier,
        days: _,
        writes,
        event_count: _,
        subtracted,
    } = value;
    Ok(RecordedValue {
        period: period_from_proto("value.period", &period, calendars)?,
        value: value_from_proto("value.value", value, missing)?,
        quality: quality_from_proto("value.quality", quality)?,
        qualifier: qualifier_from_proto("value.qualifier", qualifier)?,
        subtracted,
        writes: writes.into_iter().map(value_write).collect(),
    })
}

fn value_write(write: pb::ValueWrite) -> ValueWrite {
    let pb::ValueWrite {
        revision,
        record_time,
        amount,
        recorded_count,
        taken_back_count,
        quality: _,
        qualifier: _,
    } = write;
    ValueWrite {
        revision: Revision(revision),
        record_time: record_time.as_ref().and_then(timestamp_from_proto),
        amount,
        recorded_count: recorded_count.unwrap_or_default().unsigned_abs(),
        taken_back_count: taken_back_count.unwrap_or_default().unsigned_abs(),
    }
}

fn cause(cause: pb::Cause) -> Result<Cause, AnswerError> {
    let pb::Cause {
        flag,
        missing,
        sentence,
        culprits: _,
        culprit_count,
    } = cause;
    let effect = if flag == i32::from(shared::FigureFlag::Unspecified) {
        match value_from_proto("cause.missing", None, missing)? {
            Err(reason) => Err(reason),
            Ok(_) => return Err(AnswerError::Absent { field: "cause.flag" }),
        }
    } else {
        Ok(flag_from_proto(flag)?)
    };
    Ok(Cause {
        effect,
        sentence,
        culprit_count: culprit_count.unwrap_or_default().unsigned_abs(),
    })
}
