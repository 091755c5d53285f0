//! Figures in columns as a client receives them.
//!
//! Nothing that a batch says is taken on trust: positions, lengths and sizes are looked at before they are used.

use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::sync::Arc;
use std::vec::IntoIter;

use almanac_model::{AreaId, Coverage, Figure, FigureArea, MissingReason, Operand, Period, Quotient};
use foldhash::fast::RandomState;

use super::digits::printed;
use super::shape::{FigureBatchError, MOST_TEXT_BYTES, at, few_decimals, full, full_or_empty, less};
use super::{MAX_BATCH_FIGURES, status};
use crate::calendar::Calendars;
use crate::figure::comparison::comparison_from_proto;
use crate::figure::rank::rank_from_proto;
use crate::figure::received::{FigureDecodeError, day, id, period_from_proto, value_from_proto};
use crate::figure::share::share_from_proto;
use crate::pb::shared as pb;

/// The figures that were received, in their order, with the calendars of the answer.
pub fn figures_from_batch(mut batch: pb::FigureBatch, calendars: &Calendars) -> Result<Vec<Figure>, FigureBatchError> {
    let rows = batch.series_index.len();
    if rows > MAX_BATCH_FIGURES {
        return Err(FigureBatchError::TooMany { rows });
    }
    let tables = Tables {
        symbols: batch.symbols.drain(..).map(Arc::from).collect(),
        series: std::mem::take(&mut batch.series),
        sources: std::mem::take(&mut batch.sources),
    };
    let mut reader = Rows::of(batch, &tables, calendars)?;
    let figures = (0..rows).map(|row| reader.figure(row));
    let figures = figures.collect::<Result<_, _>>()?;
    match reader.extras.next() {
        None => Ok(figures),
        Some(extra) => Err(FigureBatchError::ExtraRow { row: extra.row, rows }),
    }
}

/// What rows name by position.
struct Tables {
    symbols: Vec<Arc<str>>,
    series: Vec<pb::FigureSeries>,
    sources: Vec<pb::OperandSources>,
}

/// The rows of a batch, read one after the other.
struct Rows<'a> {
    tables: &'a Tables,
    /// The columns, each of them as long as the others.
    columns: pb::FigureBatch,
    numerators: Side,
    denominators: Side,
    extras: Peekable<IntoIter<pb::FigureExtra>>,
    calendars: &'a Calendars,
    periods: HashMap<u32, Period, RandomState>,
    areas: HashMap<u32, AreaId, RandomState>,
    sources: HashMap<u32, Arc<[String]>, RandomState>,
    /// What texts may still come to.
    text_bytes_left: usize,
}

/// One side of quotients, read one after the other.
struct Side {
    columns: pb::OperandColumns,
    next: usize,
}

impl<'a> Rows<'a> {
    fn of(mut batch: pb::FigureBatch, tables: &'a Tables, calendars: &'a Calendars) -> Result<Self, FigureBatchError> {
        let rows = batch.series_index.len();
        full("area", batch.area.len(), rows)?;
        full("period", batch.period.len(), rows)?;
        full("value", batch.value.len(), rows)?;
        full("status", batch.status.len(), rows)?;
        full_or_empty("reported", &mut batch.reported, rows)?;
        full_or_empty("expected", &mut batch.expected, rows)?;
        full_or_empty("carried_from", &mut batch.carried_from, rows)?;
        let mut quotients = 0;
        for index in &batch.series_index {
            quotients += usize::from(at("series", &tables.series, *index)?.quotient);
        }
        for series in &tables.series {
            few_decimals(series.decimals)?;
        }
        Ok(Self {
            numerators: Side::of(batch.numerators.take(), quotients)?,
            denominators: Side::of(batch.denominators.take(), quotients)?,
            extras: std::mem::take(&mut batch.extras).into_iter().peekable(),
            tables,
            columns: batch,
            calendars,
            periods: HashMap::default(),
            areas: HashMap::default(),
            sources: HashMap::default(),
            text_bytes_left: MOST_TEXT_BYTES,
        })
    }

