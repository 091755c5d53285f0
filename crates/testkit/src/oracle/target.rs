//! Rule 28: the plan's figure for exactly such a figure, and who set it.

use std::collections::BTreeMap;

use almanac_catalog::Metric;
use almanac_indicator::GroupKey;
use almanac_model::{AreaId, Code, DimensionId, FigureArea, MissingReason, TargetSetting};

use super::Oracle;
use super::figure::Asked;
use super::records::SeriesKey;
use super::region::Region;
use super::term::{Filter, level_of};
use super::territory::Territory;
use super::value::Value;

impl Oracle<'_> {
    /// The target of a figure. It is neither spread over periods, areas or codes, nor added, nor restated.
    pub(super) fn target(&self, asked: &Asked<'_>) -> (Value, Option<TargetSetting>) {
        let territory = self.territory_asked(asked);
        if self.is_void(&territory, asked.period.last_day()) {
            return (Value::missing(MissingReason::CannotExist), None);
        }
        if self.is_restated_from(&territory, asked.period.last_day()) {
            return (Value::missing(MissingReason::NotRestatable), None);
        }
        let (FigureArea::One(area), Some(codes)) = (asked.area, one_code_each(asked)) else {
            return (Value::missing(MissingReason::NotCollected), None);
        };
        let mut metrics = self.catalog.metrics();
        let Some(metric) = metrics.find(|metric| self.plans(metric, asked, area, &codes)) else {
            return (Value::missing(MissingReason::NotCollected), None);
        };
        let each = |(id, code): (&DimensionId, &Code)| (id.clone(), [code.clone()].into());
        let term = self.term(metric, &codes.iter().map(each).collect::<Filter>(), None);
        let region = Region {
            areas: vec![area.clone()],
            codes: Filter::new(),
        };
        let value = self.term_value(&term, &Territory::Current(region), asked.period.into());
        (value, self.setting(metric, asked, area, &codes))
    }

    /// Whether the values of a metric are targets of the measure, for such periods, areas and codes.
    fn plans(&self, metric: &Metric, asked: &Asked<'_>, area: &AreaId, codes: &BTreeMap<DimensionId, Code>) -> bool {
        let level = self.catalog.area(area.as_str()).map(|area| &area.level);
        metric
            .target_of
            .as_ref()
            .is_some_and(|of| of.as_str() == asked.measure.id)
            && metric.frequency == asked.period.granularity()
            && level_of(metric, asked.period) == level
            && metric.dimensions.len() == codes.len()
            && metric.dimensions.iter().all(|dimension| codes.contains_key(dimension))
    }

    /// Who recorded the number, and when. Several who did are no one's target.
    fn setting(
        &self,
        metric: &Metric,
        asked: &Asked<'_>,
        area: &AreaId,
        codes: &BTreeMap<DimensionId, Code>,
    ) -> Option<TargetSetting> {
        let mut settings = Vec::new();
        for reporter in self.catalog.reporters() {
            let series = SeriesKey {
                area: area.clone(),
                codes: codes.clone(),
                reporter: reporter.id.clone(),
            };
            let record = self.record(metric, &series, asked.period);
            if record.is_some_and(|record| record.outcome.is_ok()) {
                settings.extend(
                    self.recorded_last(metric, &series, asked.period)
                        .map(|revision| TargetSetting {
                            reporter: reporter.id.clone(),
                            revision,
                            time: None,
                        }),
                );
            }
        }
        if settings.len() == 1 { settings.pop() } else { None }
    }
}

/// The one code of each dimension that a figure is about; `None` when it is about several codes of one, or about a reporter.
fn one_code_each(asked: &Asked<'_>) -> Option<BTreeMap<DimensionId, Code>> {
    if asked.question.group_by.contains(&GroupKey::Reporter) {
        return None;
    }
    let codes = asked.codes().into_iter();
    codes
        .map(|(dimension, codes)| {
            let mut codes = codes.into_iter();
            let first = codes.next()?;
            codes.next().is_none().then_some((dimension, first))
        })
        .collect()
}
