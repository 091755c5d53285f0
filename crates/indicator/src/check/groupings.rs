//! A grouping may not divide the areas at which a metric is collected: nobody knows which part of their figures is whose.

use std::collections::BTreeSet;

use almanac_catalog::{Catalog, Codes, Metric, Within};
use almanac_model::{AreaId, Code, DimensionId, FigureArea, LevelId, Period};

use super::Refusals;
use crate::question::{GroupKey, Question, RefusalReason};
use crate::territory::levels_read;

/// Codes of a grouping that a figure is narrowed to, and the field that asks for it.
pub(super) struct Asked {
    field: String,
    grouping: DimensionId,
    codes: BTreeSet<Code>,
}

/// What a question asks for: each filter, and each code of a grouping that it groups by.
pub(super) fn asked(catalog: &Catalog, question: &Question) -> Vec<Asked> {
    let mut found = of_codes(catalog, &question.filters);
    for (index, key) in question.group_by.iter().enumerate() {
        let GroupKey::Dimension(id) = key else { continue };
        let codes = catalog.grouping(id.as_str()).into_iter();
        let wanted = question.filters.get(id);
        for item in codes.flat_map(|grouping| &grouping.dimension.codes) {
            if wanted.is_none_or(|wanted| wanted.contains(&item.code)) {
                found.push(Asked {
                    field: format!("group_by[{index}]"),
                    grouping: id.clone(),
                    codes: BTreeSet::from([item.code.clone()]),
                });
            }
        }
    }
    found
}

/// What one figure is narrowed to; codes of plain dimensions are left out.
pub(super) fn of_codes(catalog: &Catalog, codes: &Codes) -> Vec<Asked> {
    let groupings = codes.iter().filter(|(id, _)| catalog.grouping(id.as_str()).is_some());
    let asked = groupings.map(|(id, codes)| Asked {
        field: "filters".to_owned(),
        grouping: id.clone(),
        codes: codes.clone(),
    });
    asked.collect()
}

/// Refuses what is narrowed to a part of an area at which the metric is collected.
pub(super) fn check_groupings(
    catalog: &Catalog,
    metric: &Metric,
    asked: &[Asked],
    targets: &[(FigureArea, Period)],
    found: &mut Refusals,
) {
    for one in asked {
        let codes = Codes::from([(one.grouping.clone(), one.codes.clone())]);
        let divided =
            |unit: &AreaId, period: Period| catalog.has_codes(unit, &codes, period.last_day()) == Within::Divided;
        for (area, period) in targets {
            if found.is_full() {
                return;
            }
            let units = collecting(catalog, metric, area, *period);
            let Some((unit, level)) = units.into_iter().find(|(unit, _)| divided(unit, *period)) else {
                continue;
            };
            let (id, grouping) = (&metric.id, &one.grouping);
            let message = format!(
                "{id} is collected by {level} in {period}, and {grouping} divides {unit}: ask without {grouping}, or for \
                 metrics that are collected by finer areas than {level}"
            );
            found.add(&one.field, RefusalReason::GroupingTooFine, message);
        }
    }
}

/// The areas at which a metric is collected for a figure, with their level.
fn collecting<'a>(
    catalog: &'a Catalog,
    metric: &'a Metric,
    area: &FigureArea,
    period: Period,
) -> Vec<(&'a AreaId, &'a LevelId)> {
    let levels = match period.parts(metric.frequency) {
        Some(parts) => levels_read(metric, parts),
        // a denominator that is coarser than the period
        None => metric.level_for(period).into_iter().collect(),
    };
    let under = |area: &AreaId, level: &'a LevelId| {
        let units = catalog.descendants_at(area, level, period.last_day());
        units.into_iter().map(move |unit| (unit, level))
    };
    let areas = area.areas().iter();
    areas
        .flat_map(|area| levels.iter().flat_map(move |level| under(area, level)))
        .collect()
}
