//! Names in requests: each is found in the catalogue, or refused with the nearest ones that are there.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::{Catalog, Dimension, MeasureId, Metric, Report, Rule};
use almanac_indicator::Filters;
use almanac_model::{AreaId, Code, LevelId, Period, PeriodError, PeriodRange, ReferenceDay, ReporterId};
use almanac_wire::pb::query as pb;
use almanac_wire::{did_you_mean, period_reason};
use jiff::civil::Date;

use crate::limits;
use crate::mistakes::{Mistakes, quoted};
use crate::reason;
use crate::replica::Moment;

/// Finds names in a catalogue and keeps the mistakes.
pub(crate) struct Names<'c, 'm> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) mistakes: &'m mut Mistakes,
    /// What periods in words are counted from; none where no period is read.
    reference: Option<ReferenceDay>,
}

impl<'c, 'm> Names<'c, 'm> {
    /// The names of a request that is answered at a moment. Periods in words are counted from the day on which its revision
    /// was recorded, so that every replica takes them for the same.
    pub(crate) fn at(moment: &'c Moment, mistakes: &'m mut Mistakes) -> Self {
        let catalog = &*moment.catalog;
        let day = catalog.time_zone().to_datetime(moment.revision_time).date();
        Self {
            catalog,
            mistakes,
            reference: Some(ReferenceDay(day)),
        }
    }

    /// The names of a request without periods.
    pub(crate) fn of(catalog: &'c Catalog, mistakes: &'m mut Mistakes) -> Self {
        Self {
            catalog,
            mistakes,
            reference: None,
        }
    }

    /// Counts periods in words from another day, if one is given.
    pub(crate) fn relative_to(&mut self, field: &str, text: &str) {
        if !text.is_empty()
            && let Some(day) = self.date(field, text)
        {
            self.reference = Some(ReferenceDay(day));
        }
    }

