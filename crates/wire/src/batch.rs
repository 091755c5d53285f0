//! Batches: whole columns go over as they are; only the series table and the extras are read one by one.

use almanac_model::{
    Batch, BatchExtra, BatchSeries, BatchShapeError, Calendar, Correction, CorrectionReason, Granularity, IdError,
    Revision,
};

use crate::calendar::{CalendarDecodeError, calendar_from_proto, calendar_rule_to_proto};
use crate::figure::{granularity_from_proto, granularity_to_proto};
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
    let mut symbols = Symbols::default();
    let mut calendars: Vec<Calendar> = Vec::new();
    let series = batch.series().iter();
    let series = series
        .map(|series| series_to_proto(series, &mut symbols, &mut calendars))
        .collect();
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
    let series = series
        .iter()
        .map(|series| series_from_proto(series, &symbols, &calendars))
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

fn series_to_proto(series: &BatchSeries, symbols: &mut Symbols, calendars: &mut Vec<Calendar>) -> pb::BatchSeries {
    let BatchSeries {
        metric,
        area,
        reporter,
        dimensions,
        granularity,
        decimals,
    } = series;
    pb::BatchSeries {
        metric: symbols.place(metric.as_str()),
        area: symbols.place(area.as_str()),
        reporter: symbols.place(reporter.as_str()),
        dimensions: dimensions
            .iter()
            .flat_map(|(dimension, code)| [symbols.place(dimension.as_str()), symbols.place(code.as_str())])
            .collect(),
        granularity: granularity_to_proto(*granularity).into(),
        decimals: u32::from(*decimals),
        calendar: calendar_place(*granularity, calendars),
    }
}

/// The place of the series' calendar in the table, from 1; 0 for the standard one.
fn calendar_place(granularity: Granularity, calendars: &mut Vec<Calendar>) -> u32 {
    let Some(calendar) = granularity.calendar() else {
        return 0;
    };
    let place = calendars.iter().position(|known| *known == calendar);
    let place = place.unwrap_or_else(|| {
        calendars.push(calendar);
        calendars.len() - 1
    });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn series_from_proto(
    series: &pb::BatchSeries,
    symbols: &[String],
    calendars: &[Calendar],
) -> Result<BatchSeries, BatchDecodeError> {
    let pb::BatchSeries {
        metric,
        area,
        reporter,
        dimensions,
        granularity,
        decimals,
        calendar,
    } = series;
    let (pairs, rest) = dimensions.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(BatchDecodeError::DimensionPairs { len: dimensions.len() });
    }
    let pair = |[dimension, code]: &[u32; 2]| -> Result<_, BatchDecodeError> {
        Ok((text(symbols, *dimension)?.parse()?, text(symbols, *code)?.parse()?))
    };
    Ok(BatchSeries {
        metric: text(symbols, *metric)?.parse()?,
        area: text(symbols, *area)?.parse()?,
        reporter: text(symbols, *reporter)?.parse()?,
        dimensions: pairs.iter().map(pair).collect::<Result<_, _>>()?,
        granularity: known_granularity(*granularity, *calendar, calendars)?,
        decimals: u8::try_from(*decimals).map_err(|_| BatchDecodeError::Unknown {
            what: "decimals",
            number: (*decimals).into(),
        })?,
    })
}

fn known_granularity(number: i32, calendar: u32, calendars: &[Calendar]) -> Result<Granularity, BatchDecodeError> {
    let known = pb::Granularity::try_from(number).ok().and_then(granularity_from_proto);
    let standard = known.ok_or(BatchDecodeError::Unknown {
        what: "granularity",
        number: number.into(),
    })?;
    if calendar == 0 {
        return Ok(standard);
    }
    let named = calendars.get(calendar as usize - 1);
    let own = named.and_then(|named| standard.in_calendar(Some(*named)));
    own.filter(|own| own.calendar().is_some())
        .ok_or(BatchDecodeError::NoCalendar {
            index: calendar,
            len: calendars.len(),
            granularity: standard,
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
