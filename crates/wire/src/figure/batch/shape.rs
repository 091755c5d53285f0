//! Whether the parts of a batch fit together, and why they do not.

use super::digits::MOST_DECIMALS;
use super::{FULL_TEXT_BYTES, MAX_BATCH_FIGURES};
use crate::figure::received::FigureDecodeError;

/// The most that the texts of a batch come to: a batch is full long before, and one figure does not take so much.
pub(super) const MOST_TEXT_BYTES: usize = 2 * FULL_TEXT_BYTES;

/// Why a message is no batch of figures: it comes from a service of a newer version, or from none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FigureBatchError {
    /// More rows than a batch has.
    #[error("{rows} figures in one batch; there are at most {MAX_BATCH_FIGURES}")]
    TooMany {
        /// How many.
        rows: usize,
    },
    /// Texts that come to more than those of a batch do.
    #[error("the texts of the figures come to more than {MOST_TEXT_BYTES} bytes")]
    TooLong,
    /// A column that has not a value for each row.
    #[error("column {column} has {len} rows where there are {rows}")]
    Column {
        /// Which.
        column: &'static str,
        /// How many it has.
        len: usize,
        /// How many there are.
        rows: usize,
    },
    /// A position that a table does not have.
    #[error("{table} {index} is not in the table of {len}")]
    Position {
        /// Which table.
        table: &'static str,
        /// The position.
        index: u32,
        /// How many there are.
        len: usize,
    },
    /// An odd number of dimension symbols.
    #[error("a series has {len} dimension symbols; they come in pairs")]
    DimensionPairs {
        /// How many.
        len: usize,
    },
    /// More decimals than a number in a column has.
    #[error("{number} decimals; there are at most {MOST_DECIMALS}")]
    Decimals {
        /// How many.
        number: u32,
    },
    /// An extra whose row is not there, or not after the one before.
    #[error("an extra is of row {row}; they are in the order of the {rows} rows, at most one for each")]
    ExtraRow {
        /// Its row.
        row: u32,
        /// How many rows there are.
        rows: usize,
    },
    /// A value as text beside another one, or without what it is the value of.
    #[error("row {row} has a value as text that is not to be there")]
    TextBeside {
        /// The row.
        row: usize,
    },
    /// A row that is no figure.
    #[error(transparent)]
    Figure(#[from] FigureDecodeError),
}

/// Refuses a column that has not a value for each row.
pub(super) fn full(column: &'static str, len: usize, rows: usize) -> Result<(), FigureBatchError> {
    if len == rows {
        Ok(())
    } else {
        Err(FigureBatchError::Column { column, len, rows })
    }
}

/// Fills a column that is left out.
pub(super) fn full_or_empty(name: &'static str, column: &mut Vec<u32>, rows: usize) -> Result<(), FigureBatchError> {
    if column.is_empty() {
        column.resize(rows, 0);
    }
    full(name, column.len(), rows)
}

/// Refuses more decimals than are printed.
pub(super) fn few_decimals(number: u32) -> Result<(), FigureBatchError> {
    if number <= MOST_DECIMALS {
        Ok(())
    } else {
        Err(FigureBatchError::Decimals { number })
    }
}

/// What a table has at a position.
pub(super) fn at<'t, T>(table: &'static str, rows: &'t [T], index: u32) -> Result<&'t T, FigureBatchError> {
    rows.get(index as usize).ok_or(FigureBatchError::Position {
        table,
        index,
        len: rows.len(),
    })
}

/// What is left after a text.
pub(super) fn less(left: usize, text: &str) -> Result<usize, FigureBatchError> {
    left.checked_sub(text.len()).ok_or(FigureBatchError::TooLong)
}
