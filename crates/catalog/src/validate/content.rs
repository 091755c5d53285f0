//! What an event says: its metric, its codes, its value, its id.

use almanac_model::{Code, DecimalError, DimensionId, Event, Measure, MetricId};

use super::area::unknown_area;
use super::{Check, Violation, ViolationReason};
use crate::{Catalog, Method, suggest};

/// SDMX's code for a total.
const TOTAL: &str = "_T";

/// Without its metric little more can be said of an event.
pub(super) fn check_unknown_metric(catalog: &Catalog, event: &Event) -> Vec<Violation> {
    let id = event.metric.as_str();
    let (reason, message) = if catalog.indicator(id).is_some() {
        let measure = catalog.measure(id);
        let metrics = measure.map(|measure| catalog.metrics_of(&measure)).unwrap_or_default();
        let metrics = suggest::alternatives(metrics.iter().map(MetricId::as_str));
        let message = format!("{id:?} is an indicator, which is computed; record {metrics}");
        (ViolationReason::IndicatorNotRecordable, message)
    } else {
        let remedy = suggest::remedy(&catalog.nearest_metric(id), "ListMetrics names all metrics");
        (
            ViolationReason::UnknownMetric,
            format!("there is no metric {id:?}; {remedy}"),
        )
    };
    let mut violations = vec![Violation {
        field: "metric".to_owned(),
        reason,
        message,
    }];
    if catalog.area(event.area.as_str()).is_none() {
        violations.push(unknown_area(catalog, &event.area));
    }
    violations
}

