//! Confidential numbers, and questions about them.

use std::collections::BTreeMap;

use almanac_catalog::{Catalog, CheckedEvent, MeasureId};
use almanac_indicator::AreaSelection;
use almanac_model::{AreaId, Batch, MetricId, Period, Revision};

use super::genes::Choices;

/// A confidential number.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    metric: MetricId,
    area: AreaId,
    pub(super) period: Period,
}

/// Makes one of the numbers confidential, perhaps.
pub(super) fn keep_secret(
    catalog: &Catalog,
    batches: &mut BTreeMap<Revision, Vec<CheckedEvent>>,
    choices: &mut Choices<'_>,
) {
    let mut numbers: Vec<&mut CheckedEvent> = batches.values_mut().flatten().collect();
    // totals since the start of the year contain each other, and are refused as secrets
    let is_plain = |id: &MetricId| catalog.metric(id.as_str()).is_some_and(|metric| !metric.cumulative);
    numbers.retain(|event| event.status.missing.is_none() && is_plain(&event.series.metric));
    let is_kept = choices.once_in(2);
    let at = choices.scattered() * 64 + choices.below(64);
    if let Some(index) = at.checked_rem(numbers.len()).filter(|_| is_kept) {
        numbers[index].status.confidential = true;
    }
}

/// A secret that a question is about, perhaps.
pub(super) fn asked_for(log: &[(Revision, Batch)], choices: &mut Choices<'_>) -> Option<Secret> {
    let rows = log.iter().flat_map(|(_, batch)| batch.rows());
    let secrets = rows.filter(|row| row.status.confidential).filter_map(|row| {
        Some(Secret {
            metric: row.series.metric.clone(),
            area: row.series.area.clone(),
            period: Period::from_ordinal(row.series.granularity, row.period)?,
        })
    });
    let secrets: Vec<Secret> = secrets.collect();
    choices.one(&secrets).cloned().filter(|_| choices.once_in(4))
}

impl Secret {
    /// A measure that it is part of: mostly the metric itself.
    pub(super) fn measures(&self, catalog: &Catalog, choices: &mut Choices<'_>) -> Vec<MeasureId> {
        let metric = MeasureId::Metric(self.metric.clone());
        let mut all = vec![metric.clone(), metric];
        let indicators = catalog.indicators().map(|one| MeasureId::Indicator(one.id.clone()));
        all.extend(indicators.filter(|measure| catalog.metrics_of(measure).contains(&self.metric)));
        choices.one(&all).cloned().into_iter().collect()
    }

    /// The areas that it lies in, from its own up, or some that lie beside it.
    pub(super) fn areas(&self, catalog: &Catalog, choices: &mut Choices<'_>) -> AreaSelection {
        let day = self.period.last_day();
        let above = std::iter::successors(Some(&self.area), |area| catalog.parent_at(area, day));
        let above: Vec<AreaId> = above.cloned().collect();
        let own = catalog.area(self.area.as_str());
        match (own, above.get(1)) {
            (Some(own), Some(parent)) if choices.once_in(3) => AreaSelection::Under {
                area: parent.clone(),
                level: own.level.clone(),
            },
            _ => {
                let at = choices.below(above.len());
                let count = choices.of_values([1, 2]);
                AreaSelection::List(above.into_iter().skip(at).take(count).collect())
            }
        }
    }
}