    fn figure(&mut self, row: usize) -> Result<Figure, FigureBatchError> {
        let series = at("series", &self.tables.series, self.columns.series_index[row])?;
        let pb::FigureExtra {
            row: _,
            value: text,
            numerator_value,
            denominator_value,
            comparisons,
            share,
            rank,
        } = self.extra(row);
        let bits = self.columns.status[row];
        let period = self.period("period", self.columns.period[row])?;
        let sides = (numerator_value, denominator_value);
        Ok(Figure {
            measure: self.text(series.indicator)?,
            area: self.area(self.columns.area[row], series.combined)?,
            period,
            dimensions: self.codes(&series.dimensions)?,
            value: self.value(row, (self.columns.value[row], series.decimals, bits), text)?,
            unit: self.text(series.unit)?,
            quality: status::quality(bits)?,
            qualifier: status::qualifier(bits)?,
            quotient: self.quotient(row, series, period, sides)?.map(Box::new),
            coverage: self.coverage(row)?,
            flags: status::flags(bits)?,
            carried_from: day("carried_from", at_symbol(self.tables, self.columns.carried_from[row])?)?,
            comparisons: comparisons
                .into_iter()
                .map(|comparison| comparison_from_proto(comparison, self.calendars))
                .collect::<Result<_, _>>()?,
            share: share.map(share_from_proto).transpose()?.map(Box::new),
            rank: rank.map(rank_from_proto).transpose()?.map(Box::new),
        })
    }

    /// What the row has beside the columns.
    fn extra(&mut self, row: usize) -> pb::FigureExtra {
        let of_row = self.extras.next_if(|extra| extra.row as usize == row);
        of_row.unwrap_or_default()
    }

    /// A text of a figure.
    fn text(&mut self, symbol: u32) -> Result<Arc<str>, FigureBatchError> {
        let text = at_symbol(self.tables, symbol)?;
        self.text_bytes_left = less(self.text_bytes_left, text)?;
        Ok(Arc::clone(text))
    }

