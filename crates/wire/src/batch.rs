//! Batches: whole columns go over as they are; only the series table and the extras are read one by one.

mod series;

use almanac_model::{
    Batch, BatchExtra, BatchShapeError, Calendar, Correction, CorrectionReason, Granularity, IdError, Revision,
};

use self::series::{Ids, Naming, series_from_proto};
use crate::calendar::{CalendarDecodeError, calendar_from_proto, calendar_rule_to_proto};
use crate::pb::shared as pb;
use crate::symbols::Symbols;
use crate::{timestamp_from_proto, timestamp_to_proto};

/// Why bytes are not a batch: they are damaged, or of a version that is not known here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BatchDecodeError {
    /// Not the protobuf message.
    #[error("the bytes are no EventBatch: {0}")]
    Bytes(#[from] prost::DecodeError),
    /// The columns do not fit together.
    #[error(transparent)]
    Shape(#[from] BatchShapeError),
    /// A symbol that the table does not have.
    #[error("symbol {index} is not in the table of {len}")]
    Symbol {
        /// Its position.
        index: u32,
        /// How many there are.
        len: usize,
    },
    /// A text that cannot be the id it stands for.
    #[error("a series names an id that {0}")]
    Id(#[from] IdError),
    /// What should be the rule of a calendar is none.
    #[error(transparent)]
    Calendar(#[from] CalendarDecodeError),
    /// A calendar that the batch does not have, or one for days or weeks, which have none.
    #[error("a series names calendar {index} of {len} for {granularity}s")]
    NoCalendar {
        /// Its position, from 1.
        index: u32,
        /// How many there are.
        len: usize,
        /// What the series counts.
        granularity: Granularity,
    },
    /// An odd number of dimension symbols.
    #[error("a series has {len} dimension symbols; they come in pairs")]
    DimensionPairs {
        /// How many.
        len: usize,
    },
    /// A granularity, correction reason or instant that is not known here.
    #[error("unknown {what} {number}")]
    Unknown {
        /// Which kind of thing.
        what: &'static str,
        /// What was found.
        number: i64,
    },
}

/// The batch as it is stored and sent.
#[must_use]
pub fn batch_to_proto(batch: &Batch) -> pb::EventBatch {
    let (head, tail) = head_and_tail(batch);
    let (series_index, period, value, status) = batch.columns();
    pb::EventBatch {
        series_index: series_index.to_vec(),
        period_delta: deltas(period),
        value: value.to_vec(),
        status: status.to_vec(),
        extras: tail.extras,
        calendars: tail.calendars,
        ..head
    }
}

/// What comes before the columns in the bytes, and what comes after them.
pub(crate) fn head_and_tail(batch: &Batch) -> (pb::EventBatch, pb::EventBatch) {
    let mut naming = Naming::default();
    let series = batch.series().iter().map(|series| naming.name(series)).collect();
    let Naming {
        mut symbols, calendars, ..
    } = naming;
    let extras = batch.extras().iter();
    let tail = pb::EventBatch {
        extras: extras.map(|extra| extra_to_proto(extra, &mut symbols)).collect(),
        calendars: calendars.into_iter().map(calendar_rule_to_proto).collect(),
        ..pb::EventBatch::default()
    };
    let head = pb::EventBatch {
        symbols: symbols.into_texts(),
        series,
        ..pb::EventBatch::default()
    };
    (head, tail)
}

/// The batch that was stored or sent.
pub fn batch_from_proto(batch: pb::EventBatch) -> Result<Batch, BatchDecodeError> {
    let pb::EventBatch {
        symbols,
        series,
        series_index,
        period_delta,
        value,
        status,
        extras,
        calendars,
    } = batch;
    let calendars: Vec<Calendar> = calendars.iter().map(calendar_from_proto).collect::<Result<_, _>>()?;
    let mut ids = Ids::of(&symbols);
    let series = series
        .iter()
        .map(|series| series_from_proto(series, &mut ids, &calendars))
        .collect::<Result<_, _>>()?;
    let extras = extras
        .iter()
        .map(|extra| extra_from_proto(extra, &symbols))
        .collect::<Result<_, _>>()?;
    Ok(Batch::new(
        series,
        series_index,
        sums(period_delta),
        value,
        status,
        extras,
    )?)
}

fn deltas(ordinals: &[i32]) -> Vec<i32> {
    let before = std::iter::once(&0).chain(ordinals);
    ordinals
        .iter()
        .zip(before)
        .map(|(ordinal, before)| ordinal.wrapping_sub(*before))
        .collect()
}

fn sums(mut deltas: Vec<i32>) -> Vec<i32> {
    let mut ordinal = 0_i32;
    for delta in &mut deltas {
        ordinal = ordinal.wrapping_add(*delta);
        *delta = ordinal;
    }
    deltas
}

fn text(symbols: &[String], index: u32) -> Result<&str, BatchDecodeError> {
    symbols
        .get(index as usize)
        .map(String::as_str)
        .ok_or(BatchDecodeError::Symbol {
            index,
            len: symbols.len(),
        })
}

fn extra_to_proto(extra: &BatchExtra, symbols: &mut Symbols) -> pb::BatchExtra {
    let BatchExtra {
        row,
        event_id,
        note,
        occurred_at_ms,
        correction,
    } = extra;
    let instant = occurred_at_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    pb::BatchExtra {
        row: *row,
        event_id: symbols.place(event_id.as_deref().unwrap_or_default()),
        note: symbols.place(note.as_deref().unwrap_or_default()),
        occurred_at: instant.map(timestamp_to_proto),
        correction: correction.as_ref().map(correction_to_proto),
    }
}

fn extra_from_proto(extra: &pb::BatchExtra, symbols: &[String]) -> Result<BatchExtra, BatchDecodeError> {
    let pb::BatchExtra {
        row,
        event_id,
        note,
        occurred_at,
        correction,
    } = extra;
    let optional = |index| text(symbols, index).map(|text| (!text.is_empty()).then(|| text.to_owned()));
    let instant = |instant: &prost_types::Timestamp| {
        let unknown = BatchDecodeError::Unknown {
            what: "instant",
            number: instant.seconds,
        };
        timestamp_from_proto(instant)
            .map(jiff::Timestamp::as_millisecond)
            .ok_or(unknown)
    };
    Ok(BatchExtra {
        row: *row,
        event_id: optional(*event_id)?,
        note: optional(*note)?,
        occurred_at_ms: occurred_at.as_ref().map(instant).transpose()?,
        correction: correction.as_ref().map(stored_correction).transpose()?,
    })
}

pub(crate) const fn correction_reason_to_proto(reason: CorrectionReason) -> pb::CorrectionReason {
    match reason {
        CorrectionReason::ReportingError => pb::CorrectionReason::ReportingError,
        CorrectionReason::NewData => pb::CorrectionReason::NewData,
        CorrectionReason::MethodChange => pb::CorrectionReason::MethodChange,
    }
}

pub(crate) fn correction_to_proto(correction: &Correction) -> pb::Correction {
    pb::Correction {
        reason: correction_reason_to_proto(correction.reason).into(),
        expected_revision: correction.expected_revision.map(|revision| revision.0),
    }
}

fn stored_correction(correction: &pb::Correction) -> Result<Correction, BatchDecodeError> {
    let unknown = |_| BatchDecodeError::Unknown {
        what: "correction reason",
        number: correction.reason.into(),
    };
    Ok(Correction {
        reason: crate::correction_reason_from_proto("reason", correction.reason).map_err(unknown)?,
        expected_revision: correction.expected_revision.map(Revision),
    })
}
