//! A question for one figure: what it was made of, or all values that it has had.

use std::fmt::Display;

use almanac_wire::pb::query as pb;
use jiff::civil::Date;

use crate::ReadAt;
use crate::query::filter;

/// Which figure to explain, or of which to list the vintages.
#[derive(Clone, Debug, Default)]
pub struct FigureQuestion {
    query: pb::QueryIndicatorsRequest,
    /// The codes of the figure, by what is grouped by.
    codes: Vec<(String, String)>,
}

impl FigureQuestion {
    /// The figure of an indicator or metric for an area and a period.
    #[must_use]
    pub fn new(indicator: impl Display, area: impl Display, period: impl Display) -> Self {
        Self {
            query: pb::QueryIndicatorsRequest {
                indicators: vec![indicator.to_string()],
                areas: vec![area.to_string()],
                periods: vec![period.to_string()],
                ..pb::QueryIndicatorsRequest::default()
            },
            codes: Vec::new(),
        }
    }

    /// Only these codes of a dimension.
    #[must_use]
    pub fn filter(mut self, dimension: impl Display, codes: impl IntoIterator<Item = impl Display>) -> Self {
        self.query.filters.push(filter(dimension, codes));
        self
    }

    /// The figure of this code, of those that are grouped by a dimension or by `reporter`.
    #[must_use]
    pub fn group(mut self, dimension: impl Display, code: impl Display) -> Self {
        self.query.group_by.push(dimension.to_string());
        self.codes.push((dimension.to_string(), code.to_string()));
        self
    }

    /// Restated on the boundaries of this day.
    #[must_use]
    pub fn on_boundaries_of(mut self, day: Date) -> Self {
        self.query.on_boundaries_of = day.to_string();
        self
    }

    /// All or nothing: a figure that lacks a part is missing instead of partial.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.query.strict = true;
        self
    }

    pub(crate) fn explanation(&self, read_at: &ReadAt) -> pb::ExplainFigureRequest {
        pb::ExplainFigureRequest {
            query: Some(self.query_at(read_at)),
            dimensions: self.codes.iter().cloned().collect(),
            ..pb::ExplainFigureRequest::default()
        }
    }

    pub(crate) fn vintages(&self, read_at: &ReadAt) -> pb::ListVintagesRequest {
        pb::ListVintagesRequest {
            query: Some(self.query_at(read_at)),
            dimensions: self.codes.iter().cloned().collect(),
            ..pb::ListVintagesRequest::default()
        }
    }

    fn query_at(&self, read_at: &ReadAt) -> pb::QueryIndicatorsRequest {
        pb::QueryIndicatorsRequest {
            read_at: Some(read_at.to_proto()),
            ..self.query.clone()
        }
    }
}
