//! Figures in columns: what is put into a batch, and (`received.rs`) what comes out of it.
//!
//! A batch is made from the figures themselves, one after the other; no message is made for each of them.

mod digits;
mod received;
mod shape;
mod status;

use std::collections::{BTreeMap, HashMap};

use almanac_model::{Coverage, Figure, FigureArea, MissingReason, Operand, Period, Quotient};
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use prost::Message;
use prost::encoding::encoded_len_varint;

use super::comparison::comparison_to_proto;
use super::rank::rank_to_proto;
use super::share::share_to_proto;
use crate::pb::shared as pb;
use crate::symbols::{Symbols, position};

pub use received::figures_from_batch;
pub use shape::FigureBatchError;

/// The most figures of a batch. The proto file promises it.
pub const MAX_BATCH_FIGURES: usize = 10_000;
/// A batch is full when its bytes come to so much. The proto file promises it: with one more figure it is still well below the
/// 4 MiB that gRPC clients take unless told otherwise.
const FULL_BYTES: usize = 1 << 20;
/// ... or when the texts of its figures do, each counted as often as it is named: the areas of a sum are written once, and
/// whoever reads the figures has them once for each. The proto file promises it.
const FULL_TEXT_BYTES: usize = 32 << 20;
/// What is around a column, a text or a message of a table: the number of its field and its length, at most.
const FRAME_BYTES: usize = 6;
/// Columns of a batch, and of both sides of quotients.
const COLUMNS: usize = 8 + 2 * 6;

/// Puts figures into columns.
#[derive(Clone, Debug)]
pub struct FigureBatchBuilder {
    /// The columns and extras so far.
    batch: pb::FigureBatch,
    symbols: Symbols,
    series: IndexSet<pb::FigureSeries, RandomState>,
    sources: IndexSet<Vec<u32>, RandomState>,
    /// The symbols of periods, which are printed once.
    periods: HashMap<Period, u32, RandomState>,
    /// The area of the row before, its symbol, and how long its text is.
    area: Option<(FigureArea, u32, usize)>,
    /// The bytes of everything but the symbols, at most.
    bytes: usize,
    /// The bytes of all texts that rows name.
    text_bytes: usize,
}

impl Default for FigureBatchBuilder {
    fn default() -> Self {
        Self {
            batch: pb::FigureBatch::default(),
            symbols: Symbols::default(),
            series: IndexSet::default(),
            sources: IndexSet::default(),
            periods: HashMap::default(),
            area: None,
            bytes: COLUMNS * FRAME_BYTES,
            text_bytes: 0,
        }
    }
}

/// A printed number as a column has it; the text where it does not fit there.
struct Number {
    units: i64,
    decimals: u32,
    text: Option<String>,
}