impl Check<'_> {
    /// Every dimension of the metric has one of its codes, and there are no others.
    pub(super) fn dimensions(&mut self) {
        let (given, rules) = (&self.event.dimensions, self.rules);
        let fits = given.len() == rules.dimensions.len()
            && given
                .iter()
                .zip(&rules.dimensions)
                .all(|((dimension, code), (expected, codes))| dimension == expected && codes.contains(code));
        if !fits {
            self.tell_dimensions();
        }
    }

    fn tell_dimensions(&mut self) {
        let (given, rules) = (&self.event.dimensions, self.rules);
        for (dimension, code) in given {
            match rules.dimensions.iter().find(|(known, _)| known == dimension) {
                None => self.unknown_dimension(dimension),
                Some((_, codes)) if !codes.contains(code) => self.unknown_code(dimension, code),
                Some(_) => {}
            }
        }
        for (dimension, _) in rules
            .dimensions
            .iter()
            .filter(|(dimension, _)| !given.contains_key(dimension))
        {
            let message = format!(
                "metric {} needs a code for {dimension}; {}",
                self.metric.id,
                self.codes_of(dimension)
            );
            self.refuse(field(dimension), ViolationReason::MissingDimension, message);
        }
    }

    fn unknown_dimension(&mut self, dimension: &DimensionId) {
        let known = self.metric.dimensions.iter().map(DimensionId::as_str);
        let near = suggest::nearest(dimension.as_str(), known.clone());
        let otherwise = match known.len() {
            0 => "leave it out: the metric has no dimensions".to_owned(),
            _ => format!(
                "leave it out; the metric is broken down by {}",
                suggest::alternatives(known)
            ),
        };
        let remedy = suggest::remedy(&near, otherwise);
        let message = format!("metric {} has no dimension \"{dimension}\"; {remedy}", self.metric.id);
        self.refuse(field(dimension), ViolationReason::UnknownDimension, message);
    }

    fn unknown_code(&mut self, dimension: &DimensionId, code: &Code) {
        let (reason, message) = if code.as_str() == TOTAL {
            let message = format!(
                "\"{TOTAL}\" is never recorded, totals are computed; {}",
                self.codes_of(dimension)
            );
            (ViolationReason::TotalNotRecordable, message)
        } else {
            let near = self.catalog.nearest_code(dimension.as_str(), code.as_str());
            let remedy = suggest::remedy(&near, self.codes_of(dimension));
            (
                ViolationReason::UnknownCode,
                format!("{dimension} has no code \"{code}\"; {remedy}"),
            )
        };
        self.refuse(field(dimension), reason, message);
    }

    /// As many codes as are read in a message.
    fn codes_of(&self, dimension: &DimensionId) -> String {
        const SHOWN: usize = 12;
        let codes = self
            .catalog
            .dimension(dimension.as_str())
            .map_or(&[][..], |dimension| &dimension.codes);
        let shown = suggest::alternatives(codes.iter().take(SHOWN).map(|item| item.code.as_str()));
        let others = codes.len().saturating_sub(SHOWN);
        if others == 0 {
            format!("give {shown}")
        } else {
            format!("give {shown} (or one of {others} others)")
        }
    }

    /// The scaled value; 0 when the event says why there is none.
    pub(super) fn value(&mut self) -> Option<i64> {
        match self.event.measure {
            Measure::Missing(_) if self.metric.method == Method::Tally => {
                let message = format!(
                    "metric {} is a tally: an event that did not happen is not sent; give its value, or leave the event out",
                    self.metric.id
                );
                self.refuse("missing", ViolationReason::TallyValueRequired, message);
                None
            }
            Measure::Missing(reason) if reason.is_recordable() => Some(0),
            Measure::Missing(reason) => {
                let message = format!(
                    "\"{reason}\" is found when figures are computed, never recorded; give not collected, cannot exist, suppressed or unspecified"
                );
                self.refuse("missing", ViolationReason::MissingReasonNotRecordable, message);
                None
            }
            Measure::Value(value) => match value.to_scaled(self.metric.decimals) {
                Ok(scaled) if scaled < self.rules.min || scaled > self.rules.max => {
                    let message = format!(
                        "{value} cannot be right for metric {}; it is {}",
                        self.metric.id,
                        self.range()
                    );
                    self.refuse("value", ViolationReason::OutOfRange, message);
                    None
                }
                Ok(scaled) => Some(scaled),
                Err(error) => {
                    let reason = match error {
                        DecimalError::TooManyDecimals { .. } => ViolationReason::TooManyDecimals,
                        _ => ViolationReason::OutOfRange,
                    };
                    let (metric, unit) = (&self.metric.id, &self.metric.unit);
                    let message = format!("{error}; metric {metric} counts in \"{unit}\", give the value in that unit");
                    self.refuse("value", reason, message);
                    None
                }
            },
        }
    }

    /// Only a number can be kept secret, and only where the figures beside it do not tell it.
    pub(super) fn confidential(&mut self) {
        if self.event.confidential && self.metric.cumulative {
            let message = format!(
                "metric {} is reported as the total since the start of the year: the figures of two periods rest on each value, \
                 and would tell it; give missing SUPPRESSED instead",
                self.metric.id
            );
            self.refuse("confidential", ViolationReason::ConfidentialCumulative, message);
        }
        if self.event.confidential && matches!(self.event.measure, Measure::Missing(_)) {
            let message = "there is no value that could be confidential; give the value, which then counts in totals and is \
                           never told, or leave confidential out: missing SUPPRESSED says that the value exists and is not given";
            self.refuse(
                "confidential",
                ViolationReason::ConfidentialWithoutValue,
                message.to_owned(),
            );
        }
    }

    fn range(&self) -> String {
        match (self.metric.range.min, self.metric.range.max) {
            (Some(min), Some(max)) => format!("from {min} to {max}"),
            (Some(min), None) => format!("{min} or more"),
            (None, Some(max)) => format!("{max} or less"),
            (None, None) => "not limited".to_owned(),
        }
    }

    /// A tally is known by its id.
    pub(super) fn event_id(&mut self) {
        let absent = self.event.event_id.as_ref().is_none_or(String::is_empty);
        if absent && self.metric.method == Method::Tally {
            let message = format!(
                "metric {} is a tally, in which each event adds; give an event_id, so that a repeated event is not counted twice",
                self.metric.id
            );
            self.refuse("event_id", ViolationReason::EventIdRequired, message);
        }
    }
}

fn field(dimension: &DimensionId) -> String {
    format!("dimensions.{dimension}")
}
