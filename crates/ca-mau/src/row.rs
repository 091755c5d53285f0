//! One row of the table of figures, field by field.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use almanac_catalog::MeasureId;
use almanac_model::{AreaId, Code, DimensionId, Event, EventTime, Measure, MetricId, Qualifier, Quality};

use crate::PROVINCE;
use crate::figures::{Figure, FiguresError, Recorded};

/// A row with its place, so that an error can say where.
pub(crate) struct Row<'a> {
    pub(crate) number: usize,
    pub(crate) header: &'a csv::StringRecord,
    pub(crate) record: &'a csv::StringRecord,
}

impl Row<'_> {
    pub(crate) fn figure(&self) -> Result<Figure, FiguresError> {
        let metric = || self.parsed::<MetricId>("metric");
        let (measure, recorded) = match self.text("role")? {
            "event" => (MeasureId::Metric(metric()?), Some(self.recorded()?)),
            "total" => (MeasureId::Metric(metric()?), None),
            "ratio" => (MeasureId::Indicator(self.parsed("metric")?), None),
            _ => return Err(self.wrong("role", "is none of event, total, ratio")),
        };
        Ok(Figure {
            line: self.text("line")?.to_owned(),
            measure,
            dimensions: self.dimensions()?,
            area: self.province()?,
            period: self.parsed("period")?,
            value: self.parsed("value")?,
            published: self.parsed("published")?,
            recorded,
            subject: self.text("subject")?.to_owned(),
            breakdown: self.text("breakdown")?.to_owned(),
            note: self.text("note")?.to_owned(),
        })
    }

    fn recorded(&self) -> Result<Recorded, FiguresError> {
        let note = self.text("note")?;
        let event = Event {
            metric: self.parsed("metric")?,
            area: self.province()?,
            dimensions: self.dimensions()?,
            time: EventTime::Period(self.parsed("period")?),
            measure: Measure::Value(self.parsed("value")?),
            quality: self.quality()?,
            qualifier: self.qualifier()?,
            event_id: None,
            note: (!note.is_empty()).then(|| note.to_owned()),
            correction: None,
            confidential: false,
        };
        let reporter = self.parsed("reporter")?;
        Ok(Recorded { reporter, event })
    }

    fn province(&self) -> Result<AreaId, FiguresError> {
        PROVINCE.parse().map_err(|error| self.wrong("area", error))
    }

    /// `direction=sent;scope=domestic`
    fn dimensions(&self) -> Result<BTreeMap<DimensionId, Code>, FiguresError> {
        let column = "dimensions";
        let pairs = self.text(column)?.split(';').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (dimension, code) = pair
                    .split_once('=')
                    .ok_or_else(|| self.wrong(column, "has a part without '='"))?;
                let dimension = dimension.parse().map_err(|error| self.wrong(column, error))?;
                let code = code.parse().map_err(|error| self.wrong(column, error))?;
                Ok((dimension, code))
            })
            .collect()
    }

    fn quality(&self) -> Result<Quality, FiguresError> {
        match self.text("quality")? {
            "ESTIMATED" => Ok(Quality::Estimated),
            "PRELIMINARY" => Ok(Quality::Preliminary),
            "OFFICIAL" => Ok(Quality::Official),
            _ => Err(self.wrong("quality", "is none of ESTIMATED, PRELIMINARY, OFFICIAL")),
        }
    }

    fn qualifier(&self) -> Result<Qualifier, FiguresError> {
        match self.text("qualifier")? {
            "EXACT" => Ok(Qualifier::Exact),
            "AT_LEAST" => Ok(Qualifier::AtLeast),
            "AT_MOST" => Ok(Qualifier::AtMost),
            "ABOUT" => Ok(Qualifier::About),
            _ => Err(self.wrong("qualifier", "is none of EXACT, AT_LEAST, AT_MOST, ABOUT")),
        }
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &'static str) -> Result<T, FiguresError> {
        self.text(column)?.parse().map_err(|error| self.wrong(column, error))
    }

    fn text(&self, column: &'static str) -> Result<&str, FiguresError> {
        let index = self.header.iter().position(|name| name == column);
        index
            .and_then(|index| self.record.get(index))
            .ok_or(FiguresError::NoColumn { column })
    }

    fn wrong(&self, column: &'static str, reason: impl Display) -> FiguresError {
        FiguresError::Field {
            row: self.number,
            column,
            text: self.text(column).unwrap_or_default().to_owned(),
            reason: reason.to_string(),
        }
    }
}
