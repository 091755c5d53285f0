//! The published figures of 2017, typed.

use std::collections::BTreeMap;

use almanac_catalog::MeasureId;
use almanac_model::{AreaId, Code, Decimal, DimensionId, Event, Period, ReporterId};

use crate::row::Row;

const FIGURES: &str = include_str!("../data/figures-2017.csv");

/// One figure of the department's review of 2017.
///
/// A figure with [`Self::recorded`] is an input. One without is a result that has to come out as published: a total
/// when its measure is a metric, a ratio when it is an indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The line of the report `annual-review` that shows it.
    pub line: String,
    /// The metric or indicator.
    pub measure: MeasureId,
    /// Which codes; a dimension not named here is totalled.
    pub dimensions: BTreeMap<DimensionId, Code>,
    /// The province.
    pub area: AreaId,
    /// The year 2017; of a stock, its end.
    pub period: Period,
    /// The number as published, with its published decimals.
    pub value: Decimal,
    /// Whether the review prints it. Only the inhabitants are not: they are an estimate from its densities.
    pub published: bool,
    /// The event that records it.
    pub recorded: Option<Recorded>,
    /// What the source calls it, such as "postal items sent".
    pub subject: String,
    /// Which part of the subject; "total" for all of it.
    pub breakdown: String,
    /// A remark on the source's figure; empty for most.
    pub note: String,
}

/// An event and who sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Who.
    pub reporter: ReporterId,
    /// What.
    pub event: Event,
}

/// Why a table of figures cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// It is no CSV.
    #[error("cannot read the figures: {0}")]
    Csv(#[from] csv::Error),
    /// A column is absent.
    #[error("the figures have no column {column:?}")]
    NoColumn {
        /// Its name.
        column: &'static str,
    },
    /// A field does not hold what its column is for.
    #[error("row {row} of the figures, {column}: {text:?} {reason}")]
    Field {
        /// The row; 1 is the first after the header.
        row: usize,
        /// The column.
        column: &'static str,
        /// What it holds.
        text: String,
        /// Why it cannot be that.
        reason: String,
    },
}

/// Every figure of the review, in its order, and the inhabitants on which its densities rest.
pub fn figures_2017() -> Result<Vec<Figure>, FiguresError> {
    read(FIGURES)
}

/// The events to record: with these in the log, every figure of [`figures_2017`] comes out as published.
pub fn events_2017() -> Result<Vec<Recorded>, FiguresError> {
    let figures = figures_2017()?;
    Ok(figures.into_iter().filter_map(|figure| figure.recorded).collect())
}

fn read(text: &str) -> Result<Vec<Figure>, FiguresError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let mut figures = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let row = Row {
            number: index + 1,
            header: &header,
            record: &record?,
        };
        figures.push(row.figure()?);
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "line,role,metric,dimensions,reporter,period,value,quality,qualifier,published,subject,breakdown,note";

    fn error_of(row: &str) -> String {
        read(&format!("{HEADER}\n{row}\n")).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_field_is_named_with_its_row() {
        for (row, column) in [
            ("a,guess,m,,r,2017,1,OFFICIAL,EXACT,true,s,b,", "role"),
            ("a,event,M,,r,2017,1,OFFICIAL,EXACT,true,s,b,", "metric"),
            ("a,event,m,d:c,r,2017,1,OFFICIAL,EXACT,true,s,b,", "dimensions"),
            ("a,event,m,,r,17,1,OFFICIAL,EXACT,true,s,b,", "period"),
            ("a,event,m,,r,2017,1e6,OFFICIAL,EXACT,true,s,b,", "value"),
            ("a,event,m,,r,2017,1,FINAL,EXACT,true,s,b,", "quality"),
            ("a,event,m,,r,2017,1,OFFICIAL,OVER,true,s,b,", "qualifier"),
            ("a,event,m,,r,2017,1,OFFICIAL,EXACT,yes,s,b,", "published"),
        ] {
            let error = error_of(row);
            assert!(
                error.starts_with(&format!("row 1 of the figures, {column}: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn an_absent_column_is_named() {
        let error = read("line,metric\na,m\n").unwrap_err();
        assert!(matches!(error, FiguresError::NoColumn { column: "role" }), "{error}");
    }
}