    pub(crate) fn measure(&mut self, field: &str, text: &str) -> Option<MeasureId> {
        let found = self.catalog.measure(text);
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(
                field,
                reason::UNKNOWN_INDICATOR,
                "an indicator or metric",
                text,
                |wrong| catalog.nearest_measure(wrong),
            );
        }
        found
    }

    pub(crate) fn metric(&mut self, field: &str, text: &str) -> Option<&'c Metric> {
        let found = self.catalog.metric(text);
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(field, reason::UNKNOWN_METRIC, "a metric", text, |wrong| {
                catalog.nearest_metric(wrong)
            });
        }
        found
    }

    pub(crate) fn unknown_rule(&mut self, field: &str, text: &str, rules: &[Rule]) {
        self.unknown(field, reason::UNKNOWN_CATALOG_RULE, "a rule", text, |wrong| {
            Catalog::nearest_rule(wrong, rules.iter())
        });
    }

    pub(crate) fn reporter(&mut self, field: &str, text: &str) -> Option<ReporterId> {
        let found = self.catalog.reporter(text).map(|reporter| reporter.id.clone());
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(field, reason::UNKNOWN_REPORTER, "a reporter", text, |wrong| {
                nearest_or(
                    catalog.nearest_reporter(wrong),
                    catalog.reporters().map(|reporter| reporter.id.to_string()),
                )
            });
        }
        found
    }

    pub(crate) fn area(&mut self, field: &str, text: &str) -> Option<AreaId> {
        let found = self.catalog.area(text).map(|area| area.id.clone());
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(field, reason::UNKNOWN_AREA, "an area", text, |wrong| {
                catalog.nearest_area(wrong)
            });
        }
        found
    }

    pub(crate) fn level(&mut self, field: &str, text: &str) -> Option<LevelId> {
        let found = self.catalog.level(text).map(|level| level.id.clone());
        if found.is_none() {
            let catalog = self.catalog;
            self.mistakes.add(field, reason::UNKNOWN_LEVEL, || {
                let levels: Vec<&str> = catalog.levels().map(|level| level.id.as_str()).collect();
                format!(
                    "the catalogue has no area level {}; its levels are {}",
                    quoted(text),
                    levels.join(", ")
                )
            });
        }
        found
    }

    pub(crate) fn report(&mut self, field: &str, text: &str) -> Option<&'c Report> {
        let found = self.catalog.report(text);
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(field, reason::UNKNOWN_REPORT, "a report", text, |wrong| {
                nearest_or(
                    catalog.nearest_report(wrong),
                    catalog.reports().map(|report| report.id.to_string()),
                )
            });
        }
        found
    }

    /// A dimension or a grouping of areas.
    pub(crate) fn dimension(&mut self, field: &str, text: &str) -> Option<&'c Dimension> {
        let found = self.catalog.classification(text);
        if found.is_none() {
            let catalog = self.catalog;
            self.unknown(field, reason::UNKNOWN_DIMENSION, "a dimension", text, |wrong| {
                catalog.nearest_dimension(wrong)
            });
        }
        found
    }

    fn code(&mut self, field: &str, dimension: &Dimension, text: &str) -> Option<Code> {
        let found = dimension.code(text).map(|item| item.code.clone());
        if found.is_none() {
            let catalog = self.catalog;
            self.mistakes.add(field, reason::UNKNOWN_CODE, || {
                let id = dimension.id.as_str();
                let nearest = nearest_or(
                    near(text, |wrong| catalog.nearest_code(id, wrong)),
                    dimension.codes.iter().map(|item| item.code.to_string()),
                );
                format!("dimension {id} has no code {}{}", quoted(text), did_you_mean(&nearest))
            });
        }
        found
    }

    /// The codes of filters, by dimension.
    pub(crate) fn filters(&mut self, filters: &[pb::DimensionFilter]) -> Filters {
        let (mut found, mut seen) = (Filters::new(), BTreeMap::new());
        if !self.at_most("filters", filters.len(), limits::DIMENSIONS) {
            return found;
        }
        for (index, pb::DimensionFilter { dimension, codes }) in filters.iter().enumerate() {
            let field = format!("filters[{index}].dimension");
            let Some(dimension) = self.dimension(&field, dimension) else {
                continue;
            };
            if let Some(first) = seen.insert(dimension.id.clone(), index) {
                let message = || {
                    format!(
                        "filters[{index}] and filters[{first}] both are about {}; give its codes in one",
                        dimension.id
                    )
                };
                self.mistakes.add(field, reason::DUPLICATE, message);
            }
            found.insert(dimension.id.clone(), self.codes(index, dimension, codes));
        }
        found
    }

    fn codes(&mut self, filter: usize, dimension: &Dimension, codes: &[String]) -> BTreeSet<Code> {
        let field = format!("filters[{filter}].codes");
        if codes.is_empty() {
            let message = || {
                format!(
                    "give at least one code of {}, or leave the filter out for all",
                    dimension.id
                )
            };
            self.mistakes.add(field.as_str(), reason::REQUIRED, message);
        }
        if !self.at_most(&field, codes.len(), limits::CODES) {
            return BTreeSet::new();
        }
        // a code given twice is the same set of codes
        let code = |(index, code): (usize, &String)| self.code(&format!("{field}[{index}]"), dimension, code);
        codes.iter().enumerate().filter_map(code).collect()
    }

    pub(crate) fn period(&mut self, field: &str, text: &str) -> Option<Period> {
        let parsed = match self.reference {
            Some(day) => self.catalog.period_at(day, text),
            None => self.catalog.period(text),
        };
        self.kept_period(field, text, parsed)
    }

    pub(crate) fn range(&mut self, field: &str, text: &str) -> Option<PeriodRange> {
        let parsed = match self.reference {
            Some(day) => self.catalog.period_range_at(day, text),
            None => self.catalog.period_range(text),
        };
        self.kept_period(field, text, parsed)
    }

    fn kept_period<T>(&mut self, field: &str, text: &str, parsed: Result<T, PeriodError>) -> Option<T> {
        if text.is_empty() {
            self.mistakes.add(field, reason::REQUIRED, || {
                "give a period, such as \"2017\" or \"2017-05\"".to_owned()
            });
            return None;
        }
        let short = || PeriodError::Malformed {
            text: text.chars().take(limits::NAME_BYTES).collect(),
        };
        parsed
            .map_err(|error| {
                if text.len() > limits::NAME_BYTES {
                    short()
                } else {
                    error
                }
            })
            .map_err(|error| self.mistakes.add(field, period_reason(&error), || error.to_string()))
            .ok()
    }

    pub(crate) fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        let well_formed = text.len() == "2017-12-31".len();
        let date = text.parse().ok().filter(|_| well_formed);
        if date.is_none() {
            self.mistakes.add(field, reason::MALFORMED_DATE, || {
                format!("{} is no date; write it as 2017-12-31", quoted(text))
            });
        }
        date
    }

    /// Whether a list is within its limit.
    pub(crate) fn at_most(&mut self, field: &str, found: usize, limit: usize) -> bool {
        if found > limit {
            self.mistakes.add(field, reason::TOO_MANY, || {
                format!("{found} are asked for; at most {limit} are answered at a time")
            });
        }
        found <= limit
    }

    fn unknown(
        &mut self,
        field: &str,
        reason: &'static str,
        kind: &str,
        text: &str,
        nearest: impl FnOnce(&str) -> Vec<String>,
    ) {
        if text.is_empty() {
            self.mistakes
                .add(field, reason::REQUIRED, || format!("give the id of {kind}"));
            return;
        }
        self.mistakes.add(field, reason, || {
            format!(
                "{} is not the id of {kind} of the catalogue{}",
                quoted(text),
                did_you_mean(&near(text, nearest))
            )
        });
    }
}

/// The nearest names; none for a text that no id is as long as, which would take long to compare.
fn near(text: &str, nearest: impl FnOnce(&str) -> Vec<String>) -> Vec<String> {
    if text.len() > limits::NAME_BYTES {
        Vec::new()
    } else {
        nearest(text)
    }
}

/// The nearest names, or where none is near, all of a short list.
fn nearest_or(nearest: Vec<String>, all: impl Iterator<Item = String>) -> Vec<String> {
    if nearest.is_empty() {
        all.take(8).collect()
    } else {
        nearest
    }
}