impl FigureBatchBuilder {
    /// How many figures are in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.batch.series_index.len()
    }

    /// Whether no figure is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is as large as a batch becomes: what is next belongs into another one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= MAX_BATCH_FIGURES || self.most_bytes() >= FULL_BYTES || self.text_bytes >= FULL_TEXT_BYTES
    }

    /// How long the message is, at most.
    fn most_bytes(&self) -> usize {
        self.bytes + self.symbols.text_bytes() + self.symbols.len() * FRAME_BYTES
    }

    /// Adds a figure.
    pub fn push(&mut self, figure: Figure) {
        let Figure {
            measure,
            area,
            period,
            dimensions,
            value,
            unit,
            quality,
            qualifier,
            quotient,
            coverage,
            flags,
            carried_from,
            comparisons,
            share,
            rank,
        } = figure;
        let status = status::of(&value, quality, qualifier) | status::of_flags(&flags);
        let number = Number::of(value);
        let mut series = pb::FigureSeries {
            indicator: self.place(&measure),
            dimensions: self.codes(&dimensions),
            unit: self.place(&unit),
            decimals: number.decimals,
            combined: matches!(area, FigureArea::Sum(_)),
            ..pb::FigureSeries::default()
        };
        let mut extra = pb::FigureExtra {
            row: position(self.len()),
            value: number.text,
            share: share.map(|share| share_to_proto(*share)),
            rank: rank.map(|rank| rank_to_proto(*rank)),
            comparisons: comparisons.into_iter().map(comparison_to_proto).collect(),
            ..pb::FigureExtra::default()
        };
        if let Some(quotient) = quotient {
            let Quotient { numerator, denominator } = *quotient;
            series.quotient = true;
            series.numerator = self.place(&numerator.formula);
            series.denominator = self.place(&denominator.formula);
            let mut sides = self.batch.numerators.take().unwrap_or_default();
            extra.numerator_value = self.operand(numerator, period, &mut sides);
            self.batch.numerators = Some(sides);
            let mut sides = self.batch.denominators.take().unwrap_or_default();
            extra.denominator_value = self.operand(denominator, period, &mut sides);
            self.batch.denominators = Some(sides);
        }
        let (reported, expected) = coverage_columns(coverage);
        let carried_from = carried_from.map_or(0, |day| self.symbols.place(&day.to_string()));
        let (series, area, period) = (self.series_place(series), self.area(area), self.period(period));
        let batch = &mut self.batch;
        let columns = [
            (&mut batch.series_index, series),
            (&mut batch.area, area),
            (&mut batch.period, period),
            (&mut batch.status, status),
            (&mut batch.reported, reported),
            (&mut batch.expected, expected),
            (&mut batch.carried_from, carried_from),
        ];
        self.bytes += push_row(columns) + push_units(&mut batch.value, number.units);
        self.extra(extra);
    }

    /// The message of all that was added.
    #[must_use]
    pub fn finish(self) -> pb::FigureBatch {
        let mut batch = self.batch;
        batch.symbols = self.symbols.into_texts();
        batch.series = self.series.into_iter().collect();
        let sources = self.sources.into_iter();
        batch.sources = sources.map(|symbols| pb::OperandSources { symbols }).collect();
        let sides = [&mut batch.numerators, &mut batch.denominators];
        for side in sides.into_iter().flatten() {
            empty_if_zero(&mut side.decimals);
            empty_if_zero(&mut side.period);
        }
        empty_if_zero(&mut batch.reported);
        empty_if_zero(&mut batch.expected);
        empty_if_zero(&mut batch.carried_from);
        batch
    }

    /// The symbol of a text that the row names.
    fn place(&mut self, text: &str) -> u32 {
        self.text_bytes += text.len();
        self.symbols.place(text)
    }

    fn codes(&mut self, dimensions: &BTreeMap<String, String>) -> Vec<u32> {
        let pairs = dimensions.iter();
        pairs
            .flat_map(|(dimension, code)| [self.place(dimension), self.place(code)])
            .collect()
    }

    fn series_place(&mut self, series: pb::FigureSeries) -> u32 {
        if let Some(known) = self.series.get_index_of(&series) {
            return position(known);
        }
        self.bytes += series.encoded_len() + FRAME_BYTES;
        position(self.series.insert_full(series).0)
    }

    fn area(&mut self, area: FigureArea) -> u32 {
        let (symbol, text_bytes) = match &self.area {
            Some((before, symbol, text_bytes)) if *before == area => (*symbol, *text_bytes),
            _ => {
                let (symbol, text_bytes) = match &area {
                    FigureArea::One(id) => (self.symbols.place(id.as_str()), id.as_str().len()),
                    FigureArea::Sum(_) => {
                        let text = area.to_string();
                        (self.symbols.place(&text), text.len())
                    }
                };
                self.area = Some((area, symbol, text_bytes));
                (symbol, text_bytes)
            }
        };
        self.text_bytes += text_bytes;
        symbol
    }

    fn period(&mut self, period: Period) -> u32 {
        let symbols = &mut self.symbols;
        let known = self.periods.entry(period);
        *known.or_insert_with(|| symbols.place(&period.to_string()))
    }

    /// Adds a row to one side of the quotients. Gives the value as text where it does not fit into its column.
    fn operand(&mut self, operand: Operand, of_figure: Period, side: &mut pb::OperandColumns) -> Option<String> {
        let Operand {
            formula: _,
            value,
            period,
            sources,
            quality,
            qualifier,
        } = operand;
        let status = status::of(&value, quality, qualifier);
        let number = Number::of(value);
        let period = if period == of_figure { 0 } else { self.period(period) };
        let columns = [
            (&mut side.decimals, number.decimals),
            (&mut side.status, status),
            (&mut side.period, period),
            (&mut side.sources, self.sources_place(&sources)),
        ];
        self.bytes += push_row(columns) + push_units(&mut side.value, number.units);
        number.text
    }

    fn sources_place(&mut self, sources: &[String]) -> u32 {
        let symbols: Vec<u32> = sources.iter().map(|source| self.place(source)).collect();
        if let Some(known) = self.sources.get_index_of(&symbols) {
            return position(known);
        }
        let bytes: usize = symbols.iter().map(|symbol| varint(*symbol)).sum();
        self.bytes += bytes + 2 * FRAME_BYTES;
        position(self.sources.insert_full(symbols).0)
    }

    /// Keeps an extra that says more than its row.
    fn extra(&mut self, extra: pb::FigureExtra) {
        let is_empty = extra
            == pb::FigureExtra {
                row: extra.row,
                ..pb::FigureExtra::default()
            };
        if !is_empty {
            self.bytes += extra.encoded_len() + FRAME_BYTES;
            self.batch.extras.push(extra);
        }
    }
}

impl Number {
    fn of(value: Result<String, MissingReason>) -> Self {
        let text = value.ok();
        match text.as_deref().map(digits::units) {
            Some(Some((units, decimals))) => Self {
                units,
                decimals,
                text: None,
            },
            _ => Self {
                units: 0,
                decimals: 0,
                text,
            },
        }
    }
}

/// Reported, and one more than expected.
fn coverage_columns(coverage: Option<Coverage>) -> (u32, u32) {
    // a figure of its own has no larger counts either
    let count = |number: u32| number.min(i32::MAX.unsigned_abs());
    coverage.map_or((0, 0), |Coverage { reported, expected }| {
        (count(reported), count(expected) + 1)
    })
}

/// Adds a row to columns, and gives how many bytes it takes.
fn push_row<const N: usize>(columns: [(&mut Vec<u32>, u32); N]) -> usize {
    let mut bytes = 0;
    for (column, value) in columns {
        column.push(value);
        bytes += varint(value);
    }
    bytes
}

fn push_units(column: &mut Vec<i64>, units: i64) -> usize {
    column.push(units);
    encoded_len_varint(((units << 1) ^ (units >> 63)).cast_unsigned())
}

fn varint(value: u32) -> usize {
    encoded_len_varint(value.into())
}

fn empty_if_zero(column: &mut Vec<u32>) {
    if column.iter().all(|value| *value == 0) {
        column.clear();
    }
}

#[cfg(test)]
mod tests;