    fn codes(&mut self, symbols: &[u32]) -> Result<BTreeMap<String, String>, FigureBatchError> {
        let (pairs, rest) = symbols.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(FigureBatchError::DimensionPairs { len: symbols.len() });
        }
        let pair =
            |[dimension, code]: &[u32; 2]| Ok((self.text(*dimension)?.to_string(), self.text(*code)?.to_string()));
        pairs.iter().map(pair).collect()
    }

    fn area(&mut self, symbol: u32, is_sum: bool) -> Result<FigureArea, FigureBatchError> {
        let text = at_symbol(self.tables, symbol)?;
        self.text_bytes_left = less(self.text_bytes_left, text)?;
        if is_sum {
            let areas = text.split('+').map(|area| id("combined_areas", area));
            return Ok(FigureArea::Sum(areas.collect::<Result<_, _>>()?));
        }
        if let Some(known) = self.areas.get(&symbol) {
            return Ok(known.clone().into());
        }
        let area: AreaId = id("area", text)?;
        self.areas.insert(symbol, area.clone());
        Ok(area.into())
    }

    fn period(&mut self, field: &'static str, symbol: u32) -> Result<Period, FigureBatchError> {
        if let Some(known) = self.periods.get(&symbol) {
            return Ok(*known);
        }
        let text = at_symbol(self.tables, symbol)?;
        let period = period_from_proto(field, text, self.calendars)?;
        self.periods.insert(symbol, period);
        Ok(period)
    }

    /// The number in the columns, or the text beside them, or the reason why there is neither.
    fn value(
        &mut self,
        row: usize,
        (units, decimals, bits): (i64, u32, u32),
        text: Option<String>,
    ) -> Result<Result<String, MissingReason>, FigureBatchError> {
        let missing = status::missing(bits);
        if text.is_some() && (missing != 0 || units != 0) {
            return Err(FigureBatchError::TextBeside { row });
        }
        let number = (missing == 0).then(|| text.unwrap_or_else(|| printed(units, decimals)));
        if let Some(text) = &number {
            self.text_bytes_left = less(self.text_bytes_left, text)?;
        }
        Ok(value_from_proto("value", number, missing)?)
    }

    fn coverage(&self, row: usize) -> Result<Option<Coverage>, FigureBatchError> {
        let (reported, expected) = (self.columns.reported[row], self.columns.expected[row]);
        match expected.checked_sub(1) {
            Some(expected) => Ok(Some(Coverage { reported, expected })),
            None if reported == 0 => Ok(None),
            None => Err(FigureDecodeError::Unknown {
                field: "reported",
                number: reported.into(),
            }
            .into()),
        }
    }

    fn quotient(
        &mut self,
        row: usize,
        series: &pb::FigureSeries,
        of_figure: Period,
        texts: (Option<String>, Option<String>),
    ) -> Result<Option<Quotient>, FigureBatchError> {
        if !series.quotient {
            let has_texts = texts.0.is_some() || texts.1.is_some();
            return if has_texts {
                Err(FigureBatchError::TextBeside { row })
            } else {
                Ok(None)
            };
        }
        let (numerator, denominator) = (self.numerators.take(), self.denominators.take());
        Ok(Some(Quotient {
            numerator: self.operand(row, (series.numerator, of_figure), &numerator, texts.0)?,
            denominator: self.operand(row, (series.denominator, of_figure), &denominator, texts.1)?,
        }))
    }

    fn operand(
        &mut self,
        row: usize,
        (formula, of_figure): (u32, Period),
        side: &OperandRow,
        text: Option<String>,
    ) -> Result<Operand, FigureBatchError> {
        let OperandRow {
            value,
            decimals,
            bits,
            period,
            sources,
        } = *side;
        status::no_flags(bits)?;
        Ok(Operand {
            formula: self.text(formula)?,
            value: self.value(row, (value, decimals, bits), text)?,
            period: match period {
                0 => of_figure,
                period => self.period("operand.period", period)?,
            },
            sources: self.sources(sources)?,
            quality: status::quality(bits)?,
            qualifier: status::qualifier(bits)?,
        })
    }

    fn sources(&mut self, place: u32) -> Result<Arc<[String]>, FigureBatchError> {
        if let Some(known) = self.sources.get(&place) {
            return Ok(Arc::clone(known));
        }
        let symbols = &at("sources", &self.tables.sources, place)?.symbols;
        let texts = symbols.iter().map(|symbol| Ok(self.text(*symbol)?.to_string()));
        let texts: Arc<[String]> = texts.collect::<Result<_, FigureBatchError>>()?;
        self.sources.insert(place, Arc::clone(&texts));
        Ok(texts)
    }
}

/// One row of one side.
struct OperandRow {
    value: i64,
    decimals: u32,
    bits: u32,
    period: u32,
    sources: u32,
}

impl Side {
    fn of(columns: Option<pb::OperandColumns>, rows: usize) -> Result<Self, FigureBatchError> {
        let mut columns = columns.unwrap_or_default();
        full("operand.value", columns.value.len(), rows)?;
        full("operand.status", columns.status.len(), rows)?;
        full("operand.sources", columns.sources.len(), rows)?;
        full_or_empty("operand.decimals", &mut columns.decimals, rows)?;
        full_or_empty("operand.period", &mut columns.period, rows)?;
        columns.decimals.iter().try_for_each(|number| few_decimals(*number))?;
        Ok(Self { columns, next: 0 })
    }

    /// The next row. There are as many as series that are quotients have rows.
    fn take(&mut self) -> OperandRow {
        let row = self.next;
        self.next += 1;
        OperandRow {
            value: self.columns.value[row],
            decimals: self.columns.decimals[row],
            bits: self.columns.status[row],
            period: self.columns.period[row],
            sources: self.columns.sources[row],
        }
    }
}

fn at_symbol(tables: &Tables, index: u32) -> Result<&Arc<str>, FigureBatchError> {
    at("symbols", &tables.symbols, index)
}
